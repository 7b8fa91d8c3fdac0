"""A database is opened, brought to today's schema from any other, and refused in clear words."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import types
from collections.abc import Collection, Coroutine, Generator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from bot.periods import Report
from bot.store import StoreError, Team, database, open_store
from bot.store.database import Database, open_database
from bot.store.migrations import HEAD
from bot.store.migrations.run import downgrade, revisions, upgrade
from bot.store.schema import handled, metadata
from tests.store.conftest import KEYS, new_postgresql
from tests.store.test_installations import installed
from tests.store.test_ledger import entry, measurement, schedule
from tests.store.test_store import answered

TEAM = Team("", "T1")


def test_the_head_that_the_program_knows_is_the_newest_script() -> None:
    assert revisions()[-1] == HEAD


async def test_the_migrated_schema_is_the_one_in_the_code(database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with open_database(database_url) as database, database.transaction() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_revision_goes_down_and_up_again_with_data_in_it(database_url: str) -> None:
    async with open_store(database_url, keys=KEYS) as store:
        store.history.record(TEAM, "C1", "U1", answered("8 H100"))
        await store.members.welcomed(TEAM, "U1")
        await store.runs.enter(TEAM, entry())
        url, _ = await store.measurements.connect(TEAM, "C1", "U1")
        await store.measurements.receive(url, measurement("one"))
        await store.schedules.put(schedule(TEAM))
        await store.schedules.put(replace(schedule(TEAM), kind=Report.QUARTERLY, day=1))
        await store.installations.put(installed(TEAM))
    steps = ["base", *revisions()]
    for revision in reversed(steps[:-1]):
        async with open_database(database_url) as database, database.transaction() as connection:
            await connection.run_sync(downgrade, revision)
            if revision == "base":
                names = await connection.run_sync(lambda c: inspect(c).get_table_names())
                assert names == ["alembic_version"]
            for newer in steps[steps.index(revision) + 1 :]:
                await connection.run_sync(upgrade, newer)
    async with open_store(database_url) as store:
        store.history.record(TEAM, "C1", "U1", answered("8 H100"))
        assert len(await store.history.recent(TEAM, "U1")) == 1


@pytest.mark.parametrize("revision", revisions())
async def test_what_an_older_release_kept_is_there_in_this_one(
    database_url: str, revision: str
) -> None:
    async with open_store(database_url) as store:
        store.history.record(TEAM, "C1", "U1", answered("8 H100"))
        await store.schedules.put(schedule(TEAM))
        await store.schedules.put(replace(schedule(TEAM), kind=Report.MONTHLY, day=28))
    async with open_database(database_url) as database, database.transaction() as connection:
        await connection.run_sync(downgrade, revision)
    async with open_store(database_url) as store:
        assert [asked.command for asked in await store.history.recent(TEAM, "U1")] == ["8 H100"]
        kept = await store.schedules.of(TEAM, "C1")
    # Runs and schedules came with 0002, months with 0003.
    expected = {"0001": [], "0002": [Report.WEEKLY]}
    assert [one.kind for one in kept] == expected.get(revision, [Report.MONTHLY, Report.WEEKLY])
    assert {one.kind: one.day for one in kept}.get(Report.WEEKLY, 0) == 0


async def test_several_replicas_can_start_at_once_on_an_empty_postgresql(postgresql: Any) -> None:
    url = new_postgresql(postgresql)

    async def start() -> None:
        async with open_database(url) as database:
            assert await database.problem() is None

    await asyncio.gather(*(start() for _ in range(4)))


async def test_a_database_newer_than_the_program_is_refused(database_url: str) -> None:
    async with open_database(database_url) as database, database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999, which is newer than this program"):
        async with open_database(database_url):
            pass


@pytest.mark.parametrize("url", ["mysql://carbon:hunter2@db/carbon", "carbon.db", "", "sqlite"])
async def test_an_address_of_something_else_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL is no address") as caught:
        async with open_database(url):
            pass
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        async with open_database("postgresql://carbon:hunter2@127.0.0.1:9/carbon"):
            pass
    assert "hunter2" not in str(caught.value)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "carbon.db"
    path.write_text("this is a text, and not a database" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        async with open_database(f"sqlite:///{path}"):
            pass


async def test_the_folder_of_a_new_file_is_made(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/a/b/carbon.db") as database:
        assert await database.problem() is None
    assert (tmp_path / "a/b/carbon.db").exists()


async def test_two_writers_of_one_file_wait_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as one, open_store(url) as two:
        claims = [store.handled.first_time(f"key{n}") for n in range(50) for store in (one, two)]
        found = await asyncio.gather(*claims)
    assert sum(found) == 50


@types.coroutine
def cancelled_at(
    waits: Collection[int], work: Coroutine[Any, Any, None]
) -> Generator[Any, Any, None]:
    """Run something; its task is cancelled where it waits for the n-th time, for each n given."""
    resume = partial(work.send, None)
    for number in itertools.count():
        try:
            future = resume()
        except StopIteration:
            return
        if number in waits:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield future
        except BaseException as error:  # noqa: BLE001 - it goes on in the work
            resume = partial(work.throw, error)
        else:
            resume = partial(work.send, None)


async def add_two(db: Database, added: list[bool]) -> None:
    """Two rows in one transaction; it never waits longer for another one than it must."""
    async with db.transaction() as connection:
        if not db.is_sqlite:
            await connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        for key in ("one", "two"):
            row = {"key": key, "at": datetime(2026, 1, 1, tzinfo=UTC)}
            added.append(await db.add(connection, handled, row))


async def delete_all(db: Database) -> None:
    async with db.transaction() as connection:
        await connection.execute(handled.delete())


async def check_every_wait(db: Database, *, connected: bool, second: int | None) -> int:
    """Cancel a transaction at each of its waits, and look at the next one; how many waits."""
    for number in itertools.count():
        if not connected:
            await db.engine.dispose()
        waits = {number} if second is None else {number, number + second}
        cancelled = asyncio.ensure_future(cancelled_at(waits, add_two(db, [])))
        await asyncio.wait({cancelled})
        added: list[bool] = []
        await add_two(db, added)
        assert added in ([True, True], [False, False]), (number, added)
        await delete_all(db)
        if not cancelled.cancelled():
            cancelled.result()
            assert added == [False, False]
            return number
    raise AssertionError


@pytest.mark.parametrize("connected", [True, False])
async def test_a_transaction_cancelled_anywhere_is_whole_or_nothing_and_locks_nobody_out(
    database_url: str,
    connected: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 0)  # the next one has to succeed at once
    async with open_database(database_url) as db:
        assert await check_every_wait(db, connected=connected, second=None) > 4


async def test_a_database_in_memory_outlives_a_cancelled_transaction() -> None:
    async with open_database("sqlite:///:memory:") as db:
        assert await check_every_wait(db, connected=True, second=None) > 4


@pytest.mark.parametrize("second", range(1, 6))
async def test_a_second_cancellation_while_the_first_is_cleaned_up_locks_nobody_out(
    database_url: str, second: int
) -> None:
    async with open_database(database_url) as db:
        assert await check_every_wait(db, connected=True, second=second) > 4


WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0)
connection.execute("DELETE FROM handled")
connection.commit()
"""


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_file_closed_in_mid_transaction_can_be_written_by_another_process_at_once(
    tmp_path: Path,
    cancelled_first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    path = tmp_path / "carbon.db"
    written = asyncio.Event()

    async def wait_in_mid_transaction(db: Database) -> None:
        async with db.transaction() as connection:
            row = {"key": "one", "at": datetime(2026, 1, 1, tzinfo=UTC)}
            await db.add(connection, handled, row)
            written.set()
            await asyncio.Event().wait()

    async with open_store(f"sqlite:///{path}") as store:
        task = asyncio.ensure_future(wait_in_mid_transaction(store.database))
        await written.wait()
        if cancelled_first:
            task.cancel()
    task.cancel()
    await asyncio.wait({task})
    command = [sys.executable, "-c", WRITE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: ASYNC221 - nothing else runs
    assert done.stderr == ""
