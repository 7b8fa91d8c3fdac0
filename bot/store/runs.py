"""The ledger: runs that people entered, planned or done, with what was measured of them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger import Entry, Run, RunState
from bot.store.database import Database
from bot.store.errors import ChangedMeanwhile
from bot.store.history import new_id
from bot.store.schema import runs
from bot.store.team import Team, of_team

__all__ = ["Entry", "Run", "RunState", "RunStore"]

_FIELDS: Final = tuple(field.name for field in fields(Entry))
_FIGURES: Final = (
    "channel_id",
    "counted_on",
    "project",
    "state",
    "energy_kwh",
    "operational_kgco2e",
    "embodied_kgco2e",
    "total_kgco2e",
    "measured_energy_kwh",
    "measured_kgco2e",
)


class RunStore:
    """Reads and writes the ledger. Nothing is buffered: what returns is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, team: Team, entry: Entry) -> Run:
        """Enter a run."""
        async with self._database.transaction() as connection:
            return await enter_in(connection, team, entry)

    async def enter_missing(self, team: Team, channel_id: str, entries: list[Entry]) -> int:
        """Enter those that a channel has none of the same name and day of; returns how many."""
        async with self._database.transaction() as connection:
            missing = await _missing_in(connection, team, channel_id, entries)
            for entry in missing:
                await enter_in(connection, team, entry)
        return len(missing)

    async def missing(self, team: Team, channel_id: str, entries: list[Entry]) -> list[Entry]:
        """Those that a channel has none of the same name and day of."""
        async with self._database.transaction() as connection:
            return await _missing_in(connection, team, channel_id, entries)

    async def get(self, team: Team, run_id: str) -> Run | None:
        """A run of this workspace, unless it was deleted."""
        async with self._database.transaction() as connection:
            return await get_in(connection, team, run_id)

    async def change(self, team: Team, run_id: str, version: int, entry: Entry) -> Run:
        """Replace what the ledger says of a run.

        Raises:
            ChangedMeanwhile: the run is gone, or no longer at this version.
        """
        values = {**_row(entry), "version": version + 1, "updated_at": datetime.now(UTC)}
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(runs)
                .where(*_alive(team), runs.c.id == run_id, runs.c.version == version)
                .values(values)
                .returning(runs)
            )
            row = changed.one_or_none()
        if row is None:
            msg = f"run {run_id} is not at version {version} any more"
            raise ChangedMeanwhile(msg)
        return _read(row)

    async def delete(self, team: Team, run_id: str, version: int | None = None) -> bool:
        """Take a run out of the ledger, at a version if one is given; whether it was in it."""
        now = datetime.now(UTC)
        conditions = [*_alive(team), runs.c.id == run_id]
        if version is not None:
            conditions.append(runs.c.version == version)
        async with self._database.transaction() as connection:
            done = await connection.execute(
                update(runs)
                .where(*conditions)
                .values(deleted_at=now, updated_at=now, version=runs.c.version + 1)
            )
        return bool(done.rowcount)

    async def purge(self, before: datetime) -> int:
        """Really delete what was taken out before a moment; returns how many runs."""
        async with self._database.transaction() as connection:
            done = await connection.execute(delete(runs).where(runs.c.deleted_at < before))
        return int(done.rowcount)

    async def counted(
        self,
        team: Team,
        first: date,
        after: date,
        *,
        channel_id: str | None = None,
        project: str | None = None,
    ) -> list[Run]:
        """Runs counted from a day on, before another, of the workspace or a part of it."""
        conditions = [*_alive(team), runs.c.counted_on >= first, runs.c.counted_on < after]
        if channel_id is not None:
            conditions.append(runs.c.channel_id == channel_id)
        if project is not None:
            conditions.append(runs.c.project == project)
        return await self._select(conditions)

    async def figures(
        self,
        team: Team,
        first: date,
        after: date,
        channel_id: str | None = None,
    ) -> list[tuple[str, Entry]]:
        """Ids and figures of the runs counted from a day on, before another.

        Names, commands and specifications are left out: a workspace's year can be long.
        """
        query = select(runs.c.id, *(runs.c[name] for name in _FIGURES)).where(
            *_alive(team), runs.c.counted_on >= first, runs.c.counted_on < after
        )
        if channel_id is not None:
            query = query.where(runs.c.channel_id == channel_id)
        async with self._database.transaction() as connection:
            found = await connection.execute(query.order_by(runs.c.counted_on, runs.c.id))
            return [(row.id, _figures(row)) for row in found]

    async def named(self, team: Team, channel_id: str, name: str) -> list[Run]:
        """A channel's runs of a name, those still to come first, and then the newest."""
        conditions = [
            *_alive(team),
            runs.c.channel_id == channel_id,
            (runs.c.name == name) | (func.lower(runs.c.name) == name.lower()),
        ]
        order = (runs.c.state != RunState.PLANNED.value, runs.c.id.desc())
        return await self._select(conditions, order)

    async def found(
        self, team: Team, channel_id: str, search: str = "", *, limit: int | None = None
    ) -> list[Run]:
        """A channel's runs whose name or project holds ``search``, the newest first."""
        conditions = [*_alive(team), runs.c.channel_id == channel_id]
        if search:
            conditions.append(
                runs.c.name.icontains(search, autoescape=True)
                | runs.c.project.icontains(search, autoescape=True)
            )
        order = (runs.c.counted_on.desc(), runs.c.id.desc())
        return await self._select(conditions, order, limit)

    async def all(self, team: Team) -> list[Run]:
        """The whole ledger of a workspace, the oldest first."""
        return await self._select(_alive(team))

    async def _select(
        self,
        conditions: list[ColumnElement[bool]],
        order: tuple[ColumnElement[Any], ...] = (runs.c.counted_on, runs.c.id),
        limit: int | None = None,
    ) -> list[Run]:
        query = select(runs).where(*conditions).order_by(*order).limit(limit)
        async with self._database.transaction() as connection:
            return [_read(row) for row in await connection.execute(query)]


