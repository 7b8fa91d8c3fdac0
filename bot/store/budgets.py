"""Budgets of a channel, a project or a workspace, and the warnings that were given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select

from bot.store.database import Database
from bot.store.schema import budget_warnings, budgets
from bot.store.team import Team


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
    """

    team: Team
    scope: Scope
    scope_id: str
    period: Period
    unit: BudgetUnit
    amount: float
    set_by: str


class BudgetStore:
    """Reads and writes budgets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, budget: Budget) -> None:
        """Set a budget. Warnings that were given are not given again."""
        row = {
            **_key(budget),
            "amount": budget.amount,
            "set_by": budget.set_by,
            "updated_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, budgets, row)

    async def remove(self, budget: Budget) -> bool:
        """Remove a budget with its warnings; whether there was one."""
        conditions = [budgets.c[name] == value for name, value in _key(budget).items()]
        async with self._database.transaction() as connection:
            return bool((await connection.execute(delete(budgets).where(*conditions))).rowcount)

    async def all(self, team: Team) -> list[Budget]:
        """A workspace's budgets."""
        return await self._select(team)

    async def touching(self, team: Team, channel_id: str, project: str) -> list[Budget]:
        """The budgets that a run of this channel and project counts in."""
        either = budgets.c.scope == Scope.WORKSPACE.value
        either |= (budgets.c.scope == Scope.CHANNEL.value) & (budgets.c.scope_id == channel_id)
        if project:
            either |= (budgets.c.scope == Scope.PROJECT.value) & (budgets.c.scope_id == project)
        return await self._select(team, either)

    async def warn_once(self, budget: Budget, label: str, threshold_percent: int) -> bool:
        """Whether this warning was not given before; it counts as given now.

        Args:
            budget: one that is set.
            label: which of its periods, such as ``2026-11``.
            threshold_percent: of the amount.
        """
        row = {
            **_key(budget),
            "label": label,
            "threshold_percent": threshold_percent,
            "warned_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            return await self._database.add(connection, budget_warnings, row)

    async def _select(self, team: Team, *conditions: ColumnElement[bool]) -> list[Budget]:
        query = select(budgets).where(
            budgets.c.enterprise_id == team.enterprise_id,
            budgets.c.team_id == team.team_id,
            *conditions,
        )
        order = (budgets.c.scope, budgets.c.scope_id, budgets.c.period, budgets.c.unit)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query.order_by(*order))]


def _key(budget: Budget) -> dict[str, str]:
    return {
        **budget.team._asdict(),
        "scope": budget.scope.value,
        "scope_id": budget.scope_id,
        "period": budget.period.value,
        "unit": budget.unit.value,
    }


def _read(row: Row[Any]) -> Budget:
    return Budget(
        team=Team(row.enterprise_id, row.team_id),
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        period=Period(row.period),
        unit=BudgetUnit(row.unit),
        amount=row.amount,
        set_by=row.set_by,
    )
