"""A double click does nothing twice, also where two replicas hear one click each.

The second click on a button, or the second submission of a form, within seconds is acknowledged and
does nothing. Replicas share what was clicked through storage.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.store.handled import Handled

log = logging.getLogger(__name__)

DOUBLE_CLICK: Final = timedelta(seconds=3)
"""Within this a second click is the first one's other half; after it somebody means it."""

Body = Mapping[str, Any]


class Once:
    """Tells what comes for the first time from what is repeated."""

    def __init__(self, handled: Handled) -> None:
        self._handled = handled

    async def first_time(self, key: str, at: datetime | None = None) -> bool:
        """Whether nobody has claimed this key before, or within seconds where ``at`` is given."""
        try:
            if at is None:
                return await self._handled.first_time(key)
            return await self._handled.first_time_within(key, at, DOUBLE_CLICK)
        except (SQLAlchemyError, OSError) as error:
            # What is perhaps done twice is better than what is not done.
            log.warning("a repetition would not be noticed: %s", type(error).__name__)
            return True

    async def give_back(self, key: str) -> None:
        """Let what came to nothing be tried again."""
        try:
            await self._handled.forget(key)
        except (SQLAlchemyError, OSError) as error:
            log.warning("a form may have to be opened again: %s", type(error).__name__)


class FirstClick(AsyncMiddleware):
    """Lets the first of two quick clicks on a message's button through."""

    def __init__(self, once: Once) -> None:
        self._once = once

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name for it
    ) -> BoltResponse | None:
        """Go on with a first click, and acknowledge a second one."""
        click = clicked(req.body)
        if click is not None and not await self._once.first_time(*click):
            return BoltResponse(status=200)
        await next()
        return resp


def clicked(body: Body) -> tuple[str, datetime] | None:
    """The key of a click on a button of a message, and when it was; ``None`` for all else.

    A choice in a menu is none: whoever chooses one thing, another and the first again means it.
    """
    actions = body.get("actions") or [{}]
    container = body.get("container") or {}
    action = actions[0]
    if (
        body.get("type") != "block_actions"
        or container.get("type") != "message"
        or action.get("type") != "button"
    ):
        return None
    what = [
        body["user"],
        body.get("team"),
        container.get("channel_id"),
        container.get("message_ts"),
        action.get("block_id"),
        action.get("action_id"),
        action.get("value"),
    ]
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return f"click {digest}", datetime.fromtimestamp(float(action["action_ts"]), UTC)


def submission(view: Body) -> str:
    """The key of a submitted form as it was filled in."""
    entered = json.dumps(view["state"]["values"], sort_keys=True)
    return f"submitted {view['id']} {hashlib.sha256(entered.encode()).hexdigest()}"
