"""Copies everything from one database to another, such as from SQLite to PostgreSQL.

All of it is one transaction of the target: it is there as a whole and verified, or not at all. The
source is locked meanwhile, so that nothing is written to it which the copy would lack.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, Table, insert, select
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import BUSY_MS, Database, open_database
from bot.store.errors import StoreError
from bot.store.schema import metadata

BATCH: Final = 500
"""Rows that are read and written at a time."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds.

    Attributes:
        table: its name.
        rows: how many.
        digest: of every row, in whatever order they are read; hexadecimal.
    """

    table: str
    rows: int
    digest: str

    def __str__(self) -> str:
        return f"{self.table:<16} {self.rows:>9,} rows  sha256 {self.digest[:16]}"


class Digest:
    """Of rows in any order: the sum of the SHA-256 of each, as databases sort text differently."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """Take in a row."""
        # JSON keeps text, numbers, truth and null apart, and each float in full.
        canonical = json.dumps([*row], default=_plain, sort_keys=True, ensure_ascii=True)
        digest = hashlib.sha256(canonical.encode()).digest()
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(digest)) % 2**256

    def contents(self, table: str) -> Contents:
        """What was taken in, as the contents of a table."""
        return Contents(table, self.rows, f"{self._sum:064x}")


def _plain(value: object) -> list[str]:
    match value:
        case datetime() | date():
            return [type(value).__name__, value.isoformat()]
        case bytes() | memoryview():
            return ["bytes", hashlib.sha256(value).hexdigest()]
        case _:
            msg = f"no column holds a {type(value).__name__}"
            raise TypeError(msg)


async def copy_database(
    source_url: str, target_url: str, named: tuple[str, str] = ("--from", "--to")
) -> list[Contents]:
    """Copy every table; returns what was copied, once it is verified and written.

    Args:
        source_url: of the database that is copied. It is migrated where it is behind.
        target_url: of an empty database.
        named: what the two addresses are called where they are entered.

    Raises:
        StoreError: one of them cannot be opened, the target is not empty, or the copy is not
            the same. Nothing was written then.
    """
    check_it_is_there(source_url)
    if source_url == target_url:
        msg = "both addresses are the same database"
        raise StoreError(msg)
    async with (
        open_database(source_url, named[0]) as source,
        open_database(target_url, named[1]) as target,
    ):
        try:
            return await _copy_all(source, target)
        except DBAPIError as error:
            msg = f"{cause(error)}; nothing was written. Stop the bot first"
            raise StoreError(msg) from None


async def _copy_all(source: Database, target: Database) -> list[Contents]:
    async with source.transaction() as read, target.transaction() as write:
        await _lock(source, read, "SHARE")
        await _lock(target, write, "ACCESS EXCLUSIVE")
        await _check_is_empty(write)
        return await copy_tables(read, write)


async def copy_tables(read: AsyncConnection, write: AsyncConnection) -> list[Contents]:
    """Copy every table between two transactions, and read it again to compare.

    Raises:
        StoreError: the copy is not the same, or is not taken.
    """
    copied = []
    # Tables that others refer to come first.
    for table in metadata.sorted_tables:
        found = await _copy(read, write, table)
        if await contents(write, table) != found:
            msg = f"the copy of the table {table.name} is not the same; nothing was written"
            raise StoreError(msg)
        copied.append(found)
    return copied


async def contents(connection: AsyncConnection, table: Table) -> Contents:
    """What a table holds."""
    digest = Digest()
    async for rows in _batches(connection, table):
        for row in rows:
            digest.add(row)
    return digest.contents(table.name)


async def _copy(read: AsyncConnection, write: AsyncConnection, table: Table) -> Contents:
    digest = Digest()
    async for rows in _batches(read, table):
        for row in rows:
            digest.add(row)
        try:
            await write.execute(insert(table), [row._asdict() for row in rows])
        except DBAPIError as error:
            # What SQLite takes and PostgreSQL does not: a text that is too long, say.
            msg = f"the table {table.name} cannot be copied: {cause(error)}; nothing was written"
            raise StoreError(msg) from None
    return digest.contents(table.name)


async def _batches(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Row[Any]]]:
    async with connection.stream(select(table)) as result:
        async for rows in result.partitions(BATCH):
            yield rows


async def _check_is_empty(connection: AsyncConnection) -> None:
    full = [
        table.name
        for table in metadata.sorted_tables
        if (await connection.execute(select(1).select_from(table).limit(1))).first() is not None
    ]
    if full:
        msg = (
            f"the database that is copied to is not empty: {', '.join(full)}. "
            "Name a new one, with which no bot was started yet"
        )
        raise StoreError(msg)


async def _lock(database: Database, connection: AsyncConnection, mode: str) -> None:
    """Let nobody write until the transaction ends."""
    if database.is_sqlite:
        return  # its transactions have the lock from their beginning
    names = ", ".join(table.name for table in metadata.sorted_tables)
    await connection.execute(sql(f"SET LOCAL lock_timeout = {BUSY_MS}"))
    await connection.execute(sql(f"LOCK TABLE {names} IN {mode} MODE"))


def cause(error: DBAPIError) -> str:
    """The driver's own words, on one line and without the statement."""
    return str(error.orig).splitlines()[0]


def check_it_is_there(url: str) -> None:
    """Refuse a file that is not there: it would be made, and copied as an empty database.

    Raises:
        StoreError: it is not there.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        return  # told of where it is opened
    if not address.drivername.startswith("sqlite"):
        return
    if address.database in {None, "", ":memory:"} or not Path(str(address.database)).exists():
        msg = f"there is no database {address.database or ''} to copy".replace("  ", " ")
        raise StoreError(msg)
