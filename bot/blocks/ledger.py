"""The ledger as messages: a run that was entered, ended or dropped, and the list of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.blocks import elements, parts, wording
from bot.blocks.calibration import offer_line
from bot.i18n import Say, Text, text
from bot.ledger import Entry, Run, RunState
from bot.message import Block, Message
from estimator import Quantity, figures

ROWS: Final = 25
"""Runs in a list; Slack takes as many buttons in a row."""
EDIT_RUN: Final = "carbon_edit_run_number_"
"""Beginning of the ``action_id`` of a run's button; Slack wants them to differ in a row."""
_STATES: Final = {RunState.PLANNED: text("planned"), RunState.DONE: text("done")}
_CELL: Final = 60
_NOTABLE: Final = 0.5
"""Per cent between estimate and measurement that are worth a word."""


def logged_message(entry: Entry, say: Say, *, public: bool = False) -> Message:
    """A run that was entered, with its estimate."""
    title = say("Entered in the ledger: “{name}”", name=entry.name)
    lines = _estimated(entry, say)
    note = say(
        "When it is over: `/carbon done {name} 433 MWh`. The channel's runs: `/carbon runs`.",
        name=parts.in_code(_typed(entry.name)),
    )
    return replace(_message(title, lines, entry, say, note=note), public=public)


def run_text(entry: Entry) -> str:
    """A run's name and what it is estimated at: ``“llama-ft” (6.20 t CO2e, 15.1 MWh)``."""
    found = []
    if entry.total_kgco2e is not None:
        found.append(f"{figures.mass(entry.total_kgco2e)} CO2e")
    if entry.energy_kwh is not None:
        found.append(figures.energy(entry.energy_kwh))
    name = f"“{entry.name}”"
    return f"{name} ({', '.join(found)})" if found else name


def done_message(entry: Entry, say: Say, *, offer: bool = False) -> Message:
    """A run that is over, measured against its estimate.

    Args:
        entry: the run.
        say: the language.
        offer: whether to tell that the defaults can be taken from measured runs.
    """
    title = say("Done: “{name}”", name=entry.name)
    lines = [against_estimate(entry, say)]
    if entry.measured_kgco2e is not None:
        shown = figures.mass(entry.measured_kgco2e)
        lines.append(say("Operational, from what was measured: {mass} CO2e", mass=shown))
    note = ""
    if entry.measured_energy_kwh is None:
        note = say(
            "Its measured energy can be entered later: `/carbon done {name} 433 MWh`",
            name=parts.in_code(_typed(entry.name)),
        )
    elif offer:
        note = offer_line(say)
    return _message(title, lines, entry, say, note=note)


def saved_message(entry: Entry, say: Say) -> Message:
    """A run that was edited."""
    return _message(say("Saved: “{name}”", name=entry.name), figures_of(entry, say), entry, say)


def figures_of(entry: Entry, say: Say) -> list[str]:
    """The figures of a run, a line each."""
    if entry.measured_energy_kwh is None:
        return _estimated(entry, say)
    lines = [against_estimate(entry, say)]
    if entry.measured_kgco2e is not None:
        shown = figures.mass(entry.measured_kgco2e)
        lines.append(say("Operational, from what was measured: {mass} CO2e", mass=shown))
    return lines


def dropped_message(entry: Entry, say: Say) -> Message:
    """A run that was taken out of the ledger."""
    said = say("“{name}” is no longer in the ledger.", name=entry.name)
    blocks: list[Block] = [parts.section(parts.escape(said))]
    if entry.command:
        again = f"log {_typed(entry.name)} {entry.command}"
        hint = say("To enter it again: `/carbon {command}`", command=parts.in_code(again))
        blocks.append(parts.context(hint))
    return Message(parts.escape(said), tuple(blocks))


