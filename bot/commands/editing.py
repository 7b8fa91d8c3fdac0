"""What the form says by which a run of the ledger is edited. Reads; changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from math import isclose
from typing import Final

from bot.asker import Asker
from bot.commands.ledger import (
    EXAMPLE_RUN,
    LONGEST,
    NotRead,
    emitted_kgco2e,
    energy_in,
    entry_of,
    logging_of,
)
from bot.i18n import Text, text
from bot.language import LanguageError
from bot.ledger import ESTIMATED_FIGURES, Entry, Run, RunState

NAME: Final = "name"
PROJECT: Final = "project"
COMMAND: Final = "command"
STATE: Final = "state"
STARTS: Final = "starts_on"
ENDS: Final = "ends_on"
MEASURED: Final = "measured"

LONGEST_COMMAND: Final = 3000

LABELS: Final = {
    NAME: text("Name"),
    PROJECT: text("Project"),
    COMMAND: text("The run, as in a command"),
    STATE: text("State"),
    STARTS: text("First day"),
    ENDS: text("Last day"),
    MEASURED: text("Measured energy"),
}
STATES: Final = {RunState.PLANNED: text("planned"), RunState.DONE: text("done")}

_DAY: Final = text("A day is written as 2026-12-01.")
_EMISSIONS_DIGITS: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands in the form, as it was typed; empty where nothing was."""

    name: str = ""
    project: str = ""
    command: str = ""
    state: str = RunState.PLANNED.value
    starts_on: str = ""
    ends_on: str = ""
    measured: str = ""


NAMES: Final = tuple(field.name for field in fields(Fields))


def fields_of(entry: Entry) -> Fields:
    """A run of the ledger as the fields of the form."""
    measured_kwh = entry.measured_energy_kwh
    return Fields(
        name=entry.name,
        project=entry.project,
        command=(entry.command or "")[:LONGEST_COMMAND],
        state=entry.state.value,
        starts_on=entry.starts_on.isoformat() if entry.starts_on else "",
        ends_on=entry.ends_on.isoformat() if entry.ends_on else "",
        measured="" if measured_kwh is None else f"{measured_kwh:.15g} kWh",
    )


def needed(entry: Entry) -> frozenset[str]:
    """The fields that may not be empty; a run that was imported without a command needs none."""
    return frozenset({NAME, STATE, COMMAND} if entry.command else {NAME, STATE})


def mistakes(found: Fields, entry: Entry, asker: Asker) -> dict[str, Text | str]:
    """What is wrong, by the field in which it is. What nobody touched is not asked about."""
    before = fields_of(entry)
    wrong: dict[str, Text | str] = {}
    if not found.name:
        wrong[NAME] = text("Give the run a name, such as llama-ft.")
    for name in (NAME, PROJECT):
        value: str = getattr(found, name)
        if len(value) > LONGEST and value != getattr(before, name):
            wrong[name] = text("A name has at most {n} characters.", n=LONGEST)
    if found.command != before.command:
        wrong |= _wrong_command(found, asker)
    days = {name: _day(getattr(found, name)) for name in (STARTS, ENDS)}
    for name, day in days.items():
        if day is None and getattr(found, name):
            wrong[name] = _DAY
    starts_on, ends_on = days[STARTS], days[ENDS]
    if starts_on and ends_on and ends_on < starts_on:
        wrong[ENDS] = text("The run ends before it starts.")
    typed = found.measured != before.measured and found.measured
    if typed and energy_in(found.measured, asker) is None:
        wrong[MEASURED] = text("An energy is written as 433 MWh.")
    if found.measured and found.state == RunState.PLANNED:
        wrong[STATE] = text("What was measured is done. To plan it again, empty its energy.")
    return wrong


