"""Everything that is kept, behind one door."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.store.budgets import BudgetStore
from bot.store.database import Database, open_database
from bot.store.deliveries import DeliveryStore
from bot.store.factor_files import FactorFileStore
from bot.store.factor_sets import FactorSetStore
from bot.store.forgetting import (
    Forgotten,
    count_of,
    forget_member,
    forget_team,
    kept_of,
    teams_of,
)
from bot.store.handled import Handled
from bot.store.history import History
from bot.store.installations import InstallationStore
from bot.store.measurements import MeasurementStore
from bot.store.members import MemberStore
from bot.store.preferences import PreferencesStore
from bot.store.runs import RunStore
from bot.store.schedules import ScheduleStore
from bot.store.team import Team

if TYPE_CHECKING:
    from bot.token_keys import TokenKeys  # not imported to serve one workspace

log = logging.getLogger(__name__)


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
    installations: InstallationStore

    async def forget_team(self, team: Team, *, installed: bool = True) -> dict[str, int]:
        """Delete everything of a workspace; returns how many rows of each table went.

        Args:
            team: the workspace.
            installed: whether the app stays installed there, and keeps its token.
        """
        await self.history.flush()
        counts = await forget_team(self.database, team, installed=installed)
        await self._scrub()
        return counts

    async def teams_of(self, enterprise_id: str) -> list[Team]:
        """The workspaces of an organisation of which anything is kept."""
        await self.history.flush()
        return await teams_of(self.database, enterprise_id)

    async def forget_member(self, team: Team, user_id: str) -> Forgotten:
        """Delete what is a member's own, and take the member out of what is the team's."""
        await self.history.flush()
        found = await forget_member(self.database, team, user_id)
        await self._scrub()
        return found

    async def kept_of(self, team: Team, user_id: str) -> dict[str, list[dict[str, Any]]]:
        """Everything that is kept of a member, by table."""
        await self.history.flush()
        return await kept_of(self.database, team, user_id)

    async def count_of(self, team: Team, user_id: str) -> Counter[str]:
        """How many rows that are, by table."""
        await self.history.flush()
        return await count_of(self.database, team, user_id)

    async def _scrub(self) -> None:
        try:
            await self.database.scrub()
        except (sqlite3.Error, OSError) as error:
            # It is deleted all the same; SQLite overwrites it as it goes.
            log.warning("the file could not be written anew: %s", error)


@asynccontextmanager
async def open_store(
    url: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    keys: TokenKeys | None = None,
) -> AsyncIterator[Store]:
    """The storage at an address; what waits to be written is written at the end.

    Args:
        url: of the database.
        clock: what deliveries are timed by.
        keys: what tokens are encrypted with; needed where the app is installed by OAuth.

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
                InstallationStore(database, keys),
            )
        finally:
            await history.stop()
