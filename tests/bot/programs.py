"""A bot as people run it: a process of its own, of which everything that it writes is kept."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.settings import Settings
from tests.bot.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0


@dataclass(eq=False)
class Program:
    """A bot that runs, or ran.

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
async def program(folder: Path, **values: str) -> AsyncIterator[Program]:
    """A bot with these settings, and no others; it may not serve yet."""
    port = int(values.get("PORT", free_port()))
    log = folder / f"log{port}"
    names = {name.upper() for name in Settings.model_fields}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    search = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    environment |= {"PYTHONPATH": search, "PORT": str(port), **values}
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot"),
            cwd=folder,
            env=environment,
            stdout=DEVNULL,
            stderr=errors,
        )
    async with aiohttp.ClientSession() as session:
        try:
            yield Program(process, port, log, session)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