def edited(run: Run, found: Fields, asker: Asker) -> Entry:
    """The run with what stands in the form.

    An estimate is made again, with today's data, where the run itself was changed.

    Raises:
        NotRead: see ``mistakes``, which are to be empty.
        LanguageError: see ``mistakes``.
    """
    entry, before = run.entry, fields_of(run.entry)
    starts_on, ends_on = _day(found.starts_on), _day(found.ends_on)
    state = RunState(found.state)
    if state is RunState.DONE and entry.state is RunState.PLANNED and not found.ends_on:
        ends_on = asker.today
    counted_on = entry.counted_on
    if starts_on != entry.starts_on:
        counted_on = starts_on or run.created_at.date()
    changed = replace(
        entry,
        name=found.name,
        project=found.project,
        state=state,
        starts_on=starts_on,
        ends_on=ends_on,
        counted_on=counted_on,
    )
    if found.command != before.command:
        logged = logging_of(found.name[:LONGEST], "", found.command, asker)
        estimated = entry_of(logged, entry.channel_id, entry.owner_id, asker.today)
        changed = replace(changed, **{name: getattr(estimated, name) for name in _ESTIMATED})
    if found.measured == before.measured:
        return replace(changed, measured_kgco2e=_emissions(changed, entry))
    measured_kwh = energy_in(found.measured, asker) if found.measured else None
    emitted = None if measured_kwh is None else emitted_kgco2e(changed, measured_kwh)
    if emitted is None and measured_kwh is not None and entry.measured_energy_kwh:
        # Without an estimate it emits as much per kWh as what was measured before.
        known = entry.measured_kgco2e
        emitted = None if known is None else known * (measured_kwh / entry.measured_energy_kwh)
    return replace(changed, measured_energy_kwh=measured_kwh, measured_kgco2e=emitted)


@dataclass(frozen=True, slots=True)
class Change:
    """A field that somebody else changed while the form was open.

    Attributes:
        before: what stood there when the form was opened; ``None`` where that was too long.
        lost: whether it stands against what was entered here.
    """

    field: str
    before: str | None
    now: str
    lost: bool


def basis(found: Fields) -> dict[str, str]:
    """What a form was filled in with, short enough to travel in it."""
    return {**asdict(found), COMMAND: _digest(found.command)}


def changes(base: Mapping[str, str], mine: Fields, now: Fields) -> list[Change]:
    """What others changed since a form was filled in with ``base``."""
    then, entered = basis(now), basis(mine)
    return [
        Change(
            name,
            None if name == COMMAND else base[name],
            getattr(now, name),
            entered[name] not in {base[name], then[name]},
        )
        for name in NAMES
        if then[name] != base[name]
    ]


def merged(base: Mapping[str, str], mine: Fields, now: Fields) -> Fields:
    """What was entered here, and what the ledger says now where nothing was."""
    entered = basis(mine)
    return Fields(
        **{n: getattr(now if entered[n] == base[n] else mine, n) for n in NAMES},
    )


def worded(name: str, value: str) -> Text | str:
    """What stands in a field, as it is read out."""
    return STATES[RunState(value)] if name == STATE else value


_ESTIMATED: Final = ("command", "spec", "catalogue_version", "factors", *ESTIMATED_FIGURES)
"""What of an entry follows from its command."""


def _wrong_command(found: Fields, asker: Asker) -> dict[str, Text | str]:
    if not found.command:
        return {COMMAND: text("Say the run, such as {example}", example=EXAMPLE_RUN)}
    try:
        logging_of("run", "", found.command, asker)
    except NotRead as error:
        return {COMMAND: error.why}
    except LanguageError as error:
        return {COMMAND: error.message}
    return {}


def _emissions(changed: Entry, before: Entry) -> float | None:
    """What the measured energy emits, where neither the energy nor a meter says otherwise."""
    energy_kwh, known = before.measured_energy_kwh, before.measured_kgco2e
    if energy_kwh is None or known is None:
        return known
    derived = emitted_kgco2e(before, energy_kwh)
    if derived is None or not isclose(known, derived, rel_tol=_EMISSIONS_DIGITS):
        # Measured with the energy: another estimate does not change it.
        return known
    return emitted_kgco2e(changed, energy_kwh)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None


def _digest(command: str) -> str:
    return hashlib.sha256(command.encode()).hexdigest()[:16]
