"""A backup: everything in one file, a SQLite database of its own, whatever it was made from.

It is made while the bot runs: from SQLite by SQLite's online backup, from PostgreSQL in one
repeatable-read transaction. In it stand the revision of its schema and a digest of every row of
every table, so that what is cut off or damaged is found before anything is restored from it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.store.copying import Contents, Digest, cause, check_it_is_there, copy_tables
from bot.store.database import Database, open_database, too_new
from bot.store.errors import StoreError
from bot.store.migrations import HEAD

FORMAT: Final = 1
"""Of a backup; another number where an earlier program would misread it."""
APPLICATION: Final = 0x43_4F_32_45
"""SQLite's application id of a backup: ``CO2E``."""
_TABLE: Final = "carbon_backup"
_HEADER: Final = b"SQLite format 3\0"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself.

    Attributes:
        made_at: when what is in it was read.
        revision: of the schema.
        tables: what each table holds; the schema's revision is a row too.
    """

    made_at: datetime
    revision: str
    tables: tuple[Contents, ...]

    def __str__(self) -> str:
        rows = sum(table.rows for table in self.tables)
        return (
            f"Backup of {self.made_at:%Y-%m-%d %H:%M:%S} UTC, revision {self.revision}: "
            f"{rows:,} rows of {len(self.tables)} tables."
        )


async def back_up(url: str, file: Path) -> Backup:
    """Write everything that is in a database to a new file. The bot may run meanwhile.

    Args:
        url: of the database. A SQLite one is copied as it is; a PostgreSQL one has to be at this
            program's revision.
        file: that does not exist yet. Only its owner may read it.

    Raises:
        StoreError: it cannot be read or written, or the file is there. None is left then.
    """
    check_it_is_there(url)
    _check_is_new(file)
    try:
        # Beside the file, so that it is there as a whole or not at all.
        with _folder_in(file.parent) as folder:
            copy = folder / "backup.db"
            copy.touch(mode=_PRIVATE)
            made_at = datetime.now(UTC)
            async with open_database(url, "--database", as_it_is=True) as source:
                if source.is_sqlite:
                    await asyncio.to_thread(_copy_file, _path(url), copy)
                else:
                    await _export(source, copy)
            found = await asyncio.to_thread(_seal, copy, made_at)
            _put(copy, file)
    except sqlite3.Error as error:
        msg = f"the backup cannot be written to {file.parent}: {error}"
        raise StoreError(msg) from None
    except DBAPIError as error:
        msg = f"the database cannot be read: {cause(error)}"
        raise StoreError(msg) from None
    except OSError as error:
        msg = f"the backup cannot be written to {file.parent}: {error.strerror}"
        raise StoreError(msg) from None
    return found


def read_backup(file: Path) -> Backup:
    """What is in a backup, once every row of it was compared with what it says of itself.

    Raises:
        StoreError: it is no backup, is damaged, or is a later program's.
    """
    try:
        _check_header(file)
        with closing(_open(file, "mode=ro&immutable=1")) as connection:
            return _verified(file, connection)
    except (sqlite3.Error, ValueError) as error:
        # A byte that was changed may be anything to SQLite, and to whoever reads its text.
        raise StoreError(_damaged(file, str(error))) from None
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise StoreError(msg) from None


@asynccontextmanager
async def unpacked(file: Path, target_url: str) -> AsyncIterator[tuple[Backup, str]]:
    """A verified copy of a backup as a database of its own; the backup itself is not touched.

    Args:
        file: the backup.
        target_url: where it will go: the copy lies beside a SQLite file, which has the room.

    Yields:
        what the backup says of itself, and the address of the copy, which is gone afterwards.

    Raises:
        StoreError: as for `read_backup`; or there is no room for the copy.
    """
    found = await asyncio.to_thread(read_backup, file)
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(_folder_in(_folder_of(target_url)))
            copy = folder / "carbon.db"
            await asyncio.to_thread(shutil.copyfile, file, copy)
        except OSError as error:
            msg = f"the backup cannot be unpacked: {error.strerror}"
            raise StoreError(msg) from None
        yield found, f"sqlite:///{copy}"


async def _export(source: Database, copy: Path) -> None:
    """Write what is in a PostgreSQL to a SQLite file."""
    revision = await source.revision()
    if revision != HEAD:
        known = "nothing of carbon's is in it" if revision is None else f"it is at {revision}"
        msg = (
            f"the database is not at this program's revision {HEAD}: {known}. "
            "Make the backup with the version that the bot runs"
        )
        raise StoreError(msg)
    async with (
        source.snapshot() as read,
        open_database(f"sqlite:///{copy}") as target,
        target.transaction() as write,
    ):
        await copy_tables(read, write)


def _copy_file(source: Path, copy: Path) -> None:
    # Not read-only: where the bot was stopped without its leave, its log is read into the file.
    with closing(_open(source, "mode=rw")) as read, closing(sqlite3.connect(copy)) as write:
        read.backup(write)


def _seal(copy: Path, made_at: datetime) -> Backup:
    """Write into a copy what it holds, and let it be one file that was written to the disk."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        wrong = _what_is_wrong(connection)
        if wrong is not None:
            msg = f"the database is damaged: {wrong}"
            raise StoreError(msg)
        found = Backup(made_at, _revision(connection), tuple(_contents(connection)))
        if not _is_known(found.revision):
            raise StoreError(too_new(found.revision))
        connection.execute(f"CREATE TABLE {_TABLE} (manifest TEXT NOT NULL)")
        connection.execute(f"INSERT INTO {_TABLE} VALUES (?)", (_manifest(found),))  # noqa: S608
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    return found


