"""Answers that go where a form or a shortcut was used, as far as Slack lets them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import aiohttp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.message import Message
from bot.slack.failures import FAILURES, reason
from bot.slack.payload import Who
from bot.views.form import Purpose

log = logging.getLogger(__name__)

SENDING_S: Final = 1.5
"""How long a submission waits for its answer to arrive. Slack waits for 3 s."""


async def delivered(client: AsyncWebClient, purpose: Purpose, message: Message) -> bool:
    """Send an answer where the form was opened from, and tell whether it arrived."""
    webhook = AsyncWebhookClient(purpose.url, session=client.session)
    # What one member sees cannot become what all see: that is a message of its own.
    replaces = purpose.replace and not message.public
    payload = message.payload() | {"replace_original": replaces}
    if purpose.thread_ts and not replaces:
        payload["thread_ts"] = purpose.thread_ts
    try:
        async with asyncio.timeout(SENDING_S):
            answer = await webhook.send_dict(payload)
            if answer.status_code != 200:
                log.info("an answer stays in its form: %s", answer.status_code)
                return False
            if purpose.replace and not replaces:
                await webhook.send_dict({"delete_original": True})
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("an answer stays in its form: %s", type(error).__name__)
        return False
    return True


async def answer_message(
    client: AsyncWebClient,
    respond: AsyncRespond,
    who: Who,
    thread_ts: str | None,
    message: Message,
) -> None:
    """Answer about a message: in its thread where it has one that the bot may write in."""
    if thread_ts is not None:
        try:
            await client.chat_postEphemeral(
                channel=who.channel_id,
                user=who.user_id,
                thread_ts=thread_ts,
                text=message.text,
                blocks=list(message.blocks),
            )
        except FAILURES as error:
            log.info("an answer goes beside its thread: %s", reason(error))
        else:
            return
    await respond(**message.payload(), replace_original=False)
