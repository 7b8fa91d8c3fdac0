"""Answers and what is under them, in the browser: first answer, menus, buttons, listings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.settings import Settings
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import Stage, free_port
from tests.e2e.screen import BEN, Reader, Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAWN_MS = 30_000
"""How long a picture may take on a machine that is busy: a process is started to draw it."""


async def test_the_first_answer_has_its_figures_and_menus_that_replace_it(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    for label in ("Energy", "Operational", "Embodied", "Total"):
        await expect(screen.answer).to_contain_text(screen.say(label))
    await expect(screen.answer.get_by_test_id("ephemeral-note")).to_be_visible()
    await screen.look("answer")

    await screen.answer.get_by_role("combobox", name=screen.say("Place")).fill("fran")
    await expect(screen.answer.get_by_role("option").first).to_be_visible()
    await screen.look("menu-of-places")
    await screen.choose("Place", "swed", "Sweden", screen.answer)
    await expect(screen.answer).to_contain_text("in Sweden")
    await screen.choose("Accelerator", "a100", "A100 = ", screen.answer)
    await expect(screen.answer).to_contain_text("64 A100 for")
    duration = screen.answer.get_by_role("combobox", name=screen.say("Duration"))
    await duration.select_option(value="24")
    await expect(screen.answer).to_contain_text("64 A100 for 1 day in Sweden")
    await expect(screen.messages).to_have_count(1)
    await screen.look("menus")


async def test_the_articles_example_shows_its_totals(screen: Screen) -> None:
    await screen.ask("10 GPU 20 TPU factors article")
    await expect(screen.answer).to_contain_text("50,000 t CO2e")
    await expect(screen.answer).to_contain_text("50,000 kWh")
    await screen.look("article")


async def test_another_member_sees_what_was_shown(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    ben = replace(BEN, channel=screen.reader.channel)
    async with screen_of(browser, scene.slack, ben) as other:
        await screen.ask(screen.reader.run)
        await expect(other.messages).to_have_count(0)
        await screen.press("Show to channel")
        await expect(screen.answer).to_contain_text(f"@{screen.reader.name}")
        await expect(other.answer).to_contain_text("64 H100")
        await expect(other.answer.get_by_test_id("ephemeral-note")).to_have_count(0)
        await expect(other.answer.get_by_role("combobox")).to_have_count(0)
        await other.look(f"shown-in-{screen.reader.language}")
    await expect(screen.messages).to_have_count(1)


async def test_sources_and_cuts_come_beside_the_answer_and_it_can_be_dismissed(
    screen: Screen,
) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("What would cut it")
    await expect(screen.messages).to_have_count(2)
    await screen.look("cut")
    await screen.press("Sources", within=screen.messages.first)
    await expect(screen.messages).to_have_count(3)
    await expect(screen.answer).to_contain_text(screen.say("Where the figures come from"))
    assert await screen.answer.get_by_role("link").count() > 3
    await screen.look("sources")
    await screen.press("Dismiss", within=screen.messages.first)
    await expect(screen.messages).to_have_count(2)


async def test_a_comparison_says_what_one_run_takes_from_the_other(screen: Screen) -> None:
    say = screen.say
    await screen.ask("64 H100 vs 32 B200 for 2 weeks in France pue 1.1")
    what = say.commas(say(field) for field in ("duration", "location", "PUE"))
    note = "Not said of {which}, and taken from {other}: {what}."
    await expect(screen.answer).to_contain_text(say(note, which="A", other="B", what=what))
    await expect(screen.answer).to_contain_text("64 H100 for 2 weeks in France pue 1.1")
    await screen.look("compare-taken")


async def test_a_mistake_is_underlined_with_a_correction(screen: Screen) -> None:
    await screen.ask("64 H10O for 2 weeks")
    await expect(screen.answer).to_contain_text("^^^")
    await expect(screen.answer.locator("pre, code").last).to_be_visible()
    await screen.look("mistake")


@pytest.mark.parametrize("command", ["help", "regions", "settings factors"])
async def test_a_listing(screen: Screen, command: str) -> None:
    await screen.ask(command)
    await expect(screen.answer.get_by_test_id("ephemeral-note")).to_be_visible()
    await screen.look(command.replace(" ", "-"))


async def test_listings_topics_and_a_mistyped_word(screen: Screen) -> None:
    say = screen.say
    for command, shown in (
        ("devices h100", "H100-SXM5-80GB"),
        ("help places", say("Places")),
        ("help pue", "/carbon help"),
        ("compar 8 H100 vs 8 A100", "/carbon compare 8 H100 vs 8 A100"),
    ):
        await screen.ask(command)
        await expect(screen.answer).to_contain_text(shown)
        await screen.look(command.split(" vs ", maxsplit=1)[0].replace(" ", "-"))


async def test_a_double_click_does_nothing_twice(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("Log this run")
    await screen.field("Name").fill("llama-ft")
    await screen.press("Log", within=screen.form, times=2)
    entered = screen.say("Entered in the ledger: “{name}”", name="llama-ft")
    await expect(screen.form).to_contain_text(entered)
    await screen.close()
    ben = replace(BEN, channel=screen.reader.channel)
    async with screen_of(browser, scene.slack, ben) as other:
        await screen.press("Show to channel", times=2)
        await scene.settle()
        await expect(screen.answer).to_contain_text(f"@{screen.reader.name}")
        await expect(other.messages).to_have_count(1)
    await screen.ask("runs")
    await expect(screen.answer).to_contain_text(screen.say("{n} found", n=1))


async def take(screen: Screen, entry: str) -> None:
    """Take an entry of the menu ``…`` of the first answer, by its English label."""
    await screen.messages.first.get_by_label("More options").click()
    await screen.press(entry, within=screen.messages.first)


async def test_the_menu_of_an_answer_shows_more_of_it(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await screen.answer.get_by_label("More options").click()
    await screen.look("menu-more")
    await screen.press("Show the working", within=screen.messages.first)
    await expect(screen.messages).to_have_count(2)
    await expect(screen.answer).to_contain_text("kWh")
    await screen.look("working")
    await take(screen, "What it is like")
    await expect(screen.messages).to_have_count(3)
    await screen.look("like")
    await take(screen, "Paragraph to paste")
    await expect(screen.messages).to_have_count(4)
    await expect(screen.answer).to_contain_text("emissions")
    await screen.look("paragraph")


async def test_a_record_comes_as_a_file_in_the_direct_messages(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    await screen.ask(screen.reader.run)
    await take(screen, "Record (JSON)")
    await expect(screen.messages).to_have_count(2)
    told = screen.say("The record is in your direct messages with carbon.")
    await expect(screen.answer).to_contain_text(told)
    async with screen_of(browser, scene.slack, screen.reader, channel="dm") as talk:
        await talk.page.get_by_role("tab", name="Messages").click()
        await talk.page.get_by_role("button", name="1 reply").click()
        await expect(talk.replies.last.get_by_role("link")).to_have_text("carbon-record.json")
        await talk.look("record-in-direct-messages")


async def test_a_picture_of_the_range_is_drawn(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await take(screen, "Picture of the range")
    await expect(screen.messages).to_have_count(2, timeout=DRAWN_MS)
    picture = screen.answer.locator("img").first
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("complete", value=True)
    await screen.look("picture")


async def test_old_messages_work_after_a_restart_of_the_bot(
    browser: Browser, person: Reader, tmp_path: Path
) -> None:
    port = free_port()
    async with LocalSlack(bot_url=f"http://127.0.0.1:{port}/slack/events") as slack:
        settings = Settings(
            _env_file=None,
            slack_bot_token=config.BOT_TOKEN,
            slack_signing_secret=config.SIGNING_SECRET,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{tmp_path}/carbon.db",
            port=port,
        )
        async with screen_of(browser, slack, person) as screen:
            async with running(settings):
                await screen.ask(person.run)
            async with running(settings):
                await screen.choose("Place", "swed", "Sweden", screen.answer)
                await expect(screen.answer).to_contain_text("in Sweden")
                await screen.press("Show to channel")
                await expect(screen.answer).to_contain_text(f"@{person.name}")
        assert slack.violations == []
