"""What the bot meant to post by itself, and what became of it: each thing once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from bot.store.database import Database
from bot.store.schema import deliveries
from bot.store.team import Team, of_team

AT_ONCE: Final = 400
"""Deliveries of a workspace that are taken up at a time: a little more than Slack lets it post in a
minute. Each above that would only be refused."""


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

    @property
    def is_open(self) -> bool:
        """Whether it may still be posted."""
        return self.state.value in _OPEN


_OPEN: Final = (DeliveryState.INTENDED.value, DeliveryState.FAILED.value)
_LONGEST_REASON: Final = 255


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DeliveryStore:
    """Records deliveries. What is posted or skipped stays so."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _utc_now) -> None:
        self._database = database
        self._clock = clock
        self._watcher: Callable[[Delivery], None] = _nobody

    def watch(self, watcher: Callable[[Delivery], None]) -> None:
        """Tell somebody what becomes of each delivery from now on."""
        self._watcher = watcher

    async def intend(self, key: DeliveryKey) -> Delivery:
        """Record that something is to be posted, or find what became of it already."""
        row = _row(key, self._clock())
        async with self._database.transaction() as connection:
            await self._database.add(connection, deliveries, row)
            found = await connection.execute(select(deliveries).where(*_is(key)))
            return _read(found.one())

    async def intend_all(self, keys: Sequence[DeliveryKey]) -> None:
        """Record that things are to be posted, but for those of which something is recorded."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await self._database.add_all(connection, deliveries, [_row(key, now) for key in keys])

    async def perhaps_posted(self, due_at: Mapping[DeliveryKey, datetime]) -> None:
        """Record what may stand in Slack although nothing is recorded of it, and what is open.

        It counts as begun once: the next attempt looks for the message before it posts.

        Args:
            due_at: when each of them was due; what is recorded of one already stays.
        """
        rows = [{**_row(key, moment), "attempts": 1} for key, moment in due_at.items()]
        never_begun = deliveries.c.state.in_(_OPEN) & (deliveries.c.attempts == 0)
        async with self._database.transaction() as connection:
            await connection.execute(update(deliveries).where(never_begun).values(attempts=1))
            if rows:
                await self._database.add_all(connection, deliveries, rows)

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

    async def posted(self, key: DeliveryKey, ts: str, reason: str | None = None) -> Delivery | None:
        """Record Slack's name of the message; ``None`` where it was over already.

        Args:
            key: of the delivery.
            ts: Slack's name of the message.
            reason: what is to be remembered of it, such as that there was nothing to say.
        """
        state = DeliveryState.POSTED.value
        return await self._told(key, {"state": state, "ts": ts, "reason": reason})

    async def skipped(self, key: DeliveryKey, reason: str) -> Delivery | None:
        """Record that it will not be posted; ``None`` where it was over already."""
        state = DeliveryState.SKIPPED.value
        return await self._told(key, {"state": state, "reason": reason[:_LONGEST_REASON]})

    async def failed(self, key: DeliveryKey, reason: str) -> Delivery | None:
        """Record why the last attempt failed; it stays open."""
        state = DeliveryState.FAILED.value
        return await self._told(key, {"state": state, "reason": reason[:_LONGEST_REASON]})

    async def unfinished(
        self, before: datetime, kinds: Sequence[str] | None = None, each: int = AT_ONCE
    ) -> list[Delivery]:
        """Deliveries that are open and untouched since a moment or never begun, oldest first.

        Args:
            before: the moment.
            kinds: of which kinds; of all where none are given.
            each: how many of a workspace, so that none waits for another's many channels.
        """
        untouched = (deliveries.c.updated_at < before) | (deliveries.c.attempts == 0)
        conditions = [deliveries.c.state.in_(_OPEN), untouched]
        if kinds is not None:
            conditions.append(deliveries.c.kind.in_(kinds))
        place = func.row_number().over(
            partition_by=(deliveries.c.enterprise_id, deliveries.c.team_id),
            order_by=deliveries.c.updated_at,
        )
        found = select(deliveries, place.label("place")).where(*conditions).subquery()
        query = select(found).where(found.c.place <= each).order_by(found.c.updated_at)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]

    async def forget_skipped(self, team: Team, channel_id: str, kind: str, after: datetime) -> int:
        """Forget what was skipped after a moment; returns how many deliveries."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                delete(deliveries).where(
                    *of_team(deliveries, team),
                    deliveries.c.channel_id == channel_id,
                    deliveries.c.kind == kind,
                    deliveries.c.state == DeliveryState.SKIPPED.value,
                    deliveries.c.created_at > after,
                )
            )
        return int(done.rowcount)

    async def forget_before(
        self, moment: datetime, kinds: Collection[str], but_last: Collection[str] = ()
    ) -> int:
        """Forget what was posted or skipped before a moment; returns how many deliveries.

        Args:
            moment: after which a delivery is kept.
            kinds: that are forgotten.
            but_last: those of them of which each channel's last delivery is kept.
        """
        newer = deliveries.alias()
        is_last = ~(
            select(newer.c.kind)
            .where(
                newer.c.enterprise_id == deliveries.c.enterprise_id,
                newer.c.team_id == deliveries.c.team_id,
                newer.c.channel_id == deliveries.c.channel_id,
                newer.c.kind == deliveries.c.kind,
                newer.c.created_at > deliveries.c.created_at,
            )
            .exists()
        )
        async with self._database.transaction() as connection:
            done = await connection.execute(
                delete(deliveries).where(
                    deliveries.c.updated_at < moment,
                    deliveries.c.state.not_in(_OPEN),
                    deliveries.c.kind.in_(kinds),
                    ~(deliveries.c.kind.in_(but_last) & is_last),
                )
            )
        return int(done.rowcount)

    async def recent(
        self,
        team: Team,
        channel_id: str | None = None,
        kind: str | None = None,
        limit: int = 20,
    ) -> list[Delivery]:
        """The last deliveries of a workspace, or of a channel, the newest first."""
        conditions = [
            *of_team(deliveries, team),
        ]
        if channel_id is not None:
            conditions.append(deliveries.c.channel_id == channel_id)
        if kind is not None:
            conditions.append(deliveries.c.kind == kind)
        order = (deliveries.c.created_at.desc(), deliveries.c.period.desc())
        query = select(deliveries).where(*conditions).order_by(*order).limit(limit)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]

    async def waits_since(self, kinds: Sequence[str]) -> datetime | None:
        """Since when the oldest delivery is open; ``None`` where none is."""
        query = select(func.min(deliveries.c.created_at)).where(
            deliveries.c.state.in_(_OPEN), deliveries.c.kind.in_(kinds)
        )
        async with self._database.transaction() as connection:
            found: datetime | None = (await connection.execute(query)).scalar()
        return found

    async def _told(self, key: DeliveryKey, values: dict[str, Any]) -> Delivery | None:
        delivery = await self._set(key, values)
        if delivery is not None:
            self._watcher(delivery)
        return delivery

    async def _set(
        self, key: DeliveryKey, values: dict[str, Any], *conditions: ColumnElement[bool]
    ) -> Delivery | None:
        statement = (
            update(deliveries)
            .where(*_is(key), deliveries.c.state.in_(_OPEN), *conditions)
            .values(**values, updated_at=self._clock())
            .returning(deliveries)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else _read(row)


def _nobody(delivery: Delivery) -> None:
    """Is told where nobody watches."""


def _row(key: DeliveryKey, now: datetime) -> dict[str, Any]:
    return {
        **key.team._asdict(),
        "channel_id": key.channel_id,
        "kind": key.kind,
        "period": key.period,
        "state": DeliveryState.INTENDED.value,
        "attempts": 0,
        "created_at": now,
        "updated_at": now,
    }


def _is(key: DeliveryKey) -> list[ColumnElement[bool]]:
    return [
        *of_team(deliveries, key.team),
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
