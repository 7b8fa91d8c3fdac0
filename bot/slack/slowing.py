"""Whoever asks for more than they may have is told so, and when to ask again."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.blocks.error import slow_down_message
from bot.i18n import say_in
from bot.message import Message
from bot.refusals import Reason
from bot.request import current
from bot.slack.asking import Askers, spoken
from bot.slack.failures import FAILURES, reason
from bot.slack.payload import Payload, Who
from bot.slack.rates import Throttle

log = logging.getLogger(__name__)

WAIT_S: Final = "wait_s"
"""Under this a request's context says how long its member is to wait."""
_ERROR: Final = 150
"""Characters of what Slack shows at a field."""


class Pace:
    """Knows who is to wait, and what they are told."""

    def __init__(self, throttle: Throttle, askers: Askers) -> None:
        self._throttle = throttle
        self._askers = askers

    def wait_s(self, payload: Payload) -> float:
        """Count what Slack sends: 0 where it may be answered, else the seconds to wait."""
        who = Who.of(payload)
        if who is None or not who.user_id:
            return 0.0
        wait_s = self._throttle.wait_s(who.team, who.user_id)
        if wait_s:
            told = f"to wait for {math.ceil(wait_s)} s"
            current().refused(Reason.RATE_LIMITED, told, who.team_id, who.user_id)
        return wait_s

    def slow_down(self, payload: Payload, wait_s: float) -> Message:
        """What a member is told, in their language as far as it is known."""
        said = str(payload.get("text") or (payload.get("event") or {}).get("text") or "")
        who = Who.of(payload)
        asker = None if who is None else self._askers.known(who, said)
        return slow_down_message(wait_s, asker.say if asker else say_in(spoken(said)))

    def is_to_hear(self, who: Who) -> bool:
        """Whether a member has not just been told to wait."""
        return self._throttle.is_to_hear(who.team, who.user_id)


class SlowDown(AsyncMiddleware):
    """Lets nothing through of a member who is to wait.

    Each command, form and menu waits for an answer and gets one. To clicks and mentions one word
    in a while is enough: more would be what it is about.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name for it
    ) -> BoltResponse | None:
        """Go on, or say that it is too much."""
        wait_s = req.context.get(WAIT_S)
        who = Who.of(req.body) if wait_s else None
        if not wait_s or who is None:
            await next()
            return resp
        message = self._pace.slow_down(req.body, wait_s)
        if "command" in req.body:
            return BoltResponse(status=200, body=message.payload())
        match req.body.get("type"):
            case "block_suggestion":
                return BoltResponse(status=200, body={"options": []})
            case "view_submission":
                return _at_a_field(req.body, message)
        if self._pace.is_to_hear(who):
            await _tell(req.context, req.body, who, message)
        return BoltResponse(status=200)


def _at_a_field(body: Payload, message: Message) -> BoltResponse:
    """Leaves the form open, with what was entered."""
    fields = [*body["view"]["state"]["values"]]
    if not fields:
        return BoltResponse(status=200)
    errors = {fields[0]: message.text[:_ERROR]}
    return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})


async def _tell(context: AsyncBoltContext, body: Payload, who: Who, message: Message) -> None:
    """Tell the member alone, where they are."""
    try:
        if context.response_url and context.respond is not None:
            await context.respond(**message.payload(), replace_original=False)
        elif who.channel_id and context.client is not None:
            await context.client.chat_postEphemeral(
                channel=who.channel_id,
                user=who.user_id,
                text=message.text,
                blocks=list(message.blocks),
                **_thread(body),
            )
    except FAILURES as error:
        log.warning("nobody could be told to wait: %s", reason(error))


def _thread(body: Payload) -> dict[str, Any]:
    thread_ts = (body.get("event") or {}).get("thread_ts")
    return {"thread_ts": thread_ts} if thread_ts else {}
