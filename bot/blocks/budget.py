"""Budgets as messages: what is left of each, and the warning before a run is logged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.blocks import chart, parts
from bot.budget import Budget, BudgetUnit, Crossing, Period, Scope, State
from bot.i18n import Say
from bot.message import Block, Message
from estimator import figures

LOG_ANYWAY: Final = "carbon_log_anyway"
CANCEL_LOG: Final = "carbon_log_cancel"
ROWS: Final = 20
CHARTS: Final = 2
"""Burn-downs of a message; Slack takes no more."""
WARNED: Final = 5
"""Budgets that a warning names one by one."""
_NAME: Final = 40
_PER_UNIT: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Today:
    """A budget as it stands on a day of its time zone."""

    state: State
    day: date


def budgets_message(found: Sequence[Today], say: Say, *, more: int = 0) -> Message:
    """The budgets that count a channel's runs, and those of projects.

    Args:
        found: the channel's first.
        say: the language.
        more: how many are left out.
    """
    if not found:
        none = say("Neither this channel nor the workspace has a budget.")
        hint = say("To set one: `/carbon {command}`", command="budget 20 t a month")
        return Message(
            parts.escape(f"{none} {hint}"),
            (parts.section(parts.escape(none)), parts.context(parts.escape(hint))),
        )
    title = say("Budgets")
    heading = [say("Budget"), say("Spent"), say("Planned"), say("Left"), say("Used")]
    blocks: list[Block] = [
        parts.header(title),
        parts.table(heading, [_row(one.state, say) for one in found]),
    ]
    said = [f"{title}:", *(_line(one, say) for one in found)]
    notes = [_forecast(one, say) for one in found] + [_unknown(one.state, say) for one in found]
    if more:
        notes.append(say.plural("{n} more is left out.", "{n} more are left out.", more))
    for one in found[:CHARTS]:
        block, listed = _burn_down(one.state, say)
        blocks.append(block)
        said.append(listed)
    shown = [note for note in notes if note]
    if shown:
        blocks.append(parts.section(parts.escape("\n".join(shown))))
    how = say(
        "To change one: `/carbon {change}`; to remove it: `/carbon {remove}`",
        change="budget 20 t a month",
        remove="budget off a month",
    )
    blocks.append(parts.context(parts.escape(how)))
    return Message(
        parts.cut(parts.escape(" ".join([*said, *shown, how])), parts.TEXT_LIMIT), tuple(blocks)
    )


def budget_set_message(today: Today, say: Say) -> Message:
    """A budget that was set, as it stands."""
    title = say("Set: {budget}", budget=budget_text(today.state.budget, say))
    line = _figures(today.state, say)
    note = _forecast(today, say)
    hint = say(
        "Whoever logs a run that crosses 50, 80 or 100 % of it is warned first. "
        "All budgets: `/carbon budget`"
    )
    shown = f"{line}\n{note}" if note else line
    return Message(
        parts.escape(" ".join(one for one in (f"{title}.", line, note, hint) if one)),
        (
            parts.header(title),
            parts.section(parts.escape(shown)),
            parts.context(parts.escape(hint)),
        ),
    )


def budget_removed_message(budget: Budget, again: str, say: Say) -> Message:
    """A budget that was removed."""
    said = say("Removed: {budget}.", budget=budget_text(budget, say))
    hint = say("To set it again: `/carbon {command}`", command=again)
    return Message(
        parts.escape(f"{said} {hint}"),
        (parts.section(parts.escape(said)), parts.context(parts.escape(hint))),
    )


def warning_message(what: str, crossings: Sequence[Crossing], value: str, say: Say) -> Message:
    """Before a run is logged: what it would cross. A button logs it.

    Args:
        what: the run or the runs, with their figures.
        crossings: what would be crossed.
        value: what is to be logged; it travels in the button.
        say: the language.
    """
    title, lines, note = warning_lines(what, crossings, say)
    buttons = [
        parts.button(say("Log it anyway"), LOG_ANYWAY, value, primary=True),
        parts.button(say("Cancel"), CANCEL_LOG, "cancel"),
    ]
    blocks = (
        parts.header(title),
        parts.section(parts.escape(note)),
        parts.section("\n".join(f":warning: {parts.escape(line)}" for line in lines)),
        parts.actions(buttons),
    )
    said = f"{title}. {note} {' '.join(lines)}"
    return Message(parts.cut(parts.escape(said), parts.TEXT_LIMIT), blocks)


def warning_lines(what: str, crossings: Sequence[Crossing], say: Say) -> tuple[str, list[str], str]:
    """The heading of a warning, a line for each budget, and what they are about."""
    title = say("Over a budget's threshold")
    if all(one.percent < 100 for one in crossings):
        title = say("Near a budget")
    note = say("Not logged yet: {what}.", what=what)
    return title, crossed_lines(crossings, say), note


def crossed_lines(crossings: Sequence[Crossing], say: Say) -> list[str]:
    """What is crossed, a line for each budget."""
    # What is used up comes first.
    first = sorted(crossings, key=lambda one: -one.percent)
    lines = [
        say(
            "{budget}, {period}: {before} used without it, {after} with it, {left}. "
            "That reaches {threshold} %.",
            budget=_begun(one.after.budget, say),
            period=one.after.span.label,
            before=percent(one.before.percent),
            after=percent(one.after.percent),
            threshold=one.percent,
            left=_left(one.after, say),
        )
        for one in first[:WARNED]
    ]
    if len(first) > WARNED:
        left = len(first) - WARNED
        lines.append(say.plural("{n} more is left out.", "{n} more are left out.", left))
    return lines


def with_crossings(message: Message, crossings: Sequence[Crossing], say: Say) -> Message:
    """A message about a run that cannot be stopped, with what it crosses."""
    if not crossings:
        return message
    lines = crossed_lines(crossings, say)
    block = parts.section("\n".join(f":warning: {parts.escape(line)}" for line in lines))
    said = f"{message.text} {parts.escape(' '.join(lines))}"
    return replace(message, text=parts.cut(said, parts.TEXT_LIMIT), blocks=(*message.blocks, block))


def reached_message(name: str, crossings: Sequence[Crossing], say: Say) -> Message:
    """What a run's later measurement reaches."""
    said = say("What was measured of “{name}” has grown.", name=name)
    message = Message(parts.escape(said), (parts.section(parts.escape(said)),))
    return with_crossings(message, crossings, say)


