"""The queue that replicas share on PostgreSQL: Procrastinate's, in the bot's own database.

One replica looks for what is due at each tick; any of them delivers it, one delivery of a channel
at a time. A job is only a reminder: what became of a delivery, and so that it is posted once, is
decided by its record (`bot.reports.delivering`). A job that is lost is put in again by a later
tick.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.retry import RetryDecision
from procrastinate.schema import SchemaManager
from sqlalchemy.exc import SQLAlchemyError

from bot.reports.clock import clock_set
from bot.reports.delivering import LONGEST_PAUSE, Reports
from bot.reports.pulse import Pulse
from bot.store import StoreError, Team
from bot.store.deliveries import DeliveryKey

log = logging.getLogger(__name__)

TICK: Final = "* * * * * */30"
"""When a replica looks for what is due: at every half minute."""
QUEUE: Final = "carbon"
CONCURRENCY: Final = 4
"""Deliveries at once, in each replica."""
CONNECTIONS: Final = CONCURRENCY + 2
"""What Procrastinate may open at most, beside the one on which it listens."""
POLL_S: Final = 1.0
"""How often a replica looks for a job whose time has come."""
DATABASE_S: Final = 5.0
"""How long it waits for a connection."""
AGAIN_S: Final = 5.0
"""Before work is taken up again after the database failed."""
STALLED_S: Final = 30.0
"""A replica that has not written for so long is taken for dead."""
TOO_FAR: Final = 2 * LONGEST_PAUSE
"""No attempt is put off longer, unless a clock was wrong."""
_LOCK: Final = 7_305_018_245
"""Key of the lock under which one replica brings the queue's tables up to date."""

_DATABASE_FAILS: Final = (SQLAlchemyError, ConnectorException, psycopg.Error, OSError)


class Later(Exception):
    """A delivery is not over: it is to be attempted again after a pause."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(f"again in {pause.total_seconds():.0f} s")
        self.pause = pause


class Retries(RetryStrategy):
    """When a job is run again: as long as its delivery says, else soon, ever more slowly."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """The decision about a job that raised."""
        if isinstance(exception, Later):
            return RetryDecision(retry_in={"seconds": math.ceil(exception.pause.total_seconds())})
        return super().get_retry_decision(exception=exception, job=job)


DATABASE_RETRIES: Final = Retries(
    max_attempts=5, wait=5, linear_wait=10, retry_exceptions=_DATABASE_FAILS
)
"""A database that fails longer than this is met by the next tick."""


class Connector(PsycopgConnector):
    """Connections to the database, which tell when something could not be written.

    A worker that could not write that a job ended holds it, and with it the channel, until the
    worker itself ends.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(conninfo=dsn, min_size=1, max_size=CONNECTIONS, timeout=DATABASE_S)
        self.failed = asyncio.Event()

    async def execute_query_async(
        self,
        query: LiteralString,
        **arguments: Any,  # noqa: ANN401 - whatever the query takes
    ) -> None:
        """Write."""
        try:
            await super().execute_query_async(query, **arguments)
        except ConnectorException:
            self.failed.set()
            raise


def create_app(reports: Reports, connector: PsycopgConnector) -> App:
    """The tasks, on a database."""
    app = App(connector=connector)

    @app.task(name="deliver", queue=QUEUE, retry=DATABASE_RETRIES)
    async def deliver(
        enterprise_id: str, team_id: str, channel_id: str, kind: str, period: str
    ) -> None:
        key = DeliveryKey(Team(enterprise_id, team_id), channel_id, kind, period)
        pause = await reports.deliver(key)
        if pause is not None:
            raise Later(pause)

    # Ticks do not pile up where nobody works, and one look at a time is enough.
    @app.periodic(cron=TICK)
    @app.task(name="look", queue=QUEUE, lock="look", queueing_lock="look", priority=1)
    async def look(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate names the tick
        try:
            await _look(app, reports)
        except _DATABASE_FAILS:
            raise
        except Exception:
            log.exception("looking for what is due failed")

    # Without a lock, which one of the dead may hold.
    @app.periodic(cron=TICK)
    @app.task(name="clear", queue=QUEUE, queueing_lock="clear", priority=2)
    async def clear(timestamp: int) -> None:  # noqa: ARG001 - same
        await _clear(app)

    return app


async def _look(app: App, reports: Reports) -> None:
    """Put in what is due."""
    waiting = await _waiting(app)
    found = [key for key in await reports.look() if _queueing_lock(key) not in waiting]
    await _defer(app, [_job_of(app, key) for key in found])


def _queueing_lock(key: DeliveryKey) -> str:
    return " ".join((*key.team, *key[1:]))


def _job_of(app: App, key: DeliveryKey) -> Job:
    configured = app.configure_task(
        "deliver",
        lock=" ".join((*key.team, key.channel_id)),
        queueing_lock=_queueing_lock(key),
        task_kwargs={
            **key.team._asdict(),
            "channel_id": key.channel_id,
            "kind": key.kind,
            "period": key.period,
        },
    )
    return configured.job


async def _defer(app: App, jobs: list[Job]) -> None:
    if not jobs:
        return
    try:
        await app.job_manager.batch_defer_jobs_async(jobs)
    except AlreadyEnqueued:
        # Another replica put one of them in meanwhile: then one by one.
        for job in jobs:
            with contextlib.suppress(AlreadyEnqueued):
                await app.job_manager.defer_job_async(job)


async def _clear(app: App) -> None:
    """Take out what replicas had begun that are gone; the next look puts in what is open."""
    stalled = await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_S)
    for job in stalled:
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def _waiting(app: App) -> set[str]:
    """Queueing locks of the jobs that are in; one that waits for too far a time is taken out."""
    farthest = datetime.now(UTC) + TOO_FAR
    found = set()
    for job in await app.job_manager.list_jobs_async(queue=QUEUE, task="deliver"):
        if job.scheduled_at is not None and job.scheduled_at > farthest and job.id is not None:
            log.warning("the clock was ahead: an attempt waits longer than it should")
            await app.job_manager.cancel_job_by_id_async(job.id, delete_job=True)
        elif job.queueing_lock:
            found.add(job.queueing_lock)
    return found


