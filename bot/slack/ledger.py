"""The ledger: runs that are entered, listed, ended and dropped, by commands and by a button."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import controls, elements
from bot.blocks.budget import warning_message, with_crossings
from bot.blocks.error import refusal_message
from bot.blocks.ledger import (
    ROWS,
    done_message,
    dropped_message,
    ledger_refusal,
    logged_message,
    run_text,
    runs_message,
)
from bot.budget import Crossing
from bot.commands import ledger
from bot.commands.ledger import NotRead
from bot.i18n import text
from bot.language import LanguageError
from bot.ledger import Entry, Run, RunState
from bot.message import Message
from bot.reports.budgeting import Budgets, Changed
from bot.slack.asking import Askers
from bot.slack.calibrating import Offers
from bot.slack.commands import Responder
from bot.slack.once import Once, submission
from bot.slack.opening import open_view
from bot.slack.payload import Who, carried, kept_in_form, value_of
from bot.slack.refusing import not_permitted
from bot.slack.settings import may_change
from bot.store import Store, Team
from bot.store.errors import ChangedMeanwhile
from bot.views.budget import ANYWAY_FORM, Pending, marks_of, warning_view
from bot.views.form import message_view
from bot.views.ledger import LOG_FORM, NAME, PROJECT, LogPurpose, entered, log_view

NEAR = 200
"""Runs among which the nearest name is looked for."""

Body = dict[str, Any]
Corrected = Callable[[Team, Run], None]
"""Is told of a run of which a person entered another measurement."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A run that is not entered, because it would reach a budget's threshold.

    Attributes:
        pending: what enters it when somebody says so.
    """

    entry: Entry
    crossings: Sequence[Crossing]
    pending: Pending

    def message(self, asker: Asker) -> Message:
        """The warning, with a button that enters it all the same."""
        what = run_text(self.entry)
        return warning_message(what, self.crossings, self.pending.value, asker.say)

    def view(self, asker: Asker) -> Body:
        """The warning as a modal."""
        what = run_text(self.entry)
        return warning_view(ANYWAY_FORM, self.pending.value, what, self.crossings, asker)


@dataclass(frozen=True, slots=True)
class Entered:
    """A run that was entered.

    Attributes:
        reached: budgets' thresholds that nobody was shown, of runs entered in the same moment.
    """

    entry: Entry
    reached: Sequence[Crossing]

    def message(self, asker: Asker, *, public: bool = False) -> Message:
        """That it was entered, and what it reaches."""
        message = logged_message(self.entry, asker.say, public=public)
        return with_crossings(message, self.reached, asker.say)


class Ledger:
    """Enters, lists, ends and drops the runs of a channel. One for commands and the form."""

    def __init__(
        self, askers: Askers, store: Store, budgets: Budgets, corrected: Corrected
    ) -> None:
        self._askers = askers
        self._store = store
        self._budgets = budgets
        self._corrected = corrected
        self._offers = Offers(askers, store)

    async def log(self, who: Who, said: str, asker: Asker, thread_ts: str = "") -> Message:
        """Enter a run that was typed, or warn before.

        Args:
            who: the owner, and where they are.
            said: what was typed.
            asker: the same, as far as the answer depends on it.
            thread_ts: the thread that it is answered in.
        """
        found = ledger.read_log(said, asker)
        outcome = await self.enter(who, found, thread_ts)
        if isinstance(outcome, Warned):
            return outcome.message(asker)
        return outcome.message(asker, public=found.public)

    async def enter(
        self,
        who: Who,
        found: ledger.Logging,
        thread_ts: str = "",
        shown: Sequence[str] = (),
    ) -> Entered | Warned:
        """Enter a run, unless it reaches a budget's threshold that nobody was shown.

        Args:
            who: the owner, and where they are.
            found: the run.
            thread_ts: the message under which the channel hears of it.
            shown: marks of the crossings that somebody was shown.

        Raises:
            NotRead: a run of this name is planned in the channel.
        """
        for run in await self._store.runs.named(who.team, who.channel_id, found.name):
            if run.entry.state is RunState.PLANNED:
                raise ledger.taken(found.name, found.command)
        today = await self._budgets.today(who.team, who.channel_id)
        entry = ledger.entry_of(found, who.channel_id, who.user_id, today)
        if thread_ts:
            entry = replace(entry, thread_channel_id=who.channel_id, thread_ts=thread_ts)
        crossings = await self._budgets.crossings(who.team, Changed([entry]))
        if not {*marks_of(crossings)} <= {*shown}:
            return Warned(entry, crossings, _pending(found, entry, crossings))
        entered = await self._store.runs.enter(who.team, entry)
        # Another run may have been entered since that look: the later of the two sees both.
        change = Changed([entered.entry], ids=frozenset([entered.id]))
        reached = await self._budgets.crossings(who.team, change)
        await self._budgets.told(who.team, [*crossings, *reached])
        known = {*shown, *marks_of(crossings)}
        return Entered(entered.entry, [one for one in reached if not {*marks_of([one])} <= known])

    async def runs(self, who: Who, said: str, asker: Asker, client: AsyncWebClient) -> Message:
        """The channel's runs; those that the member may change have a button for it."""
        search = said.removeprefix("#")
        found = await self._store.runs.found(who.team, who.channel_id, search, limit=ROWS + 1)
        shown = found[:ROWS]
        editable = [run for run in shown if await self.may_edit(who, run.entry, asker, client)]
        return runs_message(shown, search, asker.say, editable, more=len(found) > ROWS)

    async def done(self, who: Who, said: str, asker: Asker, client: AsyncWebClient) -> Message:
        """A run is over."""
        ended = ledger.read_done(said, asker)
        rest = "" if ended.energy_kwh is None else f"{ended.energy_kwh:.10g} kWh"
        # Another may change it in between; what they entered is read again then.
        for _ in range(3):
            run = await self.one(who, ended.name, "done", rest, asker=asker, client=client)
            entry = ledger.done_of(run.entry, ended.energy_kwh, asker.today)
            try:
                changed = await self._store.runs.change(who.team, run.id, run.version, entry)
            except ChangedMeanwhile:
                continue
            self.tell(who, run, changed)
            offer = None
            if ended.energy_kwh is not None:
                offer = await self._offers.claim(who.team, who.channel_id)
            if offer is not None:
                await self._offers.made(offer, "")
            message = done_message(changed.entry, asker.say, offer=offer is not None)
            return await self.with_reached(who, run, changed.entry, message, asker)
        raise NotRead(
            text("Somebody else is changing this run."),
            f"done {ledger.quoted(ended.name)} {rest}".strip(),
        )

    async def with_reached(
        self, who: Who, before: Run, now: Entry, message: Message, asker: Asker
    ) -> Message:
        """A message about a run that was changed, with the thresholds that it reaches by that."""
        change = Changed([now], [before.entry], frozenset([before.id]))
        crossings = await self._budgets.crossings(who.team, change)
        await self._budgets.told(who.team, crossings)
        return with_crossings(message, crossings, asker.say)

    async def drop(self, who: Who, said: str, asker: Asker, client: AsyncWebClient) -> Message:
        """Take a run out of the ledger."""
        name = ledger.name_alone(said, "drop")
        run = await self.one(who, name, "drop", "", asker=asker, client=client)
        await self._store.runs.delete(who.team, run.id)
        return dropped_message(run.entry, asker.say)

    def tell(self, who: Who, before: Run, now: Run) -> None:
        """Let the channel's message of a measurement show another one, where it is another."""
        if _measured(now) != _measured(before):
            self._corrected(who.team, now)

    async def one(  # noqa: PLR0913 - what the answer to a wrong name is worded with
        self, who: Who, name: str, word: str, rest: str, *, asker: Asker, client: AsyncWebClient
    ) -> Run:
        """The run of a name that the member may change.

        Raises:
            NotRead: there is none, or it is another's.
        """
        found = await self._store.runs.named(who.team, who.channel_id, name)
        if not found:
            known = await self._store.runs.found(who.team, who.channel_id, limit=NEAR)
            raise ledger.unknown(name, word, rest, known)
        own = [run for run in found if run.entry.owner_id == who.user_id]
        if own:
            return own[0]
        if await self.may_edit(who, found[0].entry, asker, client):
            return found[0]
        not_permitted(who, "to change another's run")
        raise ledger.anothers(found[0].entry.name)

    async def may_edit(self, who: Who, entry: Entry, asker: Asker, client: AsyncWebClient) -> bool:
        """Whether a member may change a run: their own, or as one who looks after the settings."""
        if entry.owner_id == who.user_id:
            return True
        member = await self._askers.member(who, client)
        # Where nobody said who may change settings, everybody may; runs stay their owners'.
        entrusted = asker.preferences.editors is not None
        return member.is_admin or (entrusted and may_change(member, asker.preferences))


