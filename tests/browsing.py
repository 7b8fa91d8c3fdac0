"""Pages of a local Slack in a real browser, which all tests of a session share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = (1280, 800)
PHONE = (390, 844)
PATIENCE_MS = 30_000
"""How long a page is waited for; a busy machine takes its time."""


@asynccontextmanager
async def chromium(path: Path) -> AsyncIterator[Browser]:
    """A running Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def page_on(
    browser: Browser, address: str, size: tuple[int, int] = DESKTOP, *, dark: bool = False
) -> AsyncIterator[Page]:
    """Open a page that shares nothing with others; at the end, it has reported no error.

    Args:
        browser: the browser of the session.
        address: of the page.
        size: width and height of the window, in pixels.
        dark: whether the reader prefers dark pages.
    """
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    await page.goto(address)
    await expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    yield page
    await context.close()
    assert errors == []


async def send(page: Page, line: str) -> None:
    """Type a line into the composer of the channel and send it."""
    await page.get_by_label("Message", exact=True).fill(line)
    await page.get_by_role("button", name="Send", exact=True).click()
