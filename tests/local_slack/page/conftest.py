"""The local Slack and its bot for tests of the page, in the event loop of the shared browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio
from playwright.async_api import Browser, Page
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from tests.browsing import page_on
from tests.local_slack.conftest import Bot, Stage, client_of


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(stack)


@pytest_asyncio.fixture(loop_scope="session")
async def slack(stage: Stage, bot: Bot) -> LocalSlack:
    return await stage.with_handler(bot.answer)


@pytest_asyncio.fixture(loop_scope="session")
async def client(slack: LocalSlack) -> AsyncWebClient:
    return client_of(slack)


@pytest_asyncio.fixture(loop_scope="session")
async def page(slack: LocalSlack, browser: Browser) -> AsyncIterator[Page]:
    async with page_on(browser, slack.url) as found:
        yield found