def cancelled_message(say: Say) -> Message:
    """A run that is not logged after all."""
    said = say("Not logged.")
    return Message(said, (parts.section(said),))


def state_line(state: State, say: Say) -> str:
    """A budget in one line, for a summary."""
    return say(
        "{budget}, {period}: {percent} used, {left}.",
        budget=_begun(state.budget, say),
        period=state.span.label,
        percent=percent(state.percent),
        left=_left(state, say),
    )


def budget_text(budget: Budget, say: Say) -> str:
    """A budget in words: ``this channel, 20 t CO2e a month``."""
    match budget.scope:
        case Scope.CHANNEL:
            whose = say("this channel")
        case Scope.PROJECT:
            whose = say("project {name}", name=parts.cut(budget.scope_id, _NAME))
        case Scope.WORKSPACE:
            whose = say("the whole workspace")
    unit = "t CO2e" if budget.unit is BudgetUnit.TONNES else budget.unit.value
    amount = f"{figures.number(budget.amount, None)} {unit}"
    match budget.period:
        case Period.MONTH:
            amount = say("{amount} a month", amount=amount)
        case Period.QUARTER:
            amount = say("{amount} a quarter", amount=amount)
        case Period.YEAR:
            amount = say("{amount} a year", amount=amount)
    return say("{whose}, {amount}", whose=whose, amount=amount)


