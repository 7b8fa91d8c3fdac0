"""Runs of the ledger are edited in a form: from the list of runs, or by ``/carbon edit NAME``."""

from __future__ import annotations

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import elements
from bot.blocks.ledger import EDIT_RUN, dropped_message, ledger_refusal, saved_message
from bot.commands import editing, ledger
from bot.commands.editing import Fields
from bot.commands.ledger import NotRead
from bot.i18n import Text, text
from bot.language import LanguageError
from bot.ledger import Run, RunState
from bot.message import Message
from bot.slack.asking import Askers
from bot.slack.commands import Opener
from bot.slack.ledger import Ledger
from bot.slack.once import Once, submission
from bot.slack.opening import LiveViews, open_view, update_view
from bot.slack.payload import Who, entered_in, value_of, view_of
from bot.slack.refusing import not_permitted
from bot.slack.sending import delivered
from bot.store import Store
from bot.store.errors import ChangedMeanwhile
from bot.views.editing import (
    DROP,
    EDIT_FORM,
    FIELD,
    EditPurpose,
    block_of,
    edit_view,
    fields_in,
    purpose_of,
)
from bot.views.form import Purpose, message_view

_TRIES: Final = 3

Body = dict[str, Any]


class Editing:
    """Opens, checks and keeps the form of a run."""

    def __init__(self, found: Ledger, store: Store) -> None:
        self._store = store
        self._ledger = found

    async def run(self, who: Who, run_id: str, asker: Asker, client: AsyncWebClient) -> Run:
        """A run that the member may edit.

        Raises:
            NotRead: it is gone, or another's.
        """
        run = await self._store.runs.get(who.team, run_id)
        if run is None or run.entry.channel_id != who.channel_id:
            raise NotRead(text("This run is no longer in the ledger."), "runs")
        if not await self._ledger.may_edit(who, run.entry, asker, client):
            not_permitted(who, "to change another's run")
            raise ledger.anothers(run.entry.name)
        return run

    async def named(self, who: Who, said: str, asker: Asker, client: AsyncWebClient) -> Run:
        """The run of a name that the member may edit.

        Raises:
            NotRead: there is none, or it is another's.
        """
        name = ledger.name_alone(said, "edit")
        return await self._ledger.one(who, name, "edit", "", asker=asker, client=client)

    async def mistakes(
        self, who: Who, run: Run, fields: Fields, asker: Asker
    ) -> dict[str, Text | str]:
        """What is wrong, by field: also where the name is taken by another planned run."""
        wrong = editing.mistakes(fields, run.entry, asker)
        if fields.state != RunState.PLANNED or editing.NAME in wrong:
            return wrong
        for other in await self._store.runs.named(who.team, who.channel_id, fields.name):
            if other.entry.state is RunState.PLANNED and other.id != run.id:
                wrong[editing.NAME] = ledger.taken(fields.name, fields.command).why
        return wrong

    async def drop(self, who: Who, run: Run) -> bool:
        """Take a run out of the ledger as the member saw it; whether it still was so."""
        return await self._store.runs.delete(who.team, run.id, run.version)

    async def keep(self, who: Who, run: Run, fields: Fields, asker: Asker) -> Message:
        """Keep what was entered, and say so.

        Raises:
            ChangedMeanwhile: somebody else was quicker.
        """
        entry = editing.edited(run, fields, asker)
        kept = await self._store.runs.change(who.team, run.id, run.version, entry)
        self._ledger.tell(who, run, kept)
        message = saved_message(kept.entry, asker.say)
        return await self._ledger.with_reached(who, run, kept.entry, message, asker)


def opener(askers: Askers, found: Editing) -> Opener:
    """Opens the form for ``/carbon edit NAME``."""

    async def open_edit(command: Body, client: AsyncWebClient, rest: str) -> None:
        who = Who.of_command(command)
        asker = await askers.asker(who, client, rest)
        try:
            run = await found.named(who, rest, asker, client)
        except NotRead as error:
            refusal = ledger_refusal(error.why, error.better, asker.say)
            await delivered(client, Purpose(url=command["response_url"]), refusal, who.user_id)
            return
        await open_view(client, command["trigger_id"], _fresh(run, asker))

    return open_edit


def register(app: AsyncApp, askers: Askers, store: Store, found: Editing, once: Once) -> None:
    """Attach the listeners of the buttons and of the form."""
    _opening(app, askers, found)
    _typing(app, askers, store)
    _submitting(app, askers, found, once)


