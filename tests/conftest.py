"""What tests of several folders share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import settings
from playwright.async_api import Browser

from deploy.browser import find_chromium
from tests.browsing import chromium

# What fails on one machine fails on all, and what passed does not fail by chance.
settings.register_profile("suite", derandomize=True)
settings.load_profile("suite")


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
