"""A workspace's own factors: the files that were uploaded, by version, of which one may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from bot.store.database import Database
from bot.store.news import tell
from bot.store.schema import factor_files
from bot.store.team import Team, of_team


@dataclass(frozen=True, slots=True)
class FactorFile:
    """A factor file as it was uploaded."""

    number: int
    name: str
    content: str
    uploaded_by: str
    uploaded_at: datetime


class FactorFileStore:
    """Reads and writes factor files; none is ever deleted, so that old answers can be explained."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def active(self, team: Team) -> FactorFile | None:
        """The file that holds; ``None`` where the sourced data alone do."""
        query = select(factor_files).where(
            *of_team(factor_files, team),
            factor_files.c.active,
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _read(row)

    async def all(self, team: Team) -> list[FactorFile]:
        """Every file of a workspace, the oldest first."""
        query = (
            select(factor_files)
            .where(
                *of_team(factor_files, team),
            )
            .order_by(factor_files.c.number)
        )
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]

    async def upload(self, team: Team, name: str, content: str, by: str) -> FactorFile:
        """Keep a file, and let it hold from now on."""
        own = (*of_team(factor_files, team),)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            last = (
                await connection.execute(select(func.max(factor_files.c.number)).where(*own))
            ).scalar()
            await connection.execute(update(factor_files).where(*own).values(active=False))
            number = (last or 0) + 1
            row = {
                **team._asdict(),
                "number": number,
                "name": name,
                "content": content,
                "active": True,
                "uploaded_by": by,
                "uploaded_at": now,
            }
            await connection.execute(insert(factor_files), row)
            await tell(self._database, connection, team)
        return FactorFile(number, name, content, by, now)

    async def withdraw(self, team: Team) -> None:
        """Go back to the sourced data."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(factor_files)
                .where(
                    *of_team(factor_files, team),
                )
                .values(active=False)
            )
            await tell(self._database, connection, team)


def _read(row: Row[Any]) -> FactorFile:
    return FactorFile(row.number, row.name, row.content, row.uploaded_by, row.uploaded_at)
