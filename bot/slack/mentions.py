"""``@carbon 64 H100 for 2 weeks``: mentions in channels and threads, and direct messages.

The answer goes into the thread, for everybody who reads it; a secret, to who asked alone. Nobody
is answered who did not ask: a message of a bot, an edit, a deletion or a joining member is none of
ours. An event that comes twice is answered once: replicas share what was answered through storage,
and while the database does not answer, each remembers its own last events.
"""

from __future__ import annotations

import asyncio
import html
import logging
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot import commands
from bot.commands.found import find_run
from bot.message import Message
from bot.slack.answering import Answering, apology
from bot.slack.asking import Askers
from bot.slack.commands import Surfaces, answered, remember, with_last
from bot.slack.failures import FAILURES, reason
from bot.slack.payload import Who
from bot.store import Store

log = logging.getLogger(__name__)

REMEMBERED: Final = 1000
"""Events that a replica remembers on its own; Slack repeats one at most three times."""
_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>[,:，：]?")
_LINK: Final = re.compile(r"<(?:https?|mailto):[^|>]*(?:\|([^>]*))?>")
_MARKS: Final = re.compile(r"[*~`]+|(?<!\w)_+|_+(?!\w)")
"""Slack's marks of bold, italic, struck and code. Within a word an underscore is a letter of it."""


def said(event: Mapping[str, Any], bot_user_id: str | None) -> str:
    """What somebody said to the bot: without its name, and with Slack's markup undone."""
    text = str(event.get("text") or "")
    if bot_user_id:
        text = re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^>]*)?>[,:，：]?", " ", text)
    text = _MENTION.sub(" ", text)
    text = _LINK.sub(lambda link: link[1] or " ", text)
    return " ".join(html.unescape(_MARKS.sub("", text)).split())


def is_asked(event: Mapping[str, Any]) -> bool:
    """Whether a member asks: no bot, no edit, nothing but a message that they wrote."""
    return not (
        event.get("bot_id")
        or event.get("subtype")
        or event.get("edited")
        or event.get("hidden")
        or not event.get("user")
    )


def register(
    app: AsyncApp,
    askers: Askers,
    answering: Answering,
    store: Store,
    surfaces: Surfaces,
) -> None:
    """Attach the listeners for mentions and direct messages.

    Args:
        app: the Bolt app.
        askers: knows who asks.
        answering: answers after the acknowledgement.
        store: where answers are kept.
        surfaces: what answers from what is stored, and what looks things up.
    """
    seen: OrderedDict[str, None] = OrderedDict()

    async def first_time(event_id: str) -> bool:
        if event_id in seen:
            return False
        seen[event_id] = None
        if len(seen) > REMEMBERED:
            seen.popitem(last=False)
        try:
            return await store.handled.first_time(f"event {event_id}")
        except (SQLAlchemyError, OSError) as error:
            # An answer that may come from two replicas is better than none.
            log.warning("an event is remembered here alone: %s", type(error).__name__)
            return True

    async def heard(body: dict[str, Any], client: AsyncWebClient) -> None:
        event = body["event"]
        if not is_asked(event):
            return
        # Slack delivers at least once, and repeats what was not acknowledged in time.
        if not await first_time(body["event_id"]):
            return
        answering.later(answer(body, client))

    async def message_for(body: dict[str, Any], client: AsyncWebClient, text: str) -> Message:
        who = Who.of_event(body)
        stored = commands.opens(text)
        if stored is not None and stored[0] in surfaces.responders:
            return await surfaces.responders[stored[0]](as_command(body, text), client, stored[1])
        asker = await askers.asker(who, client, text)
        public = asker.preferences.model_copy(update={"public": True})
        text = await with_last(text, who, store.history)
        ready = await surfaces.lookup.fetched(text, replace(asker, preferences=public))
        found = await answered(*ready)
        if found.run is None and commands.subcommand_in(text) is None:
            # Among other words: `we plan 64 H100 for 2 weeks, thoughts?`
            run = await asyncio.to_thread(find_run, text, asker)
            if run is not None:
                ready = await surfaces.lookup.fetched(run, replace(asker, preferences=public))
                found = await answered(*ready)
        remember(store.history, who, found)
        return found.message

    async def answer(body: dict[str, Any], client: AsyncWebClient) -> None:
        event = body["event"]
        authorized = body.get("authorizations") or [{}]
        text = said(event, authorized[0].get("user_id"))
        try:
            message = await message_for(body, client, text)
        except Exception as error:  # noqa: BLE001 - whatever broke, who asked hears of it
            message = apology(error, "mention", install_url=answering.install_url)
        if commands.is_private(text) and event.get("channel_type") != "im":
            await whisper(client, event, message)
        else:
            await post(client, event["channel"], event.get("thread_ts") or event["ts"], message)

    @app.event("app_mention")
    async def mentioned(body: dict[str, Any], client: AsyncWebClient) -> None:
        await heard(body, client)

    @app.event("message")
    async def written(body: dict[str, Any], client: AsyncWebClient) -> None:
        if body["event"].get("channel_type") == "im":
            await heard(body, client)


def as_command(body: Mapping[str, Any], text: str) -> dict[str, Any]:
    """What was said, as the payload of a slash command, which ``Responder``s take.

    Under ``thread_ts`` is the thread of the answer, of which a slash command knows nothing.
    """
    event, who = body["event"], Who.of_event(body)
    return {
        "enterprise_id": who.enterprise_id,
        "team_id": who.team_id,
        "channel_id": who.channel_id,
        "user_id": who.user_id,
        "text": text,
        "trigger_id": body["event_id"],
        "thread_ts": event.get("thread_ts") or event["ts"],
    }


async def whisper(client: AsyncWebClient, event: Mapping[str, Any], message: Message) -> None:
    """Answer who asked where they asked, and nobody else."""
    thread = {"thread_ts": event["thread_ts"]} if event.get("thread_ts") else {}
    try:
        await client.chat_postEphemeral(
            channel=event["channel"],
            user=event["user"],
            text=message.text,
            blocks=list(message.blocks),
            **thread,
        )
    except FAILURES as error:
        log.warning("an answer could not be shown: %s", reason(error))


async def post(client: AsyncWebClient, channel: str, thread_ts: str, message: Message) -> None:
    """Post into a thread; where Slack refuses, there is nobody to tell but the log."""
    try:
        await client.chat_postMessage(
            channel=channel,
            thread_ts=thread_ts,
            text=message.text,
            blocks=list(message.blocks),
            unfurl_links=False,
            unfurl_media=False,
        )
    except FAILURES as error:
        log.warning("an answer could not be posted: %s", reason(error))
