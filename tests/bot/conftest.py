"""A running bot and a local Slack, wired to each other over HTTP or over Socket Mode."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.settings import Settings
from bot.wiring import RunningBot, running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack

_dice = random.SystemRandom()

PATIENCE_S = 60.0
"""What Slack's 3 s are on a stage, so that no test fails because the machine is busy."""


def free_port() -> int:
    """A port that nobody listens on now.

    It is below those that the system gives to connections, so that none takes it in the meantime,
    and drawn by chance, because tests run in several processes.
    """
    while True:
        port = _dice.randint(10_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Clock:
    """The local Slack's time: it passes, and can be moved on."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@dataclass(frozen=True)
class Stage:
    """A bot and its Slack, wired to each other."""

    slack: LocalSlack
    bot: RunningBot
    clock: Clock

    async def settle(self) -> None:
        """Wait until what somebody did was delivered, and the bot has done what follows."""
        for _ in range(2):
            await self.slack.settle()
            await self.bot.idle()


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def stage(
    *,
    socket_mode: bool = False,
    manifest: Mapping[str, object] | None = None,
    database_url: str | None = None,
    public_url: str | None = None,
    retention_days: int | None = None,
    metrics_port: int | None = None,
    live: Mapping[str, Any] | None = None,
    traces_to: str | None = None,
    rates: tuple[int, int] = (0, 0),
    now: Callable[[], datetime] = _now,
) -> AsyncIterator[Stage]:
    """A bot and its Slack; every message is within Slack's limits and manners at the end.

    ``live`` are the settings of live grids (``tests.bot.live.server``), which are off without it.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    clock = Clock()
    async with LocalSlack(
        bot_url=url,
        socket_mode=socket_mode,
        manifest=manifest or config.MANIFEST,
        ack_timeout_s=PATIENCE_S,
        clock=clock,
    ) as slack:
        settings = Settings(
            _env_file=None,
            slack_bot_token=config.BOT_TOKEN,
            slack_signing_secret=None if socket_mode else config.SIGNING_SECRET,
            slack_app_token=config.APP_TOKEN if socket_mode else None,
            slack_api_url=slack.api_url,
            database_url=database_url or "sqlite:///:memory:",
            port=port,
            public_url=public_url,
            retention_days=retention_days,
            # Tests are quicker than people, and most are not about that.
            rate_per_user=rates[0],
            rate_per_workspace=rates[1],
            metrics_port=metrics_port,
            otel_exporter_otlp_endpoint=traces_to,
            **(live or {}),
        )
        async with running(settings, now=now, patience_s=PATIENCE_S) as bot:
            if socket_mode:
                await slack.sockets_connected()
            yield Stage(slack, bot, clock)
        assert slack.violations == []
        assert slack.manners == []


@asynccontextmanager
async def pair(*, socket_mode: bool = False) -> AsyncIterator[LocalSlack]:
    """The Slack of a ``stage``."""
    async with stage(socket_mode=socket_mode) as found:
        yield found.slack


def manifest_with(command: str) -> dict[str, Any]:
    """The app's manifest with one more slash command, which a test listens to."""
    manifest: dict[str, Any] = json.loads(config.MANIFEST.read_text(encoding="utf-8"))
    commands = manifest["features"]["slash_commands"]
    commands.append({**commands[0], "command": command})
    return manifest


@pytest.fixture
async def scene() -> AsyncIterator[Stage]:
    """A bot and its Slack, over HTTP."""
    async with stage() as found:
        yield found


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """A local Slack with the bot behind it, over HTTP."""
    async with pair() as found:
        yield found


@pytest.fixture
async def socket_slack() -> AsyncIterator[LocalSlack]:
    """A local Slack with the bot behind it, over Socket Mode."""
    async with pair(socket_mode=True) as found:
        yield found
