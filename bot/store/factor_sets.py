"""The data of each version that answered, so that old figures can be made again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select

from bot.store.database import Database
from bot.store.schema import factor_sets


class FactorSetStore:
    """Reads and writes data by their version; none is ever changed or deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, version: str, packed: Callable[[], bytes]) -> None:
        """Keep the data of a version, unless they are kept.

        Args:
            version: of the data.
            packed: gives the data; called only where they are needed.
        """
        query = select(factor_sets.c.version).where(factor_sets.c.version == version)
        async with self._database.transaction() as connection:
            if (await connection.execute(query)).first() is not None:
                return
        content = await asyncio.to_thread(packed)
        row = {"version": version, "content": content, "kept_at": datetime.now(UTC)}
        async with self._database.transaction() as connection:
            await self._database.add(connection, factor_sets, row)

    async def get(self, version: str) -> bytes | None:
        """The data of a version; ``None`` where it never answered here."""
        query = select(factor_sets.c.content).where(factor_sets.c.version == version)
        async with self._database.transaction() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found