def _begun(budget: Budget, say: Say) -> str:
    """A budget in words at the beginning of a sentence."""
    found = budget_text(budget, say)
    return found[:1].upper() + found[1:]


def amount_text(amount: float, unit: BudgetUnit) -> str:
    """An amount in kgCO2e or kWh, in the unit that suits it; it may be negative."""
    if not amount:
        return f"0 {unit.value}"
    shown = figures.mass(abs(amount)) if unit is BudgetUnit.TONNES else figures.energy(abs(amount))
    return f"−{shown}" if amount < 0 else shown


def percent(value: float) -> str:
    """A percentage, rounded down: 99.99 % are not 100 %."""
    if value >= 10:
        return f"{math.floor(value):,} %"
    return f"{math.floor(10 * value) / 10:g} %"


def _line(today: Today, say: Say) -> str:
    state = today.state
    return say(
        "{budget}, {figures}", budget=_begun(state.budget, say), figures=_figures(state, say)
    )


def _figures(state: State, say: Say) -> str:
    unit = state.budget.unit
    return say(
        "{period}: spent {spent}, planned {planned}, {left}, {percent} used.",
        period=state.span.label,
        spent=amount_text(state.spent, unit),
        planned=amount_text(state.planned, unit),
        left=_left(state, say),
        percent=percent(state.percent),
    )


def _left(state: State, say: Say) -> str:
    unit = state.budget.unit
    if state.left < 0:
        return say("{amount} too much", amount=amount_text(-state.left, unit))
    return say("{amount} left", amount=amount_text(state.left, unit))


def _row(state: State, say: Say) -> list[str]:
    unit = state.budget.unit
    return [
        f"{_begun(state.budget, say)} ({state.span.label})",
        amount_text(state.spent, unit),
        amount_text(state.planned, unit),
        amount_text(state.left, unit),
        percent(state.percent),
    ]


def _forecast(today: Today, say: Say) -> str:
    state = today.state
    expected = state.forecast(today.day)
    if expected is None or not state.uses:
        return ""
    return say(
        "{budget}: at the pace until {day}, {amount} by {last}.",
        budget=_begun(state.budget, say),
        day=today.day.isoformat(),
        amount=amount_text(expected, state.budget.unit),
        last=state.span.last.isoformat(),
    )


def _unknown(state: State, say: Say) -> str:
    if not state.without_figure:
        return ""
    return say.plural(
        "{budget}: {n} run without a figure is not counted.",
        "{budget}: {n} runs without a figure are not counted.",
        state.without_figure,
        budget=_begun(state.budget, say),
    )


def _burn_down(state: State, say: Say) -> tuple[Block, str]:
    """Slack's own line chart, and the text that has every figure in it."""
    points = state.burn_down()
    unit = state.budget.unit
    labels = [_label(one.day, state.budget.period) for one in points]
    days = [say("start") if one.day is None else one.day.isoformat()[5:] for one in points]
    block = chart.line_chart(
        f"{state.span.label}: {budget_text(state.budget, say)}",
        labels,
        [
            (say("Left"), [one.left / _PER_UNIT for one in points]),
            (say("Even burn"), [one.even / _PER_UNIT for one in points]),
        ],
        "t CO2e" if unit is BudgetUnit.TONNES else unit.value,
    )
    listed = "; ".join(
        f"{day} {amount_text(one.left, unit)} ({amount_text(one.even, unit)})"
        for day, one in zip(days, points, strict=True)
    )
    said = say(
        "Left of {budget} at the end of a day (with an even burn): {points}.",
        budget=budget_text(state.budget, say),
        points=listed,
    )
    return block, said


def _label(day: date | None, period: Period) -> str:
    """A day where there is little room: of the month alone, with the month, or the month alone."""
    if day is None:
        return "0"
    match period:
        case Period.MONTH:
            return str(day.day)
        case Period.QUARTER:
            return f"{day:%m-%d}"
        case Period.YEAR:
            return str(day.month)