def measured_message(
    entry: Entry, say: Say, *, offer: bool = False, by_hand: bool = False
) -> Message:
    """What was measured of a run, for its channel.

    Args:
        entry: the run.
        say: the language.
        offer: as in ``done_message``.
        by_hand: whether a person entered it in place of what CodeCarbon told.
    """
    title = say("“{name}” was measured", name=entry.name)
    lines = [against_estimate(entry, say)]
    if entry.measured_kgco2e is not None:
        shown = figures.mass(entry.measured_kgco2e)
        lines.append(say("Emissions, as measured: {mass} CO2e", mass=shown))
    if not by_hand:
        told = say(
            "CodeCarbon measures the computers, and of the data centre what its `pue` says; the "
            "estimate has all of both."
        )
        lines.append(told)
    return _message(title, lines, entry, say, note=offer_line(say) if offer else "")


def connected_message(address: str, number: int, say: Say) -> Message:
    """A channel's new address, which is shown once, and how CodeCarbon is told of it."""
    title = say("Measurements can arrive in this channel")
    code = (
        f'EmissionsTracker(\n    project_name="llama-ft",\n    emissions_endpoint="{address}",\n)'
    )
    lines = [
        say("The address is a secret and is shown this once: keep it as you keep a password."),
        say("`project_name` is the name of a planned run, or of its project."),
        say("Invite carbon to this channel, so that it can tell what arrives."),
        say.plural(
            "{n} address is open; `/carbon disconnect` revokes it.",
            "{n} addresses are open; `/carbon disconnect` revokes them.",
            number,
        ),
    ]
    blocks = (
        parts.header(title),
        parts.preformatted(code),
        parts.section("\n".join(parts.escape(line) for line in lines)),
    )
    # Notifications and logs of them repeat the text: the address is not in it.
    return Message(parts.escape(f"{title}. {lines[0]}"), blocks)


def against_estimate(entry: Entry, say: Say) -> str:
    """``estimated 15.1 MWh (12–19), measured 13.9 MWh``; whatever of both is known."""
    measured = entry.measured_energy_kwh
    if entry.energy_kwh is None:
        if measured is None:
            return say("Nothing was estimated or measured.")
        return say("measured {energy}, without an estimate", energy=figures.energy(measured))
    estimated = _range(entry, say)
    if measured is None:
        return say("estimated {energy}, not measured", energy=estimated)
    both: dict[str, str] = {"energy": estimated, "measured": figures.energy(measured)}
    change = 100 * (measured / entry.energy_kwh - 1) if entry.energy_kwh else 0.0
    percent = figures.number(abs(change), 2)
    if change <= -_NOTABLE:
        return say(
            "estimated {energy}, measured {measured} ({percent} % less)", percent=percent, **both
        )
    if change >= _NOTABLE:
        return say(
            "estimated {energy}, measured {measured} ({percent} % more)", percent=percent, **both
        )
    return say("estimated {energy}, measured {measured}", **both)


def runs_message(
    runs: Sequence[Run],
    search: str,
    say: Say,
    editable: Sequence[Run] = (),
    *,
    more: bool = False,
) -> Message:
    """The runs of a channel, the newest first.

    Args:
        runs: what was found.
        search: what was searched for.
        say: the language.
        editable: those of them that who asked may change.
        more: whether there are more than these.
    """
    if not runs:
        why = (
            say("No run matches “{search}”.", search=parts.cut(search, _CELL))
            if search
            else say("This channel's ledger is empty.")
        )
        hint = say(
            "Enter a run: `/carbon {command}`",
            command="log llama-ft #nlp 64 H100 for 2 weeks in Germany",
        )
        return Message(parts.escape(why), (parts.section(parts.escape(why)), parts.context(hint)))
    title = say("This channel's runs")
    count = say("the newest {n}", n=len(runs)) if more else say("{n} found", n=len(runs))
    heading = [say("Run"), say("State"), say("Estimated"), say("Measured"), say("Total")]
    rows = [_row(run.entry, say) for run in runs]
    lines = "; ".join(" ".join(cell for cell in row if cell) for row in rows)
    counted = say("{title} ({count})", title=title, count=count)
    said = parts.cut(parts.escape(f"{counted}: {lines}"), parts.TEXT_LIMIT)
    hint = say("Narrow it: `/carbon {command}`", command=parts.in_code("runs nlp"))
    return Message(
        said,
        (
            parts.section(say("{title} ({count})", title=parts.bold(title), count=count)),
            parts.table(heading, rows),
            *_edit_buttons(editable, say),
            parts.context(hint),
        ),
    )


