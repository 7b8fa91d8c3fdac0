"""The page, in a real browser: shortcuts, modals, the Home tab, threads, menus, wide and narrow."""

import pytest
from playwright.async_api import Browser, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.modals import REQUIRED
from deploy.local_slack.people import Json
from tests.browsing import page_on, send
from tests.local_slack.conftest import Bot, Stage, input_block, modal, options, plain
from tests.local_slack.test_files import PNG

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADA = "U0ADA00001"
PLANNING = "C0PLANNING"


def types(bot: Bot) -> list[str]:
    """Return the kinds of what the bot was sent."""
    return [entry.get("type", "command") for entry in bot.received]


async def test_the_composer_offers_the_manifests_shortcuts(page: Page, bot: Bot) -> None:
    """See https://docs.slack.dev/interactivity/implementing-shortcuts."""
    await page.get_by_role("button", name="Shortcuts").click()
    await expect(page.get_by_role("menuitem")).to_have_count(1)
    async with page.expect_response("**/_local/shortcut"):
        await page.keyboard.press("Enter")
    assert [entry["callback_id"] for entry in bot.received] == ["new_run"]


async def test_a_message_offers_its_shortcuts(page: Page, slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/interactivity/implementing-shortcuts."""
    slack.say(user="ben", channel="ml-planning", text="8 H100 for a week")
    await page.get_by_role("button", name="More actions").click()
    async with page.expect_response("**/_local/shortcut"):
        await page.get_by_role("menuitem", name="Estimate this").click()
    assert types(bot) == ["message_action"]
    await page.get_by_role("button", name="More actions").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)


async def test_a_mention_typed_in_a_thread_is_an_event_of_that_thread(
    page: Page, slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/events/app_mention."""
    parent = slack.say(user="ben", channel="ml-planning", text="which run?")
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Reply in thread").click()
    reply = page.get_by_label("Reply", exact=True)
    await reply.fill("@car")
    await page.get_by_role("button", name="@carbon carbon").click()
    await reply.press_sequentially("8 H100")
    await reply.press("Enter")
    await expect(page.get_by_test_id("reply")).to_have_count(2)
    await slack.settle()
    event = bot.received[0]["event"]
    assert (event["type"], event["thread_ts"]) == ("app_mention", parent.ts)
    assert event["text"] == "<@U0CARBON01> 8 H100"
    await client.chat_postMessage(channel=PLANNING, thread_ts=parent.ts, text="12 kg")
    await expect(page.get_by_test_id("reply").last).to_contain_text("12 kg")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    await reply.fill("/carbon 8 H100")
    await reply.press("Enter")
    await expect(page.get_by_test_id("reply").last).to_contain_text("not supported in threads")
    await page.get_by_role("button", name="Close thread").click()
    await expect(page.get_by_test_id("reply").first).to_be_hidden()


async def test_the_home_tab_is_opened_told_and_drawn(
    page: Page, slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/surfaces/app-home."""
    await page.get_by_role("button", name="carbon", exact=True).click()
    await expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_role("tabpanel")).to_contain_text("empty so far")
    await slack.wait_for(lambda: len(slack.events) == 1)
    await slack.settle()
    assert bot.received[0]["event"]["tab"] == "home"
    button = {"type": "button", "action_id": "new", "text": plain("New estimate")}
    blocks = [
        {"type": "header", "text": plain("Your runs")},
        {"type": "actions", "elements": [button]},
    ]
    await client.views_publish(user_id=ADA, view={"type": "home", "blocks": blocks})
    await expect(page.get_by_role("tabpanel").get_by_role("heading")).to_have_text("Your runs")
    async with page.expect_response("**/_local/click"):
        await page.get_by_role("button", name="New estimate").click()
    assert bot.received[-1]["view"]["type"] == "home"
    await page.get_by_role("tab", name="Messages").click()
    await send(page, "10 GPU")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await slack.settle()
    assert bot.received[-1]["event"]["channel_type"] == "im"


async def test_a_form_is_filled_in_by_keyboard_and_shows_errors_at_its_fields(
    page: Page, slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/surfaces/modals#displaying_errors."""
    blocks = [
        input_block("Devices", {"type": "plain_text_input"}),
        input_block("Days", {"type": "number_input", "is_decimal_allowed": False}, optional=True),
        input_block("Region", {"type": "static_select", "options": options("fr", "de")}),
        input_block("Parts", {"type": "checkboxes", "options": options("use", "make")}),
        input_block("Start", {"type": "datepicker"}, hint=plain("The first day")),
    ]
    slack.workspace.views.open(ADA, modal(*blocks))
    dialog = page.get_by_role("dialog", name="Run")
    await dialog.get_by_role("button", name="Go").click()
    devices = dialog.get_by_label("Devices")
    await expect(dialog.get_by_text(REQUIRED)).to_have_count(4)
    await expect(devices).to_have_accessible_description(REQUIRED)
    await expect(devices).to_be_focused()
    await page.keyboard.type("10 GPU")
    await dialog.get_by_label("Region").select_option(label="DE")
    await dialog.get_by_label("USE").check()
    await dialog.get_by_label("Start").fill("2026-11-24")
    bot.will_answer({"response_action": "errors", "errors": {"Devices": "Not known here"}})
    await dialog.get_by_role("button", name="Go").click()
    await expect(devices).to_have_accessible_description("Not known here")
    await expect(devices).to_have_value("10 GPU")
    await expect(dialog.get_by_label("USE")).to_be_checked()
    await dialog.get_by_role("button", name="Go").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    values = bot.received[-1]["view"]["state"]["values"]
    assert values["Region"]["value"]["selected_option"]["value"] == "de"
    assert values["Parts"]["value"]["selected_options"] == options("use")
    assert values["Start"]["value"]["selected_date"] == "2026-11-24"
    assert values["Days"]["value"]["value"] is None


async def test_typing_goes_on_while_the_app_changes_the_form(
    page: Page, slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/surfaces/modals#updating_views."""
    config = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    element = {"type": "plain_text_input", **config}
    run_field = input_block("Run", element, dispatch_action=True)
    view = slack.workspace.views.open(ADA, modal(run_field))
    box = page.get_by_role("dialog").get_by_label("Run")
    await box.press_sequentially("8 H")
    await slack.wait_for(lambda: view.values()["Run"]["value"]["value"] == "8 H")
    preview = {"type": "section", "text": plain("about 12 kg")}
    slack.workspace.views.update(view, modal(run_field, preview))
    await expect(page.get_by_role("dialog")).to_contain_text("about 12 kg")
    await expect(box).to_be_focused()
    await page.keyboard.type("100")
    await expect(box).to_have_value("8 H100")
    await slack.wait_for(lambda: view.values()["Run"]["value"]["value"] == "8 H100")
    assert set(types(bot)) == {"block_actions"}


async def test_a_search_goes_on_while_the_app_changes_the_form(
    page: Page, slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/surfaces/modals#updating_views."""
    element = {"type": "external_select", "min_query_length": 0}
    place = input_block("Place", element)
    view = slack.workspace.views.open(ADA, modal(place))
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_label("Place")
    bot.will_answer({"options": options("fr")})
    await box.fill("fr")
    await expect(dialog.get_by_role("option")).to_have_text(["FR"])
    bot.will_answer({"options": options("fr")})
    preview = {"type": "section", "text": plain("about 12 kg")}
    slack.workspace.views.update(view, modal(place, preview))
    await expect(dialog).to_contain_text("about 12 kg")
    await expect(box).to_have_value("fr")
    await dialog.get_by_role("option").click()
    await expect(box).to_have_value("FR")


async def test_modals_stand_on_each_other_and_close_one_by_one_or_all(
    page: Page, slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/surfaces/modals."""
    below = slack.workspace.views.open(ADA, modal(title=plain("First")))
    top = slack.workspace.views.push(below, modal(title=plain("Second"), notify_on_close=True))
    await expect(page.get_by_role("dialog")).to_have_accessible_name("Second")
    await page.get_by_role("button", name="Back").click()
    await expect(page.get_by_role("dialog")).to_have_accessible_name("First")
    slack.workspace.views.push(below, top.content)
    await expect(page.get_by_role("dialog")).to_have_accessible_name("Second")
    await page.get_by_role("button", name="Close", exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert [entry["is_cleared"] for entry in bot.received] == [False, True]


async def test_an_external_menu_offers_what_the_bot_finds(
    page: Page, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element."""
    element = {"type": "external_select", "action_id": "place", "min_query_length": 2}
    menu = {**element, "placeholder": plain("Region")}
    await client.chat_postMessage(
        channel=PLANNING, text="x", blocks=[{"type": "actions", "elements": [menu]}]
    )
    box = page.get_by_role("combobox", name="Region")
    bot.will_answer({"options": options("fr", "fi")})
    await box.press_sequentially("fr")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["FR", "FI"])
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    async with page.expect_response("**/_local/click"):
        await box.press("Enter")
    assert bot.received[-1]["actions"][0]["selected_option"]["value"] == "fi"
    await expect(box).to_have_value("FI")


async def test_several_can_be_chosen_and_taken_back(page: Page, slack: LocalSlack) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element."""
    element = {"type": "multi_static_select", "options": options("a100", "h100", "tpu")}
    view = slack.workspace.views.open(ADA, modal(input_block("Devices", element)))
    box = page.get_by_role("dialog").get_by_role("combobox", name="Devices")
    await box.fill("100")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["A100", "H100"])
    await page.get_by_role("option", name="H100").click()
    await box.fill("t")
    await page.get_by_role("option", name="TPU").click()
    await page.get_by_role("button", name="Remove H100").click()

    def chosen() -> list[str]:
        held = view.values()["Devices"]["value"]["selected_options"]
        return [entry["value"] for entry in held]

    await slack.wait_for(lambda: chosen() == ["tpu"])


async def test_a_file_is_picked_in_a_form(page: Page, slack: LocalSlack) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/file-input-element."""
    element = {"type": "file_input", "filetypes": ["json"], "max_files": 1}
    view = slack.workspace.views.open(ADA, modal(input_block("Factors", element)))
    picked = {"name": "factors.json", "mimeType": "application/json", "buffer": b"{}"}
    await page.get_by_label("Factors").set_input_files(picked)  # type: ignore[arg-type]
    await slack.wait_for(lambda: bool(view.values()["Factors"]["value"]["files"]))
    await expect(page.get_by_role("dialog")).to_contain_text("factors.json")


async def test_a_shared_picture_is_shown_with_its_description(
    page: Page, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/messaging/working-with-files."""
    sent = await client.files_upload_v2(
        channel=PLANNING, filename="chart.png", content=PNG, title="Chart", alt_txt="two bars"
    )
    picture = page.get_by_test_id("file").get_by_role("img", name="two bars")
    await expect(picture).to_be_visible()
    loaded = "image => image.complete && image.naturalWidth === 1"
    assert await picture.evaluate(loaded)
    block = {"type": "image", "slack_file": {"id": sent["file"]["id"]}, "alt_text": "again"}
    await client.chat_postMessage(channel=PLANNING, text="x", blocks=[block])
    assert await page.get_by_role("img", name="again").evaluate(loaded)


async def test_a_data_table_is_sorted_and_turned(page: Page, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/block-kit/blocks/data-table-block."""

    def row(name: str, mass: int) -> list[Json]:
        number = {"type": "raw_number", "value": mass, "text": f"{mass} kg"}
        return [{"type": "raw_text", "text": name}, number]

    head: list[Json] = [{"type": "raw_text", "text": name} for name in ("Region", "Mass")]
    rows = [head, row("fr", 9), row("de", 100), row("pl", 20)]
    table = {"type": "data_table", "caption": "Regions", "rows": rows, "page_size": 2}
    await client.chat_postMessage(channel=PLANNING, text="x", blocks=[table])
    firsts = page.locator("tbody td:first-child")
    await expect(firsts).to_have_text(["fr", "de"])
    await page.get_by_role("button", name="Mass").click()
    await expect(firsts).to_have_text(["fr", "pl"])
    await page.get_by_role("button", name="Mass").click()
    await expect(firsts).to_have_text(["de", "pl"])
    await expect(page.get_by_role("columnheader", name="Mass")).to_have_attribute(
        "aria-sort", "descending"
    )
    await page.get_by_role("button", name="Next").click()
    await expect(firsts).to_have_text(["fr"])


async def test_dark_where_the_reader_prefers_it(slack: LocalSlack, browser: Browser) -> None:
    async with page_on(browser, slack.url, dark=True) as page:
        ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(26, 29, 33)"


async def test_a_phone_shows_forms_and_threads_in_full(
    page: Page, slack: LocalSlack, client: AsyncWebClient
) -> None:
    await page.set_viewport_size({"width": 375, "height": 700})
    posted = await client.chat_postMessage(channel=PLANNING, text="12 kg")
    await client.chat_postMessage(channel=PLANNING, text="why", thread_ts=posted["ts"])
    await page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    box = await thread.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 375)
    slack.workspace.views.open(ADA, modal(input_block("Devices", {"type": "plain_text_input"})))
    await page.get_by_role("dialog").get_by_label("Devices").fill("10 GPU")
    assert await page.evaluate("document.documentElement.scrollWidth") == 375


async def test_the_page_changes_between_workspaces(
    stage: Stage, bot: Bot, browser: Browser
) -> None:
    slack = await stage.with_handler(bot.answer, second_team=True)
    async with page_on(browser, slack.url) as page:
        await page.get_by_label("Workspace", exact=True).select_option(label="Second")
        await expect(page.get_by_role("heading", level=1)).to_have_text("# research")
        await expect(page.get_by_label("You are")).to_have_value("dora")
        await send(page, "/carbon 8 H100")
        await slack.wait_for(lambda: bool(bot.received))
        assert bot.received[0]["team_id"] == "T0SECOND01"
