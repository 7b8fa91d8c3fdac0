"""The figures of every estimate that is kept, in the history and in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Table, select

from bot.ledger import ESTIMATED_FIGURES
from bot.store.database import Database
from bot.store.schema import estimates, runs
from bot.store.team import Team

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Recorded:
    """An estimate as it was recorded; energy in kWh, emissions in kgCO2e.

    Attributes:
        id: in its table.
        spec: the specification, as ``TrainingRun`` dumps it.
        catalogue_version: the factors that answered.
        figures: those that were recorded, by their columns.
    """

    team: Team
    id: str
    spec: dict[str, Any]
    catalogue_version: str
    figures: dict[str, float]


async def recorded(database: Database) -> AsyncIterator[Recorded]:
    """Every estimate of all workspaces, page by page, the oldest first."""
    for table in (estimates, runs):
        last = ""
        while page := await _page(database, table, last):
            for found in page:
                yield found
            last = page[-1].id


async def _page(database: Database, table: Table, last: str) -> list[Recorded]:
    figures: list[Column[Any]] = [table.c[name] for name in ESTIMATED_FIGURES if name in table.c]
    query = (
        select(table)
        .where(table.c.id > last, table.c.catalogue_version.is_not(None))
        .order_by(table.c.id)
        .limit(PAGE)
    )
    async with database.transaction() as connection:
        rows = (await connection.execute(query)).all()
    return [
        Recorded(
            Team(row.enterprise_id, row.team_id),
            row.id,
            row.spec,
            row.catalogue_version,
            {
                column.name: value
                for column in figures
                if (value := getattr(row, column.name)) is not None
            },
        )
        for row in rows
    ]
