"""The ledger and the weekly summary, in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_run_is_logged_by_its_button_listed_and_done(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("Log this run")
    await screen.field("Name").fill("llama-ft")
    await screen.field("Project").fill("nlp")
    await screen.look("log")
    await screen.press("Log", within=screen.form)
    await expect(screen.form).to_contain_text("llama-ft")
    await screen.look("logged")
    await screen.press("Close", within=screen.form.locator(".dialog-buttons"))
    await screen.ask("done llama-ft 18 MWh")
    await screen.look("done")
    await screen.ask("runs nlp")
    await expect(screen.answer).to_contain_text("llama-ft")
    await screen.look("runs")
    # The run is of today: the summary, which ends yesterday, says how to turn it on.
    await screen.ask("weekly preview")
    await expect(screen.answer).to_contain_text("/carbon weekly on")
    await screen.look("weekly")
