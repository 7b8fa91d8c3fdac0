"""The bot with its local Slack, and somebody in front of it in the shared browser.

One bot and one Slack serve all tests; each test has a member and a channel of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from deploy.local_slack.people import Channel
from tests.bot.conftest import Stage, stage
from tests.e2e.screen import CHINESE, ENGLISH, Reader, Screen, screen_of

_NUMBERS = count(1)
PUBLIC = "https://carbon.example.com"
"""Where the bot says that measurements arrive."""


@pytest.fixture(params=[ENGLISH, CHINESE], ids=str)
def person(request: pytest.FixtureRequest) -> Reader:
    """Every path is gone twice: in English at a desk, and in Chinese on a phone."""
    found: Reader = request.param
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot and its Slack, over HTTP, with a database in a file as `make run` has it."""
    folder = tmp_path_factory.mktemp("e2e")
    async with stage(database_url=f"sqlite:///{folder}/carbon.db", public_url=PUBLIC) as found:
        yield found


@pytest.fixture
def reader(person: Reader, scene: Stage) -> Reader:
    """A new member, in a new channel with Ben and the bot."""
    number, workspace = next(_NUMBERS), scene.slack.workspace
    name, channel = f"{person.name}{number}", f"ml-{number}"
    known = workspace.user(person.name)
    member = workspace.add_user(replace(known, id=f"U{number:010d}", name=name))
    members = {member.id, workspace.user("ben").id, workspace.bot_user}
    workspace.add_channel(Channel(f"C{number:010d}", channel, "public", members))
    return replace(person, name=name, channel=channel)


@pytest_asyncio.fixture(loop_scope="session")
async def screen(scene: Stage, reader: Reader, browser: Browser) -> AsyncIterator[Screen]:
    """The page of the reader's channel, as they see it."""
    async with screen_of(browser, scene.slack, reader) as found:
        yield found
    assert scene.slack.violations == []
