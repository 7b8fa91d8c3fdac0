"""A database is copied to another whole, verified, or not at all."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text

from bot.command_line import main
from bot.store import StoreError, Team, copying, database, open_store
from bot.store.copying import Contents, contents, copy_database
from bot.store.database import open_database
from bot.store.schema import estimates, metadata, runs
from tests.store.conftest import new_postgresql
from tests.store.planted import plant, row

KINDS = ["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite"]


@pytest.fixture(params=KINDS)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The addresses of two empty databases."""
    found = []
    for name, kind in zip(("one", "two"), request.param.split(" to "), strict=True):
        if kind == "sqlite":
            found.append(f"sqlite:///{tmp_path}/{name}.db")
        else:
            found.append(new_postgresql(request.getfixturevalue("postgresql")))
    return found[0], found[1]


async def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table, in an order of ours."""
    async with open_database(url) as db, db.transaction() as connection:
        return {
            table.name: sorted((tuple(r) for r in await connection.execute(select(table))), key=str)
            for table in metadata.sorted_tables
        }


async def test_every_row_of_every_table_is_copied_as_it_is(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)  # so that a table takes more than one
    source, target = urls
    async with open_store(source) as store:
        await plant(store)
    before = await rows_of(source)
    assert [name for name, found in before.items() if not found] == []

    copied = await copy_database(source, target)

    assert await rows_of(target) == before
    assert await rows_of(source) == before
    assert {one.table: one.rows for one in copied} == {n: len(r) for n, r in before.items()}


async def test_a_bot_starts_on_the_copy_and_goes_on(urls: tuple[str, str]) -> None:
    source, target = urls
    async with open_store(source) as store:
        await plant(store)
    await copy_database(source, target)
    async with open_store(target) as store:
        await store.members.welcomed(Team("", "T1"), "U1")
        file = await store.factor_files.upload(Team("", "T1"), "ours.toml", "a = 1", "U1")
        assert file.number == 1


async def test_nothing_of_ours_counts_by_a_sequence(postgresql: Any) -> None:
    # A copied table whose keys a sequence gives would give those that it has once more.
    ours = []
    async with (
        open_database(new_postgresql(postgresql)) as db,
        db.transaction() as connection,
    ):
        for column in (c for table in metadata.sorted_tables for c in table.columns):
            query = select(func.pg_get_serial_sequence(column.table.name, column.name))
            ours += [column] if (await connection.execute(query)).scalar() else []
    assert ours == []


async def test_a_target_with_anything_in_it_is_refused(urls: tuple[str, str]) -> None:
    source, target = urls
    async with open_store(source) as store, open_store(target) as other:
        await plant(store)
        await other.members.welcomed(Team("", "T1"), "U1")
    before = await rows_of(target)
    with pytest.raises(StoreError, match="not empty: members"):
        await copy_database(source, target)
    assert await rows_of(target) == before


async def test_a_copy_that_is_not_the_same_leaves_nothing_behind(
    urls: tuple[str, str],
) -> None:
    source, target = urls
    async with open_store(source) as store:
        await plant(store)
    async with open_database(target) as db, db.transaction() as connection:
        for statement in CHANGES_ROWS[db.is_sqlite]:
            await connection.execute(text(statement))
    with pytest.raises(StoreError, match="the table runs is not the same; nothing was written"):
        await copy_database(source, target)
    assert [found for found in (await rows_of(target)).values() if found] == []


CHANGES_ROWS = {
    True: [
        """CREATE TRIGGER change AFTER INSERT ON runs BEGIN
        UPDATE runs SET energy_kwh = energy_kwh + 1 WHERE id = new.id; END"""
    ],
    False: [
        """CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.energy_kwh := NEW.energy_kwh + 1; RETURN NEW; END'""",
        "CREATE TRIGGER change BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION change()",
    ],
}
"""What makes a target store something else than it is given."""


