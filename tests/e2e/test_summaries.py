"""A summary with its chart, looked at in both languages at a desk and on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.bot.conftest import stage
from tests.e2e import a_year
from tests.e2e.screen import Reader, Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(params=["weekly", "monthly", "quarterly"])
def name(request: pytest.FixtureRequest) -> str:
    """Which summary."""
    found: str = request.param
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def later(
    tmp_path: Path, person: Reader, name: str, browser: Browser
) -> AsyncIterator[Screen]:
    """The page of a channel that ran something in each month, when this week or month is over."""
    now = a_year.next_week if name == "weekly" else a_year.next_month
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url, now=now) as found:
        await a_year.live(found.slack, url)
        async with screen_of(browser, found.slack, person) as screen:
            yield screen


async def test_a_summary_with_its_chart_is_read(later: Screen, name: str) -> None:
    await later.ask(f"{name} preview")
    await expect(later.answer).to_contain_text(f"/carbon {name} on")
    await expect(later.answer.get_by_test_id("block-data_visualization")).to_be_visible()
    await later.look(f"summary-{name}")
