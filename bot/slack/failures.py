"""What a call of Slack's Web API fails with, and what that is called in the log."""

from __future__ import annotations

from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

FAILURES: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""Slack refuses, or cannot be reached."""
_PASSING: Final = frozenset(
    {
        "expired_trigger_id",
        "fatal_error",
        "internal_error",
        "invalid_trigger_id",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
    }
)


def reason(error: BaseException) -> str:
    """What Slack says is wrong, or what kind of failure it is that it did not say."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    code = _code(error)
    return code or f"HTTP {getattr(error.response, 'status_code', 'error')}"


def is_slacks_own(error: BaseException) -> bool:
    """Whether Slack failed or could not be reached, so that the same may work later."""
    if isinstance(error, SlackApiError):
        return not _code(error) or _code(error) in _PASSING
    return isinstance(error, (aiohttp.ClientError, TimeoutError, ConnectionError))


def lacking_scope(error: BaseException) -> str | None:
    """The scopes of which Slack wants one, where the app lacks them; ``None`` where it does not."""
    if not isinstance(error, SlackApiError) or _code(error) != "missing_scope":
        return None
    return str(error.response.get("needed") or "")


def _code(error: SlackApiError) -> str:
    """Slack's code; empty where the answer was no answer of the Web API, such as a page."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error") or "") if isinstance(data, dict) else ""
