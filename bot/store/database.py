"""The database: how it is opened, brought to today's schema, and closed.

SQLite in one file is the default and needs no set-up; PostgreSQL serves several replicas.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, event, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from bot.store.errors import StoreError
from bot.store.migrations import HEAD

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_LOCK: Final = 7_305_018_244
"""Key of the lock under which one replica migrates; any number that nobody else uses."""
_CANNOT_WRITE: Final = ("disk", "no space left", "readonly", "read-only")
"""What SQLite and PostgreSQL say then."""
BUSY_MS: Final = 10_000
"""How long SQLite waits for another writer."""

Watcher = Callable[[str, float], None]
"""Is told whether a transaction was ``committed`` or ``rolled_back``, and how long it took [s]."""


def _nobody(outcome: str, took_s: float) -> None:
    """Is told where nobody watches."""


class Database:
    """An open database at today's schema."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._is_closed = False
        self._watcher: Watcher = _nobody
        self._insert = _insert_of(engine.dialect.name)

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for libraries that bring queries of their own."""
        return self._engine

    @property
    def is_sqlite(self) -> bool:
        """Whether all of it is one file of this machine."""
        return self._engine.dialect.name == "sqlite"

    @property
    def dsn(self) -> str:
        """The address, with its password, as PostgreSQL's own library reads it."""
        url = self._engine.url.set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    @property
    def connections(self) -> tuple[int, int]:
        """Open connections: in use, and idle."""
        pool = self._engine.pool
        if not isinstance(pool, QueuePool):
            return 0, 0
        return pool.checkedout(), pool.checkedin()

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody of every transaction from now on."""
        self._watcher = watcher

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back by an error or a cancellation.

        A cancellation during the commit leaves all of it or nothing.
        """
        started, outcome = time.perf_counter(), "rolled_back"
        try:
            async with self._engine.connect() as connection:
                try:
                    async with connection.begin():
                        yield connection
                    outcome = "committed"
                finally:
                    if self._is_closed:
                        # Nobody will close the pool that it goes back to.
                        await connection.invalidate()
        finally:
            self._watcher(outcome, time.perf_counter() - started)

    async def close(self) -> None:
        """Close it; a transaction that is under way closes its connection when it ends."""
        self._is_closed = True
        await self._engine.dispose()

    async def put(
        self,
        connection: AsyncConnection,
        table: Table,
        row: dict[str, Any],
        keep: Sequence[str] = (),
    ) -> None:
        """Insert a row, or replace the one with its key, but for the columns in ``keep``."""
        keys = [column.name for column in table.primary_key]
        changed = {name: row[name] for name in row if name not in keys and name not in keep}
        statement = self._insert(table).values(row)
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed)
            if changed
            else statement.on_conflict_do_nothing(index_elements=keys)
        )

    async def add(self, connection: AsyncConnection, table: Table, row: dict[str, Any]) -> bool:
        """Insert a row unless its key is there; whether it was inserted."""
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table).values(row).on_conflict_do_nothing(index_elements=keys)
        inserted = await connection.execute(statement.returning(table.c[keys[0]]))
        return inserted.first() is not None

    async def add_all(
        self, connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]
    ) -> None:
        """Insert rows, but for those whose key is there."""
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table).on_conflict_do_nothing(index_elements=keys)
        await connection.execute(statement, rows)

    async def scrub(self) -> None:
        """Write SQLite's file anew, so that no byte of what was deleted is left in it.

        PostgreSQL does so by itself, some time after.

        Raises:
            sqlite3.Error: others do not let go of the file, or the disk is full.
        """
        if not self.is_sqlite:
            return
        async with self._engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                return
            # Neither can be in a transaction, so past SQLAlchemy, which would begin one.
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                async with raw.execute(statement) as cursor:
                    await cursor.fetchall()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A look at all of a PostgreSQL as it is now, however long it takes. Others go on writing.

        SQLite's files are copied by its own means: here its transactions lock the others out.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            async with connection.begin():
                yield connection

    async def revision(self) -> str | None:
        """The revision of the schema; ``None`` where there is none yet."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(_revision)

    async def problem(self) -> str | None:
        """Why the database cannot be used now; ``None`` where it can."""
        try:
            async with asyncio.timeout(2), self._engine.connect() as connection:
                found = await connection.run_sync(_revision)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            return f"the database does not answer ({type(error).__name__})"
        # A newer one is not wrong: while replicas are replaced one by one, a new one has migrated.
        if found is None or found < HEAD:
            return f"the database's schema is {found or 'missing'}, and {HEAD} is needed"
        return None


def _insert_of(dialect: str) -> Callable[[Table], Any]:
    """The dialect's own ``INSERT``, which can do nothing where a row is there."""
    # Each takes its time to import, and only one of them is needed.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert


