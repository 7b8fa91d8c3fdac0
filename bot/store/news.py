"""What replicas tell each other: whose settings were changed, so that all read them again at once.

PostgreSQL tells everybody who listens once the change is committed, and keeps nothing: who did not
listen for a while reads everything again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.team import Team

log = logging.getLogger(__name__)

CHANNEL: Final = "carbon_changed"
LOOKS_S: Final = 20.0
"""How often it is seen whether the connection still stands."""
AGAIN_S: Final = 2.0
"""Before it is tried again to listen."""


async def tell(database: Database, connection: AsyncConnection, team: Team) -> None:
    """Tell all replicas that something of a workspace has changed, when this is committed."""
    if not database.is_sqlite:
        await connection.execute(select(func.pg_notify(CHANNEL, json.dumps(team))))


class Hearer(Protocol):
    """Who keeps in mind what is stored of workspaces."""

    def forget_all(self, team: Team) -> None:
        """Something of a workspace has changed."""

    def hears(self) -> None:
        """Every change is told from now on; some before it may not have been."""

    def is_deaf(self) -> None:
        """Changes are not told from now on."""


async def hear(database: Database, hearer: Hearer) -> None:
    """Listen until cancelled."""
    if database.is_sqlite:
        hearer.hears()  # There is no other replica.
        return
    import psycopg  # noqa: PLC0415 - only PostgreSQL has replicas

    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                database.dsn, autocommit=True
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                hearer.hears()
                while True:
                    async for notice in connection.notifies(timeout=LOOKS_S):
                        hearer.forget_all(Team(*json.loads(notice.payload)))
                    # A connection of which nothing is left says so only when it is used.
                    await connection.execute("SELECT 1")
        except (psycopg.Error, OSError) as error:
            log.warning("changes of other replicas are not heard: %s", type(error).__name__)
        hearer.is_deaf()
        await asyncio.sleep(AGAIN_S)
