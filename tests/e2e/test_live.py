"""The grid as it is now and its forecast, in the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.bot.conftest import stage
from tests.bot.live.server import grid_server
from tests.bot.live.test_in_slack import NOW
from tests.e2e.screen import Reader, Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUN = "8 H100 for 6 hours in UK"


@pytest_asyncio.fixture(loop_scope="session")
async def watching(person: Reader, browser: Browser) -> AsyncIterator[Screen]:
    """The page of who asks a bot that knows what the grid does."""
    async with grid_server(NOW) as grids:
        grids.latest = {"DE": (322, 0)}
        async with (
            stage(live=grids.settings(), now=lambda: grids.now) as found,
            screen_of(browser, found.slack, person) as screen,
        ):
            yield screen


async def test_the_grid_now_stands_beside_an_estimate_in_it_and_ahead_of_it(
    watching: Screen,
) -> None:
    await watching.ask(RUN)
    await expect(watching.answer).to_contain_text("147 gCO2e/kWh")
    await watching.look("live-beside")
    await watching.ask(f"{RUN} live")
    await expect(watching.answer).to_contain_text("live 147 at 2026-11-24T16:30Z by neso/GB")
    await watching.look("live")
    await watching.ask(f"when {RUN}")
    chart = watching.answer.get_by_role("img", name="line chart")
    # There is no room for 16 times of three hours; those that are named, are named in full.
    for named, times in (("11-24 16:30", 1), ("…", 0)):
        await expect(chart.get_by_text(named)).to_have_count(times)
    await watching.look("when")
