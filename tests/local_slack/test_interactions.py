"""Clicks, response URLs and modals, with a real Bolt app at the other end.

See https://docs.slack.dev/interactivity/handling-user-interaction.
"""

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Json
from tests.local_slack.conftest import Stage

CONFIRM = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {
            "type": "button",
            "action_id": "share",
            "value": "42",
            "text": {"type": "plain_text", "text": "Share"},
        },
        {
            "type": "overflow",
            "action_id": "more",
            "options": [
                {"text": {"type": "plain_text", "text": "Why"}, "value": "why"},
                {"text": {"type": "plain_text", "text": "How"}, "value": "how"},
            ],
        },
    ],
}
ANSWER = {"text": "12 kg", "blocks": [CONFIRM], "response_type": "ephemeral"}


async def _answered(stage: Stage, answer: Json = ANSWER) -> tuple[LocalSlack, Message]:
    async def handler(request: web.Request) -> web.Response:
        is_command = "payload=" not in await request.text()
        return web.json_response(answer) if is_command else web.Response()

    slack = await stage.with_handler(handler)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.message is not None
    return slack, outcome.message


async def test_a_click_reaches_bolt_and_its_answer_replaces_the_message(stage: Stage) -> None:
    def set_up(app: AsyncApp) -> None:
        @app.command("/carbon")
        async def carbon(ack: Any) -> None:
            await ack(**ANSWER)

        @app.action("share")
        async def share(ack: Any, respond: Any, action: Json) -> None:
            await ack()
            await respond(text=f"shared {action['value']}", replace_original=True)

    slack = await stage.with_bolt(set_up)
    message = await slack.answer_to(
        await slack.command(user="ada", channel="general", text="/carbon")
    )
    outcome = await slack.click(message, "share", user="ada")
    assert outcome.status == 200
    assert await slack.answer_to(outcome) is message
    assert (message.text, message.blocks, message.is_ephemeral) == ("shared 42", [], True)
    assert len(slack.visible_messages("ada", "general")) == 1


async def test_the_payload_of_an_ephemeral_message_leaves_the_message_out(stage: Stage) -> None:
    slack, message = await _answered(stage)
    payload = (await slack.click(message, "share", user="ada")).payload
    assert payload["type"] == "block_actions"
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": True,
    }
    assert "message" not in payload
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("share", "row", "42")
    assert isinstance(action["action_ts"], str)


async def test_the_payload_of_a_public_message_holds_the_message(stage: Stage) -> None:
    slack, message = await _answered(stage, {**ANSWER, "response_type": "in_channel"})
    payload = (await slack.click(message, "more", user="ben", chosen="how")).payload
    assert payload["message"]["ts"] == message.ts
    assert payload["actions"][0]["selected_option"]["value"] == "how"
    assert payload["user"]["id"] == slack.workspace.user("ben").id


async def test_nobody_clicks_what_they_do_not_see(stage: Stage) -> None:
    slack, message = await _answered(stage)
    with pytest.raises(KeyError, match="does not see"):
        await slack.click(message, "share", user="ben")
    with pytest.raises(KeyError, match="no element"):
        await slack.click(message, "other", user="ada")


async def test_a_response_url_works_five_times(stage: Stage) -> None:
    slack, _ = await _answered(stage)
    url = _response_url(slack)
    answers = [await _post(url, {"text": str(number)}) for number in range(6)]
    assert answers == [(200, "ok")] * 5 + [(404, "used_url")]


async def test_a_response_url_works_for_thirty_minutes(stage: Stage) -> None:
    slack, _ = await _answered(stage)
    url = _response_url(slack)
    stage.clock.now += 30 * 60
    assert await _post(url, {"text": "in time"}) == (200, "ok")
    stage.clock.now += 1
    assert await _post(url, {"text": "late"}) == (404, "expired_url")


async def test_a_response_url_is_private_unless_told_otherwise(stage: Stage) -> None:
    slack, _ = await _answered(stage)
    url = _response_url(slack)
    await _post(url, {"text": "for me"})
    await _post(url, {"text": "for all", "response_type": "in_channel"})
    assert [entry.text for entry in slack.visible_messages("ben", "general")] == ["for all"]


async def test_delete_original_removes_the_message_that_held_the_button(stage: Stage) -> None:
    slack, message = await _answered(stage)
    outcome = await slack.click(message, "share", user="ada")
    assert await _post(outcome.response_url, {"delete_original": True}) == (200, "ok")
    assert slack.visible_messages("ada", "general") == []


async def test_replace_original_keeps_the_visibility(stage: Stage) -> None:
    slack, message = await _answered(stage)
    outcome = await slack.click(message, "share", user="ada")
    body = {"text": "new", "replace_original": True, "response_type": "in_channel"}
    assert await _post(outcome.response_url, body) == (200, "ok")
    assert [entry.text for entry in slack.visible_messages("ada", "general")] == ["new"]
    assert slack.visible_messages("ben", "general") == []


