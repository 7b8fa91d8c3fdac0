"""What the bot does with a command and with clicks. Thin: Slack's payload in, a message out."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import commands
from bot.i18n import ENGLISH, say_in
from bot.message import Message
from bot.slack import reply
from bot.slack.answering import Answering, apology
from bot.slack.asking import Askers
from bot.slack.payload import Who


def register(app: AsyncApp, askers: Askers, answering: Answering) -> None:
    """Attach the bot's listeners to a Bolt app."""
    reply.register(app, askers)

    @app.command("/carbon")
    async def carbon(
        ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any], client: AsyncWebClient
    ) -> None:
        text = command.get("text") or ""
        who = Who.of_command(command)
        asker = askers.known(who, text)
        if asker is not None:
            # The answer is the acknowledgement: no second call, and nothing to wait for.
            await ack(**commands.answer(text, asker).payload())
            return

        async def work() -> Message:
            return commands.answer(text, await askers.asker(who, client, text))

        await answering.in_time(ack, respond, work(), say_in(ENGLISH))

    @app.error
    async def apologise(
        error: Exception, body: dict[str, Any], respond: AsyncRespond
    ) -> BoltResponse:
        kind = body.get("command") or body.get("type") or "request"
        message = apology(error, kind)
        if "command" in body:
            return BoltResponse(status=200, body=message.payload())
        if body.get("response_url"):
            await respond(**message.payload(), replace_original=False)
        return BoltResponse(status=200)
