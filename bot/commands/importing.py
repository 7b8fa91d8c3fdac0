"""Files that become runs of the ledger: our own CSV, and CodeCarbon's ``emissions.csv``."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.asker import Asker
from bot.commands.exporting import FORMULA
from bot.commands.ledger import NotRead, entry_of, logging_of
from bot.i18n import Text, text
from bot.i18n.documents import syntax_text
from bot.language import LanguageError
from bot.ledger import Entry, RunState

MOST: Final = 500
"""Rows of a file."""
CODECARBON: Final = "energy_consumed"
"""A column that CodeCarbon's files have and ours have not."""

Row = dict[str, str]


class WrongFile(Exception):
    """A file cannot be imported; nothing of it was.

    Attributes:
        why: what is wrong, and in which row.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file; they are CodeCarbon's or ours."""

    rows: tuple[Row, ...]
    codecarbon: bool


def rows_in(content: str) -> Rows:
    """The rows of a file.

    Raises:
        WrongFile: it is no CSV with the columns of either kind, or too long.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
        heading = reader.fieldnames or ()
        rows = tuple(
            {key: _plain(value) for key, value in row.items() if isinstance(key, str)}
            for row in reader
        )
    except csv.Error as error:
        raise WrongFile(text("This is no CSV: {why}.", why=syntax_text(str(error)))) from None
    codecarbon = CODECARBON in heading
    for column in ("run_id", CODECARBON) if codecarbon else ("name",):
        if column not in heading:
            raise WrongFile(text("The column `{column}` is missing.", column=column))
    if len(rows) > MOST:
        raise WrongFile(text("A file has at most {n} rows: split it.", n=MOST))
    if not rows:
        raise WrongFile(text("There is no row in the file."))
    return Rows(rows, codecarbon)


def entries_in(rows: Rows, channel_id: str, owner_id: str, asker: Asker) -> list[Entry]:
    """Our own rows as entries. Estimates are made again from the commands, with today's data.

    Raises:
        WrongFile: a row cannot be read.
    """
    return [
        _entry(
            row,
            number,
            Entry(channel_id=channel_id, owner_id=owner_id, name="", counted_on=asker.today),
            asker,
        )
        for number, row in enumerate(rows.rows, start=2)
    ]


def _entry(row: Row, number: int, plain: Entry, asker: Asker) -> Entry:
    name, project, command = (row.get(key, "") for key in ("name", "project", "command"))
    starts_on, ends_on = _day(row, "starts_on", number), _day(row, "ends_on", number)
    counted_on = _day(row, "counted_on", number) or starts_on or asker.today
    state = row.get("state") or RunState.PLANNED.value
    if state not in {one.value for one in RunState}:
        raise WrongFile(text("Row {row}: the state is `planned` or `done`.", row=number))
    if not name:
        raise WrongFile(text("Row {row}: the name is missing.", row=number))
    entry = replace(plain, name=name, project=project, starts_on=starts_on, ends_on=ends_on)
    # Without a command it is tried with one: the name and the project have their limits too.
    try:
        found = logging_of(
            name, project, command or "1 kWh", asker, starts_on=starts_on, ends_on=ends_on
        )
    except NotRead as error:
        raise WrongFile(text("Row {row}: {why}", row=number, why=error.why)) from None
    except LanguageError as error:
        raise WrongFile(text("Row {row}: {why}", row=number, why=error.message)) from None
    if command:
        entry = entry_of(found, plain.channel_id, plain.owner_id, asker.today)
    return replace(
        entry,
        counted_on=counted_on,
        state=RunState(state),
        measured_energy_kwh=_number(row, "measured_energy_kwh", number),
        measured_kgco2e=_number(row, "measured_kgco2e", number),
    )


def _plain(value: object) -> str:
    """A cell; the apostrophe that keeps a spreadsheet from running it is taken away."""
    cell = value.replace("\0", "").strip() if isinstance(value, str) else ""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _day(row: Row, column: str, number: int) -> date | None:
    cell = row.get(column)
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        raise WrongFile(
            text("Row {row}: `{column}` is a day such as 2026-12-01.", row=number, column=column)
        ) from None


def _number(row: Row, column: str, number: int) -> float | None:
    cell = row.get(column)
    try:
        found = float(cell) if cell else None
    except ValueError:
        found = math.nan
    if found is not None and not 0 <= found <= 1e12:
        raise WrongFile(
            text("Row {row}: `{column}` is a number such as 433000.", row=number, column=column)
        )
    return found
