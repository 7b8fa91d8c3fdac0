"""``/carbon privacy``: what is kept of who asks, as a file, and deleted."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.ledger import ledger_refusal
from bot.blocks.listing import plain_message
from bot.blocks.privacy import (
    FORGET_ME,
    FORGET_WORKSPACE,
    FORGET_WORKSPACE_NOW,
    KEEP,
    about_message,
    forget_me_message,
    forget_workspace_message,
    forget_workspace_now_message,
    forgotten_message,
    forgotten_workspace_message,
)
from bot.commands.privacy import Wish, wish_in
from bot.i18n import Say, text
from bot.message import Message
from bot.slack import files
from bot.slack.asking import Askers
from bot.slack.commands import Responder
from bot.slack.payload import Who
from bot.slack.refusing import not_permitted
from bot.store import Store

FILE: Final = "carbon-privacy.json"

Body = dict[str, Any]


class Privacy:
    """Shows, sends and deletes what is kept."""

    def __init__(self, askers: Askers, store: Store, days: int | None) -> None:
        self._askers = askers
        self._store = store
        self._days = days

    async def answer(self, command: Body, client: AsyncWebClient, rest: str) -> Message:
        """Do what was typed, and say so."""
        who = Who.of_command(command)
        say = (await self._askers.asker(who, client, rest)).say
        match wish_in(rest):
            case Wish.SHOW:
                member = await self._askers.member(who, client)
                rows = await self._store.count_of(who.team, who.user_id)
                return about_message(rows, self._days, say, is_admin=member.is_admin)
            case Wish.EXPORT:
                return await self._export(who, client, say)
            case Wish.FORGET_ME:
                rows = await self._store.count_of(who.team, who.user_id)
                return forget_me_message(rows, say)
            case Wish.FORGET_WORKSPACE:
                return await self.ask_first(who, client, say)
            case _:
                why = text(
                    "After `privacy` comes nothing, `export`, `forget me` or `forget workspace`."
                )
                return ledger_refusal(why, "privacy", say)

    async def ask_first(self, who: Who, client: AsyncWebClient, say: Say) -> Message:
        """The first question before a workspace is forgotten."""
        if not await self._may(who, client):
            return _denied(who, say)
        return forget_workspace_message(say)

    async def ask_again(self, who: Who, client: AsyncWebClient, say: Say) -> Message:
        """The second question."""
        if not await self._may(who, client):
            return _denied(who, say)
        return forget_workspace_now_message(say)

    async def forget_workspace(self, who: Who, client: AsyncWebClient, say: Say) -> Message:
        """Delete all of a workspace."""
        if not await self._may(who, client):
            return _denied(who, say)
        rows = await self._store.forget_team(who.team)
        self._askers.forget_all(who.team)
        return forgotten_workspace_message(sum(rows.values()), say)

    async def forget_me(self, who: Who, _client: AsyncWebClient, say: Say) -> Message:
        """Delete what is kept of who clicks."""
        found = await self._store.forget_member(who.team, who.user_id)
        self._askers.forget_all(who.team, who.user_id)
        return forgotten_message(found.deleted["estimates"], found.changed["runs"], say)

    async def keep(self, _who: Who, _client: AsyncWebClient, say: Say) -> Message:
        """Delete nothing."""
        return plain_message(say("Nothing was deleted."))

    async def _may(self, who: Who, client: AsyncWebClient) -> bool:
        return (await self._askers.member(who, client)).is_admin

    async def _export(self, who: Who, client: AsyncWebClient, say: Say) -> Message:
        kept = await self._store.kept_of(who.team, who.user_id)
        made = {
            "enterprise_id": who.enterprise_id,
            "team_id": who.team_id,
            "user_id": who.user_id,
            "made_at": datetime.now(UTC),
            "tables": kept,
        }
        content = json.dumps(made, indent=2, ensure_ascii=False, default=_plain) + "\n"
        note = say("Everything that carbon keeps of you.")
        if not await files.sent(client, who.user_id, note, FILE, content):
            return files.not_sent(say)
        return plain_message(say("{file} is in your direct messages with carbon.", file=FILE))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    msg = f"no row of a member holds a {type(value).__name__}"
    raise TypeError(msg)


def _denied(who: Who, say: Say) -> Message:
    not_permitted(who, "to delete the workspace's data")
    return plain_message(say("Only administrators of the workspace may have all of it deleted."))


def responders(askers: Askers, store: Store, days: int | None) -> dict[str, Responder]:
    """What answers ``/carbon privacy``; ``days`` is how long estimates are kept."""
    return {"privacy": Privacy(askers, store, days).answer}


def register(app: AsyncApp, askers: Askers, store: Store, days: int | None) -> None:
    """Attach the listeners of the buttons."""
    found = Privacy(askers, store, days)

    def does(work: Any) -> Any:  # noqa: ANN401 - Bolt tells listeners by their arguments
        async def listen(
            ack: AsyncAck, respond: AsyncRespond, body: Body, client: AsyncWebClient
        ) -> None:
            await ack()
            who = Who.of_interaction(body)
            say = (await askers.asker(who, client)).say
            message = await work(who, client, say)
            await respond(**message.payload(), replace_original=True)

        return listen

    app.action(FORGET_ME)(does(found.forget_me))
    app.action(FORGET_WORKSPACE)(does(found.ask_again))
    app.action(FORGET_WORKSPACE_NOW)(does(found.forget_workspace))
    app.action(KEEP)(does(found.keep))
