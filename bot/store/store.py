"""Everything that is kept, behind one door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.store.budgets import BudgetStore
from bot.store.database import Database, open_database
from bot.store.deliveries import DeliveryStore
from bot.store.factor_files import FactorFileStore
from bot.store.factor_sets import FactorSetStore
from bot.store.forgetting import forget_team
from bot.store.handled import Handled
from bot.store.history import History
from bot.store.measurements import MeasurementStore
from bot.store.members import MemberStore
from bot.store.preferences import PreferencesStore
from bot.store.runs import RunStore
from bot.store.schedules import ScheduleStore
from bot.store.team import Team


@dataclass(frozen=True)
class Store:
    """The open storage, a part for each kind of thing."""

    database: Database
    preferences: PreferencesStore
    factor_files: FactorFileStore
    factor_sets: FactorSetStore
    members: MemberStore
    history: History
    handled: Handled
    runs: RunStore
    measurements: MeasurementStore
    schedules: ScheduleStore
    deliveries: DeliveryStore
    budgets: BudgetStore

    async def forget_team(self, team: Team) -> dict[str, int]:
        """Delete everything of a workspace; returns how many rows of each table went."""
        await self.history.flush()
        return await forget_team(self.database, team)


@asynccontextmanager
async def open_store(
    url: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[Store]:
    """The storage at an address; what waits to be written is written at the end.

    Args:
        url: of the database.
        clock: what deliveries are timed by.

    Raises:
        StoreError: it cannot be opened.
    """
    async with open_database(url) as database:
        history = History(database)
        history.start()
        try:
            yield Store(
                database,
                PreferencesStore(database),
                FactorFileStore(database),
                FactorSetStore(database),
                MemberStore(database),
                history,
                Handled(database),
                RunStore(database),
                MeasurementStore(database),
                ScheduleStore(database),
                DeliveryStore(database, clock),
                BudgetStore(database),
            )
        finally:
            await history.stop()
