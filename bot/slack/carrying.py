"""``/carbon export`` and ``/carbon import``: the ledger as files, out and in."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks.ledger import ledger_refusal
from bot.blocks.listing import plain_message
from bot.codecarbon import NoMeasurement, measurement_in
from bot.commands import exporting, importing
from bot.commands.importing import WrongFile
from bot.commands.ledger import NotRead
from bot.i18n import text
from bot.message import Message
from bot.slack import files
from bot.slack.asking import Askers
from bot.slack.commands import Opener, Responder
from bot.slack.opening import open_view
from bot.slack.payload import Who
from bot.store import Store
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
            return plain_message(say("The file could not be sent: Slack did not take it."))
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


def register(app: AsyncApp, askers: Askers, store: Store) -> None:
    """Attach the listener of the form."""

    @app.view(IMPORT_FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        clicked = Who.of_interaction(body)
        channel_id = view["private_metadata"]
        who = Who(clicked.enterprise_id, clicked.team_id, channel_id, clicked.user_id)
        asker = await askers.asker(who, client)
        entered = (view["state"]["values"].get(FILE) or {}).values()
        uploads = [file for entry in entered for file in entry.get("files") or []]
        if not uploads:
            await ack(response_action="errors", errors={FILE: asker.say("Choose a file.")})
            return
        try:
            content = await files.fetched(uploads[0], client, LARGEST_BYTES)
            new, known = await _entered(who, importing.rows_in(content), asker, store)
        except (WrongFile, files.NotFetched) as error:
            errors = {FILE: asker.say(error.why)[:150]}
            await ack(response_action="errors", errors=errors)
            return
        said = asker.say("Runs entered: {new}; there already: {known}.", new=new, known=known)
        title = asker.say("Import runs")
        await ack(response_action="update", view=message_view(title, plain_message(said), asker))


async def _entered(who: Who, rows: importing.Rows, asker: Asker, store: Store) -> tuple[int, int]:
    """Enter the rows of a file; how many are new, and how many were there already.

    Raises:
        WrongFile: a row cannot be read. Nothing is entered then.
    """
    if rows.codecarbon:
        measurements = []
        for number, row in enumerate(rows.rows, start=2):
            try:
                measurements.append(measurement_in(dict(row)))
            except NoMeasurement as error:
                why = text("Row {row}: {why}", row=number, why=str(error))
                raise WrongFile(why) from None
        url = await store.measurements.of_imports(who.team, who.channel_id, who.user_id)
        found = [await store.measurements.receive(url, one) for one in measurements]
        new = sum(one.is_new for one in found)
        return new, len(found) - new
    entries = importing.entries_in(rows, who.channel_id, who.user_id, asker)
    new = await store.runs.enter_missing(who.team, who.channel_id, entries)
    return new, len(entries) - new
