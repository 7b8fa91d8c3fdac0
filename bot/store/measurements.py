"""Measurements that arrive by themselves, and the secret addresses that they arrive at."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.history import new_id
from bot.store.runs import Entry, Run, RunState, awaiting_in, enter_in, get_in, measured_in
from bot.store.schema import ingest_urls, measurements
from bot.store.team import Team, of_team


@dataclass(frozen=True, slots=True)
class IngestUrl:
    """An address that measurements of a channel's runs arrive at."""

    id: str
    team: Team
    channel_id: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured of a run: when it was over, or up to now.

    Attributes:
        external_id: CodeCarbon's run_id.
        document: what arrived, as it came.
    """

    external_id: str
    project: str
    energy_kwh: float
    emissions_kgco2e: float | None
    duration_s: float | None
    document: dict[str, Any]

    @property
    def extent(self) -> tuple[float, float]:
        """How far the run was: what a meter shows only grows. The duration may begin anew."""
        return self.energy_kwh, self.duration_s or 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a measurement.

    Attributes:
        run: the run that it belongs to; ``None`` where that was deleted since.
        is_new: whether it arrived for the first time.
        was_planned: whether it met a run that had been entered before.
        replaces: whether its figures stand for those of the same run that arrived before.
    """

    run: Run | None
    is_new: bool
    was_planned: bool
    replaces: bool = False


