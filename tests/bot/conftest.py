"""A running bot and a local Slack, wired to each other over HTTP or over Socket Mode."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.settings import Settings
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def pair(*, socket_mode: bool = False) -> AsyncIterator[LocalSlack]:
    """A bot and its Slack; every message is within Slack's limits and manners at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    async with LocalSlack(bot_url=url, socket_mode=socket_mode) as slack:
        settings = Settings(
            _env_file=None,
            slack_bot_token=config.BOT_TOKEN,
            slack_signing_secret=None if socket_mode else config.SIGNING_SECRET,
            slack_app_token=config.APP_TOKEN if socket_mode else None,
            slack_api_url=slack.api_url,
            port=port,
        )
        async with running(settings):
            if socket_mode:
                await slack.sockets_connected()
            yield slack
        assert slack.violations == []
        assert slack.manners == []


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
