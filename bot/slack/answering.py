"""Answers in time, and never silence.

Slack waits three seconds for an acknowledgement. What takes longer is acknowledged with a word that
it is coming, and answered through the ``response_url``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot.blocks.error import (
    apology_message,
    lacking_message,
    outdated_message,
    refusal_message,
    unkept_message,
)
from bot.i18n import ENGLISH, Say, say_in
from bot.language import LanguageError
from bot.message import Message
from bot.request import current
from bot.slack.failures import FAILURES, is_slacks_own, lacking_scope, reason
from bot.slack.payload import NotOurs
from bot.store.database import does_not_answer

log = logging.getLogger(__name__)

PATIENCE_S: Final = 2.5
"""How long an answer may take before it is announced. Slack waits for 3 s."""

Respond = Callable[..., Awaitable[Any]]


class Answering:
    """The work that goes on after a request was acknowledged."""

    def __init__(
        self,
        patience_s: float = PATIENCE_S,
        announced: Callable[[], None] = lambda: None,
        install_url: str | None = None,
    ) -> None:
        """Begin with nothing to do.

        Args:
            patience_s: how long an answer may take before it is announced.
            announced: is told of each that took longer.
            install_url: where the app is allowed more; ``None`` where one workspace is served.
        """
        self._patience_s = patience_s
        self._announced = announced
        self.install_url = install_url
        self._going_on: set[asyncio.Task[None]] = set()

    async def in_time(
        self, ack: AsyncAck, respond: AsyncRespond, work: Awaitable[Message], say: Say
    ) -> None:
        """Acknowledge with the answer; where it takes long, say so first and answer after."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=self._patience_s)
        if done:
            await ack(**task.result().payload())
            return
        self._announced()
        await ack(response_type="ephemeral", text=say("Still working on it, the answer follows."))
        self.later(self._afterwards(task, respond, say))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the acknowledgement; a stop waits for it."""
        task = asyncio.create_task(_to_the_log(work))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what goes on, at most ``timeout_s``."""
        if self._going_on:
            await asyncio.wait(self._going_on, timeout=timeout_s)

    async def _afterwards(
        self, task: asyncio.Future[Message], respond: AsyncRespond, say: Say
    ) -> None:
        try:
            message = await task
        except Exception as error:  # noqa: BLE001 - whatever broke, who asked hears of it
            message = apology(error, "late answer", say, self.install_url)
        await respond(**message.payload(), replace_original=False)


async def _to_the_log(work: Coroutine[Any, Any, None]) -> None:
    """Do something after which nobody asks; where it breaks, the log has it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - there is nobody else to tell
        apology(error, "work after an answer")


async def answered_instead(
    body: Mapping[str, Any], respond: Respond | None, message: Message
) -> BoltResponse:
    """Say something in place of the answer that a request would have got.

    Args:
        body: the request.
        respond: posts to where it came from; ``None`` where it has no address for that.
        message: what to say.
    """
    if "command" in body:
        return BoltResponse(status=200, body=message.payload())
    if respond is not None:
        try:
            await respond(**message.payload(), replace_original=False)
        except FAILURES as error:
            log.warning("nobody was told what went wrong: %s", reason(error))
    return BoltResponse(status=200)


def apology(
    error: Exception, what: str, say: Say | None = None, install_url: str | None = None
) -> Message:
    """Write an error to the log, and word the apology that carries its reference.

    The reference is the id of the request, which all of its lines have. Where Slack itself failed
    there is nothing to look for in our code, and a line says it all. So it does where what a click
    carries cannot be read: then something else helps than trying again. Where the app lacks a
    permission, who reads it learns which, and where it is allowed.
    """
    if isinstance(error, LanguageError):
        log.warning("%s: the run that it carries cannot be read: %s", what, error.code)
        return refusal_message(error, say or say_in(ENGLISH))
    if isinstance(error, ValueError) and "no response_url" in str(error):
        # Bolt's, where a listener answers a message and the click came from none.
        error = NotOurs("an element of a message outside of one")
    if isinstance(error, NotOurs):
        log.warning("%s: %s", what, error)
        return outdated_message(say or say_in(ENGLISH))
    request = current()
    scopes = lacking_scope(error)
    if scopes is not None:
        request.apologised("slack")
        log.warning("%s: the app lacks %s", what, scopes)
        return lacking_message(scopes, install_url, say or say_in(ENGLISH))
    reference = request.id
    if is_slacks_own(error):
        request.apologised("slack")
        log.warning("reference %s: %s: Slack failed: %s", reference, what, reason(error))
    elif does_not_answer(error):
        request.apologised("carbon")
        why = type(error).__name__
        log.warning("reference %s: %s: the database does not answer: %s", reference, what, why)
        return unkept_message(reference, say or say_in(ENGLISH))
    else:
        request.apologised("carbon")
        log.error("reference %s: %s failed", reference, what, exc_info=error)
    return apology_message(reference, say or say_in(ENGLISH))
