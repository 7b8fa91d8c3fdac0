"""A database is opened, brought to today's schema from any other, and refused in clear words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from bot.store import StoreError, Team, open_store
from bot.store.database import open_database
from bot.store.migrations import HEAD
from bot.store.migrations.run import downgrade, revisions, upgrade
from bot.store.schema import metadata
from tests.store.conftest import new_postgresql
from tests.store.test_ledger import entry, measurement
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
    async with open_store(database_url) as store:
        store.history.record(TEAM, "C1", "U1", answered("8 H100"))
        await store.members.welcomed(TEAM, "U1")
        await store.runs.enter(TEAM, entry())
        url, _ = await store.measurements.connect(TEAM, "C1", "U1")
        await store.measurements.receive(url, measurement("one"))
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
