"""When a channel hears its reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from bot.periods import Report
from bot.store.database import Database
from bot.store.schema import schedules
from bot.store.team import Team, of_team


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A channel's report.

    Attributes:
        day: of the week, where 0 is Monday; of the month where the report is no weekly one.
        local_time: HH:MM on the clocks of the time zone.
        due_at: when it is posted next.
    """

    team: Team
    channel_id: str
    kind: Report
    day: int
    local_time: str
    time_zone: str
    active: bool
    due_at: datetime
    configured_by: str


class ScheduleStore:
    """Reads and writes schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, schedule: Schedule) -> None:
        """Set when a channel hears a report."""
        row = {
            **schedule.team._asdict(),
            "channel_id": schedule.channel_id,
            "kind": schedule.kind.value,
            "weekday": None if schedule.kind.months else schedule.day,
            "month_day": schedule.day if schedule.kind.months else None,
            "local_time": schedule.local_time,
            "time_zone": schedule.time_zone,
            "active": schedule.active,
            "due_at": schedule.due_at,
            "configured_by": schedule.configured_by,
            "updated_at": datetime.now(UTC),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, schedules, row)

    async def of(self, team: Team, channel_id: str) -> list[Schedule]:
        """A channel's schedules, also those that are off."""
        return await self._select(
            *of_team(schedules, team),
            schedules.c.channel_id == channel_id,
        )

    async def due(self, now: datetime, limit: int | None = 1000) -> list[Schedule]:
        """Reports that are due, the longest overdue first."""
        return await self._select(schedules.c.active, schedules.c.due_at <= now, limit=limit)

    async def ahead(self, kind: Report, moment: datetime, limit: int = 1000) -> list[Schedule]:
        """Reports of a kind that are due only after a moment, the farthest first."""
        return await self._select(
            schedules.c.active,
            schedules.c.kind == kind.value,
            schedules.c.due_at > moment,
            limit=limit,
            farthest_first=True,
        )

    async def move(self, schedule: Schedule, due_at: datetime) -> bool:
        """Set the next time; ``False`` where another replica or a member did meanwhile."""
        return bool(await self.move_all([(schedule, due_at)]))

    async def move_all(self, moves: Sequence[tuple[Schedule, datetime]]) -> list[Schedule]:
        """Set the next times; returns the schedules that nobody else had moved meanwhile."""
        moved = []
        async with self._database.transaction() as connection:
            for schedule, due_at in moves:
                done = await connection.execute(
                    update(schedules)
                    .where(
                        *of_team(schedules, schedule.team),
                        schedules.c.channel_id == schedule.channel_id,
                        schedules.c.kind == schedule.kind.value,
                        schedules.c.due_at == schedule.due_at,
                        schedules.c.active,
                    )
                    .values(due_at=due_at)
                )
                if done.rowcount:
                    moved.append(schedule)
        return moved

    async def _select(
        self,
        *conditions: ColumnElement[bool],
        limit: int | None = None,
        farthest_first: bool = False,
    ) -> list[Schedule]:
        due_at = schedules.c.due_at.desc() if farthest_first else schedules.c.due_at
        order = (due_at, schedules.c.team_id, schedules.c.channel_id, schedules.c.kind)
        query = select(schedules).where(*conditions).order_by(*order).limit(limit)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]


def _read(row: Row[Any]) -> Schedule:
    kind = Report(row.kind)
    return Schedule(
        team=Team(row.enterprise_id, row.team_id),
        channel_id=row.channel_id,
        kind=kind,
        day=row.month_day if kind.months else row.weekday,
        local_time=row.local_time,
        time_zone=row.time_zone,
        active=row.active,
        due_at=row.due_at,
        configured_by=row.configured_by,
    )
