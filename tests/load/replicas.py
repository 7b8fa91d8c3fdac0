"""Two bots as programs on one PostgreSQL, and what stands before them as a load balancer does."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from bot.token_keys import new_key
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.programs import STOCK_APP, TOKENS, Program, program, started
from tests.wire import Connection

NOBODY: Final = "http://127.0.0.1:9/"
LOOKS_EVERY_S: Final = 0.2
BROKEN: Final = (OSError, asyncio.IncompleteReadError)


@dataclass
class Replicas:
    """Bots of one deployment.

    Attributes:
        settings: what each is started with.
        alive: those that run.
        ready: those that may be sent requests, as the balancer saw last.
    """

    folder: Path
    settings: dict[str, str]
    stack: AsyncExitStack
    alive: list[Program] = field(default_factory=list)
    ready: list[Program] = field(default_factory=list)

    async def start(self) -> Program:
        """Start one, and wait until it is ready."""
        one = await self.stack.enter_async_context(program(self.folder, **self.settings))
        await one.ready()
        self.alive.append(one)
        return one

    async def look(self) -> None:
        """See which are ready, as probes do."""
        found = []
        for one in list(self.alive):
            status = 0
            with suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(5):
                    status, _ = await one.get("/readyz")
            if status == 200:
                found.append(one)
        # A balancer without any healthy one tries all: better than to refuse everything.
        self.ready = found or list(self.alive)

    async def look_on(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKS_EVERY_S)

    async def replace(self, old: Program) -> None:
        """Put a new one in the place of an old one, as a rolling update does."""
        await self.start()
        await self.look()
        old.stop()
        await old.ended()
        self.alive.remove(old)

    def kill(self, one: Program) -> None:
        """``kill -9``."""
        os.kill(one.process.pid, signal.SIGKILL)
        self.alive.remove(one)

    def logged(self) -> list[dict[str, Any]]:
        """Lines of the logs of all that ever ran, but for one that was cut off as it was killed."""
        found = []
        for path in sorted(self.folder.glob("log*")):
            for line in path.read_text().splitlines():
                with suppress(json.JSONDecodeError):
                    found.append(json.loads(line))
        return found


class Caller:
    """One of the balancer's kept connections to each replica."""

    def __init__(self, replicas: Replicas, number: int) -> None:
        self._replicas = replicas
        self._turn = itertools.count(number)
        self._open: dict[int, Connection] = {}
        self.passed_on = 0

    async def exchange(self, sent: bytes) -> tuple[int, bytes]:
        """Send a request to one that is ready; where it breaks, to another one, once.

        Raises:
            OSError, asyncio.IncompleteReadError: neither answered.
        """
        first, *others = self._ready()
        try:
            return await self._to(first, sent)
        except BROKEN:
            others = [one for one in self._ready() if one is not first] or others
            if not others:
                raise
            self.passed_on += 1
            return await self._to(others[0], sent)

    def _ready(self) -> list[Program]:
        ready = self._replicas.ready
        turn = next(self._turn) % len(ready)
        return ready[turn:] + ready[:turn]

    async def _to(self, one: Program, sent: bytes) -> tuple[int, bytes]:
        connection = self._open.pop(one.port, None)
        if connection is None:
            connection = await Connection.to(one.port)
        try:
            answer = await connection.exchange(sent)
        except BaseException:
            connection.close()
            raise
        self._open[one.port] = connection
        return answer

    def close(self) -> None:
        """Close what is open."""
        for connection in self._open.values():
            connection.close()


class Hooks:
    """Where answers that come late are posted to: the only part of Slack that a command needs.

    Attributes:
        heard: is told the number of a command and the answer to it.
    """

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}/"
        self.heard: Callable[[int, bytes], None] = lambda _number, _body: None
        self._port = port

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen."""
        app = web.Application()
        app.router.add_post("/commands/{team}/{number}/x", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.heard(int(request.match_info["number"]), await request.read())
        return web.Response(text="ok")


def settings_of(database_url: str, slack_url: str, **more: str) -> dict[str, str]:
    """The settings of a deployment for many workspaces."""
    return {
        "SLACK_CLIENT_ID": config.CLIENT_ID,
        "SLACK_CLIENT_SECRET": config.CLIENT_SECRET,
        "SLACK_SIGNING_SECRET": config.SIGNING_SECRET,
        "SLACK_API_URL": f"{slack_url}api/",
        "TOKEN_KEYS": new_key(),
        "PUBLIC_URL": "http://127.0.0.1:9",
        "DATABASE_URL": database_url,
        "LOG_FORMAT": "json",
        **more,
    }


@asynccontextmanager
async def replicas(
    folder: Path, settings: dict[str, str], number: int = 2
) -> AsyncIterator[Replicas]:
    """So many bots that are ready."""
    async with AsyncExitStack() as stack:
        found = Replicas(folder, settings, stack)
        for _ in range(number):
            await found.start()
        await found.look()
        looking = asyncio.create_task(found.look_on())
        try:
            yield found
        finally:
            looking.cancel()
            for one in found.alive:
                one.stop()
            for one in found.alive:
                await one.ended()


@asynccontextmanager
async def stock_apps(folder: Path, number: int = 2) -> AsyncIterator[Replicas]:
    """So many stock Bolt apps, which only acknowledge, as the baseline."""
    async with AsyncExitStack() as stack:
        # It asks Slack for its token's workspace, once.
        slack = await stack.enter_async_context(LocalSlack(bot_url=NOBODY))
        found = Replicas(folder, TOKENS | {"SLACK_API_URL": slack.api_url}, stack)
        for _ in range(number):
            one = await stack.enter_async_context(started(folder, STOCK_APP, **found.settings))
            found.ready.append(one)
        yield found
