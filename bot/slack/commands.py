"""``/carbon``, as it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import commands
from bot.asker import Asker
from bot.commands.estimate import Answer
from bot.message import Message
from bot.slack.answering import Answering, apology
from bot.slack.asking import Askers
from bot.slack.live import Lookup
from bot.slack.payload import Payload, Who
from bot.slack.slowing import WAIT_S
from bot.store.history import Answered, History

COMMAND = "/carbon"

Opener = Callable[[dict[str, Any], AsyncWebClient, str], Awaitable[None]]
"""Opens a form for a command, filled in with what followed its word."""

Responder = Callable[[dict[str, Any], AsyncWebClient, str], Awaitable[Message]]
"""Answers a command from what is stored, by what followed its word."""


class Surfaces(NamedTuple):
    """What answers the subcommands that are not pure, by their names, and what looks things up."""

    openers: Mapping[str, Opener]
    responders: Mapping[str, Responder]
    lookup: Lookup


class AtOnce:
    """Answers a command of somebody who is known: nothing has to be asked of Slack then."""

    def __init__(self, askers: Askers, history: History, lookup: Lookup) -> None:
        self._askers = askers
        self._history = history
        self._lookup = lookup

    async def answer(self, body: Payload) -> Message | None:
        """The answer to a command; ``None`` where it, or anything else, is for the listeners."""
        text = body.get("text") or ""
        if body.get("command") != COMMAND or not commands.is_pure(text):
            return None
        who = Who.of_command(body)
        asker = self._askers.known(who, text)
        if asker is None:
            return None
        try:
            ready = self._lookup.at_once(text, asker)
            if ready is None:
                return None
            answer = await answered(*ready)
        except Exception as error:  # noqa: BLE001 - whatever broke, who asked hears of it
            return apology(error, COMMAND, asker.say)
        remember(self._history, who, answer)
        return answer.message


class AnswerAtOnce(AsyncMiddleware):
    """Answers so before Bolt looks for a token or a listener: the acknowledgement needs neither.

    Commands over HTTP are answered before they come to Bolt, see ``bot.slack.http``.
    """

    def __init__(self, at_once: AtOnce) -> None:
        self._at_once = at_once

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name for it
    ) -> BoltResponse | None:
        """Answer, or go on."""
        # Who is to wait is told so later on, see ``SlowDown``.
        message = None if req.context.get(WAIT_S) else await self._at_once.answer(req.body)
        if message is not None:
            return BoltResponse(status=200, body=message.payload())
        await next()
        return resp


async def answered(text: str, asker: Asker) -> Answer:
    """The answer to a command; one that takes long is made beside the others, not before them."""
    if commands.takes_long(text):
        return await asyncio.to_thread(commands.answer, text, asker)
    return commands.answer(text, asker)


def remember(history: History, who: Who, answer: Answer) -> None:
    """Keep an answer that is an estimate in the history."""
    if answer.run is not None and answer.result is not None:
        answered = Answered(answer.command, answer.run, answer.result)
        history.record(who.team, who.channel_id, who.user_id, answered)


async def with_last(text: str, who: Who, history: History) -> str:
    """The command with the member's last estimate in it, where it is about that."""
    if not commands.of_last(text):
        return text
    last = await history.recent(who.team, who.user_id, limit=1)
    return f"{text} {last[0].command}" if last else text


def register(
    app: AsyncApp,
    askers: Askers,
    answering: Answering,
    history: History,
    surfaces: Surfaces,
) -> None:
    """Attach the listener for commands that open a form, and of members who are not known yet.

    Args:
        app: the Bolt app.
        askers: knows who asks.
        answering: answers in time.
        history: keeps estimates.
        surfaces: what opens forms, what answers from what is stored, and what looks things up.
    """

    @app.command(COMMAND)
    async def carbon(
        ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any], client: AsyncWebClient
    ) -> None:
        text = command.get("text") or ""
        say = askers.say(Who.of_command(command), text)
        found = commands.opens(text)
        if found is not None and found[0] in surfaces.openers:
            await ack()
            await surfaces.openers[found[0]](command, client, found[1])
            return
        if found is not None:
            stored = surfaces.responders[found[0]](command, client, found[1])
            await answering.in_time(ack, respond, stored, say)
            return

        async def work() -> Message:
            who = Who.of_command(command)
            asker = await askers.asker(who, client, text)
            said = await with_last(text, who, history)
            answer = await answered(*await surfaces.lookup.fetched(said, asker))
            remember(history, who, answer)
            return answer.message

        await answering.in_time(ack, respond, work(), say)
