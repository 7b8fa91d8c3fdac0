"""What follows ``/carbon log``, ``runs``, ``done`` and ``drop``. Reads; changes nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.asker import Asker
from bot.commands.estimate import ask
from bot.commands.halves import within
from bot.i18n import Text, listed, text
from bot.language import LanguageError, parse, to_text
from bot.language.normalise import normalise
from bot.ledger import Entry, Run, RunState
from estimator import Estimate, FactorSet, TrainingRun
from estimator.record import named_in_full

LONGEST: Final = 80
"""Characters of a run's name and of a project's."""
EXAMPLE_RUN: Final = "64 H100 for 2 weeks in Germany"
EXAMPLE: Final = "log llama-ft #nlp 64 H100 for 2 weeks in Germany"

_QUOTED: Final = re.compile(r"""\s*(?:"([^"]*)"|“([^“”]*)”|「([^」]*)」|'([^']*)')\s*""")
_PROJECT: Final = re.compile(r"(?:^|\s)(?:#([^\s#<>]+)|<#([^|>]+)(?:\|([^>]*))?>)(?=\s|$)")
"""``#nlp``, also where Slack took it for a channel's name."""
_DAY: Final = re.compile(r"(?:^|\s)(from|until|自|至)\s+(\d{4}-\d{2}-\d{2})(?=\s|$)", re.IGNORECASE)
_ENERGY: Final = re.compile(r"^(?P<name>.+?)\s+(?P<energy>\d[\d.,]*\s*\S+)$")


class NotRead(Exception):
    """What was said cannot be understood, or not be done.

    Attributes:
        why: what is wrong.
        better: a command that works.
    """

    def __init__(self, why: Text, better: str) -> None:
        super().__init__(str(why))
        self.why = why
        self.better = better


@dataclass(frozen=True, slots=True)
class Logging:
    """A run that is to be entered, with its estimate.

    Attributes:
        command: the run as it was understood.
        public: whether the channel sees the answer.
    """

    name: str
    project: str
    starts_on: date | None
    ends_on: date | None
    command: str
    run: TrainingRun
    result: Estimate
    public: bool = False


def quoted(name: str) -> str:
    """A name as it is typed: in quotes where it has spaces."""
    return f'"{name}"' if re.search(r"\s", name) or not name else name


def read_log(said: str, asker: Asker) -> Logging:
    """What is to be entered.

    Raises:
        NotRead: there is no name, or no run, or a day that is none.
        LanguageError: the run cannot be understood or estimated.
    """
    name, rest = _name_in(said)
    project, rest = project_in(rest)
    starts_on, rest = _day_in(rest, ("from", "自"))
    ends_on, rest = _day_in(rest, ("until", "至"))
    if not name:
        raise NotRead(text("Give the run a name, and say the run after it."), EXAMPLE)
    return logging_of(name, project, rest, asker, starts_on=starts_on, ends_on=ends_on)