def _check_is_new(file: Path) -> None:
    if file.exists():
        raise StoreError(_taken(file))


def _put(copy: Path, file: Path) -> None:
    """Give a copy its name, where nobody else took it meanwhile."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
    except FileExistsError:
        raise StoreError(_taken(file)) from None
    try:
        copy.replace(file)
    except OSError:
        file.unlink()
        raise
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(file.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _check_header(file: Path) -> None:
    """Refuse what is no SQLite file, or not all of one.

    Raises:
        OSError: it cannot be read.
        StoreError: it is none.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        header = opened.read(100)
    if not header.startswith(_HEADER) or len(header) < 100:
        msg = f"{file} is no backup of carbon" if header else f"{file} is empty"
        raise StoreError(msg)
    page = int.from_bytes(header[16:18]) or 1
    # SQLite writes the largest size of a page, which has one bit too many, as 1.
    whole = (65_536 if page == 1 else page) * int.from_bytes(header[28:32])
    if size < whole:
        msg = f"{file} is cut off: it has {size:,} bytes of {whole:,}. Copy it once more"
        raise StoreError(msg)
    if int.from_bytes(header[68:72]) != APPLICATION:
        msg = (
            f"{file} is a database, but no backup. "
            "python -m bot copy-database --from sqlite:///… copies one"
        )
        raise StoreError(msg)


def _verified(file: Path, connection: sqlite3.Connection) -> Backup:
    found = _read_manifest(file, connection)
    wrong = _what_is_wrong(connection)
    if wrong is not None:
        raise StoreError(_damaged(file, wrong))
    there = {one.table: one for one in _contents(connection)}
    for said in found.tables:
        if there.pop(said.table, None) != said:
            raise StoreError(_damaged(file, f"the table {said.table} is not as it was"))
    if there or found.revision != _revision(connection):
        raise StoreError(_damaged(file, "it is not as it was"))
    if not _is_known(found.revision):
        msg = (
            f"{file} was made by a later version of carbon (revision {found.revision}): "
            "restore it with that one"
        )
        raise StoreError(msg)
    return found


def _manifest(backup: Backup) -> str:
    content = {
        "format": FORMAT,
        "made_at": backup.made_at.isoformat(),
        "revision": backup.revision,
        "tables": {one.table: [one.rows, one.digest] for one in backup.tables},
    }
    return json.dumps({**content, "digest": _digest_of(content)})


def _read_manifest(file: Path, connection: sqlite3.Connection) -> Backup:
    ((text,),) = connection.execute(f"SELECT manifest FROM {_TABLE}").fetchall()  # noqa: S608
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop("digest", "") != _digest_of(content):
        raise StoreError(_damaged(file, "what it says of itself is not as it was"))
    if content["format"] > FORMAT:
        msg = f"{file} was made by a later version of carbon: restore it with that one"
        raise StoreError(msg)
    return Backup(
        datetime.fromisoformat(content["made_at"]),
        content["revision"],
        tuple(Contents(name, rows, digest) for name, (rows, digest) in content["tables"].items()),
    )


def _digest_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _contents(connection: sqlite3.Connection) -> Iterator[Contents]:
    """What each table of a file holds, whatever its columns are."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' AND name <> ? ORDER BY name",
        (_TABLE,),
    ).fetchall()
    for (name,) in names:
        digest = Digest()
        for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - our own tables
            digest.add(row)
        yield digest.contents(name)


def _what_is_wrong(connection: sqlite3.Connection) -> str | None:
    """What SQLite finds wrong with a file."""
    ((answer,), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    # Its first line names the database only.
    return None if answer == "ok" else str(answer).splitlines()[-1]


def _revision(connection: sqlite3.Connection) -> str:
    try:
        ((found,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.OperationalError, ValueError):
        msg = "nothing of carbon's is in the database"
        raise StoreError(msg) from None
    return str(found)


def _is_known(revision: str) -> bool:
    if revision == HEAD:
        return True
    from bot.store.migrations.run import is_known  # noqa: PLC0415 - slow, seldom needed

    return is_known(revision)


def _open(file: Path, query: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?{query}", uri=True)


@contextmanager
def _folder_in(parent: Path | None) -> Iterator[Path]:
    """A folder that is gone afterwards, in another one or where the system has its own."""
    with tempfile.TemporaryDirectory(prefix=".carbon-backup-", dir=parent) as name:
        yield Path(name)


def _folder_of(url: str) -> Path | None:
    """The folder of a SQLite file; ``None`` of any other database."""
    try:
        address = make_url(url)
    except ArgumentError:
        return None  # told of where it is opened
    if not address.drivername.startswith("sqlite") or not address.database:
        return None
    folder = Path(address.database).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _path(url: str) -> Path:
    return Path(str(make_url(url).database))


def _taken(file: Path) -> str:
    return f"{file} is there already: a backup overwrites nothing"


def _damaged(file: Path, why: str) -> str:
    why = " ".join(why.split())
    return f"{file} is damaged ({why}). Copy it once more, or take an earlier backup"
