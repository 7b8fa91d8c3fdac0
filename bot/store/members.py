"""Members, as far as Slack has told of them, and whether they were welcomed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from bot.store.database import Database
from bot.store.schema import members
from bot.store.team import Team, of_team


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a workspace.

    Attributes:
        locale: their Slack's language, such as ``zh-CN``.
        time_zone: IANA name.
        is_admin: whether they administer the workspace.
        fetched_at: when Slack told so; ``None`` where it never did.
        welcomed_at: when they closed the welcome in their Home tab.
    """

    user_id: str
    locale: str | None = None
    time_zone: str | None = None
    is_admin: bool = False
    fetched_at: datetime | None = None
    welcomed_at: datetime | None = None


class MemberStore:
    """Reads and writes members."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: Team, user_id: str) -> Member | None:
        """A member; ``None`` where nothing is known of them."""
        query = select(members).where(
            *of_team(members, team),
            members.c.user_id == user_id,
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Member(
            row.user_id, row.locale, row.time_zone, row.is_admin, row.fetched_at, row.welcomed_at
        )

    async def fetched(
        self, team: Team, user_id: str, locale: str | None, time_zone: str | None, *, is_admin: bool
    ) -> Member:
        """Keep what Slack told of a member just now."""
        row = {
            **team._asdict(),
            "user_id": user_id,
            "locale": locale,
            "time_zone": time_zone,
            "is_admin": is_admin,
            "fetched_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, members, row)
        return Member(user_id, locale, time_zone, is_admin, datetime.now(UTC))

    async def welcomed(self, team: Team, user_id: str) -> None:
        """Remember that a member needs no welcome any more."""
        row = {
            **team._asdict(),
            "user_id": user_id,
            "is_admin": False,
            "welcomed_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, members, row, keep=("is_admin",))