def _measured(run: Run) -> tuple[float | None, float | None]:
    return run.entry.measured_energy_kwh, run.entry.measured_kgco2e


def _pending(found: ledger.Logging, entry: Entry, crossings: Sequence[Crossing]) -> Pending:
    return Pending(
        key=uuid.uuid4().hex,
        name=found.name,
        command=found.command,
        channel_id=entry.channel_id,
        owner_id=entry.owner_id,
        project=found.project,
        thread_ts=entry.thread_ts or "",
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        public=found.public,
        shown=marks_of(crossings),
    )


def responders(found: Ledger, askers: Askers) -> dict[str, Responder]:
    """What answers the subcommands of the ledger."""

    def responder(word: str) -> Responder:
        async def respond(command: Body, client: AsyncWebClient, rest: str) -> Message:
            who = Who.of_command(command)
            asker = await askers.asker(who, client, rest)
            try:
                match word:
                    case "log":
                        thread_ts = str(command.get("thread_ts") or "")
                        return await found.log(who, rest, asker, thread_ts)
                    case "done":
                        return await found.done(who, rest, asker, client)
                    case "drop":
                        return await found.drop(who, rest, asker, client)
                    case _:
                        return await found.runs(who, rest, asker, client)
            except NotRead as error:
                return ledger_refusal(error.why, error.better, asker.say)
            except LanguageError as error:
                return refusal_message(error, asker.say)

        return respond

    return {word: responder(word) for word in ("log", "runs", "done", "drop")}


