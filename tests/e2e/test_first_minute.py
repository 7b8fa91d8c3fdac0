"""A first-time user takes the steps of ``docs/first-minute.md`` from ``make run`` on."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.bot.conftest import free_port
from tests.browsing import DESKTOP, PHONE, page_on
from tests.e2e.first_minute import DOCUMENT, steps, take
from tests.e2e.screen import ARTIFACTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = DOCUMENT.parents[1]


@pytest_asyncio.fixture(loop_scope="session")
async def printed(tmp_path: Path) -> AsyncIterator[str]:
    """What ``make run`` prints once it is ready, while it runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.run"),
        *("--port", str(free_port()), "--bot-port", str(free_port())),
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{tmp_path}/carbon.db"},
        stdout=PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines = ""
    while "stops both" not in lines:
        line = await process.stdout.readline()
        assert line, f"it ended after: {lines}"
        lines += line.decode()
    yield lines
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_first_minute_ends_with_a_comparison_that_others_see(
    printed: str, browser: Browser, size: tuple[int, int]
) -> None:
    address = re.search(r"http://\S+", printed.partition("carbon is ready")[2])
    assert address
    assert f"type: {steps()[1].split('`')[1]}" in printed

    async with page_on(browser, address[0], size) as page:
        seconds = [await take(page, step) for step in steps()]

        shown = page.get_by_test_id("message")
        await expect(shown).to_have_count(1)
        await expect(shown).to_contain_text("10 GPU, 20 TPU in Sweden")
        await expect(shown).to_contain_text("less")
        await expect(shown.get_by_test_id("ephemeral-note")).to_have_count(0)
        ARTIFACTS.mkdir(exist_ok=True)
        await page.screenshot(path=ARTIFACTS / f"first-minute-{size[0]}.png")

    assert sum(seconds) < 60
    assert f"come to {sum(seconds):.0f} seconds" in DOCUMENT.read_text(encoding="utf-8")


async def test_a_step_that_nobody_can_take_is_found(browser: Browser) -> None:
    async with await browser.new_context() as context:
        page = await context.new_page()
        with pytest.raises(ValueError, match="Dance"):
            await take(page, "Dance.")
