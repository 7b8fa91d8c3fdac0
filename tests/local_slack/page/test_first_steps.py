"""The page, in a real browser: what a newcomer does first, and that nothing typed becomes HTML."""

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from deploy.local_slack import LocalSlack
from deploy.local_slack.people import Json
from tests.browsing import send
from tests.local_slack.conftest import Bot

pytestmark = pytest.mark.asyncio(loop_scope="session")


def text(words: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": words}


def raw(words: str) -> Json:
    return {"type": "raw_text", "text": words}


ANSWER: Json = {
    "text": "12 kg &lt;in all&gt;",
    "response_type": "ephemeral",
    "blocks": [
        {"type": "header", "text": text("12 kg")},
        {"type": "section", "fields": [text("*Energy*\n30 kWh", "mrkdwn")]},
        {
            "type": "table",
            "rows": [[raw("Device"), raw("kg")], [raw("GPU"), raw("12")]],
            "column_settings": [{"align": "left"}, {"align": "right"}],
        },
        {
            "type": "context",
            "elements": [text("by <@U0ADA00001>, <https://e.org|source> :seedling:", "mrkdwn")],
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "share",
                    "text": text("Share"),
                    "confirm": {
                        "title": text("Sure?"),
                        "text": text("Everybody sees it."),
                        "confirm": text("Yes"),
                        "deny": text("No"),
                    },
                }
            ],
        },
    ],
}


class EstimatingBot(Bot):
    """Answers every command alike, and remembers the clicks."""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request of Slack."""
        done = await super().answer(request)
        return web.json_response(ANSWER) if "command" in self.received[-1] else done


@pytest.fixture
def bot() -> Bot:
    return EstimatingBot()


async def test_a_command_is_answered_with_rendered_blocks(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text("# ml-planning")
    await page.get_by_label("Message", exact=True).fill("/")
    await expect(page.get_by_label("Commands")).to_contain_text("10 GPU 20 TPU")
    await send(page, "/carbon 10 GPU 20 TPU")
    message = page.get_by_test_id("message")
    await expect(message.get_by_test_id("ephemeral-note")).to_have_text("Only visible to you")
    await expect(message.get_by_test_id("block-header")).to_have_text("12 kg")
    await expect(message.get_by_test_id("block-section").locator("strong")).to_have_text("Energy")
    await expect(message.get_by_role("cell", name="12")).to_have_css("text-align", "right")
    context = message.get_by_test_id("block-context")
    await expect(context).to_have_text("by @ada, source 🌱")
    await expect(context.get_by_role("link")).to_have_attribute("href", "https://e.org")


async def test_others_do_not_see_an_ephemeral_answer(page: Page) -> None:
    await send(page, "/carbon 10 GPU")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await page.get_by_label("You are").select_option(label="Ben Okafor")
    await expect(page.get_by_test_id("message")).to_have_count(0)
    await page.get_by_label("You are").select_option(label="Ada Byron")
    await expect(page.get_by_test_id("message")).to_have_count(1)


async def test_a_button_asks_before_it_acts(page: Page, bot: Bot) -> None:
    await send(page, "/carbon 10 GPU")
    await page.get_by_role("button", name="Share").click()
    await page.get_by_role("button", name="No", exact=True).click()
    assert len(bot.received) == 1
    await page.get_by_role("button", name="Share").click()
    async with page.expect_response("**/_local/click"):
        await page.get_by_role("button", name="Yes").click()
    assert len(bot.received) == 2


async def test_the_fallback_text_is_shown_on_request(page: Page) -> None:
    await send(page, "/carbon 10 GPU")
    await page.get_by_label("Show as screen reader").check()
    await expect(page.get_by_test_id("spoken")).to_have_text("12 kg <in all>")
    await expect(page.get_by_test_id("block-header")).to_have_count(0)


async def test_nothing_typed_becomes_html(page: Page) -> None:
    typed = "<img src=x onerror=alert(1)> <script>alert(2)</script> & *bold*"
    await send(page, typed)
    message = page.get_by_test_id("message")
    await expect(message.locator(".text")).to_have_text(typed.replace("*", ""))
    await expect(message.locator("img, script")).to_have_count(0)
    await expect(message.locator(".text strong")).to_have_text("bold")


async def test_a_link_leads_to_the_web_or_nowhere(page: Page, slack: LocalSlack) -> None:
    slack.parts.posting.post({"text": "<javascript:alert(1)|here>"}, "C0PLANNING")
    message = page.get_by_test_id("message")
    await expect(message).to_contain_text("here")
    await expect(message.get_by_role("link")).to_have_count(0)


async def test_a_phone_shows_the_channels_on_request(page: Page) -> None:
    await page.set_viewport_size({"width": 375, "height": 700})
    channel = page.get_by_role("button", name="# general")
    await expect(channel).to_be_hidden()
    await page.get_by_role("button", name="Channels").click()
    await channel.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("# general")
    await expect(channel).to_be_hidden()
    await send(page, "/carbon 10 GPU")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 375


async def test_a_modal_is_drawn_and_can_be_closed(page: Page, slack: LocalSlack) -> None:
    view = {
        "type": "modal",
        "title": text("New run"),
        "submit": text("Estimate"),
        "blocks": [
            {"type": "input", "label": text("Devices"), "element": {"type": "plain_text_input"}}
        ],
    }
    user = slack.workspace.user("ada").id
    slack.workspace.views.open(user, view)
    await expect(page.get_by_role("dialog", name="New run")).to_be_visible()
    await page.get_by_label("Devices").fill("10 GPU")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert slack.views("ada") == []
