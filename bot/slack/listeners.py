"""What the bot does with a command and with clicks. Thin: Slack's payload in, a message out."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot import commands
from bot.blocks.cut import CUT
from bot.blocks.error import apology_message
from bot.blocks.estimate import DISMISS, SHARE, SOURCES
from bot.commands import cut as cutting
from bot.commands import estimate as estimating
from estimator import Catalogue

log = logging.getLogger(__name__)


def register(app: AsyncApp, catalogue: Catalogue) -> None:
    """Attach the bot's listeners to a Bolt app."""

    @app.command("/carbon")
    async def carbon(ack: AsyncAck, command: dict[str, Any]) -> None:
        # The answer is the acknowledgement: no second call, and nothing to wait for.
        await ack(**commands.answer(command.get("text") or "", catalogue).payload())

    @app.action(SHARE)
    async def share(
        ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]
    ) -> None:
        await ack()
        message = estimating.shared(action["value"], catalogue, body["user"]["id"])
        await respond(**message.payload(), replace_original=False)
        await respond(delete_original=True)

    @app.action(SOURCES)
    async def sources(ack: AsyncAck, respond: AsyncRespond, action: dict[str, Any]) -> None:
        await ack()
        message = estimating.sources(action["value"], catalogue)
        await respond(**message.payload(), replace_original=False)

    @app.action(CUT)
    async def cut(ack: AsyncAck, respond: AsyncRespond, action: dict[str, Any]) -> None:
        await ack()
        message = cutting.clicked(action["value"], catalogue)
        await respond(**message.payload(), replace_original=False)

    @app.action(DISMISS)
    async def dismiss(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    @app.error
    async def apologise(
        error: Exception, body: dict[str, Any], respond: AsyncRespond
    ) -> BoltResponse:
        reference = secrets.token_hex(4)
        kind = body.get("command") or body.get("type") or "request"
        log.error("reference %s: %s failed", reference, kind, exc_info=error)
        message = apology_message(reference)
        if "command" in body:
            return BoltResponse(status=200, body=message.payload())
        if body.get("response_url"):
            await respond(**message.payload(), replace_original=False)
        return BoltResponse(status=200)
