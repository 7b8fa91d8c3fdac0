"""What is kept of a member, in the browser: shown, sent, and deleted."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.bot.conftest import Stage
from tests.e2e.screen import Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_is_kept_is_told_sent_and_deleted(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    say = screen.say
    await screen.ask(screen.reader.run)
    await screen.ask("privacy")
    await expect(screen.answer).to_contain_text("/carbon privacy export")
    await screen.look("privacy")
    await screen.ask("privacy export")
    sent = say("{file} is in your direct messages with carbon.", file="carbon-privacy.json")
    await expect(screen.answer).to_contain_text(sent)
    async with screen_of(browser, scene.slack, screen.reader, channel="dm") as talk:
        await talk.page.get_by_role("tab", name="Messages").click()
        await talk.page.get_by_role("button", name="1 reply").click()
        await expect(talk.replies.last.get_by_role("link")).to_have_text("carbon-privacy.json")

    await screen.ask("privacy forget me")
    await screen.look("forget-me")
    await screen.press("Forget me")
    question = screen.page.get_by_role("dialog", name=say("Forget you?"))
    await expect(question).to_be_visible()
    await screen.look("forget-me-sure")
    await screen.press("Forget me", within=question)
    done = "You are forgotten. Estimates deleted: {n}; runs of the team that you are taken out of: "
    await expect(screen.answer).to_contain_text(say(done + "{runs}.", n=1, runs=0))
    await screen.look("forgotten")