def does_not_answer(error: Exception) -> bool:
    """Whether it is for the database's sake that something failed: it is away, full or too busy."""
    return isinstance(error, (OperationalError, InterfaceError, NoConnection))


def cannot_write(error: Exception) -> bool:
    """Whether a database failed because it cannot write, most often for want of disk."""
    words = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    return any(word in words for word in _CANNOT_WRITE)


@asynccontextmanager
async def open_database(
    url: str, named: str = "DATABASE_URL", *, as_it_is: bool = False
) -> AsyncIterator[Database]:
    """A database at today's schema; it is migrated where it is behind.

    Args:
        url: of SQLite (``sqlite:///carbon.db``) or PostgreSQL (``postgresql://…``).
        named: what its address is called where it is entered.
        as_it_is: leave it at the revision at which it is.

    Raises:
        StoreError: it cannot be opened, or is newer than this program.
    """
    engine = _engine(_address(url, named))
    database = Database(engine)
    try:
        try:
            if as_it_is:
                await database.revision()
            else:
                await _bring_up_to_date(engine)
        except (DBAPIError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            # The driver's own words may repeat the address, but never the password.
            msg = f"the database {_shown(engine.url)} cannot be opened: {cause}"
            raise StoreError(msg) from None
        yield database
    finally:
        await database.close()


def _address(url: str, named: str) -> URL:
    try:
        address = make_url(url)
        driver = _DRIVERS[address.drivername]
    except (ArgumentError, KeyError, NoSuchModuleError):
        msg = (
            f"{named} is no address of SQLite or PostgreSQL, such as "
            "sqlite:///carbon.db or postgresql://carbon:PASSWORD@db.example.com/carbon"
        )
        raise StoreError(msg) from None
    if driver.startswith("sqlite") and address.database not in {None, "", ":memory:"}:
        folder = Path(str(address.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {folder} of the database cannot be made: {error.strerror}"
            raise StoreError(msg) from None
    return address.set(drivername=driver)


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _engine(address: URL) -> AsyncEngine:
    if not address.drivername.startswith("sqlite"):
        return create_async_engine(address, pool_pre_ping=True, hide_parameters=True)
    in_memory = address.database in {None, "", ":memory:"}
    options: dict[str, Any] = {"connect_args": {"factory": _SQLiteConnection}}
    if in_memory:
        # It lives in one connection, which transactions have one after the other.
        options |= {"poolclass": AsyncAdaptedQueuePool, "pool_size": 1, "max_overflow": 0}
    engine = create_async_engine(address, hide_parameters=True, **options)
    _prepare_sqlite(engine.sync_engine)
    if in_memory:
        _keep_when_cancelled(engine.sync_engine)
    return engine


class _SQLiteConnection(sqlite3.Connection):
    """A connection that gives up its lock when it is closed, and not some time after.

    A cancelled task leaves its statement unfinished, and what holds on to the error holds on to
    the statement. SQLite then only marks the connection as closed (``sqlite3_close_v2``): its
    transaction would live, and lock the file, until the statement is freed. The calls of one
    connection run one after the other in its thread, so that nothing can follow this one.
    """

    def close(self) -> None:
        """Roll back, then close; a second call does nothing."""
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        # The driver's own transactions begin too late for a consistent read-and-write.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten, and not only marked as free.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes then would fail against another writer.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _keep_when_cancelled(engine: Engine) -> None:
    @event.listens_for(engine, "handle_error")
    def keep(context: ExceptionContext) -> None:
        # Without its one connection the database would be gone; what was cancelled runs to its end
        # in the connection's thread, and the rollback after it.
        if isinstance(context.original_exception, asyncio.CancelledError):
            context.is_disconnect = False


async def _bring_up_to_date(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        found = await connection.run_sync(_revision)
    if found != HEAD:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sql("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from bot.store.migrations.run import is_known, upgrade  # noqa: PLC0415 - slow, seldom needed

    if connection.dialect.name == "postgresql":
        connection.execute(sql("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = _revision(connection)
    if found is not None and not is_known(found):
        raise StoreError(too_new(found))
    upgrade(connection)


def too_new(revision: str) -> str:
    """What is told of a database that a later version has migrated."""
    return f"the database is at revision {revision}, which is newer than this program"
