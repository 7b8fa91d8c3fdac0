"""Draws the pictures of the documents from the local Slack: ``make screenshots``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from deploy.browser import find_chromium
from tests.bot.conftest import pair
from tests.e2e.test_page import CHROMIUM_FLAGS

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PICTURES = (
    ("answer", "/carbon 64 H100 for 2 weeks in eu-west-1", 1280, 900),
    ("answer-phone", "/carbon 64 H100 for 2 weeks in eu-west-1", 375, 812),
    ("mistake", "/carbon 64 H10O for 2 weeks", 1280, 600),
)


async def main() -> int:
    """Save each picture."""
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is missing: `make setup` says how to install it", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(chromium), args=CHROMIUM_FLAGS
        )
        for name, command, width, height in PICTURES:
            async with pair() as slack:
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.goto(slack.url)
                await page.get_by_label("Message", exact=True).fill(command)
                await page.get_by_role("button", name="Send").click()
                await page.get_by_test_id("message").last.wait_for()
                await page.screenshot(path=IMAGES / f"{name}.png")
                await page.close()
            print(IMAGES / f"{name}.png")
        await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