def logging_of(  # noqa: PLR0913 - what a run is entered with
    name: str,
    project: str,
    command: str,
    asker: Asker,
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Logging:
    """A run that is to be entered, from its parts.

    Raises:
        NotRead: the name or the project is too long, the days are turned around, or no run is
            said.
        LanguageError: the run cannot be understood or estimated.
    """
    head = f"log {quoted(name)} "
    for label in (name, project):
        if len(label) > LONGEST:
            why = text("A name has at most {n} characters.", n=LONGEST)
            raise NotRead(why, f"log {quoted(label[:20].strip())} {command or EXAMPLE_RUN}")
    if starts_on and ends_on and ends_on < starts_on:
        better = f"{head}{command} from {ends_on} until {starts_on}"
        raise NotRead(text("The run ends before it starts."), better)
    if not command:
        why = text("Say the run after its name “{name}”.", name=name)
        raise NotRead(why, f"{head}{EXAMPLE_RUN}")
    # The ledger accounts: the article's figures illustrate, whatever the settings say.
    preferences = asker.preferences.model_copy(update={"factors": None})
    try:
        reading, result = ask(command, replace(asker, preferences=preferences))
    except LanguageError as error:
        raise _within(error, head, command) from error
    said = to_text(
        reading.run.model_copy(update={"factors": FactorSet.SOURCED}), catalogue=asker.catalogue
    )
    if reading.run.factors is FactorSet.ARTICLE:
        why = text("The article's figures illustrate, and belong in no ledger.")
        raise NotRead(why, f"{head}{said}")
    return Logging(name, project, starts_on, ends_on, said, reading.run, result, reading.public)


def entry_of(found: Logging, channel_id: str, owner_id: str, today: date) -> Entry:
    """A planned run as the ledger keeps it; it counts on the day it starts, if that is known."""
    totals = found.result.totals
    operational = totals.operational_kgco2e
    return Entry(
        channel_id=channel_id,
        owner_id=owner_id,
        name=found.name,
        counted_on=found.starts_on or today,
        project=found.project,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        command=found.command,
        spec=named_in_full(found.run, found.result).model_dump(mode="json", exclude_defaults=True),
        catalogue_version=found.result.catalogue_version,
        factors=found.result.factors.value,
        energy_kwh=totals.energy_kwh.value,
        energy_low_kwh=totals.energy_kwh.low,
        energy_high_kwh=totals.energy_kwh.high,
        operational_kgco2e=operational.value if operational else None,
        embodied_kgco2e=totals.embodied_kgco2e.value if found.result.devices else None,
        total_kgco2e=totals.total_kgco2e.value,
        total_low_kgco2e=totals.total_kgco2e.low,
        total_high_kgco2e=totals.total_kgco2e.high,
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over.

    Attributes:
        energy_kwh: what was measured; ``None`` where nothing was.
    """

    name: str
    energy_kwh: float | None


def read_done(said: str, asker: Asker) -> Ended:
    """Which run is over, and its measured energy.

    Raises:
        NotRead: no run is named, or what follows a quoted name is no energy.
    """
    match = _QUOTED.match(said)
    if match:
        name, rest = _name_in(said)
        if not rest:
            return Ended(name, None)
        energy_kwh = energy_in(rest, asker)
        if energy_kwh is None:
            why = text("“{typed}” is no energy.", typed=rest[:LONGEST])
            raise NotRead(why, f"done {quoted(name)} 433 MWh")
        return Ended(name, energy_kwh)
    name = said.strip()
    if not name:
        raise NotRead(text("Name the run that is over, and its energy."), "done llama-ft 433 MWh")
    split = _ENERGY.match(name)
    energy_kwh = energy_in(split["energy"], asker) if split else None
    return (
        Ended(split["name"], energy_kwh) if split and energy_kwh is not None else Ended(name, None)
    )


def done_of(entry: Entry, energy_kwh: float | None, today: date) -> Entry:
    """A run that is over. Measured energy emits what the estimate's electricity does."""
    if energy_kwh is None:
        return replace(entry, state=RunState.DONE, ends_on=entry.ends_on or today)
    return replace(
        entry,
        state=RunState.DONE,
        ends_on=entry.ends_on or today,
        measured_energy_kwh=energy_kwh,
        measured_kgco2e=emitted_kgco2e(entry, energy_kwh),
    )


def emitted_kgco2e(entry: Entry, energy_kwh: float) -> float | None:
    """What an energy emits by the estimate's electricity; ``None`` where there is none."""
    if not entry.energy_kwh or entry.operational_kgco2e is None:
        return None
    return entry.operational_kgco2e * (energy_kwh / entry.energy_kwh)


def name_alone(said: str, word: str) -> str:
    """A name with or without quotes.

    Raises:
        NotRead: there is none.
    """
    match = _QUOTED.fullmatch(said)
    name = _unquoted(match) if match else said.strip()
    if not name:
        raise NotRead(text("Name the run that is meant."), f"{word} llama-ft")
    return name


def unknown(name: str, word: str, rest: str, known: Sequence[Run]) -> NotRead:
    """There is no run of this name; ``rest`` is what follows the name in the command."""
    names = {run.entry.name.casefold(): run.entry.name for run in known}
    nearest = [names[key] for key in difflib.get_close_matches(name.casefold(), names, n=3)]
    # A figure without its unit was taken for a part of the name.
    first = name.rpartition(" ")[0].casefold()
    if word == "done" and not rest and first in names:
        figure = name.rpartition(" ")[2]
        why = text("“{typed}” is no energy.", typed=figure[:LONGEST])
        return NotRead(why, f"done {quoted(names[first])} 433 MWh")
    if not nearest:
        why = text("This channel has no run “{name}”.", name=name[:LONGEST])
        return NotRead(why, "runs")
    why = text(
        "This channel has no run “{name}”. Did you mean {names}?",
        name=name[:LONGEST],
        names=listed(nearest),
    )
    return NotRead(why, f"{word} {quoted(nearest[0])} {rest}".strip())


def taken(name: str, command: str) -> NotRead:
    """A run of this name is planned already."""
    why = text("This channel plans a run “{name}” already.", name=name)
    return NotRead(why, f"log {quoted(f'{name}-2')} {command}")


def anothers(name: str) -> NotRead:
    """A run is another's, and the member may not change it."""
    why = text("“{name}” is another's: its owner or an administrator may change it.", name=name)
    return NotRead(why, f"runs {name}")


def _name_in(said: str) -> tuple[str, str]:
    """A name, quoted or one word, and what follows it."""
    match = _QUOTED.match(said)
    if match:
        return _unquoted(match), said[match.end() :].strip()
    name, _, rest = said.strip().partition(" ")
    return name, rest.strip()


def project_in(said: str) -> tuple[str, str]:
    """A project's tag, without its sign, and what is said besides; empty where there is none."""
    tagged = _PROJECT.search(said)
    if tagged is None:
        return "", said
    return tagged[1] or tagged[3] or tagged[2], _without(said, tagged)


def _unquoted(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None).strip()


def _without(said: str, match: re.Match[str]) -> str:
    return f"{said[: match.start()]} {said[match.end() :]}".strip()


def _day_in(said: str, words: tuple[str, ...]) -> tuple[date | None, str]:
    for match in _DAY.finditer(said):
        if match[1].lower() not in words:
            continue
        try:
            return date.fromisoformat(match[2]), _without(said, match)
        except ValueError:
            why = text("“{typed}” is no day of the calendar.", typed=match[2])
            raise NotRead(why, f"{EXAMPLE} from 2026-12-01") from None
    return None, said


def energy_in(said: str, asker: Asker) -> float | None:
    """An energy in kWh; ``None`` where something else is said."""
    try:
        run = parse(said, asker.catalogue).run
    except LanguageError:
        return None
    if run.energy_kwh is None:
        return None
    return run.energy_kwh if run == TrainingRun(energy_kwh=run.energy_kwh) else None


def _within(error: LanguageError, head: str, command: str) -> LanguageError:
    """A mistake in the run, shown in the whole command."""
    better = error.correction
    return within(
        error,
        before=head,
        half=normalise(command),
        after="",
        correction=f"{head}{better}" if better else None,
        example=f"{head}{error.example}",
    )
