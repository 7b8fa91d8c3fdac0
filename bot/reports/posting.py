"""Posts a report to Slack, and finds one that was posted by its metadata.

No call is repeated here: Slack may have taken a message although its answer failed, and only a look
into the channel's history tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.message import Message
from bot.store.deliveries import DeliveryKey

NOT_INSTALLED: Final = "not_installed"
"""The app is in the workspace no more: there is no token to call Slack with."""
EVENT_TYPE: Final = "carbon_summary"
CALL_S: Final = 30.0
"""How long a call to Slack may take."""
PAGE: Final = 200
PAGES: Final = 25
"""Pages of history that are searched."""


class Remedy(StrEnum):
    """What can be done where Slack refuses."""

    WAIT = "wait"
    """Try again later."""
    INSTALL = "install"
    """The whole workspace is closed to the bot, until somebody installs it again."""
    INVITE = "invite"
    """The channel is closed to the bot."""
    NONE = "none"
    """The same call would be refused again."""


_REMEDIES: Final = {
    Remedy.INSTALL: (
        NOT_INSTALLED,
        "account_inactive",
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "not_authed",
        "no_permission",
        "missing_scope",
        "team_access_not_granted",
    ),
    Remedy.INVITE: (
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "messages_tab_disabled",
    ),
    Remedy.NONE: (
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "history_too_long",
    ),
}
_BY_CODE: Final = {code: remedy for remedy, codes in _REMEDIES.items() for code in codes}


class Refused(Exception):
    """Slack refused a call, or did not answer it.

    Attributes:
        code: Slack's error, or ``unreachable``, ``timeout`` or ``not_installed``.
        retry_after_s: how long Slack wants to be left alone.
    """

    def __init__(self, code: str, retry_after_s: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s

    @property
    def remedy(self) -> Remedy:
        """What can be done about it."""
        return _BY_CODE.get(self.code, Remedy.WAIT)


def key_text(key: DeliveryKey) -> str:
    """The name of a delivery that its message carries. Readable by all: ids, and no secret."""
    return f"{key.kind} {key.team.team_id} {key.channel_id} {key.period}"


async def post(client: AsyncWebClient, key: DeliveryKey, message: Message) -> str:
    """Post a message that carries its key; returns Slack's name of it.

    Raises:
        Refused: by Slack; the message may stand in the channel all the same.
    """
    answer = await _answer(
        client.chat_postMessage(
            channel=key.channel_id,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key_text(key)}},
            unfurl_links=False,
            unfurl_media=False,
        )
    )
    return str(answer["ts"])


async def find(client: AsyncWebClient, key: DeliveryKey, since: datetime) -> str | None:
    """Slack's name of the message of a delivery, where it stands in the channel.

    Raises:
        Refused: by Slack, or the history is longer than can be searched.
    """
    wanted = {"key": key_text(key)}
    cursor: str | None = None
    for _ in range(PAGES):
        answer = await _answer(
            client.conversations_history(
                channel=key.channel_id,
                include_all_metadata=True,
                oldest=f"{since.timestamp():.6f}",
                limit=PAGE,
                cursor=cursor,
            )
        )
        for message in answer.get("messages") or []:
            found = message.get("metadata") or {}
            if found.get("event_type") == EVENT_TYPE and found.get("event_payload") == wanted:
                return str(message["ts"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    raise Refused("history_too_long")


async def reachable(client: AsyncWebClient, channel_id: str) -> None:
    """Make sure that the bot is in a channel, and may read what it posted there.

    Raises:
        Refused: it is not, or Slack does not answer.
    """
    await _answer(client.conversations_history(channel=channel_id, limit=1))


async def tell(client: AsyncWebClient, user_id: str, message: Message) -> None:
    """Write to a member; where that cannot be done, nobody is told.

    Raises:
        Refused: by Slack.
    """
    await _answer(
        client.chat_postMessage(
            channel=user_id,
            text=message.text,
            blocks=list(message.blocks),
            unfurl_links=False,
            unfurl_media=False,
        )
    )


async def _answer(call: Coroutine[Any, Any, AsyncSlackResponse]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(CALL_S):
            answer = await call
    except SlackApiError as error:
        raise _refused(error) from error
    except TimeoutError as error:
        raise Refused("timeout") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Refused("unreachable") from error
    data = answer.data
    return data if isinstance(data, dict) else {}


def _refused(error: SlackApiError) -> Refused:
    response = error.response
    headers = getattr(response, "headers", None) or {}
    status = getattr(response, "status_code", 0)
    code = str(response.get("error") or f"http_{status}")
    waits = str(headers.get("Retry-After") or headers.get("retry-after") or "")
    return Refused(code, float(waits) if waits.isdecimal() else 0.0)
