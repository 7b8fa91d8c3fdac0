"""Deleting everything of a workspace."""

from __future__ import annotations

from sqlalchemy import delete

from bot.store.database import Database
from bot.store.schema import metadata
from bot.store.team import Team


async def forget_team(database: Database, team: Team) -> dict[str, int]:
    """Delete all rows of a workspace, in one transaction; returns how many, by table.

    What must be written is written before: see ``Store.forget_team``.
    """
    counts = {}
    async with database.transaction() as connection:
        # Tables that refer to others come first.
        for table in reversed(metadata.sorted_tables):
            if "team_id" not in table.c:
                continue
            done = await connection.execute(
                delete(table).where(
                    table.c.enterprise_id == team.enterprise_id, table.c.team_id == team.team_id
                )
            )
            counts[table.name] = int(done.rowcount)
    return counts
