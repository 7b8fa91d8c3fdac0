"""Budgets: set, shown and removed by commands; and runs that are logged although they cross one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks.budget import (
    CANCEL_LOG,
    LOG_ANYWAY,
    ROWS,
    Today,
    budget_removed_message,
    budget_set_message,
    budgets_message,
    cancelled_message,
)
from bot.blocks.error import refusal_message
from bot.blocks.ledger import ledger_refusal
from bot.blocks.listing import plain_message
from bot.budget import Budget, Scope
from bot.commands import budget as budgeting
from bot.commands import ledger
from bot.commands.budget import Wanted, Wish
from bot.commands.ledger import NotRead
from bot.language import LanguageError
from bot.message import Message
from bot.reports.budgeting import Budgets
from bot.slack.asking import Askers
from bot.slack.commands import Responder
from bot.slack.ledger import Ledger, Warned
from bot.slack.once import Once
from bot.slack.payload import Who, carried, value_of
from bot.slack.refusing import not_permitted
from bot.slack.settings import SettingsForms, denied
from bot.store import Store
from bot.views.budget import ANYWAY_FORM, Pending
from bot.views.form import message_view
from bot.views.settings import Scope as SettingsScope

Body = dict[str, Any]

_ORDER: Final = (Scope.CHANNEL, Scope.WORKSPACE, Scope.PROJECT)
"""In which budgets are listed."""


class Purse:
    """Answers what is typed about budgets."""

    def __init__(
        self, askers: Askers, store: Store, budgets: Budgets, forms: SettingsForms
    ) -> None:
        self._askers = askers
        self._store = store
        self._budgets = budgets
        self._forms = forms

    async def answer(self, command: Body, client: AsyncWebClient, rest: str) -> Message:
        """Do what was typed, and say so."""
        who = Who.of_command(command)
        asker = await self._askers.asker(who, client, rest)
        try:
            wanted = budgeting.read(rest)
            if wanted.wish is Wish.SHOW:
                return await self._show(who, asker)
            if not await self._may(who, wanted, client):
                not_permitted(who, "to set a budget")
                return denied(asker)
            if wanted.wish is Wish.OFF:
                return await self._off(who, wanted, asker)
            return await self._set(who, wanted, asker)
        except NotRead as error:
            return ledger_refusal(error.why, error.better, asker.say)

    async def _may(self, who: Who, wanted: Wanted, client: AsyncWebClient) -> bool:
        """Who may change a channel's settings may set its budget.

        A project is found in many channels: its budget is a matter of the workspace.
        """
        whole = wanted.scope is not Scope.CHANNEL
        return await self._forms.may(
            who, SettingsScope(channel_id=who.channel_id, whole=whole), client
        )

    async def _show(self, who: Who, asker: Asker) -> Message:
        found = [
            one
            for one in await self._store.budgets.all(who.team)
            if one.scope is not Scope.CHANNEL or one.scope_id == who.channel_id
        ]
        found.sort(key=lambda one: _ORDER.index(one.scope))
        states = [await self._today(who, one) for one in found[:ROWS]]
        return budgets_message(states, asker.say, more=len(found) - len(states))

    async def _set(self, who: Who, wanted: Wanted, asker: Asker) -> Message:
        known = await self._store.budgets.all(who.team)
        budget = budgeting.budget_of(wanted, who.channel_id, who.user_id, known)
        await self._store.budgets.put(who.team, budget)
        return budget_set_message(await self._today(who, budget), asker.say)

    async def _off(self, who: Who, wanted: Wanted, asker: Asker) -> Message:
        known = await self._store.budgets.all(who.team)
        budget = budgeting.meant(wanted, who.channel_id, known)
        await self._store.budgets.remove(who.team, budget)
        return budget_removed_message(budget, budgeting.set_command(budget), asker.say)

    async def _today(self, who: Who, budget: Budget) -> Today:
        day = await self._budgets.today_of(who.team, budget)
        return Today(await self._budgets.state(who.team, budget, day), day)


def responders(
    askers: Askers, store: Store, budgets: Budgets, forms: SettingsForms
) -> dict[str, Responder]:
    """What answers ``/carbon budget``."""
    return {"budget": Purse(askers, store, budgets, forms).answer}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a run is not logged although somebody says so."""

    message: Message


class Anyway:
    """Logs what somebody was warned of, once however often they say so."""

    def __init__(self, found: Ledger, askers: Askers, once: Once) -> None:
        self._ledger = found
        self._askers = askers
        self._once = once

    async def log(
        self, who: Who, pending: Pending, client: AsyncWebClient
    ) -> Message | Warned | Refused:
        """Log it; a warning again where it would cross more than was shown."""
        asker = await self._askers.asker(who, client)
        key = f"log anyway {pending.key}"
        if not await self._once.first_time(key):
            said = asker.say("“{name}” is logged already.", name=pending.name)
            return Refused(plain_message(said))
        try:
            run = ledger.logging_of(
                pending.name,
                pending.project,
                pending.command,
                asker,
                starts_on=pending.starts_on,
                ends_on=pending.ends_on,
            )
            owner = replace(who, user_id=pending.owner_id)
            outcome = await self._ledger.enter(owner, run, pending.thread_ts, pending.shown)
        except NotRead as error:
            await self._once.give_back(key)
            return Refused(ledger_refusal(error.why, error.better, asker.say))
        except LanguageError as error:
            await self._once.give_back(key)
            return Refused(refusal_message(error, asker.say))
        except BaseException:
            # Whatever broke: it is not logged, and may be tried again.
            await self._once.give_back(key)
            raise
        if isinstance(outcome, Warned):
            return outcome
        return outcome.message(asker, public=pending.public)


def register(app: AsyncApp, found: Ledger, askers: Askers, once: Once) -> None:
    """Attach the listeners of the warning's buttons and of its modal."""
    anyway = Anyway(found, askers, once)

    def of(body: Body, pending: Pending) -> Who:
        return Who.of_interaction(body).at(pending.channel_id)

    def is_own(body: Body) -> bool:
        return bool((body.get("container") or {}).get("is_ephemeral"))

    @app.action(LOG_ANYWAY)
    async def log(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        pending = carried(Pending, value_of(action))
        who = of(body, pending)
        answer = await anyway.log(who, pending, client)
        if isinstance(answer, Refused):
            # The warning stays: what is in the way may be put out of it.
            await respond(**answer.message.payload(), replace_original=False)
            return
        message = (
            answer.message(await askers.asker(who, client))
            if isinstance(answer, Warned)
            else answer
        )
        moves = message.public and is_own(body)
        await respond(**message.payload(), replace_original=not moves)
        if moves:
            await respond(delete_original=True)

    @app.action(CANCEL_LOG)
    async def cancel(
        ack: AsyncAck, respond: AsyncRespond, body: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        await respond(**cancelled_message(asker.say).payload(), replace_original=True)

    @app.view(ANYWAY_FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        pending = carried(Pending, view["private_metadata"])
        who = of(body, pending)
        asker = await askers.asker(who, client)
        answer = await anyway.log(who, pending, client)
        if isinstance(answer, Warned):
            await ack(response_action="update", view=answer.view(asker))
            return
        message = answer.message if isinstance(answer, Refused) else answer
        title = asker.say("Log this run")
        await ack(response_action="update", view=message_view(title, message, asker))
