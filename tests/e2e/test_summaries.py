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
    calendar = a_year.Calendar()
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url, now=calendar) as found:
        await a_year.live(found.slack, url)
        calendar.turn_to(a_year.once_over(name))
        async with screen_of(browser, found.slack, person) as screen:
            yield screen


async def test_a_summary_with_its_chart_is_read(later: Screen, name: str) -> None:
    await later.ask(f"{name} preview")
    await expect(later.answer).to_contain_text(f"/carbon {name} on")
    await expect(later.answer).to_contain_text("llama-ft")
    await expect(later.answer.get_by_test_id("block-data_visualization")).to_be_visible()
    await later.look(f"summary-{name}")


async def test_a_summary_is_turned_on_posted_at_once_and_turned_off(
    later: Screen, name: str
) -> None:
    say = later.say
    await later.ask(f"{name} on")
    await expect(later.answer).to_contain_text(f"/carbon {name} off")
    await later.look(f"{name}-on")
    before = await later.messages.count()
    await later.type(f"/carbon {name} now")
    # The summary itself, which all see, and that it is there.
    await expect(later.messages).to_have_count(before + 2)
    posted = later.messages.filter(has=later.page.get_by_test_id("block-data_visualization"))
    await expect(posted).to_have_count(1)
    await expect(posted.get_by_test_id("ephemeral-note")).to_have_count(0)
    told = later.messages.filter(has_text=say("The summary is in the channel."))
    await expect(told).to_have_count(1)
    await later.look(f"{name}-now")
    await later.ask(name)
    await expect(later.answer).to_contain_text(f"/carbon {name} off")
    await later.ask(f"{name} off")
    await expect(later.answer).to_contain_text(f"/carbon {name} on")
    await later.look(f"{name}-off")
