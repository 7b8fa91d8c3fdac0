"""Examines the database: that it answers and takes what is written, and what waits in it."""

from __future__ import annotations

import asyncio
import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.doctor.finding import Finding, Instruments, Level
from bot.reports.delivering import KINDS
from bot.settings import Settings
from bot.slack.installing import INSTALL
from bot.slack.scopes import SCOPES
from bot.store import StoreError
from bot.store.copying import cause
from bot.store.database import Database, open_database
from bot.store.deliveries import DeliveryState
from bot.store.handled import Handled
from bot.store.installations import InstallationStore
from bot.store.migrations import HEAD
from bot.store.migrations.run import is_known
from bot.store.schema import deliveries, estimates, schedules
from bot.token_keys import TokenKeys

DATABASE: Final = "database"
INSTALLATIONS: Final = "installations"
WRITING: Final = "writing"
SCHEMA: Final = "schema"
DISK: Final = "disk"
SUMMARIES: Final = "summaries"
QUEUE: Final = "queue"
RETENTION: Final = "retention"

_CAN_BE_ANOTHER: Final = os.access in os.supports_effective_ids
_IN_MEMORY: Final = (None, "", ":memory:")

MEGABYTE: Final = 1_000_000
LEAST_FREE: Final = 100 * MEGABYTE
"""With less than this the disk is as good as full."""
LITTLE_FREE: Final = 1000 * MEGABYTE
WAITING: Final = timedelta(minutes=10)
"""After this somebody should have looked for what is due: the bot does twice a minute."""
DELETED_WITHIN: Final = timedelta(days=2)
"""What is kept no longer is deleted once a day."""


async def examine_database(settings: Settings, instruments: Instruments) -> list[Finding]:
    """Examine the database and what is in it. Nothing in it is changed."""
    url = settings.database_url.get_secret_value()
    file = _file_of(url)
    found = [] if file is None else _of_disk(file, instruments)
    if file is not None and not file.exists():
        # Opening it would make it.
        return [_of_no_file(file), *found]
    try:
        async with (
            asyncio.timeout(instruments.patience_s),
            open_database(url, as_it_is=True) as database,
        ):
            return [*await _of_open(database, settings, instruments.now()), *found]
    except StoreError as error:
        return [Finding(DATABASE, Level.FAIL, _line(error), _reach(file)), *found]
    except DBAPIError as error:
        return [Finding(DATABASE, Level.FAIL, cause(error), _reach(file)), *found]
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        told = f"it does not answer ({type(error).__name__})"
        return [Finding(DATABASE, Level.FAIL, told, _reach(file)), *found]


async def _of_open(database: Database, settings: Settings, now: datetime) -> list[Finding]:
    revision = await database.revision()
    found = [_of_engine(database), _of_revision(revision)]
    if revision is None:
        return found
    found.append(await _of_writing(database))
    if revision != HEAD:
        return found
    if settings.serves_many:
        found.append(await _of_installations(database, settings))
    async with database.transaction() as connection:
        found += await _of_summaries(connection, now)
        if not database.is_sqlite:
            found += await _of_queue(connection, now)
        found.append(await _of_retention(connection, settings.retention_days, now))
    return found


def _of_engine(database: Database) -> Finding:
    if not database.is_sqlite:
        return Finding(DATABASE, Level.OK, "PostgreSQL, answers")
    if database.engine.url.database in _IN_MEMORY:
        told, remedy = "in memory: a stop loses everything", "Name a file in DATABASE_URL"
        return Finding(DATABASE, Level.WARN, told, remedy)
    return Finding(DATABASE, Level.OK, "SQLite, in one file, answers")


def _of_revision(revision: str | None) -> Finding:
    if revision is None:
        return Finding(SCHEMA, Level.OK, "the database is empty: the bot makes its tables")
    if revision == HEAD:
        return Finding(SCHEMA, Level.OK, f"at revision {HEAD}, this program's own")
    if is_known(revision):
        return Finding(
            SCHEMA,
            Level.WARN,
            f"at revision {revision}; this program needs {HEAD}",
            "The next start migrates it: make a backup first (python -m bot backup FILE)",
        )
    return Finding(
        SCHEMA,
        Level.FAIL,
        f"at revision {revision}, which is newer than this program ({HEAD})",
        "Install the version of carbon that the database was used with last, or a later one",
    )


async def _of_writing(database: Database) -> Finding:
    """Write a row that means nothing to anybody, and take it out again."""
    handled, key = Handled(database), f"doctor {uuid.uuid4()}"
    try:
        await handled.first_time(key)
        await handled.forget(key)
    except DBAPIError as error:
        remedy = "Give the bot's user the right to write, and the disk room"
        if "locked" in cause(error):
            remedy = "Something else has been writing for long: end it, or wait for it"
        return Finding(WRITING, Level.FAIL, f"nothing can be written: {cause(error)}", remedy)
    return Finding(WRITING, Level.OK, "a row was written and taken out")