class MeasurementStore:
    """Hands out addresses, and enters what arrives at them in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def connect(self, team: Team, channel_id: str, by: str) -> tuple[IngestUrl, str]:
        """A new address of a channel, and its secret, which is shown once and kept nowhere."""
        secret = secrets.token_urlsafe(32)
        found = IngestUrl(new_id(), team, channel_id, by, datetime.now(UTC))
        row = {
            "id": found.id,
            **team._asdict(),
            "channel_id": channel_id,
            "secret_hash": _hash(secret),
            "created_by": by,
            "created_at": found.created_at,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(ingest_urls), row)
        return found, secret

    async def of_imports(self, team: Team, channel_id: str, by: str) -> IngestUrl:
        """What a channel's imported measurements are kept under; nothing can be sent to it."""
        now = datetime.now(UTC)
        mark = _hash(f"imports of {team.enterprise_id} {team.team_id} {channel_id}")
        row = {
            # Two who import at once meet at the same row.
            "id": mark[:36],
            **team._asdict(),
            "channel_id": channel_id,
            "secret_hash": mark,
            "created_by": by,
            "created_at": now,
            "revoked_at": now,
        }
        query = select(ingest_urls).where(ingest_urls.c.secret_hash == mark)
        async with self._database.transaction() as connection:
            await self._database.add(connection, ingest_urls, row)
            found = (await connection.execute(query)).one()
        return replace(_read(found), created_by=by)

    async def by_secret(self, secret: str) -> IngestUrl | None:
        """The address of a secret, unless it was revoked."""
        query = select(ingest_urls).where(
            ingest_urls.c.secret_hash == _hash(secret), ingest_urls.c.revoked_at.is_(None)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _read(row)

    async def of(self, team: Team, channel_id: str) -> list[IngestUrl]:
        """A channel's addresses that are not revoked, the oldest first."""
        query = select(ingest_urls).where(
            *of_team(ingest_urls, team),
            ingest_urls.c.channel_id == channel_id,
            ingest_urls.c.revoked_at.is_(None),
        )
        async with self._database.transaction() as connection:
            found = await connection.execute(query.order_by(ingest_urls.c.id))
            return [_read(row) for row in found]

    async def revoke(self, team: Team, channel_id: str) -> int:
        """Let nothing arrive any more at a channel's addresses; returns how many there were."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                update(ingest_urls)
                .where(
                    *of_team(ingest_urls, team),
                    ingest_urls.c.channel_id == channel_id,
                    ingest_urls.c.revoked_at.is_(None),
                )
                .values(revoked_at=datetime.now(UTC))
            )
        return int(done.rowcount)

    async def of_runs(self, team: Team, run_ids: Sequence[str]) -> dict[str, Measurement]:
        """What arrived of some runs, by run."""
        query = select(measurements).where(
            *of_team(measurements, team),
            measurements.c.run_id.in_(run_ids),
        )
        async with self._database.transaction() as connection:
            return {row.run_id: _measurement(row) for row in await connection.execute(query)}

    async def receive(
        self, url: IngestUrl, measurement: Measurement, today: date | None = None
    ) -> Received:
        """Enter a measurement in the ledger, once however often it arrives.

        It belongs to the oldest run of the channel by its project's name that nothing was
        measured of; where there is none, a new run is entered, which counts ``today``. A
        later one of the same run replaces it; an earlier one that comes late does not. All of it
        is one transaction.
        """
        now = datetime.now(UTC)
        row = {
            "ingest_url_id": url.id,
            "external_id": measurement.external_id,
            **url.team._asdict(),
            "run_id": None,
            "project": measurement.project,
            "energy_kwh": measurement.energy_kwh,
            "emissions_kgco2e": measurement.emissions_kgco2e,
            "duration_s": measurement.duration_s,
            "document": measurement.document,
            "received_at": now,
        }
        key = (
            measurements.c.ingest_url_id == url.id,
            measurements.c.external_id == measurement.external_id,
        )
        figures = (measurement.energy_kwh, measurement.emissions_kgco2e)
        # One after the other in a channel: the same run may arrive at two addresses at once.
        channel = (
            select(ingest_urls.c.id)
            .where(
                *of_team(ingest_urls, url.team),
                ingest_urls.c.channel_id == url.channel_id,
            )
            .order_by(ingest_urls.c.id)
            .with_for_update(key_share=True)
        )
        async with self._database.transaction() as connection:
            await connection.execute(channel)
            is_new = await self._database.add(connection, measurements, row)
            # The channel may have got another address in between.
            query = (
                select(measurements)
                .join(ingest_urls, ingest_urls.c.id == measurements.c.ingest_url_id)
                .where(
                    measurements.c.external_id == measurement.external_id,
                    *of_team(ingest_urls, url.team),
                    ingest_urls.c.channel_id == url.channel_id,
                )
                .with_for_update(of=measurements)
            )
            earlier = [
                found
                for found in await connection.execute(query)
                if not is_new or found.ingest_url_id != url.id
            ]
            if earlier:
                return await _again(connection, url, measurement, earlier)
            if not is_new:
                # The address is another workspace's, whatever its row of it says.
                return Received(None, is_new=False, was_planned=False)
            planned = await awaiting_in(connection, url.team, url.channel_id, measurement.project)
            if planned is not None:
                run = await measured_in(connection, planned, *figures)
            else:
                entry = Entry(
                    channel_id=url.channel_id,
                    owner_id=url.created_by,
                    name=measurement.project or measurement.external_id,
                    project=measurement.project,
                    counted_on=today or now.date(),
                    state=RunState.DONE,
                    measured_energy_kwh=measurement.energy_kwh,
                    measured_kgco2e=measurement.emissions_kgco2e,
                )
                run = await enter_in(connection, url.team, entry)
            await connection.execute(update(measurements).where(*key).values(run_id=run.id))
        return Received(run, is_new=True, was_planned=planned is not None)


async def _again(
    connection: AsyncConnection, url: IngestUrl, measurement: Measurement, rows: list[Row[Any]]
) -> Received:
    """What becomes of a measurement whose run arrived before, as one row or under two addresses."""
    row = next((found for found in rows if found.run_id), None)
    run = None
    if row is not None:
        run = await get_in(connection, url.team, row.run_id, to_change=True)
    if row is None or run is None:
        return Received(None, is_new=False, was_planned=False)
    known = _measurement(row)
    # What a person entered in its place stands.
    is_its_own = run.entry.measured_energy_kwh == known.energy_kwh
    if measurement.extent <= known.extent or not is_its_own:
        return Received(run, is_new=False, was_planned=False)
    figures = (measurement.energy_kwh, measurement.emissions_kgco2e)
    await connection.execute(
        update(measurements)
        .where(
            measurements.c.ingest_url_id == row.ingest_url_id,
            measurements.c.external_id == row.external_id,
        )
        .values(
            energy_kwh=measurement.energy_kwh,
            emissions_kgco2e=measurement.emissions_kgco2e,
            duration_s=measurement.duration_s,
            document=measurement.document,
        )
    )
    run = await measured_in(connection, run, *figures)
    return Received(run, is_new=False, was_planned=False, replaces=True)


def _measurement(row: Row[Any]) -> Measurement:
    return Measurement(
        external_id=row.external_id,
        project=row.project,
        energy_kwh=row.energy_kwh,
        emissions_kgco2e=row.emissions_kgco2e,
        duration_s=row.duration_s,
        document=row.document,
    )


def _hash(secret: str) -> str:
    # The secret has 256 random bits: a slow hash would protect it no better.
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(row: Row[Any]) -> IngestUrl:
    team = Team(row.enterprise_id, row.team_id)
    return IngestUrl(row.id, team, row.channel_id, row.created_by, row.created_at)
