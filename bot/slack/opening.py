"""Views that are opened by a click or a command."""

from __future__ import annotations

import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)


async def open_view(client: AsyncWebClient, trigger_id: str, view: dict[str, Any]) -> None:
    """Open a view. A double click uses the same trigger twice, which Slack refuses."""
    try:
        await client.views_open(trigger_id=trigger_id, view=view)
    except SlackApiError as error:
        log.info("a view was not opened: %s", error.response["error"])
