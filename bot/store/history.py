"""The history of estimates: every answer, so that an old one can be explained and made again.

Answers do not wait for the database: they are put in a queue and written in batches. What the
queue cannot take is counted and dropped: these are answers to questions, not runs of the ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, delete, func, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from bot.store.database import Database
from bot.store.schema import estimates
from bot.store.team import Team, of_team
from estimator import Estimate, TrainingRun
from estimator.record import names_in_full

log = logging.getLogger(__name__)

QUEUE: Final = 10_000
BATCH: Final = 500
PAUSE_S: Final = 0.2
"""How long the writer collects before it writes."""
_NEWEST: Final = (estimates.c.created_at.desc(), estimates.c.id.desc())
"""Newest first, as the indexes are sorted."""
AGAIN_S: Final = 2.0
"""How long it waits for a database that does not answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An estimate that somebody asked for.

    Attributes:
        id: sorts by time.
        spec: the specification, as ``TrainingRun`` dumps it.
        catalogue_version: the factors that answered.
    """

    id: str
    channel_id: str
    user_id: str
    command: str
    spec: dict[str, Any]
    catalogue_version: str
    energy_kwh: float
    total_kgco2e: float
    created_at: datetime


class Answered(NamedTuple):
    """A command, the run that it says, and its estimate."""

    command: str
    run: TrainingRun
    estimate: Estimate


class History:
    """Writes estimates in the background, and reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE)
        self._something = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._batch: list[dict[str, Any]] = []
        self._writing = asyncio.Lock()
        self.dropped = 0
        self.recorded: Counter[tuple[str, str]] = Counter()
        """Estimates since the start, by their factors and by what said how much is run."""

    @property
    def waiting(self) -> int:
        """Estimates that are not written yet."""
        return self._queue.qsize() + len(self._batch)

    def start(self) -> None:
        """Begin to write what is recorded."""
        self._writer = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what is waiting, and end."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self.flush()
        lost = self.waiting
        if lost:
            self.dropped += lost
            log.warning("%d estimates are not kept: the database does not answer", lost)

    def record(self, team: Team, channel_id: str, user_id: str, answered: Answered) -> str:
        """Put an estimate in the queue; returns its id at once."""
        command, run, estimate = answered
        totals = estimate.totals
        operational = totals.operational_kgco2e
        row = {
            "id": new_id(),
            **team._asdict(),
            "channel_id": channel_id,
            "user_id": user_id,
            "command": command,
            "spec": (run, estimate),
            "catalogue_version": estimate.catalogue_version,
            "factors": estimate.factors.value,
            "energy_kwh": totals.energy_kwh.value,
            "operational_kgco2e": operational.value if operational else None,
            "embodied_kgco2e": totals.embodied_kgco2e.value,
            "total_kgco2e": totals.total_kgco2e.value,
            "total_low_kgco2e": totals.total_kgco2e.low,
            "total_high_kgco2e": totals.total_kgco2e.high,
            "created_at": datetime.now(UTC),
        }
        self.recorded[estimate.factors.value, _said_by(run)] += 1
        try:
            self._queue.put_nowait(row)
            self._something.set()
        except asyncio.QueueFull:
            self.dropped += 1
        return str(row["id"])

    async def flush(self) -> None:
        """Write what is waiting now; while the database does not answer, it waits on."""
        async with self._writing:
            while await self._write_batch():
                pass

    async def _write_batch(self) -> bool:
        """Write some of what is waiting; whether more may be written now."""
        # Leaves the list only once it is written: who waits for a write may be cancelled in it.
        if not self._batch:
            taken = [self._queue.get_nowait() for _ in range(min(BATCH, self._queue.qsize()))]
            # Dumped here and not where the answer is made, which must be quick.
            self._batch = [{**row, "spec": dumped(*row["spec"])} for row in taken]
        if not self._batch:
            return False
        try:
            async with self._database.transaction() as connection:
                await self._database.add_all(connection, estimates, self._batch)
        except (OperationalError, InterfaceError, OSError) as error:
            log.warning("estimates wait for the database: %s", type(error).__name__)
            return False
        except SQLAlchemyError as error:
            self.dropped += len(self._batch)
            log.warning("%d estimates are not kept: %s", len(self._batch), type(error).__name__)
        self._batch = []
        return True

    async def recent(self, team: Team, user_id: str, limit: int = 5) -> list[Asked]:
        """A member's last estimates, the newest first; the same command counts once."""
        found = await self._select(
            *of_team(estimates, team),
            estimates.c.user_id == user_id,
            limit=4 * limit,
        )
        by_command: dict[str, Asked] = {}
        for asked in found:
            by_command.setdefault(asked.command, asked)
        return [*by_command.values()][:limit]

    async def get(self, team: Team, estimate_id: str) -> Asked | None:
        """An estimate of this workspace by its id."""
        found = await self._select(
            estimates.c.id == estimate_id,
            *of_team(estimates, team),
            limit=1,
        )
        return found[0] if found else None

    async def asked_in(
        self, team: Team, channel_id: str, first: datetime, after: datetime
    ) -> tuple[int, Asked | None]:
        """How many estimates a channel asked for from a moment on, and the largest of them."""
        await self.flush()
        conditions = (
            *of_team(estimates, team),
            estimates.c.channel_id == channel_id,
            estimates.c.created_at >= first,
            estimates.c.created_at < after,
        )
        count = select(func.count()).select_from(estimates).where(*conditions)
        order = (estimates.c.total_kgco2e.desc(), estimates.c.id)
        largest = select(estimates).where(*conditions).order_by(*order).limit(1)
        async with self._database.transaction() as connection:
            number = (await connection.execute(count)).scalar_one()
            rows = (await connection.execute(largest)).all()
        return number, next(iter([_asked(row) for row in rows]), None)

    async def forget_before(self, moment: datetime) -> int:
        """Delete estimates that are older; returns how many."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                delete(estimates).where(estimates.c.created_at < moment)
            )
        return int(done.rowcount)

    async def _select(self, *conditions: Any, limit: int) -> list[Asked]:  # noqa: ANN401 - SQL
        await self.flush()
        query = select(estimates).where(*conditions).order_by(*_NEWEST).limit(limit)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [_asked(row) for row in rows]

    async def _write_on(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            await asyncio.sleep(PAUSE_S)
            await self.flush()
            if self._batch:
                await asyncio.sleep(AGAIN_S)
                self._something.set()


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        row.id,
        row.channel_id,
        row.user_id,
        row.command,
        row.spec,
        row.catalogue_version,
        row.energy_kwh,
        row.total_kgco2e,
        row.created_at,
    )


class _Clock:
    """Milliseconds and a count within each, so that ids of one process sort as they were made."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """60 bits that only grow: 48 of milliseconds, 12 of a count."""
        self._last = max((time.time_ns() // 1_000_000) << 12, self._last + 1)
        return self._last


_clock: Final = _Clock()


def new_id() -> str:
    """An id that sorts by time: a UUID of version 7 (RFC 9562)."""
    moment = _clock.next()
    number = (moment >> 12) << 80 | 0x7 << 76 | (moment & 0xFFF) << 64
    digits = f"{number | 0x2 << 62 | secrets.randbits(62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _said_by(run: TrainingRun) -> str:
    """What says how much is run."""
    if run.like is not None:
        return "published_run"
    if run.energy_kwh is not None:
        return "energy"
    if run.workload is not None:
        return "workload"
    return "duration" if run.device_hours is None else "device_hours"


def dumped(run: TrainingRun, estimate: Estimate) -> dict[str, Any]:
    """A run as it is kept: with the models in it that its estimate took general names for."""
    spec = run.model_dump(mode="json", exclude_defaults=True)
    for device, name in zip(spec.get("devices", ()), names_in_full(run, estimate), strict=True):
        device["device"] = name
    return spec