async def _missing_in(
    connection: AsyncConnection, team: Team, channel_id: str, entries: list[Entry]
) -> list[Entry]:
    query = select(runs.c.name, runs.c.counted_on).where(
        *_alive(team), runs.c.channel_id == channel_id
    )
    known = {(row.name, row.counted_on) for row in await connection.execute(query)}
    return [one for one in entries if (one.name, one.counted_on) not in known]


async def enter_in(connection: AsyncConnection, team: Team, entry: Entry) -> Run:
    """Enter a run in a transaction that does more."""
    now = datetime.now(UTC)
    run = Run(new_id(), entry, 1, now, now)
    row = {"id": run.id, **team._asdict(), "version": 1, "created_at": now, "updated_at": now}
    await connection.execute(insert(runs), {**row, **_row(entry)})
    return run


async def get_in(
    connection: AsyncConnection, team: Team, run_id: str, *, to_change: bool = False
) -> Run | None:
    """A run of this workspace, unless it was deleted, in a transaction that does more."""
    query = select(runs).where(*_alive(team), runs.c.id == run_id)
    if to_change:
        query = query.with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def awaiting_in(
    connection: AsyncConnection, team: Team, channel_id: str, project: str
) -> Run | None:
    """The oldest run of a channel by this project or name that nothing was measured of yet."""
    wanted = func.lower(project)
    query = (
        select(runs)
        .where(
            *_alive(team),
            runs.c.channel_id == channel_id,
            runs.c.measured_energy_kwh.is_(None),
            (func.lower(runs.c.name) == wanted) | (func.lower(runs.c.project) == wanted),
        )
        # A run of exactly this name goes before one of a project of this name.
        .order_by(func.lower(runs.c.name) != wanted, runs.c.id)
        .limit(1)
        .with_for_update()
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def measured_in(
    connection: AsyncConnection, run: Run, energy_kwh: float, emissions_kgco2e: float | None
) -> Run:
    """Enter what was measured of a run; it is done with that."""
    entry = replace(
        run.entry,
        state=RunState.DONE,
        measured_energy_kwh=energy_kwh,
        measured_kgco2e=emissions_kgco2e,
    )
    now = datetime.now(UTC)
    values = {**_row(entry), "version": run.version + 1, "updated_at": now}
    await connection.execute(update(runs).where(runs.c.id == run.id).values(values))
    return replace(run, entry=entry, version=run.version + 1, updated_at=now)


def _alive(team: Team) -> list[ColumnElement[bool]]:
    return [
        *of_team(runs, team),
        runs.c.deleted_at.is_(None),
    ]


def _row(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _FIELDS}


def _read(row: Row[Any]) -> Run:
    values = {name: getattr(row, name) for name in _FIELDS}
    entry = Entry(**{**values, "state": RunState(values["state"])})
    return Run(row.id, entry, row.version, row.created_at, row.updated_at)


def _figures(row: Row[Any]) -> Entry:
    values = {name: getattr(row, name) for name in _FIGURES}
    return Entry(owner_id="", name="", **{**values, "state": RunState(values["state"])})
