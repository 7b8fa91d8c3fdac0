"""Slash commands over HTTP, with a real Bolt app at the other end.

See https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from deploy.local_slack.transport import sign
from deploy.local_slack.workspace import SlackError, Workspace
from tests.local_slack.conftest import Stage

HEADER = {"type": "header", "text": {"type": "plain_text", "text": "12 kg"}}


async def test_a_signed_command_is_accepted_and_its_answer_shown(stage: Stage) -> None:
    def set_up(app: AsyncApp) -> None:
        @app.command("/carbon")
        async def carbon(ack: Any, command: dict[str, str]) -> None:
            await ack(text=f"got {command['text']}", blocks=[HEADER], response_type="ephemeral")

    slack = await stage.with_bolt(set_up)
    outcome = await slack.command(user="ada", channel="general", text="/carbon 10 GPU")
    assert (outcome.status, outcome.error, outcome.violations) == (200, None, [])
    assert outcome.message is not None
    assert outcome.message.text == "got 10 GPU"
    assert slack.violations == []
    assert slack.manners == []


def test_the_signature_is_that_of_slacks_own_example() -> None:
    """See https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = sign("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, body)
    assert signature == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


async def test_a_wrong_signature_is_refused_by_the_bot(stage: Stage) -> None:
    def set_up(app: AsyncApp) -> None:
        app.command("/carbon")(_ack_nothing)

    slack = await stage.with_bolt(set_up, signing_secret="another")
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert (outcome.status, outcome.error) == (401, "dispatch_failed")


async def test_an_ephemeral_answer_is_seen_by_the_typist_only(stage: Stage) -> None:
    slack = await stage.with_handler(_answering({"text": "hi", "response_type": "ephemeral"}))
    await slack.command(user="ada", channel="general", text="/carbon help")
    assert [entry.text for entry in slack.visible_messages("ada", "general")] == ["hi"]
    assert slack.visible_messages("ben", "general") == []


async def test_an_answer_in_channel_shows_the_command_to_everybody(stage: Stage) -> None:
    slack = await stage.with_handler(_answering({"text": "hi", "response_type": "in_channel"}))
    await slack.command(user="ada", channel="general", text="/carbon <b>")
    seen = slack.visible_messages("ben", "general")
    assert [(entry.kind, entry.text) for entry in seen] == [
        ("command", "/carbon &lt;b&gt;"),
        ("message", "hi"),
    ]


async def test_an_empty_acknowledgement_shows_nothing(stage: Stage) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    slack = await stage.with_handler(handler)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert (outcome.status, outcome.message) == (200, None)
    assert slack.visible_messages("ada", "general") == []


async def test_a_plain_text_body_is_an_ephemeral_message(stage: Stage) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="just words")

    slack = await stage.with_handler(handler)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.message is not None
    assert (outcome.message.text, outcome.message.is_ephemeral) == ("just words", True)


async def test_every_documented_field_is_sent(stage: Stage) -> None:
    received: dict[str, str] = {}

    async def handler(request: web.Request) -> web.Response:
        form = parse_qs(await request.text(), keep_blank_values=True)
        received.update({name: values[0] for name, values in form.items()})
        return web.Response()

    slack = await stage.with_handler(handler)
    await slack.command(user="ben", channel="private", text="/carbon 1 GPU")
    assert received["channel_name"] == "privategroup"
    assert received["user_id"] == slack.workspace.user("ben").id
    assert received["is_enterprise_install"] == "false"
    assert set(received) == {
        *("token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name"),
        *("command", "text", "api_app_id", "is_enterprise_install", "response_url", "trigger_id"),
    }
    await slack.command(user="ben", channel="dm", text="/carbon 1 GPU")
    assert received["channel_name"] == "directmessage"


@pytest.mark.parametrize(
    ("typed", "mentions", "sent"),
    [
        ("a < b & c", False, "a &lt; b &amp; c"),
        ("for @ben in #general", False, "for @ben in #general"),
        ("for @ben in #general", True, "for <@U0BEN00001|ben> in <#C0GENERAL1|general>"),
        ("in #private", True, "in <#C0PRIVATE1|>"),
        ("for @nobody", True, "for @nobody"),
        ("see https://x.org/a?b&c", True, "see <https://x.org/a?b&amp;c>"),
    ],
)
def test_the_text_is_escaped_as_the_manifest_says(typed: str, mentions: bool, sent: str) -> None:  # noqa: FBT001
    assert Workspace().notation(typed, mentions=mentions, names=True) == sent


async def test_nobody_types_in_a_channel_they_are_not_in(stage: Stage) -> None:
    slack = await stage.slack()
    with pytest.raises(SlackError, match="not_in_channel"):
        await slack.command(user="chen", channel="private", text="/carbon")


async def test_an_unknown_command_never_reaches_the_bot(stage: Stage) -> None:
    slack = await stage.slack()
    outcome = await slack.command(user="ada", channel="general", text="/other")
    assert outcome.error == "unknown_command"
    assert "not a valid command" in slack.visible_messages("ada", "general")[0].text


async def test_no_answer_in_time_is_an_operation_timeout(stage: Stage) -> None:
    let_go = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await let_go.wait()
        return web.Response()

    slack = await stage.with_handler(handler, ack_timeout_s=0.05)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    let_go.set()
    assert outcome.error == "operation_timeout"
    (told,) = slack.visible_messages("ada", "general")
    assert told.text == '/carbon failed with the error "operation_timeout"'
    assert slack.visible_messages("ben", "general") == []


@pytest.mark.parametrize("status", [404, 500, 302, 201])
async def test_any_other_status_is_dispatch_failed(stage: Stage, status: int) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    slack = await stage.with_handler(handler)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert (outcome.status, outcome.error) == (status, "dispatch_failed")


async def test_a_bot_that_is_down_is_dispatch_failed(stage: Stage) -> None:
    slack = await stage.slack(bot_url="http://127.0.0.1:9/slack/events")
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert (outcome.status, outcome.error) == (None, "dispatch_failed")


async def test_an_error_in_a_bolt_listener_is_dispatch_failed(stage: Stage) -> None:
    def set_up(app: AsyncApp) -> None:
        @app.command("/carbon")
        async def carbon() -> None:
            raise RuntimeError("broken")

    slack = await stage.with_bolt(set_up)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert (outcome.status, outcome.error) == (500, "dispatch_failed")


async def test_invalid_blocks_are_told_to_the_typist_with_the_reason(stage: Stage) -> None:
    long = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    slack = await stage.with_handler(_answering({"text": "hi", "blocks": [long]}))
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.error == "invalid_command_response"
    assert outcome.message is None
    (told,) = slack.visible_messages("ada", "general")
    assert told.remark == "/blocks/0/text/text: 151 characters, at most 150"
    assert [entry.pointer for entry in slack.violations] == ["/blocks/0/text/text"]


async def test_a_broken_body_is_an_invalid_command_response(stage: Stage) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text='{"text": ', content_type="application/json")

    slack = await stage.with_handler(handler)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.error == "invalid_command_response"


def _answering(body: dict[str, object]) -> Any:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(body)

    return handler


async def _ack_nothing(ack: Any) -> None:
    await ack()