def _edit_buttons(editable: Sequence[Run], say: Say) -> list[Block]:
    if not editable:
        return []
    names = Counter(run.entry.name for run in editable)
    buttons = []
    for number, run in enumerate(editable[:ROWS]):
        label = run.entry.name
        if names[label] > 1:
            label = _as_listed(run.entry)
        label = parts.cut(say("Edit {name}", name=label), elements.LABEL)
        buttons.append(parts.button(label, f"{EDIT_RUN}{number}", run.id))
    return [parts.actions(buttons)]


def ledger_refusal(why: Text, better: str, say: Say) -> Message:
    """What is wrong, and a command that works."""
    said = say(why)
    again = say("Try `/carbon {command}`", command=parts.in_code(better))
    text_ = say("{why} Try: /carbon {command}", why=said, command=better)
    return Message(
        parts.cut(parts.escape(text_), parts.TEXT_LIMIT),
        (parts.section(f":warning: {parts.escape(said)}"), parts.section(again)),
    )


def _message(
    title: str, lines: Sequence[str], entry: Entry, say: Say, *, note: str = ""
) -> Message:
    blocks: list[Block] = [
        parts.header(title),
        parts.section("\n".join(parts.escape(line) for line in lines)),
        parts.context(_facts(entry, say)),
    ]
    if note:
        blocks.append(parts.context(note))
    said = f"{title}. {'; '.join(lines)}"
    return Message(parts.cut(parts.escape(said), parts.TEXT_LIMIT), tuple(blocks))


def _estimated(entry: Entry, say: Say) -> list[str]:
    lines: list[str] = []
    if entry.total_kgco2e is not None:
        value = entry.total_kgco2e
        low, high = entry.total_low_kgco2e, entry.total_high_kgco2e
        shown = f"{figures.mass(value)} CO2e"
        quantity = Quantity(value, _or(low, value), _or(high, value))
        lines.append(say("Total: {mass}", mass=_ranged(shown, quantity, say)))
    if entry.energy_kwh is not None:
        lines.append(say("Energy: {energy}", energy=_range(entry, say)))
    return lines


def _range(entry: Entry, say: Say) -> str:
    value = entry.energy_kwh or 0.0
    low, high = entry.energy_low_kwh, entry.energy_high_kwh
    quantity = Quantity(value, _or(low, value), _or(high, value))
    return _ranged(figures.energy(value), quantity, say)


def _ranged(shown: str, quantity: Quantity, say: Say) -> str:
    spread = wording.likely(quantity, shown, say)
    return say("{figure} {range}", figure=shown, range=spread) if spread else shown


def _facts(entry: Entry, say: Say) -> str:
    """Owner, project, state, days and command, for a small grey line."""
    found = [parts.member(entry.owner_id, say), say(_STATES[entry.state])]
    if entry.project:
        found.append(f"#{parts.escape(entry.project)}")
    if entry.starts_on:
        found.append(say("from {day}", day=entry.starts_on.isoformat()))
    if entry.ends_on:
        found.append(say("until {day}", day=entry.ends_on.isoformat()))
    if entry.command:
        found.append(f"`/carbon {parts.in_code(entry.command)}`")
    return " · ".join(found)


def _row(entry: Entry, say: Say) -> list[str]:
    measured = entry.measured_energy_kwh
    total = entry.total_kgco2e if entry.total_kgco2e is not None else entry.measured_kgco2e
    return [
        parts.cut(_as_listed(entry), 2 * _CELL),
        say(_STATES[entry.state]),
        "" if entry.energy_kwh is None else figures.energy(entry.energy_kwh),
        "" if measured is None else figures.energy(measured),
        "" if total is None else figures.mass(total),
    ]


def _as_listed(entry: Entry) -> str:
    """``llama-ft #nlp (2026-11-24)``, which tells runs of one name apart."""
    name = f"{entry.name} #{entry.project}" if entry.project else entry.name
    return f"{name} ({entry.counted_on.isoformat()})"


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _typed(name: str) -> str:
    return f'"{name}"' if " " in name else name
