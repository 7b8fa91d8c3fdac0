"""A person in the browser: types commands into the local Slack, reads, clicks, switches member."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from deploy.browser import find_chromium
from tests.bot.conftest import pair

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """The local Slack's page in a real browser, with the bot behind it."""
    chromium = find_chromium()
    assert chromium, "Chromium is missing: `make setup` says how to install it"
    async with pair() as slack, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(chromium), args=CHROMIUM_FLAGS
        )
        found = await browser.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        found.on("pageerror", lambda error: errors.append(str(error)))
        await found.goto(slack.url)
        yield found
        await browser.close()
        assert errors == []


async def type_command(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_the_articles_example_shows_its_totals(page: Page) -> None:
    await type_command(page, "/carbon 10 GPU 20 TPU factors article")

    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text("50,000 t CO2e")
    await expect(message).to_contain_text("50,000 kWh")


async def test_a_sourced_answer_says_what_it_assumed(page: Page) -> None:
    await type_command(page, "/carbon 10 GPU 20 TPU")

    message = page.get_by_test_id("message").last
    for part in ("GPU is taken as", "TPU is taken as", "one day (24 h)", "world's average"):
        await expect(message).to_contain_text(part)
    await expect(message.get_by_test_id("ephemeral-note")).to_be_visible()


async def test_an_answer_can_be_shown_to_the_channel(page: Page) -> None:
    await type_command(page, "/carbon 64 H100 for 2 weeks in eu-west-1")
    await page.get_by_role("button", name="Show to channel").click()

    await expect(page.get_by_test_id("message").last).to_contain_text("Shown by")
    await page.get_by_label("You are").select_option(label="Ben Okafor")
    await expect(page.get_by_test_id("message").last).to_contain_text("64 H100")
    await expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)


async def test_sources_and_dismiss(page: Page) -> None:
    await type_command(page, "/carbon 64 H100 for 2 weeks in eu-west-1")
    await page.get_by_role("button", name="Sources").click()
    await expect(page.get_by_text("Where the figures come from")).to_be_visible()

    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)


async def test_a_mistake_is_underlined(page: Page) -> None:
    await type_command(page, "/carbon 64 H10O")

    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text("^^^^")
    await expect(message).to_contain_text("Try")
