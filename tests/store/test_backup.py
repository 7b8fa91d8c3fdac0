"""A backup is everything as it was at one moment, in one file; what is damaged restores nothing."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.command_line import main
from bot.ledger import Entry
from bot.store import StoreError, Team, open_store
from bot.store.backup import back_up, read_backup, unpacked
from bot.store.copying import copy_database
from bot.store.database import open_database
from bot.store.migrations import HEAD
from bot.store.migrations.run import revisions, upgrade
from bot.store.schema import preferences, runs
from tests.store.conftest import new_postgresql
from tests.store.planted import plant, row
from tests.store.test_copying import rows_of, urls  # noqa: F401 - a fixture

TEAM = Team("", "T1")


async def restored(file: Path, url: str) -> None:
    async with unpacked(file, url) as (_, copy):
        await copy_database(copy, url)


def leftovers(folder: Path) -> list[str]:
    """What a backup that failed left behind."""
    return [path.name for path in folder.iterdir() if "backup" in path.name]


async def test_every_row_of_every_table_comes_back_on_the_same_engine_and_on_the_other(
    urls: tuple[str, str],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    source, target = urls
    async with open_store(source) as store:
        await plant(store)
        found = await back_up(source, tmp_path / "backup")  # while it is open
    before = await rows_of(source)

    await restored(tmp_path / "backup", target)

    assert await rows_of(target) == before
    told = {one.table: one.rows for one in found.tables}
    assert told == {**{n: len(rows) for n, rows in before.items()}, "alembic_version": 1}
    assert (found.revision, read_backup(tmp_path / "backup")) == (HEAD, found)


async def test_it_is_one_moment_of_a_database_that_is_written_to(
    database_url: str, tmp_path: Path
) -> None:
    """Runs in their order, without a gap: what was entered before it began, and what it met."""
    async with open_store(database_url) as store:
        stop = asyncio.Event()
        entered = 0

        async def write() -> None:
            nonlocal entered
            while not stop.is_set():
                name = f"{entered + 1:06}"
                entry = Entry(
                    channel_id="C1", owner_id="U1", name=name, counted_on=date(2026, 11, 18)
                )
                await store.runs.enter(TEAM, entry)
                entered += 1

        writing = asyncio.create_task(write())
        while entered < 20:  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0)
        before = entered
        await back_up(database_url, tmp_path / "backup")
        after = entered
        stop.set()
        await writing
    url = f"sqlite:///{tmp_path}/elsewhere/carbon.db"
    await restored(tmp_path / "backup", url)
    async with open_database(url) as db, db.transaction() as connection:
        names = sorted((await connection.execute(select(runs.c.name))).scalars())
    assert names == [f"{number:06}" for number in range(1, len(names) + 1)]
    assert before <= len(names) <= after + 1
    assert after > before or "postgresql" not in database_url


async def test_only_its_owner_may_read_it_and_it_is_one_file(
    database_url: str, tmp_path: Path
) -> None:
    async with open_store(database_url) as store:
        await plant(store)
        (tmp_path / "there").mkdir()
        file = tmp_path / "there" / "backup"
        await back_up(database_url, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["backup"]
    before = file.read_bytes()
    await restored(file, f"sqlite:///{tmp_path}/new.db")
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["backup"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup with rows in every table."""

    async def make() -> None:
        async with open_store(f"sqlite:///{tmp_path}/carbon.db") as store:
            await plant(store)
        await back_up(f"sqlite:///{tmp_path}/carbon.db", tmp_path / "good")

    asyncio.run(make())
    return tmp_path / "good"


def refusal(file: Path) -> str | None:
    """Why a backup is refused."""
    try:
        read_backup(file)
    except StoreError as error:
        return str(error)
    return None


def test_whatever_byte_is_changed_it_is_refused_or_the_same(made: Path, tmp_path: Path) -> None:
    content, said = made.read_bytes(), read_backup(made)
    chance = random.Random(20261124)  # noqa: S311 - repeatable, no secret
    used = [n for n, byte in enumerate(content) if byte]
    refused = 0
    for position in [*range(110), *chance.sample(used, 400)]:
        bad = tmp_path / "bad"
        bad.write_bytes(
            content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :]
        )
        why = refusal(bad)
        if why is None:
            assert read_backup(bad) == said
        else:
            refused += 1
            assert why.startswith(str(bad))
            assert "\n" not in why
    assert refused > 300


