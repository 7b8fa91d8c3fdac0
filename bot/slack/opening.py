"""Modals, opened and changed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.failures import FAILURES, is_slacks_own, reason

log = logging.getLogger(__name__)

_USED: Final = "exchanged_trigger_id"
"""A trigger opens one modal: what it should open is open."""
_OVER: Final = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""The modal was changed or closed in the meantime: nothing to update any more."""

MOST_LIVE: Final = 1000
"""Forms of which is remembered when they were edited last."""
_CHANGED: Final = "hash_conflict"

Body = dict[str, Any]


class LiveViews:
    """Forms that are checked at every key, of which the last one counts."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, str] = OrderedDict()

    def note(self, view_id: str, when: str) -> None:
        """Note that a form was edited at a moment, by Slack's clock."""
        self._latest[view_id] = max(when, self._latest.get(view_id, ""))
        self._latest.move_to_end(view_id)
        if len(self._latest) > MOST_LIVE:
            self._latest.popitem(last=False)

    async def update(self, client: AsyncWebClient, view: Body, when: str, content: Body) -> None:
        """Show what follows from what was edited at ``when``, unless the form was closed."""
        try:
            await client.views_update(view_id=view["id"], hash=view.get("hash"), view=content)
        except SlackApiError as error:
            if reason(error) not in _OVER:
                raise
            # Of two keys at once the second knows more: it is shown, whichever came first.
            if reason(error) == _CHANGED and self._latest.get(view["id"]) == when:
                await self._anyway(client, view["id"], content)

    async def _anyway(self, client: AsyncWebClient, view_id: str, content: Body) -> None:
        try:
            await client.views_update(view_id=view_id, view=content)
        except SlackApiError as error:
            if reason(error) not in _OVER:
                raise


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
        await client.views_update(view_id=view["id"], hash=view.get("hash"), view=content)
    except FAILURES as error:
        if reason(error) in _OVER:
            return
        if not is_slacks_own(error):
            raise
        log.warning("a modal could not be changed: %s", reason(error))
