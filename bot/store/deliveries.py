"""What the bot meant to post by itself, and what became of it: each thing once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, select, update

from bot.store.database import Database
from bot.store.schema import deliveries
from bot.store.team import Team


class DeliveryState(StrEnum):
    """How far a delivery is."""

    INTENDED = "intended"
    POSTED = "posted"
    SKIPPED = "skipped"
    FAILED = "failed"


class DeliveryKey(NamedTuple):
    """What is delivered once.

    Attributes:
        kind: of report or notice, such as ``weekly``.
        period: what it is about, such as ``2026-W48``.
    """

    team: Team
    channel_id: str
    kind: str
    period: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery.

    Attributes:
        ts: Slack's name of the message, once it is posted.
        reason: why it was skipped, or failed last.
        attempts: how often it was begun.
    """

    key: DeliveryKey
    state: DeliveryState
    ts: str | None
    reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime


_OPEN: Final = (DeliveryState.INTENDED.value, DeliveryState.FAILED.value)
_LONGEST_REASON: Final = 255


class DeliveryStore:
    """Records deliveries. What is posted or skipped stays so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, key: DeliveryKey) -> Delivery:
        """Record that something is to be posted, or find what became of it already."""
        now = datetime.now(UTC)
        row = {
            **key.team._asdict(),
            "channel_id": key.channel_id,
            "kind": key.kind,
            "period": key.period,
            "state": DeliveryState.INTENDED.value,
            "attempts": 0,
            "created_at": now,
            "updated_at": now,
        }
        async with self._database.transaction() as connection:
            await self._database.add(connection, deliveries, row)
            found = await connection.execute(select(deliveries).where(*_is(key)))
            return _read(found.one())

    async def get(self, key: DeliveryKey) -> Delivery | None:
        """What became of a delivery."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(deliveries).where(*_is(key)))).one_or_none()
        return None if row is None else _read(row)

    async def begin(self, delivery: Delivery) -> Delivery | None:
        """Begin an attempt; ``None`` where it is over, or another replica began meanwhile.

        An attempt after the first must look for the message in Slack before it posts: the one
        before may have posted and died.
        """
        return await self._set(
            delivery.key,
            {"state": DeliveryState.INTENDED.value, "attempts": delivery.attempts + 1},
            deliveries.c.attempts == delivery.attempts,
        )

    async def posted(self, key: DeliveryKey, ts: str) -> Delivery | None:
        """Record Slack's name of the message; ``None`` where it was over already."""
        state = DeliveryState.POSTED.value
        return await self._set(key, {"state": state, "ts": ts, "reason": None})

    async def skipped(self, key: DeliveryKey, reason: str) -> Delivery | None:
        """Record that it will not be posted; ``None`` where it was over already."""
        state = DeliveryState.SKIPPED.value
        return await self._set(key, {"state": state, "reason": reason[:_LONGEST_REASON]})

    async def failed(self, key: DeliveryKey, reason: str) -> Delivery | None:
        """Record why the last attempt failed; it stays open."""
        state = DeliveryState.FAILED.value
        return await self._set(key, {"state": state, "reason": reason[:_LONGEST_REASON]})

    async def unfinished(self, before: datetime, limit: int = 1000) -> list[Delivery]:
        """Deliveries that are open and untouched since a moment, the oldest first."""
        query = (
            select(deliveries)
            .where(deliveries.c.state.in_(_OPEN), deliveries.c.updated_at < before)
            .order_by(deliveries.c.updated_at)
            .limit(limit)
        )
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]

    async def _set(
        self, key: DeliveryKey, values: dict[str, Any], *conditions: ColumnElement[bool]
    ) -> Delivery | None:
        statement = (
            update(deliveries)
            .where(*_is(key), deliveries.c.state.in_(_OPEN), *conditions)
            .values(**values, updated_at=datetime.now(UTC))
            .returning(deliveries)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else _read(row)


def _is(key: DeliveryKey) -> list[ColumnElement[bool]]:
    return [
        deliveries.c.enterprise_id == key.team.enterprise_id,
        deliveries.c.team_id == key.team.team_id,
        deliveries.c.channel_id == key.channel_id,
        deliveries.c.kind == key.kind,
        deliveries.c.period == key.period,
    ]


def _read(row: Row[Any]) -> Delivery:
    team = Team(row.enterprise_id, row.team_id)
    return Delivery(
        DeliveryKey(team, row.channel_id, row.kind, row.period),
        DeliveryState(row.state),
        row.ts,
        row.reason,
        row.attempts,
        row.created_at,
        row.updated_at,
    )
