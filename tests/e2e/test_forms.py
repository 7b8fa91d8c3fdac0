"""Forms, shortcuts, mentions, threads and direct messages, in the browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from tests.bot.conftest import Stage
from tests.e2e.screen import BEN, Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fill_in(screen: Screen) -> None:
    """Describe 8 H100 for two weeks in Sweden, field by field, and see its preview."""
    await screen.choose("Accelerator", "h100", "H100 = ", screen.form)
    await screen.field("How many").fill("8")
    await screen.field("For how long").press_sequentially("2 weeks")
    await screen.choose("Where", "swed", "Sweden", screen.form)
    await expect(screen.form).to_contain_text("/carbon 8 H100 for 2 weeks in Sweden")


async def test_new_opens_a_form_with_a_preview_whose_answer_comes_to_the_channel(
    screen: Screen,
) -> None:
    await screen.type("/carbon new")
    await expect(screen.form).to_have_accessible_name(screen.say("Estimate a run"))
    await screen.look("form")
    await fill_in(screen)
    await screen.look("form-filled-in")
    await screen.press("Estimate", within=screen.form)
    await expect(screen.form).to_be_hidden()
    await expect(screen.answer).to_contain_text("/carbon 8 H100 for 2 weeks in Sweden")


async def test_a_mistake_is_told_at_its_field(screen: Screen) -> None:
    await screen.type("/carbon new")
    await screen.choose("Accelerator", "h100", "H100 = ", screen.form)
    await screen.field("How many").fill("8")
    await screen.field("For how long").press_sequentially("2 fortnights")
    await expect(screen.form.get_by_test_id("block-context").first).to_contain_text("⚠")
    await screen.press("Estimate", within=screen.form)
    duration = screen.field("For how long")
    await expect(duration).to_have_attribute("aria-invalid", "true")
    await expect(duration).to_be_focused()
    await expect(screen.form.get_by_role("alert").first).to_contain_text("2h")
    await screen.look("form-mistake")
    await duration.fill("2 weeks")
    await screen.press("Estimate", within=screen.form)
    await expect(screen.form).to_be_hidden()
    await expect(screen.answer).to_contain_text("8 H100 for 2 weeks")


async def test_the_form_takes_work_and_a_second_device_and_answers_the_channel(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    await screen.type("/carbon new")
    await screen.choose("Accelerator", "h100", "H100 = ", screen.form)
    await screen.field("Or the work: parameters and tokens").fill("7B params 1T tokens")
    await expect(screen.form).to_contain_text("/carbon 7B params 1T tokens on H100")
    await screen.look("form-work")
    await screen.field("Or the work: parameters and tokens").fill("")
    await screen.field("How many").fill("10")
    await screen.choose("Second device", "v4", "Google TPU v4 ", screen.form)
    await screen.field("Number of the second").fill("20")
    await screen.field("For how long").fill("3 days")
    both = "/carbon 10 H100, 20 TPU-v4 for 3 days"
    await expect(screen.form).to_contain_text(both)
    await screen.form.get_by_role("checkbox").check()
    await screen.look("form-second-device")
    await screen.press("Estimate", within=screen.form)
    await expect(screen.form).to_be_hidden()
    await expect(screen.answer).to_contain_text(both)
    ben = replace(BEN, channel=screen.reader.channel)
    async with screen_of(browser, scene.slack, ben) as other:
        await expect(other.answer).to_contain_text(both)


async def test_edit_is_filled_in_and_replaces_the_answer(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("Edit")
    await expect(screen.field("How many")).to_have_value("64")
    await expect(screen.field("Where")).to_have_value("eu-west-1")
    await screen.field("How many").fill("128")
    await expect(screen.form).to_contain_text("/carbon 128 H100")
    await screen.look("edit")
    await screen.press("Estimate", within=screen.form)
    await expect(screen.form).to_be_hidden()
    await expect(screen.answer).to_contain_text("/carbon 128 H100 for 2 weeks in eu-west-1")
    await expect(screen.messages).to_have_count(1)


async def test_compare_asks_for_the_other_run(
    screen: Screen, scene: Stage, browser: Browser
) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("Compare")
    await screen.choose("Where", "swed", "Sweden", screen.form)
    await screen.look("compare")
    await screen.press("Compare", within=screen.form)
    await expect(screen.messages).to_have_count(2)
    for part in ("64 H100 for 2 weeks in eu-west-1", "64 H100 for 2 weeks in Sweden"):
        await expect(screen.answer).to_contain_text(part)
    await screen.look("compared")
    await screen.press("Show to channel")
    ben = replace(BEN, channel=screen.reader.channel)
    async with screen_of(browser, scene.slack, ben) as other:
        await expect(other.answer).to_contain_text("64 H100 for 2 weeks in Sweden")
        await expect(other.answer).to_contain_text(f"@{screen.reader.name}")
        share = other.answer.get_by_role("button", name=screen.say("Show to channel"))
        await expect(share).to_have_count(0)
        await other.look(f"comparison-shown-in-{screen.reader.language}")


async def test_the_composers_shortcut_answers_in_its_form_and_shows_it_where_asked(
    screen: Screen,
) -> None:
    await screen.page.get_by_role("button", name="Shortcuts").click()
    await screen.look("shortcuts", resize=False)
    await screen.page.get_by_role("menuitem", name="New estimate").click()
    await fill_in(screen)
    await screen.press("Estimate", within=screen.form)
    await expect(screen.form).to_have_accessible_name(screen.say("Estimate"))
    await screen.look("shortcut-answered")
    await screen.form.get_by_label(screen.say("Show it in")).select_option(
        label=screen.reader.channel
    )
    await screen.press("Show", within=screen.form)
    await expect(screen.form).to_be_hidden()
    await expect(screen.answer).to_contain_text(f"@{screen.reader.name}")


async def test_a_messages_shortcut_estimates_its_run_or_opens_the_form(
    screen: Screen, scene: Stage
) -> None:
    scene.slack.say(
        user="ben", channel=screen.reader.channel, text=f"Shall we take {screen.reader.run}?"
    )
    await screen.page.get_by_role("button", name="More actions").click()
    await screen.look("message-shortcut", resize=False)
    await screen.page.get_by_role("menuitem", name="Estimate this").click()
    await expect(screen.messages).to_have_count(2)
    await expect(screen.answer).to_contain_text("/carbon 64 H100 for 2 weeks in eu-west-1")

    scene.slack.say(user="ben", channel=screen.reader.channel, text="Lunch?")
    await expect(screen.messages).to_have_count(3)
    await screen.page.get_by_role("button", name="More actions").last.click()
    await screen.page.get_by_role("menuitem", name="Estimate this").click()
    found = screen.say("No run was found in that message: describe it here.")
    await expect(screen.form).to_contain_text(found)


async def test_a_mention_in_a_thread_and_clicks_on_its_answer_are_answered_there(
    screen: Screen, scene: Stage
) -> None:
    scene.slack.say(user="ben", channel=screen.reader.channel, text="Which run?")
    await screen.page.get_by_role("button", name="More actions").click()
    await screen.page.get_by_role("menuitem", name="Reply in thread").click()
    reply = screen.page.get_by_label("Reply", exact=True)
    await reply.fill("@car")
    await screen.page.get_by_role("button", name="@carbon carbon").click()
    await reply.press_sequentially(screen.reader.run)
    await reply.press("Enter")
    await expect(screen.replies).to_have_count(3)
    await expect(screen.replies.last).to_contain_text(screen.say("Total"))
    await screen.look("mention")

    answer = screen.replies.nth(2)
    await screen.press("Sources", within=answer)
    await expect(screen.replies).to_have_count(4)
    await screen.press("Edit", within=answer)
    await screen.field("How many").fill("8")
    await screen.press("Estimate", within=screen.form)
    await expect(screen.replies).to_have_count(5)
    await expect(screen.replies.last).to_contain_text("/carbon 8 H100 for 2 weeks")
    await screen.look("thread")
    await screen.press("Show to channel", within=screen.replies.last)
    await expect(screen.replies.last).to_contain_text(f"@{screen.reader.name}")
    await expect(screen.messages).to_have_count(1)


async def test_a_mention_with_a_subcommand_is_answered_as_the_command_is(screen: Screen) -> None:
    box = screen.page.get_by_label("Message", exact=True)
    await box.fill(f"@carbon compare {screen.reader.run} vs 64 A100")
    await box.press("Enter")
    await screen.page.get_by_role("button", name="1 reply").click()
    for part in ("64 H100 for 2 weeks in eu-west-1", "64 A100"):
        await expect(screen.replies.last).to_contain_text(part)
    reply = screen.page.get_by_label("Reply", exact=True)
    await reply.fill("@carbon budget 20 t a month")
    await reply.press("Enter")
    await expect(screen.replies).to_have_count(4)
    await expect(screen.replies.last).to_contain_text("20 t CO2e")
    await screen.look("mention-subcommands")


async def test_a_direct_message_is_answered_in_its_thread(
    scene: Stage, screen: Screen, browser: Browser
) -> None:
    async with screen_of(browser, scene.slack, screen.reader, channel="dm") as talk:
        await talk.page.get_by_role("tab", name="Messages").click()
        await talk.type(screen.reader.run)
        await talk.page.get_by_role("button", name="1 reply").click()
        await expect(talk.replies.last).to_contain_text(screen.say("Total"))
        await talk.look("direct-message")
