"""Answers that go where a form or a shortcut was used, as far as Slack lets them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.message import Message
from bot.slack.hosts import Hosts
from bot.slack.threads import Thread
from bot.views.form import Purpose

log = logging.getLogger(__name__)

SENDING_S: Final = 1.5
"""How long a submission waits for its answer to arrive. Slack waits for 3 s."""


async def delivered(
    client: AsyncWebClient, purpose: Purpose, message: Message, user_id: str
) -> bool:
    """Send an answer where the form was opened from, and tell whether it arrived."""
    if not Hosts(client.base_url).are_slacks(purpose.url):
        log.warning("an answer stays in its form: its address is not Slack's")
        return False
    webhook = AsyncWebhookClient(purpose.url, session=client.session)
    # What one member sees cannot become what all see: that is a message of its own.
    replaces = purpose.replace and not message.public
    payload = message.payload() | {"replace_original": replaces}
    thread = None
    if purpose.thread_ts and not replaces:
        thread = Thread(purpose.channel_id, user_id, purpose.thread_ts)
        payload["thread_ts"] = purpose.thread_ts
    try:
        async with asyncio.timeout(SENDING_S):
            if thread is not None and not message.public:
                wrong = await thread.tell(client, message.text, message.blocks)
                if wrong is None:
                    return True
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
