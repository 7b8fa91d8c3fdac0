"""Draws the pictures of the documents from the local Slack: ``make screenshots``."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, expect

from deploy.browser import find_chromium
from tests.bot.conftest import pair, stage
from tests.browsing import DESKTOP, PHONE, chromium, page_on, send
from tests.e2e import a_year
from tests.e2e.first_minute import steps, take
from tests.e2e.screen import CHINESE, ENGLISH, screen_of

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PICTURES = (
    ("answer", "/carbon 64 H100 for 2 weeks in eu-west-1", (1080, 880)),
    ("answer-phone", "/carbon 64 H100 for 2 weeks in eu-west-1", PHONE),
    ("answer-chinese", "/carbon 64张H100 训练2周 在eu-west-1", PHONE),
    ("mistake", "/carbon 64 H10O for 2 weeks", (DESKTOP[0], 600)),
)
"""Name, what is typed, and the window; a name that ends in ``chinese`` is of who reads Chinese."""


async def main() -> int:
    """Save each picture."""
    path = find_chromium()
    if path is None:
        print("Chromium is missing: `make setup` says how to install it", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with chromium(path) as browser:
        for name, command, size in PICTURES:
            reader = CHINESE if name.endswith("chinese") else ENGLISH
            seen = replace(reader, size=size)
            async with pair() as slack, screen_of(browser, slack, seen) as screen:
                page = screen.page
                await send(page, command)
                await expect(page.get_by_test_id("message")).to_have_count(1)
                # An answer longer than the window is shown from its beginning.
                await page.get_by_test_id("message").evaluate("node => node.scrollIntoView()")
                await page.screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")
        async with pair() as slack, page_on(browser, slack.url, (DESKTOP[0], 700)) as page:
            for step in steps():
                await take(page, step)
            await expect(page.get_by_test_id("message")).to_have_count(1)
            await page.screenshot(path=IMAGES / "first-minute.png")
        print(IMAGES / "first-minute.png")
        await draw_summaries(browser)
    return 0


async def draw_summaries(browser: Browser) -> None:
    """A month in figures: in English at a desk, and in Chinese on a phone."""
    with TemporaryDirectory() as folder:
        url, calendar = f"sqlite:///{folder}/carbon.db", a_year.Calendar()
        async with stage(database_url=url, now=calendar) as found:
            await a_year.live(found.slack, url)
            calendar.turn_to(a_year.once_over("monthly"))
            for name, reader, height in (
                ("summary", ENGLISH, 900),
                ("summary-phone", CHINESE, 1000),
            ):
                width = reader.size[0]
                shown = replace(reader, size=(width, height))
                async with screen_of(browser, found.slack, shown) as screen:
                    await screen.ask("monthly preview")
                    await screen.answer.evaluate("node => node.scrollIntoView()")
                    await screen.page.screenshot(path=IMAGES / f"{name}.png")
                print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
