"""``python -m bot migrate``, which a deployment runs before its replicas."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from bot.command_line import main
from bot.store.migrations import HEAD
from bot.store.migrations.run import revisions, upgrade

FIRST = revisions()[0]


async def made_long_ago(path: Path) -> None:
    """A database at the schema of the first release."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, FIRST)
    await engine.dispose()


def revision_of(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(found)


def test_a_new_database_is_made_and_one_that_is_made_is_left(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["migrate", database_url]) == 0
        assert f"at revision {HEAD}" in capsys.readouterr().out
    if database_url.startswith("postgresql"):
        with psycopg.connect(database_url) as connection:
            (jobs,) = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() or ()
        assert jobs == 0


async def test_an_old_database_is_brought_forward(tmp_path: Path) -> None:
    path = tmp_path / "carbon.db"
    await made_long_ago(path)
    assert revision_of(path) == FIRST != HEAD

    assert await asyncio.to_thread(main, ["migrate", f"sqlite:///{path}"]) == 0

    assert revision_of(path) == HEAD


async def test_a_database_of_a_newer_release_is_refused_and_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "carbon.db"
    await made_long_ago(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert await asyncio.to_thread(main, ["migrate", f"sqlite:///{path}"]) == 2

    assert "9999, which is newer than this program" in capsys.readouterr().err
    assert revision_of(path) == "9999"


def test_a_database_that_is_not_there_is_named_without_its_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["migrate", "postgresql://carbon:hidden@127.0.0.1:9/carbon"]) == 2

    said = capsys.readouterr().err
    assert "carbon cannot migrate" in said
    assert "127.0.0.1:9" in said
    assert "hidden" not in said