def test_wherever_it_is_cut_off_it_is_refused(made: Path, tmp_path: Path) -> None:
    content = made.read_bytes()
    bad = tmp_path / "bad"
    for size in (0, 1, 15, 16, 99, 100, 4096, len(content) // 2, len(content) - 1):
        bad.write_bytes(content[:size])
        with pytest.raises(StoreError, match=r"is empty|is no backup|is cut off: it has [\d,]+"):
            read_backup(bad)


def test_what_is_no_backup_is_refused_by_its_name(made: Path, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("<html>" * 100, encoding="utf-8")
    for name, why in (
        ("page", "page is no backup of carbon"),
        ("carbon.db", "is a database, but no backup"),
        ("none", "none cannot be read: No such file"),
        ("", "cannot be read: Is a directory"),
    ):
        with pytest.raises(StoreError, match=why):
            read_backup(tmp_path / name)
    # Rows that are not those that it says it has, in a file that SQLite finds nothing wrong with.
    for statement in (
        "UPDATE runs SET energy_kwh = 1",
        "DELETE FROM budgets",
        "CREATE TABLE more (a)",
        "UPDATE carbon_backup SET manifest = replace(manifest, ':00\"', ':01\"')",
    ):
        bad = tmp_path / "bad"
        bad.write_bytes(made.read_bytes())
        with sqlite3.connect(bad) as connection:
            connection.execute(statement)
        connection.close()
        with pytest.raises(StoreError, match="bad is damaged"):
            read_backup(bad)


def test_nothing_is_overwritten(made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(StoreError, match="good is there already: a backup overwrites nothing"):
        asyncio.run(back_up(f"sqlite:///{tmp_path}/carbon.db", made))
    assert made.read_bytes() == before


@pytest.mark.parametrize("revision", revisions()[:-1])
async def test_a_backup_of_an_older_revision_is_brought_up_to_date(
    revision: str, tmp_path: Path
) -> None:
    url, target = f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db"
    async with open_database(url, as_it_is=True) as db, db.engine.begin() as connection:
        await connection.run_sync(upgrade, revision)
        await connection.execute(insert(preferences), row(preferences, 1))
    found = await back_up(url, tmp_path / "backup")
    assert found.revision == revision
    async with open_database(url, as_it_is=True) as db:
        assert await db.revision() == revision  # the backup left it as it was

    await restored(tmp_path / "backup", target)

    assert [n for n, rows in (await rows_of(target)).items() if rows] == ["preferences"]
    async with open_database(target, as_it_is=True) as db:
        assert await db.revision() == HEAD


async def test_a_later_revision_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_database(url):
        pass
    with sqlite3.connect(tmp_path / "carbon.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="revision 9999, which is newer than this program"):
        await back_up(url, tmp_path / "backup")
    assert leftovers(tmp_path) == []


async def test_a_postgresql_of_another_revision_is_not_migrated_for_a_backup(
    tmp_path: Path, postgresql: Any
) -> None:
    url = new_postgresql(postgresql)
    with pytest.raises(StoreError, match="nothing of carbon's is in it"):
        await back_up(url, tmp_path / "backup")
    async with open_database(url, as_it_is=True) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(upgrade, "0001")
        with pytest.raises(StoreError, match=r"it is at 0001\. Make the backup with the version"):
            await back_up(url, tmp_path / "backup")
        assert await db.revision() == "0001"
    assert leftovers(tmp_path) == []


def run(*arguments: str, url: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DATABASE_URL": url},
        **more,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to a file's size")
def test_a_disk_that_is_full_leaves_nothing_behind(made: Path, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on every platform

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))

    assert made.stat().st_size > 65_536
    (tmp_path / "small").mkdir()
    file = str(tmp_path / "small" / "backup")
    done = run("backup", file, url=f"sqlite:///{tmp_path}/carbon.db", preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.startswith("carbon cannot back up: the backup cannot be written to ")
    assert list((tmp_path / "small").iterdir()) == []


def test_the_command_line_backs_up_and_restores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, here = str(tmp_path / "backup"), f"sqlite:///{tmp_path}/here/carbon.db"
    there = f"sqlite:///{tmp_path}/there/carbon.db"

    async def fill() -> None:
        async with open_store(here) as store:
            entry = Entry(channel_id="C1", owner_id="U1", name="a", counted_on=date(2026, 11, 18))
            await store.runs.enter(TEAM, entry)

    asyncio.run(fill())
    monkeypatch.setenv("DATABASE_URL", here)
    assert main(["backup", file]) == 0
    told = capsys.readouterr().out
    assert "runs                     1 rows  sha256 " in told
    assert f"revision {HEAD}: " in told
    assert f"Written to {file}: " in told
    monkeypatch.setenv("DATABASE_URL", there)
    assert main(["restore", file, "--check"]) == 0
    assert "Nothing was written." in capsys.readouterr().out
    assert not (tmp_path / "there" / "carbon.db").exists()
    assert main(["restore", file]) == 0
    assert "Restored and verified: 1 rows of " in capsys.readouterr().out
    assert asyncio.run(rows_of(there)) == asyncio.run(rows_of(here))
    assert leftovers(tmp_path / "there") == []


SECRET = "postgresql://carbon:hunter2@127.0.0.1:9/carbon"


@pytest.mark.parametrize(
    ("command", "url", "file", "why"),
    [
        ("backup", "sqlite:///{tmp}/none.db", "new", "there is no database"),
        ("backup", "sqlite:///{tmp}/carbon.db", "none/new", "No such file or directory"),
        ("backup", "sqlite:///{tmp}/carbon.db", "good", "overwrites nothing"),
        ("backup", SECRET, "new", "cannot be opened"),
        ("backup", "mysql://a:hunter2@b/c", "new", "is no address of SQLite"),
        ("restore", "sqlite:///{tmp}/new.db", "none", "cannot be read"),
        ("restore", "sqlite:///{tmp}/carbon.db", "good", "not empty: "),
        ("restore", "sqlite:///{tmp}/new.db", "carbon.db", "no backup"),
        ("restore", SECRET, "good", "cannot be opened"),
        ("restore", "mysql://a:hunter2@b/c", "good", "is no address of SQLite"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_without_a_password(  # noqa: PLR0917 - as fixtures come
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    url: str,
    file: str,
    why: str,
) -> None:
    async def make() -> None:
        here = f"sqlite:///{tmp_path}/carbon.db"
        async with open_store(here) as store:
            await store.members.welcomed(TEAM, "U1")
        await back_up(here, tmp_path / "good")

    asyncio.run(make())
    monkeypatch.setenv("DATABASE_URL", url.format(tmp=tmp_path))
    assert main([command, str(tmp_path / file)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"carbon cannot {'back up' if command == 'backup' else command}: ")
    assert why in told
    assert told.count("\n") == 1
    assert "hunter2" not in told
    assert not (tmp_path / "none.db").exists()
