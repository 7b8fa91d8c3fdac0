"""A budget that is set, asks before a run reaches its threshold, and burns down, in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_run_that_reaches_a_budget_is_logged_when_somebody_says_so(screen: Screen) -> None:
    await screen.ask("budget 10 t a month")
    await expect(screen.answer).to_contain_text("10 t CO2e")
    await screen.ask(f"log llama-ft {screen.reader.run}")
    await expect(screen.answer).to_contain_text(screen.say("Near a budget"))
    await screen.look("budget-warning")
    await screen.press("Log it anyway")
    entered = screen.say("Entered in the ledger: “{name}”", name="llama-ft")
    await expect(screen.answer).to_contain_text(entered)
    await screen.ask("budget")
    await expect(screen.answer.get_by_role("img", name="line chart")).to_be_visible()
    await screen.look("budget")


async def test_the_form_asks_too(screen: Screen) -> None:
    await screen.ask("budget 10 t a month")
    await screen.ask(screen.reader.run)
    await screen.press("Log this run")
    await screen.field("Name").fill("llama-ft")
    await screen.press("Log", within=screen.form)
    await expect(screen.form).to_contain_text(screen.say("Near a budget"))
    await screen.look("budget-form")
    await screen.press("Log it anyway", within=screen.form)
    entered = screen.say("Entered in the ledger: “{name}”", name="llama-ft")
    await expect(screen.form).to_contain_text(entered)
