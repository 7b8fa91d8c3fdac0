"""A bot, or the stock app, as people run it: a process of its own, whose log is kept."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp

from bot.command_line import main
from bot.settings import Settings
from deploy.local_slack import config
from tests.bot.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
STOCK_APP = "tests.bench.stock_app"
TOKENS = {"SLACK_BOT_TOKEN": config.BOT_TOKEN, "SLACK_SIGNING_SECRET": config.SIGNING_SECRET}
"""The settings for the local Slack's workspace."""
WAIT_S = 60.0
NAMES = {name.upper() for name in Settings.model_fields}


def environment(**values: str) -> dict[str, str]:
    """Where our modules are found, with these settings of the bot and no others."""
    others = {name: value for name, value in os.environ.items() if name not in NAMES}
    search = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    return others | {"PYTHONPATH": search, **values}


async def run_here(folder: Path, words: list[str]) -> tuple[int, str, str]:
    """Run a command of ours in this process, where everything is imported already.

    Returns:
        how it ends, and what it writes to standard output and to standard error.
    """
    told, wrong = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(told), redirect_stderr(wrong):
        code = await asyncio.to_thread(main, words)
    return code, told.getvalue(), wrong.getvalue()


@dataclass(eq=False)
class Program:
    """A program that runs, or ran.

    Attributes:
        port: of its requests.
        log: the file that its log is in.
    """

    process: Process
    port: int
    log: Path
    session: aiohttp.ClientSession

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its log, where that is JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(f"{self.address}{path}") as response:
            return response.status, await response.text()

    async def listens(self) -> None:
        """Wait until it says so, in its first line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            line = await self.process.stdout.readline()
        assert b"listens on" in line, self.log.read_text()

    async def ready(self) -> None:
        """Wait until it is."""
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    status, _ = await self.get("/readyz")
                except aiohttp.ClientError:
                    status = 0
                if status == 200:
                    return
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def logs(self, text: str) -> None:
        """Wait until its log has a text."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if text in self.log.read_text():
                    return
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        """Ask it to stop, as systems do."""
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        """How it ended."""
        async with asyncio.timeout(WAIT_S):
            return await self.process.wait()


@asynccontextmanager
async def program(folder: Path, module: str = "bot", **values: str) -> AsyncIterator[Program]:
    """A bot with these settings, and no others; it may not serve yet."""
    port = int(values.get("PORT", free_port()))
    log = folder / f"log{port}"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            cwd=folder,
            env=environment(**values | {"PORT": str(port)}),
            stdout=PIPE,
            stderr=errors,
        )
    async with aiohttp.ClientSession() as session:
        try:
            yield Program(process, port, log, session)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


@asynccontextmanager
async def started(folder: Path, module: str = "bot", **values: str) -> AsyncIterator[Program]:
    """A program that listens; it is stopped at the end."""
    async with program(folder, module, **values) as found:
        await found.listens()
        yield found
        found.stop()
        await found.ended()