async def test_what_postgresql_does_not_take_is_named_and_nothing_is_written(
    tmp_path: Path, postgresql: Any
) -> None:
    source, target = f"sqlite:///{tmp_path}/carbon.db", new_postgresql(postgresql)
    async with open_database(source) as db, db.transaction() as connection:
        await connection.execute(insert(runs), {**row(runs, 1), "name": "n" * 300})
    with pytest.raises(StoreError, match=r"table runs cannot be copied: value too long"):
        await copy_database(source, target)
    assert [found for found in (await rows_of(target)).values() if found] == []


async def test_one_file_by_two_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 0)
    async with open_store(f"sqlite:///{tmp_path}/carbon.db") as store:
        await plant(store)
    (tmp_path / "linked").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="database is locked; nothing was written"):
        await copy_database(
            f"sqlite:///{tmp_path}/carbon.db", f"sqlite:///{tmp_path}/linked/carbon.db"
        )


async def test_the_source_is_locked_while_it_is_copied(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = urls
    async with open_store(source) as store:
        await plant(store)
    copied_first = copying._copy
    late: list[asyncio.Task[None]] = []

    async def write_meanwhile() -> None:
        async with open_database(source) as db, db.transaction() as connection:
            await connection.execute(delete(estimates))

    async def copy(read: Any, write: Any, table: Any) -> Contents:
        if not late:
            late.append(asyncio.create_task(write_meanwhile()))
        return await copied_first(read, write, table)

    monkeypatch.setattr(copying, "_copy", copy)
    copied = await copy_database(source, target)
    await late[0]
    assert {one.table: one.rows for one in copied}["estimates"] == 3
    async with open_database(source) as db, db.transaction() as connection:
        assert (await contents(connection, estimates)).rows == 0


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "copy-database", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_command_line_copies_there_and_back(tmp_path: Path, postgresql: Any) -> None:
    first, last = f"sqlite:///{tmp_path}/first.db", f"sqlite:///{tmp_path}/last.db"
    between = new_postgresql(postgresql)

    async def fill() -> None:
        async with open_store(first) as store:
            await plant(store)

    asyncio.run(fill())
    there = run("--from", first, "--to", between)
    back = run("--from", between, DATABASE_URL=last)
    assert (there.stderr, back.stderr) == ("", "")
    # The digests are those of the rows, wherever they are.
    assert there.stdout == back.stdout
    assert "estimates                3 rows  sha256 " in there.stdout
    assert there.stdout.endswith("each the same.\n")
    assert asyncio.run(rows_of(last)) == asyncio.run(rows_of(first))


SECRET = "postgresql://carbon:hunter2@127.0.0.1:9/carbon"


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("sqlite:///{tmp}/none.db", "sqlite:///{tmp}/new.db", "there is no database"),
        ("sqlite://", "sqlite:///{tmp}/new.db", "there is no database to copy"),
        ("sqlite:///{tmp}/here.db", "sqlite:///{tmp}/here.db", "both addresses are the same"),
        ("sqlite:///{tmp}/here.db", "mysql://a:hunter2@b/c", "--to is no address of SQLite"),
        ("mysql://a:hunter2@b/c", "sqlite:///{tmp}/new.db", "--from is no address of SQLite"),
        ("sqlite:///{tmp}/here.db", "", "--to is no address of SQLite"),
        ("sqlite:///{tmp}/here.db", SECRET, "cannot be opened"),
        (SECRET, "sqlite:///{tmp}/new.db", "cannot be opened"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_without_a_password(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    source: str,
    target: str,
    why: str,
) -> None:

    async def make() -> None:
        async with open_database(f"sqlite:///{tmp_path}/here.db"):
            pass

    asyncio.run(make())
    arguments = ["--from", source.format(tmp=tmp_path), "--to", target.format(tmp=tmp_path)]
    assert main(["copy-database", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("carbon cannot copy: ")
    assert why in told
    assert told.count("\n") == 1
    assert "hunter2" not in told
    assert not (tmp_path / "none.db").exists()
