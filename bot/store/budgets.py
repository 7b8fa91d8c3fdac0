"""Budgets of a channel, a project or a workspace, and the warnings that were given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select

from bot.budget import Budget, BudgetUnit, Period, Scope
from bot.store.database import Database
from bot.store.schema import budget_warnings, budgets
from bot.store.team import Team, of_team


class BudgetStore:
    """Reads and writes budgets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, team: Team, budget: Budget) -> None:
        """Set a budget. Warnings that were given are not given again."""
        row = {
            **_key(team, budget),
            "amount": budget.amount,
            "set_by": budget.set_by,
            "updated_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, budgets, row)

    async def remove(self, team: Team, budget: Budget) -> bool:
        """Remove a budget with its warnings; whether there was one."""
        conditions = [budgets.c[name] == value for name, value in _key(team, budget).items()]
        async with self._database.transaction() as connection:
            return bool((await connection.execute(delete(budgets).where(*conditions))).rowcount)

    async def all(self, team: Team) -> list[Budget]:
        """A workspace's budgets."""
        query = select(budgets).where(*of_team(budgets, team))
        order = (budgets.c.scope, budgets.c.scope_id, budgets.c.period, budgets.c.unit)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query.order_by(*order))]

    async def touching(self, team: Team, channel_id: str, project: str) -> list[Budget]:
        """The budgets that a run of this channel and project counts in."""
        return [found for found in await self.all(team) if found.counts(channel_id, project)]

    async def warn_once(
        self, team: Team, budget: Budget, label: str, threshold_percent: int
    ) -> bool:
        """Whether this warning was not given before; it counts as given now.

        Args:
            team: whose budget it is.
            budget: one that is set.
            label: which of its periods, such as ``2026-11``.
            threshold_percent: of the amount.
        """
        row = {
            **_key(team, budget),
            "label": label,
            "threshold_percent": threshold_percent,
            "warned_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            return await self._database.add(connection, budget_warnings, row)


def _key(team: Team, budget: Budget) -> dict[str, str]:
    return {
        **team._asdict(),
        "scope": budget.scope.value,
        "scope_id": budget.scope_id,
        "period": budget.period.value,
        "unit": budget.unit.value,
    }


def _read(row: Row[Any]) -> Budget:
    return Budget(
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        period=Period(row.period),
        unit=BudgetUnit(row.unit),
        amount=row.amount,
        set_by=row.set_by,
    )