@asynccontextmanager
async def queueing(
    reports: Reports, dsn: str, grace_s: float, pulse: Pulse | None = None
) -> AsyncIterator[App]:
    """Work on the queue until the context is left.

    Args:
        reports: what delivers.
        dsn: address of the database.
        grace_s: how long the end waits for what is being delivered.
        pulse: is told whether it works.

    Raises:
        StoreError: the queue's tables cannot be made.
    """
    # It tells of each job, and with a traceback of each that waits for the database.
    library = logging.getLogger("procrastinate")
    library.setLevel(logging.DEBUG if log.isEnabledFor(logging.DEBUG) else logging.CRITICAL)
    connector = Connector(dsn)
    app = create_app(reports, connector)
    try:
        await bring_up_to_date(dsn)
        await app.open_async()
    except (ConnectorException, psycopg.Error, OSError) as error:
        msg = f"the queue in the database cannot be opened: {error.__cause__ or error}"
        raise StoreError(msg) from None
    pulse = pulse or Pulse()
    working = asyncio.create_task(_work(app, connector, grace_s, pulse), name="queue")
    working.add_done_callback(lambda _: pulse.waits("nothing works on the queue"))
    try:
        yield app
    finally:
        working.cancel()
        # What is still being posted then is cut off; the record says that it was begun.
        await asyncio.wait([working], timeout=grace_s + DATABASE_S)
        with contextlib.suppress(ConnectorException):
            await app.close_async()


async def _work(app: App, connector: Connector, grace_s: float, pulse: Pulse) -> None:
    """Run a worker, and another whenever the database failed it, or the clock was set."""
    while True:
        connector.failed.clear()
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                # Of a job whose time comes nobody is told.
                fetch_job_polling_interval=POLL_S,
                shutdown_graceful_timeout=grace_s,
                stalled_worker_timeout=STALLED_S,
                # What is to be known of a delivery is in its record.
                delete_jobs="always",
            )
        )
        pulse.works()
        failed = asyncio.create_task(connector.failed.wait())
        # A worker remembers the last tick: with a clock that was set back it would wait for it.
        jumped = asyncio.create_task(clock_set())
        try:
            await asyncio.wait([worker, failed, jumped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            failed.cancel()
            # It ends what it has begun first.
            worker.cancel()
            await asyncio.wait([worker])
            was_set = not jumped.cancel()
            error = None if worker.cancelled() else worker.exception()
        if error is not None and not isinstance(error, _DATABASE_FAILS):
            log.error("the queue's worker failed", exc_info=error)
        if was_set:
            log.warning("the clock was set; looking for what is due")
        else:
            log.warning("the queue waits for the database")
            pulse.waits("the queue waits for the database")
            await asyncio.sleep(AGAIN_S)


async def bring_up_to_date(dsn: str) -> None:
    """Make the queue's tables, or run those of Procrastinate's migrations that are new.

    An empty database gets the schema of the installed Procrastinate; its migrations count as run.
    """
    scripts = _migrations()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS queue_migrations (name text PRIMARY KEY)"
        )
        done = {name for (name,) in await _rows(connection, "SELECT name FROM queue_migrations")}
        if not done:
            async with connection.transaction():
                await connection.execute(SchemaManager.get_schema())
                await _remember(connection, scripts)
            return
        for name, script in scripts.items():
            if name not in done:
                async with connection.transaction():
                    await connection.execute(script)
                    await _remember(connection, [name])


def _migrations() -> dict[str, bytes]:
    """Procrastinate's own migrations, in their order."""
    folder = Path(SchemaManager.get_migrations_path())
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.sql"))}


async def _rows(connection: psycopg.AsyncConnection[Any], query: str) -> list[Any]:
    cursor = await connection.execute(query.encode())
    return await cursor.fetchall()


async def _remember(connection: psycopg.AsyncConnection[Any], names: Iterable[str]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO queue_migrations VALUES (%s)", [(name,) for name in names]
        )