async def test_an_answer_by_response_url_may_stand_in_a_thread(stage: Stage) -> None:
    """See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses."""
    slack, message = await _answered(stage, {**ANSWER, "response_type": "in_channel"})
    outcome = await slack.click(message, "share", user="ada")
    body = {"text": "why", "response_type": "in_channel", "replace_original": False}
    assert await _post(outcome.response_url, {**body, "thread_ts": message.ts}) == (200, "ok")
    assert [entry.text for entry in slack.thread("ben", message)] == ["why"]
    mine = {"text": "mine", "response_type": "ephemeral", "replace_original": False}
    assert await _post(outcome.response_url, {**mine, "thread_ts": message.ts}) == (200, "ok")
    assert slack.visible_messages("ada", "general")[-1].thread_ts is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"response_type": "ephemeral"}, "no_text"),
        ({"text": "x", "blocks": [{"type": "divider", "extra": 1}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "public"}, "invalid_arguments"),
    ],
)
async def test_a_refused_response_uses_up_nothing(stage: Stage, body: Json, error: str) -> None:
    slack, _ = await _answered(stage)
    url = _response_url(slack)
    for _ in range(6):
        assert await _post(url, body) == (400, error)
    assert await _post(url, {"text": "fine"}) == (200, "ok")


async def test_the_sdk_can_post_to_a_response_url(stage: Stage) -> None:
    slack, _ = await _answered(stage)
    answer = await AsyncWebhookClient(_response_url(slack)).send(text="hello")
    assert (answer.status_code, answer.body) == (200, "ok")


async def test_a_modal_opens_once_and_within_three_seconds(stage: Stage) -> None:
    slack, message = await _answered(stage)
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Run"}, "blocks": []}

    async def open_view(trigger: str) -> Json:
        return await _call(slack, "views.open", {"trigger_id": trigger, "view": view})

    trigger = (await slack.click(message, "share", user="ada")).payload["trigger_id"]
    assert (await open_view(trigger))["ok"] is True
    assert (await open_view(trigger))["error"] == "exchanged_trigger_id"
    trigger = (await slack.click(message, "share", user="ada")).payload["trigger_id"]
    stage.clock.now += 3.1
    assert (await open_view(trigger))["error"] == "expired_trigger_id"


async def test_a_submitted_modal_reaches_bolt_and_shows_its_errors(stage: Stage) -> None:
    modal = {
        "type": "modal",
        "callback_id": "run",
        "title": {"type": "plain_text", "text": "Run"},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "count",
                "label": {"type": "plain_text", "text": "Devices"},
                "element": {"type": "plain_text_input", "action_id": "value"},
            }
        ],
    }

    def set_up(app: AsyncApp) -> None:
        @app.command("/carbon")
        async def carbon(ack: Any, client: Any, body: Json) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=modal)

        @app.view("run")
        async def run(ack: Any, view: Json) -> None:
            value = view["state"]["values"]["count"]["value"]["value"]
            if value.isdigit():
                await ack()
            else:
                await ack(response_action="errors", errors={"count": "Not a number"})

    slack = await stage.with_bolt(set_up)
    await slack.command(user="ada", channel="general", text="/carbon new")
    view = await slack.opened_view("ada")
    wrong = {"count": {"value": {"type": "plain_text_input", "value": "many"}}}
    assert (await slack.submit_view(view, user="ada", values=wrong)).errors == {
        "count": "Not a number"
    }
    assert slack.views("ada") == [view]
    right = {"count": {"value": {"type": "plain_text_input", "value": "10"}}}
    assert (await slack.submit_view(view, user="ada", values=right)).errors == {}
    assert slack.views("ada") == []


async def test_an_event_reaches_bolt(stage: Stage) -> None:
    seen: list[tuple[str, str | None]] = []

    def set_up(app: AsyncApp) -> None:
        @app.event("app_uninstalled")
        async def gone(body: Json, request: Any) -> None:
            retry = request.headers.get("x-slack-retry-num")
            seen.append((body["event_id"], retry[0] if retry else None))

    slack = await stage.with_bolt(set_up)
    event = {"type": "app_uninstalled"}
    assert (await slack.event(event, event_id="Ev1")).status == 200
    await slack.event(event, event_id="Ev1", retry_num=1, reason="http_timeout")
    assert seen == [("Ev1", None), ("Ev1", "1")]


def _response_url(slack: LocalSlack) -> str:
    handle = next(iter(slack.workspace.handles.response_urls))
    return f"{slack.url}/response/{handle}"


async def _post(url: str, body: Json) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.text()


async def _call(slack: LocalSlack, method: str, body: Json) -> Json:
    headers = {"Authorization": f"Bearer {slack.config.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.api_url}{method}", json=body) as response,
    ):
        found: Json = await response.json()
        return found