def register(app: AsyncApp, found: Ledger, askers: Askers, once: Once) -> None:
    """Attach the listeners of the button and of the form that it opens."""

    @app.action(controls.LOG)
    async def ask_name(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        who = Who.of_interaction(body)
        asker = await askers.asker(who, client)
        container = body.get("container") or {}
        own = bool(container.get("is_ephemeral"))
        purpose = LogPurpose(
            command=value_of(action),
            channel_id=who.channel_id,
            thread_ts="" if own else str(container.get("message_ts") or ""),
        )
        await open_view(client, body["trigger_id"], log_view(kept_in_form(purpose), asker))

    @app.view(LOG_FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        purpose = carried(LogPurpose, view["private_metadata"])
        who = Who.of_interaction(body).at(purpose.channel_id)
        asker = await askers.asker(who, client)
        name = entered(view["state"]["values"], NAME)
        project = entered(view["state"]["values"], PROJECT).removeprefix("#")
        if not name:
            errors = {NAME: asker.say("Give the run a name, such as llama-ft.")}
            await ack(response_action="errors", errors=errors)
            return
        key = submission(view)
        if not await once.first_time(key):
            await ack()
            return
        try:
            run = ledger.logging_of(name, project, purpose.command, asker)
            outcome = await found.enter(who, run, purpose.thread_ts)
        except NotRead as error:
            await once.give_back(key)
            await ack(
                response_action="errors", errors={NAME: elements.complaint(asker.say(error.why))}
            )
            return
        except LanguageError as error:
            await once.give_back(key)
            await ack(
                response_action="errors",
                errors={NAME: elements.complaint(asker.say(error.message))},
            )
            return
        if isinstance(outcome, Warned):
            await ack(response_action="update", view=outcome.view(asker))
            return
        message = outcome.message(asker)
        title = asker.say("Log this run")
        await ack(response_action="update", view=message_view(title, message, asker))
