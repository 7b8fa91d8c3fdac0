"""Budgets from storage: what is left of them, and what runs would cross."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy.exc import IntegrityError

from bot.budget import Budget, Crossing, Scope, Span, State, Use, crossing
from bot.ledger import Entry
from bot.periods import day_in
from bot.store import Store, Team

log = logging.getLogger(__name__)

UTC_ZONE: Final = "UTC"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Changed:
    """Runs that take something else than before, or anything at all.

    Attributes:
        new: what the ledger is to say of them.
        old: what it said before; empty for runs that are entered.
        ids: of those that are in the ledger.
    """

    new: Sequence[Entry]
    old: Sequence[Entry] = ()
    ids: frozenset[str] = frozenset()


class Budgets:
    """Tells what is left of budgets. Days are those of a channel's or a workspace's time zone."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    async def today(self, team: Team, channel_id: str = "") -> date:
        """Which day it is in a channel, or in the workspace where none is named."""
        preferences = await self._store.preferences.of(team, channel_id)
        return day_in(preferences.time_zone or UTC_ZONE, self._clock())

    async def today_of(self, team: Team, budget: Budget) -> date:
        """Which day it is for a budget: its channel's, else the workspace's."""
        channel_id = budget.scope_id if budget.scope is Scope.CHANNEL else ""
        return await self.today(team, channel_id)

    async def state(self, team: Team, budget: Budget, day: date | None = None) -> State:
        """A budget in the period that a day is in; today's where none is given."""
        span = Span.of(budget.period, day or await self.today_of(team, budget))
        return await self._state(team, budget, span)

    async def crossings(self, team: Team, changed: Changed) -> list[Crossing]:
        """The budgets, by period, that runs would use more of than a threshold."""
        entries = (*changed.old, *changed.new)
        found: list[Crossing] = []
        for budget in await self._store.budgets.all(team) if entries else []:
            old, new = _counted(budget, changed.old), _counted(budget, changed.new)
            spans = {Span.of(budget.period, entry.counted_on) for entry in (*old, *new)}
            for span in sorted(spans, key=lambda one: one.first):
                base = await self._state(team, budget, span, changed.ids)
                crossed = crossing(base, _uses(budget, old), _uses(budget, new))
                if crossed is not None:
                    found.append(crossed)
        return found

    async def told(self, team: Team, crossings: Sequence[Crossing]) -> list[Crossing]:
        """Somebody hears of these; returns those of which nobody had heard in their period."""
        new: list[Crossing] = []
        for one in crossings:
            budget, label = one.after.budget, one.after.span.label
            try:
                if await self._store.budgets.warn_once(team, budget, label, one.percent):
                    new.append(one)
            except IntegrityError:
                log.info("a budget was removed while it was warned of")
        return new

    async def _state(
        self, team: Team, budget: Budget, span: Span, without: frozenset[str] = frozenset()
    ) -> State:
        channel_id = budget.scope_id if budget.scope is Scope.CHANNEL else None
        found = await self._store.runs.figures(team, span.first, span.after, channel_id)
        entries = _counted(budget, [entry for run_id, entry in found if run_id not in without])
        return State(budget, span, tuple(_uses(budget, entries)))


def _counted(budget: Budget, entries: Sequence[Entry]) -> list[Entry]:
    return [one for one in entries if budget.counts(one.channel_id, one.project)]


def _uses(budget: Budget, entries: Sequence[Entry]) -> list[Use]:
    return [Use.of(entry, budget.unit) for entry in entries]