async def _of_installations(database: Database, settings: Settings) -> Finding:
    """Whether the tokens of all workspaces can be read, and allow what is needed."""
    assert settings.token_keys is not None  # noqa: S101 - many workspaces are served with keys
    keys = TokenKeys.parse(settings.token_keys.get_secret_value())
    store = InstallationStore(database, keys)
    found, page = await store.unreadable(), settings.public_path(INSTALL)
    number = found.installations + found.unreadable
    if found.unreadable:
        return Finding(
            INSTALLATIONS,
            Level.FAIL,
            f"no key in TOKEN_KEYS opens {found.unreadable:,} of {number:,}",
            "Add the key that they were made with after the newest one and run python -m bot "
            f"rotate-keys; or let these workspaces install the app anew, at {page}",
        )
    lacking = await store.lacking(SCOPES)
    if lacking:
        scopes = ", ".join(sorted({scope for some in lacking.values() for scope in some}))
        return Finding(
            INSTALLATIONS,
            Level.WARN,
            f"{len(lacking):,} of {number:,} lack {scopes}",
            f"Let these workspaces install the app again, at {page}; until then what needs the "
            "scope is refused there",
        )
    if not number:
        return Finding(INSTALLATIONS, Level.OK, f"none yet; the app is installed at {page}")
    return Finding(INSTALLATIONS, Level.OK, f"{number:,}, with all the scopes that are needed")


async def _of_summaries(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """What is due and was not looked for, and what was tried in vain."""
    overdue = await connection.execute(
        select(func.count(), func.min(schedules.c.due_at)).where(
            schedules.c.active, schedules.c.due_at < now - WAITING
        )
    )
    number, since = overdue.one()
    if number:
        return [
            Finding(
                SUMMARIES,
                Level.WARN,
                f"{number:,} due and not looked for, the first since {_moment(since)}",
                "Start the bot. If it runs, look into its log: it looks twice a minute",
            )
        ]
    waiting = await connection.execute(
        select(deliveries.c.reason, func.count())
        .where(
            deliveries.c.kind.in_(KINDS),
            deliveries.c.state.in_([DeliveryState.INTENDED.value, DeliveryState.FAILED.value]),
            deliveries.c.created_at < now - WAITING,
        )
        .group_by(deliveries.c.reason)
        .order_by(func.count().desc())
    )
    reasons = [(reason or "not tried yet", count) for reason, count in waiting]
    if reasons:
        told = ", ".join(f"{count:,} {reason}" for reason, count in reasons)
        return [
            Finding(
                SUMMARIES,
                Level.WARN,
                f"due and not delivered: {told}",
                "The bot tries again by itself; what it names is Slack's own word for the reason",
            )
        ]
    return [Finding(SUMMARIES, Level.OK, "nothing that is due waits")]


async def _of_queue(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Jobs that nobody takes, in the queue that replicas share."""
    name = await connection.execute(sql("SELECT to_regclass('procrastinate_jobs')"))
    if name.scalar() is None:
        return []  # the bot's first start makes it
    waiting = await connection.execute(
        sql(
            "SELECT count(*), min(scheduled_at) FROM procrastinate_jobs "
            "WHERE status = 'todo' AND scheduled_at < :moment"
        ),
        {"moment": now - WAITING},
    )
    number, since = waiting.one()
    if number:
        told = f"{number:,} jobs that no replica takes, the first since {_moment(since)}"
        return [Finding(QUEUE, Level.WARN, told, "Start the bot, or look into its log")]
    return [Finding(QUEUE, Level.OK, "no job waits longer than it should")]


async def _of_retention(connection: AsyncConnection, days: int | None, now: datetime) -> Finding:
    if days is None:
        return Finding(
            RETENTION, Level.OK, "estimates are kept for ever; RETENTION_DAYS would limit it"
        )
    oldest = (await connection.execute(select(func.min(estimates.c.created_at)))).scalar()
    if oldest is not None and oldest < now - timedelta(days=days) - DELETED_WITHIN:
        return Finding(
            RETENTION,
            Level.WARN,
            f"estimates are to be kept {days:,} days, and the oldest is of {_moment(oldest)}",
            "The bot deletes what is old at its start and once a day: start it",
        )
    return Finding(RETENTION, Level.OK, f"estimates are kept {days:,} days")


def _of_disk(file: Path, instruments: Instruments) -> list[Finding]:
    folder = _nearest(file.parent)
    try:
        free = instruments.free_bytes(folder)
        size = file.stat().st_size if file.exists() else 0
    except OSError as error:
        return [Finding(DISK, Level.WARN, f"{folder} cannot be asked: {error.strerror}")]
    told = f"{free / MEGABYTE:,.0f} MB free for {file} of {size / MEGABYTE:,.1f} MB"
    if free < LEAST_FREE:
        return [Finding(DISK, Level.FAIL, told, "Make room, or give the volume more")]
    if free < max(LITTLE_FREE, size):
        # Deleting writes the file anew, beside the old one.
        remedy = "Make room soon: to delete a workspace, the file is written anew beside itself"
        return [Finding(DISK, Level.WARN, told, remedy)]
    return [Finding(DISK, Level.OK, told)]


def _of_no_file(file: Path) -> Finding:
    folder = _nearest(file.parent)
    if not folder.is_dir():
        told, remedy = f"{folder} is no folder", "Name a file in a folder in DATABASE_URL"
        return Finding(DATABASE, Level.FAIL, told, remedy)
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_CAN_BE_ANOTHER):
        return Finding(DATABASE, Level.FAIL, f"{folder} cannot be written to", _reach(file))
    return Finding(
        DATABASE, Level.OK, f"there is no {file} yet: the bot makes it at its first start"
    )


def _nearest(folder: Path) -> Path:
    """The nearest that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _file_of(url: str) -> Path | None:
    """The file of a SQLite database."""
    try:
        address = make_url(url)
    except ArgumentError:
        return None
    if address.database in _IN_MEMORY or not address.drivername.startswith("sqlite"):
        return None
    return Path(str(address.database)).absolute()


def _reach(file: Path | None) -> str:
    if file is not None:
        return f"Look at who owns {file} and its folder, and at its disk"
    return "Look at DATABASE_URL, and at whether the database server runs and lets this machine in"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
