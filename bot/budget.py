"""A budget and what is left of it, before it is worded: sums, forecasts and thresholds.

Amounts are in kgCO2e or kWh, by the budget's unit; both are a thousandth of it.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Self

from bot.ledger import Entry, RunState
from bot.periods import first_of

THRESHOLDS_PERCENT: Final = (50, 80, 100)
"""Shares of a budget of which somebody hears before a run is logged."""
_PER_UNIT: Final = 1000.0
"""Kilograms in a tonne, kilowatt-hours in a megawatt-hour."""
_MONTHS: Final = 12


class Scope(StrEnum):
    """Whose runs a budget counts."""

    CHANNEL = "channel"
    PROJECT = "project"
    WORKSPACE = "workspace"


class Period(StrEnum):
    """How long a budget has to last."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months it has."""
        return {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: _MONTHS}[self]


class BudgetUnit(StrEnum):
    """What a budget counts: tonnes of CO2e, or energy."""

    TONNES = "t"
    MWH = "MWh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A budget.

    Attributes:
        scope_id: the channel or project; empty for the workspace.
        amount: in its unit, for each of its periods.
        set_by: the member who set it.
    """

    scope: Scope
    scope_id: str
    period: Period
    unit: BudgetUnit
    amount: float
    set_by: str

    @property
    def limit(self) -> float:
        """The amount in kgCO2e or kWh."""
        return self.amount * _PER_UNIT

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from others of its workspace; letters of a project may be small."""
        project = self.scope is Scope.PROJECT
        scope_id = self.scope_id.casefold() if project else self.scope_id
        return self.scope.value, scope_id, self.period.value, self.unit.value

    def counts(self, channel_id: str, project: str) -> bool:
        """Whether it counts the runs of a channel and project."""
        match self.scope:
            case Scope.WORKSPACE:
                return True
            case Scope.CHANNEL:
                return self.scope_id == channel_id
            case Scope.PROJECT:
                return bool(project) and self.scope_id.casefold() == project.casefold()


@dataclass(frozen=True, slots=True)
class Span:
    """One month, quarter or year of the calendar.

    Attributes:
        first: its first day.
    """

    period: Period
    first: date

    @classmethod
    def of(cls, period: Period, day: date) -> Self:
        """The one that a day is in."""
        return cls(period, first_of(day, period.months))

    @property
    def last(self) -> date:
        """Its last day."""
        month = self.first.month + self.period.months - 1
        return date(self.first.year, month, calendar.monthrange(self.first.year, month)[1])

    @property
    def after(self) -> date:
        """The day after it; the calendar's own last day has none."""
        return self.last + timedelta(1) if self.last < date.max else self.last

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """Its name: ``2026-11``, ``2026-Q4`` or ``2026``."""
        match self.period:
            case Period.MONTH:
                return f"{self.first.year:04}-{self.first.month:02}"
            case Period.QUARTER:
                return f"{self.first.year:04}-Q{(self.first.month + 2) // 3}"
            case Period.YEAR:
                return f"{self.first.year:04}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Use:
    """What a run takes of a budget.

    Attributes:
        day: on which it counts.
        amount: in kgCO2e or kWh; ``None`` where the ledger knows no figure.
        done: whether the run is over, or planned.
    """

    day: date
    amount: float | None
    done: bool

    @classmethod
    def of(cls, entry: Entry, unit: BudgetUnit) -> Self:
        """What a run of the ledger takes: what was measured, else the estimate."""
        tonnes = unit is BudgetUnit.TONNES
        amount = entry.counted_kgco2e if tonnes else entry.counted_energy_kwh
        return cls(entry.counted_on, amount, entry.state is RunState.DONE)


@dataclass(frozen=True, slots=True)
class Point:
    """What is left at the end of a day, against an even burn.

    Attributes:
        day: ``None`` at the beginning.
        left: in kgCO2e or kWh; negative where more was used than there was.
        even: what would be left if every day took the same.
    """

    day: date | None
    left: float
    even: float


@dataclass(frozen=True, slots=True)
class State:
    """A budget in one of its periods. Sums are rounded once, at their end.

    Attributes:
        uses: of the runs that count in the period.
    """

    budget: Budget
    span: Span
    uses: tuple[Use, ...]

    @property
    def spent(self) -> float:
        """By runs that are over."""
        return _sum(use for use in self.uses if use.done)

    @property
    def planned(self) -> float:
        """By runs that are still to come."""
        return _sum(use for use in self.uses if not use.done)

    @property
    def used(self) -> float:
        """By both together."""
        return _sum(self.uses)

    @property
    def left(self) -> float:
        """What is left; negative where more is used than there is."""
        return self.budget.limit - self.used

    @property
    def percent(self) -> float:
        """What is used, of the budget."""
        return 100 * self.used / self.budget.limit

    @property
    def without_figure(self) -> int:
        """Runs of which the ledger knows no figure: they are in no sum."""
        return sum(use.amount is None for use in self.uses)

    def forecast(self, today: date) -> float | None:
        """What the whole period takes at the pace until today, at least what is entered.

        ``None`` where the period is over or has not begun.
        """
        if today not in self.span or today == self.span.last:
            return None
        elapsed = (today - self.span.first).days + 1
        until_now = _sum(use for use in self.uses if use.day <= today)
        return max(self.used, until_now / elapsed * self.span.days)

    def with_uses(self, more: Iterable[Use]) -> State:
        """The same, with those of more runs that count in the period."""
        found = (use for use in more if use.day in self.span)
        return State(self.budget, self.span, (*self.uses, *found))

    def reaches(self, percent: int) -> bool:
        """Whether so much of the budget is used."""
        return 100 * self.used >= percent * self.budget.limit

    def burn_down(self) -> list[Point]:
        """What is left, by days of a month, weeks of a quarter or months of a year."""
        limit, days = self.budget.limit, self.span.days
        found = [Point(None, limit, limit)]
        for day in _ends(self.span):
            used = _sum(use for use in self.uses if use.day <= day)
            elapsed = (day - self.span.first).days + 1
            found.append(Point(day, limit - used, limit * (days - elapsed) / days))
        return found


@dataclass(frozen=True, slots=True)
class Crossing:
    """A budget of which runs would use more than a threshold, and did not before.

    Attributes:
        percent: the highest threshold that is crossed.
    """

    before: State
    after: State
    percent: int

    @property
    def mark(self) -> str:
        """What tells it from others: the budget, the period and the threshold."""
        return " ".join((*self.after.budget.key, self.after.span.label, str(self.percent)))


def crossing(base: State, old: Sequence[Use], new: Sequence[Use]) -> Crossing | None:
    """What is crossed where runs take something else than before.

    Args:
        base: the budget without these runs.
        old: what they took of it before.
        new: what they take of it now.
    """
    before, after = base.with_uses(old), base.with_uses(new)
    crossed = [p for p in THRESHOLDS_PERCENT if after.reaches(p) and not before.reaches(p)]
    return Crossing(before, after, crossed[-1]) if crossed else None


def _sum(uses: Iterable[Use]) -> float:
    return math.fsum(use.amount or 0.0 for use in uses)


def _ends(span: Span) -> list[date]:
    """The days at whose ends the burn-down has a point: Slack draws at most 20."""
    if span.period is Period.YEAR:
        months = range(1, _MONTHS + 1)
        return [Span(Period.MONTH, span.first.replace(month=month)).last for month in months]
    step = 2 if span.period is Period.MONTH else 7
    ends = [span.first + timedelta(n) for n in range(step - 1, span.days, step)]
    return ends if ends[-1] == span.last else [*ends, span.last]
