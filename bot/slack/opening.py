"""Modals, opened and changed."""

from __future__ import annotations

import logging
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.failures import FAILURES, is_slacks_own, reason

log = logging.getLogger(__name__)

_USED: Final = "exchanged_trigger_id"
"""A trigger opens one modal: what it should open is open."""
_OVER: Final = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""The modal was changed or closed in the meantime: nothing to update any more."""

Body = dict[str, Any]


async def open_view(
    client: AsyncWebClient, trigger_id: str, view: Body, *, over: bool = False
) -> None:
    """Open a modal, or with ``over`` put it over the one that is open.

    Raises:
        SlackApiError: Slack did not take it; who clicked is to hear so.
    """
    show = client.views_push if over else client.views_open
    try:
        await show(trigger_id=trigger_id, view=view)
    except SlackApiError as error:
        if reason(error) != _USED:
            raise
        log.info("a modal is open already")


async def update_view(client: AsyncWebClient, view: Body, content: Body) -> None:
    """Replace a modal by what it is to show now, unless it was changed or closed meanwhile.

    Where Slack fails it stays as it is: what was entered is still there.
    """
    try:
        await client.views_update(view_id=view["id"], hash=view["hash"], view=content)
    except FAILURES as error:
        if reason(error) in _OVER:
            return
        if not is_slacks_own(error):
            raise
        log.warning("a modal could not be changed: %s", reason(error))
