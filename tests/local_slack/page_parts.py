"""A real browser on the page of a local Slack, for the tests of the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from deploy.browser import find_chromium

CHROMIUM = find_chromium()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@asynccontextmanager
async def page_on(address: str, **settings: object) -> AsyncIterator[Page]:
    """Open a page, and check at the end that it reported no error."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, **settings)  # type: ignore[arg-type]
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        await page.goto(address)
        await expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        yield page
        await browser.close()
        assert errors == []


async def run(page: Page, line: str) -> None:
    """Type a line and send it."""
    await page.get_by_label("Message", exact=True).fill(line)
    await page.get_by_role("button", name="Send", exact=True).click()
