"""What was done already: events and clicks that come twice, also to another replica."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete

from bot.store.database import Database
from bot.store.schema import handled

KEPT: Final = timedelta(days=2)
"""Slack repeats an event within a day; a click on the same button twice comes within seconds."""


class Handled:
    """Remembers keys, so that what they stand for is done once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first_time(self, key: str) -> bool:
        """Whether nobody has claimed this key before; it is claimed now."""
        async with self._database.transaction() as connection:
            return await self._database.add(
                connection, handled, {"key": key[:255], "at": datetime.now(UTC)}
            )

    async def first_time_within(self, key: str, at: datetime, window: timedelta) -> bool:
        """Whether nobody has claimed this key in the time before ``at``; it is claimed now."""
        async with self._database.transaction() as connection:
            over = (handled.c.key == key[:255]) & (handled.c.at <= at - window)
            await connection.execute(delete(handled).where(over))
            return await self._database.add(connection, handled, {"key": key[:255], "at": at})

    async def forget(self, key: str) -> None:
        """Give a key back: what it stands for came to nothing, and may be tried again."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(handled).where(handled.c.key == key[:255]))

    async def forget_old(self) -> None:
        """Delete keys that nothing comes back for."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(handled).where(handled.c.at < datetime.now(UTC) - KEPT))
