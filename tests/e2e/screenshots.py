"""Draws the pictures of the documents from the local Slack: ``make screenshots``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import expect

from deploy.browser import find_chromium
from tests.bot.conftest import pair
from tests.browsing import DESKTOP, PHONE, chromium, page_on, send
from tests.e2e.first_minute import steps, take

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PICTURES = (
    ("answer", "/carbon 64 H100 for 2 weeks in eu-west-1", (DESKTOP[0], 900)),
    ("answer-phone", "/carbon 64 H100 for 2 weeks in eu-west-1", PHONE),
    ("mistake", "/carbon 64 H10O for 2 weeks", (DESKTOP[0], 600)),
)


async def main() -> int:
    """Save each picture."""
    path = find_chromium()
    if path is None:
        print("Chromium is missing: `make setup` says how to install it", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with chromium(path) as browser:
        for name, command, size in PICTURES:
            async with pair() as slack, page_on(browser, slack.url, size) as page:
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
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