def _opening(app: AsyncApp, askers: Askers, found: Editing) -> None:
    @app.action(re.compile(f"^{EDIT_RUN}\\d+$"))
    async def edit(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        who = Who.of_interaction(body)
        asker = await askers.asker(who, client)
        try:
            view = _fresh(await found.run(who, value_of(action), asker, client), asker)
        except NotRead as error:
            view = _refused(error, asker)
        await open_view(client, body["trigger_id"], view)

    @app.action(DROP)
    async def drop(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        view = view_of(body)
        purpose = purpose_of(view)
        who = Who.of_interaction(body).at(purpose.channel_id)
        asker = await askers.asker(who, client)
        fields = fields_in(entered_in(view))
        try:
            for _ in range(_TRIES):
                run = await found.run(who, purpose.run_id, asker, client)
                stale = _stale(run, purpose, fields, asker)
                if stale is not None:
                    await update_view(client, view, stale)
                    return
                if await found.drop(who, run):
                    message = dropped_message(run.entry, asker.say)
                    await update_view(client, view, _read(message, asker))
                    return
        except NotRead as error:
            await update_view(client, view, _refused(error, asker))


def _typing(app: AsyncApp, askers: Askers, store: Store) -> None:
    live = LiveViews()

    async def typed(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        view = view_of(body)
        purpose = purpose_of(view)
        live.note(view["id"], str(action["action_ts"]))
        who = Who.of_interaction(body).at(purpose.channel_id)
        asker = await askers.asker(who, client)
        run = await store.runs.get(who.team, purpose.run_id)
        if run is None:
            return
        fields = fields_in(entered_in(view))
        content = edit_view(run, purpose, fields, asker)
        await live.update(client, view, str(action["action_ts"]), content)

    for name in editing.NAMES:
        app.action(f"{FIELD}{name}")(typed)


def _submitting(app: AsyncApp, askers: Askers, found: Editing, once: Once) -> None:
    @app.view(EDIT_FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        purpose = purpose_of(view)
        who = Who.of_interaction(body).at(purpose.channel_id)
        asker = await askers.asker(who, client)
        fields = fields_in(entered_in(view))
        key = submission(view)
        if not await once.first_time(key):
            await ack()
            return
        try:
            for _ in range(_TRIES):
                run = await found.run(who, purpose.run_id, asker, client)
                stale = _stale(run, purpose, fields, asker)
                if stale is not None:
                    await ack(response_action="update", view=stale)
                    return
                wrong = await found.mistakes(who, run, fields, asker)
                if wrong:
                    await once.give_back(key)
                    await ack(
                        response_action="errors",
                        errors={
                            block_of(name, purpose): elements.complaint(asker.say(why))
                            for name, why in wrong.items()
                        },
                    )
                    return
                try:
                    message = await found.keep(who, run, fields, asker)
                except ChangedMeanwhile:
                    continue
                await ack(response_action="update", view=_read(message, asker))
                return
        except NotRead as error:
            again = _again(fields, error)
            await ack(response_action="update", view=_refused(again, asker))
            return
        except LanguageError as error:
            await once.give_back(key)
            why = elements.complaint(asker.say(error.message))
            errors = {block_of(editing.COMMAND, purpose): why}
            await ack(response_action="errors", errors=errors)
            return
        await once.give_back(key)
        why = asker.say("Somebody else is changing this run.")
        await ack(response_action="errors", errors={block_of(editing.NAME, purpose): why})


def _stale(run: Run, purpose: EditPurpose, fields: Fields, asker: Asker) -> Body | None:
    """The form with what others changed meanwhile; ``None`` where nothing that it shows did."""
    now = editing.fields_of(run.entry)
    changed = editing.changes(purpose.base, fields, now)
    if not changed:
        return None
    merged = editing.merged(purpose.base, fields, now)
    return edit_view(run, EditPurpose.of(run), merged, asker, changed)


def _fresh(run: Run, asker: Asker) -> Body:
    return edit_view(run, EditPurpose.of(run), editing.fields_of(run.entry), asker)


def _again(fields: Fields, error: NotRead) -> NotRead:
    """What is told of a run that cannot be saved, with how to enter it anew."""
    if not fields.command or not fields.name:
        return error
    return NotRead(error.why, f"log {ledger.quoted(fields.name)} {fields.command}")


def _read(message: Message, asker: Asker) -> Body:
    return message_view(asker.say("Edit a run"), message, asker)


def _refused(error: NotRead, asker: Asker) -> Body:
    return _read(ledger_refusal(error.why, error.better, asker.say), asker)
