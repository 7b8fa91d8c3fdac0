"""Storage to test on, and what is done with a PostgreSQL server."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from bot.store import Store, open_store
from bot.token_keys import TokenKeys, new_key

_numbers = itertools.count()

KEYS = TokenKeys([new_key()])


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
