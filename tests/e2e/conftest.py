"""The bot with its local Slack, and somebody in front of it in the shared browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.bot.conftest import Stage, stage
from tests.e2e.screen import CHINESE, ENGLISH, Reader, Screen, screen_of


@pytest.fixture(params=[ENGLISH, CHINESE], ids=str)
def reader(request: pytest.FixtureRequest) -> Reader:
    """Every path is gone twice: in English at a desk, and in Chinese on a phone."""
    found: Reader = request.param
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot and its Slack, over HTTP, with a database in a file as `make run` has it."""
    async with stage(database_url=f"sqlite:///{tmp_path}/carbon.db") as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def screen(scene: Stage, reader: Reader, browser: Browser) -> AsyncIterator[Screen]:
    """The page of ``#ml-planning``, as the reader sees it."""
    async with screen_of(browser, scene.slack, reader) as found:
        yield found
