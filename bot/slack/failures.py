"""What a call of Slack's Web API fails with, and what that is called in the log."""

from __future__ import annotations

from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

FAILURES: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""Slack refuses, or cannot be reached."""


def reason(error: Exception) -> str:
    """What Slack says is wrong, or what kind of failure it is that it did not say."""
    return (
        str(error.response["error"]) if isinstance(error, SlackApiError) else type(error).__name__
    )
