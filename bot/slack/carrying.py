"""``/carbon export`` and ``/carbon import``: the ledger as files, out and in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import elements
from bot.blocks.budget import with_crossings
from bot.blocks.ledger import ledger_refusal
from bot.blocks.listing import plain_message
from bot.codecarbon import NoMeasurement, measurement_in
from bot.commands import exporting, importing
from bot.commands.importing import WrongFile
from bot.commands.ledger import NotRead
from bot.i18n import text
from bot.ledger import before_measured
from bot.message import Message
from bot.reports.budgeting import Budgets, Changed
from bot.slack import files
from bot.slack.asking import Askers
from bot.slack.commands import Opener, Responder
from bot.slack.once import Once
from bot.slack.opening import open_view
from bot.slack.payload import Who, carried
from bot.store import Store
from bot.views.budget import IMPORT_ANYWAY_FORM, PendingFile, marks_of, warning_view
from bot.views.form import message_view
from bot.views.ledger import FILE, IMPORT_FORM, import_view

LARGEST_BYTES: Final = 512 * 1024

Body = dict[str, Any]


def responders(askers: Askers, store: Store) -> dict[str, Responder]:
    """What answers ``/carbon export``."""

    async def export(command: Body, client: AsyncWebClient, rest: str) -> Message:
        who = Who.of_command(command)
        asker = await askers.asker(who, client, rest)
        say = asker.say
        try:
            form = exporting.format_in(rest)
        except NotRead as error:
            return ledger_refusal(error.why, error.better, say)
        runs = await store.runs.found(who.team, who.channel_id)
        if not runs:
            return plain_message(say("This channel's ledger is empty."))
        name = exporting.FORMATS[form]
        note = say("The ledger of <#{channel}>. Runs: {n}.", channel=who.channel_id, n=len(runs))
        content = exporting.exported(form, runs, asker)
        if not await files.sent(client, who.user_id, note, name, content):
            return files.not_sent(say)
        return plain_message(say("{file} is in your direct messages with carbon.", file=name))

    return {"export": export}


def opener(askers: Askers) -> Opener:
    """Opens the form of ``/carbon import``."""

    async def open_import(command: Body, client: AsyncWebClient, rest: str) -> None:
        who = Who.of_command(command)
        asker = await askers.asker(who, client, rest)
        view = import_view(who.channel_id, asker)
        await open_view(client, command["trigger_id"], view)

    return open_import


class Imports:
    """Enters the rows of files. One for the form and for the warning after it."""

    def __init__(self, askers: Askers, store: Store, budgets: Budgets, once: Once) -> None:
        self._askers = askers
        self._store = store
        self._budgets = budgets
        self._once = once

    async def answer(
        self, who: Who, file: Body, client: AsyncWebClient, shown: Sequence[str] = ()
    ) -> Body:
        """Enter a file's runs; what the form turns into then.

        Args:
            who: who imports, and into which channel.
            file: what Slack tells of it.
            client: what it is fetched with.
            shown: marks of the crossings that somebody was shown.

        Raises:
            WrongFile: a row cannot be read. Nothing is entered then.
            NotFetched: Slack does not give the file.
        """
        today = await self._budgets.today(who.team, who.channel_id)
        asker = replace(await self._askers.asker(who, client), today=today)
        rows = importing.rows_in(await files.fetched(file, client, LARGEST_BYTES))
        if rows.codecarbon:
            return _imported(await self._measured(who, rows, asker), asker)
        entries = importing.entries_in(rows, who.channel_id, who.user_id, asker)
        missing = await self._store.runs.missing(who.team, who.channel_id, entries)
        crossings = await self._budgets.crossings(who.team, Changed(missing))
        if not {*marks_of(crossings)} <= {*shown}:
            pending = PendingFile(
                key=uuid.uuid4().hex,
                channel_id=who.channel_id,
                address=str(file.get("url_private_download") or file.get("url_private") or ""),
                shown=marks_of(crossings),
            )
            what = asker.say.plural("{n} run", "{n} runs", len(missing))
            return warning_view(
                IMPORT_ANYWAY_FORM, pending.model_dump_json(), what, crossings, asker
            )
        new = await self._store.runs.enter_missing(who.team, who.channel_id, entries)
        await self._budgets.told(who.team, crossings)
        return _imported(_entered_message(new, len(entries) - new, asker), asker)

    async def anyway(self, who: Who, pending: PendingFile, client: AsyncWebClient) -> Body:
        """Enter the runs of a file although they cross a budget, once however often it is said."""
        key = f"import anyway {pending.key}"
        asker = await self._askers.asker(who, client)
        if not await self._once.first_time(key):
            return _imported(plain_message(asker.say("This file is imported already.")), asker)
        try:
            file = {"url_private": pending.address}
            return await self.answer(who, file, client, pending.shown)
        except (WrongFile, files.NotFetched) as error:
            await self._once.give_back(key)
            return _imported(plain_message(asker.say(error.why)), asker)
        except BaseException:
            # Whatever broke: it is not imported, and may be tried again.
            await self._once.give_back(key)
            raise

    async def _measured(self, who: Who, rows: importing.Rows, asker: Asker) -> Message:
        """Enter CodeCarbon's rows. What was measured is spent: nobody is asked before."""
        measurements = []
        for number, row in enumerate(rows.rows, start=2):
            try:
                measurements.append(measurement_in(dict(row)))
            except NoMeasurement as error:
                why = text("Row {row}: {why}", row=number, why=error.why)
                raise WrongFile(why) from None
        store, team = self._store, who.team
        url = await store.measurements.of_imports(team, who.channel_id, who.user_id)
        found = [await store.measurements.receive(url, one, asker.today) for one in measurements]
        new = [one for one in found if one.is_new]
        runs = [one.run for one in new if one.run is not None]
        entries = [run.entry for run in runs]
        old = [before_measured(one) for one in entries]
        change = Changed(entries, old, frozenset(run.id for run in runs))
        crossings = await self._budgets.crossings(team, change)
        await self._budgets.told(team, crossings)
        message = _entered_message(len(new), len(found) - len(new), asker)
        return with_crossings(message, crossings, asker.say)


def register(app: AsyncApp, imports: Imports, askers: Askers) -> None:
    """Attach the listeners of the form, and of the warning after it."""

    @app.view(IMPORT_FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        who = Who.of_interaction(body).at(view["private_metadata"])
        asker = await askers.asker(who, client)
        entered = (view["state"]["values"].get(FILE) or {}).values()
        uploads = [file for entry in entered for file in entry.get("files") or []]
        if not uploads:
            await ack(response_action="errors", errors={FILE: asker.say("Choose a file.")})
            return
        try:
            shown = await imports.answer(who, uploads[0], client)
        except (WrongFile, files.NotFetched) as error:
            errors = {FILE: elements.complaint(asker.say(error.why))}
            await ack(response_action="errors", errors=errors)
            return
        await ack(response_action="update", view=shown)

    @app.view(IMPORT_ANYWAY_FORM)
    async def anyway(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        pending = carried(PendingFile, view["private_metadata"])
        who = Who.of_interaction(body).at(pending.channel_id)
        await ack(response_action="update", view=await imports.anyway(who, pending, client))


def _entered_message(new: int, known: int, asker: Asker) -> Message:
    return plain_message(
        asker.say("Runs entered: {new}; there already: {known}.", new=new, known=known)
    )


def _imported(message: Message, asker: Asker) -> Body:
    return message_view(asker.say("Import runs"), message, asker)
