"""Files: fetched from Slack where a member uploaded one, and sent to a member."""

from __future__ import annotations

import logging
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.blocks.listing import plain_message
from bot.i18n import Say, Text, text
from bot.message import Message
from bot.slack.failures import FAILURES, lacking_scope, reason
from bot.slack.hosts import Hosts

log = logging.getLogger(__name__)

_MOST_HOPS: Final = 4
_ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308})


class NotFetched(Exception):
    """A file cannot be had.

    Attributes:
        why: the reason, for who uploaded it.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


async def fetched(file: dict[str, Any], client: AsyncWebClient, largest_bytes: int) -> str:
    """The text of an uploaded file.

    Raises:
        NotFetched: it is too large, no text, or Slack does not give it.
    """
    if int(file.get("size") or 0) > largest_bytes:
        raise NotFetched(_too_large(largest_bytes))
    address = str(file.get("url_private_download") or file.get("url_private") or "")
    hosts, raw = Hosts(client.base_url), None
    try:
        for _ in range(_MOST_HOPS):
            if not hosts.are_slacks(address):
                log.warning("a file is not at Slack's, and is not fetched")
                break
            found = await _at(address, client, largest_bytes)
            if isinstance(found, bytes):
                raw = found
                break
            address = found
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("a file could not be fetched: %s", reason(error))
    if raw is None:
        raise NotFetched(text("The file cannot be fetched from Slack."))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotFetched(text("The file is no text in UTF-8.")) from None


async def _at(address: str, client: AsyncWebClient, largest_bytes: int) -> bytes | str:
    """What is at an address, or the address that it says to look at instead.

    The token goes along, so that where it goes next is not left to the library.
    """
    headers = {"Authorization": f"Bearer {client.token}", "Accept-Encoding": "identity"}
    assert client.session is not None  # noqa: S101 - every client shares the bot's
    async with client.session.get(address, headers=headers, allow_redirects=False) as answer:
        if answer.status in _ELSEWHERE:
            return str(answer.url.join(URL(answer.headers.get("Location", ""))))
        if answer.status != 200:
            raise NotFetched(text("The file cannot be fetched from Slack."))
        raw = bytearray()
        async for chunk in answer.content.iter_any():
            raw += chunk
            if len(raw) > largest_bytes:
                raise NotFetched(_too_large(largest_bytes))
        return bytes(raw)


async def sent(client: AsyncWebClient, user_id: str, note: str, name: str, content: str) -> bool:
    """Send a member a file in their direct messages; whether Slack took it.

    Raises:
        SlackApiError: the app lacks a permission, of which somebody should hear.
    """
    try:
        # Posting to a member opens the conversation, in which the file may be shared.
        posted = await client.chat_postMessage(channel=user_id, text=note, unfurl_links=False)
        await client.files_upload_v2(
            channel=posted["channel"],
            thread_ts=posted["ts"],
            filename=name,
            title=name,
            content=content,
        )
    except FAILURES as error:
        if lacking_scope(error) is not None:
            raise
        log.warning("a file could not be sent: %s", reason(error))
        return False
    return True


def not_sent(say: Say) -> Message:
    """What the member hears where :func:`sent` did not succeed."""
    return plain_message(say("The file could not be sent: Slack did not take it."))


def _too_large(largest_bytes: int) -> Text:
    return text("The file is larger than {limit} kB.", limit=largest_bytes // 1024)
