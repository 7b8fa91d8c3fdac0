"""Somebody in front of the local Slack: who they are, what they press, and what they see."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from bot.i18n import Say, say_in
from deploy.local_slack.server import LocalSlack
from tests.browsing import DESKTOP, PHONE, page_on, send

ARTIFACTS = Path(__file__).with_name("artifacts")
SIZES = {"desktop": DESKTOP, "phone": PHONE}
CHANNEL = "ml-planning"


@dataclass(frozen=True)
class Reader:
    """A member, their language, and the window that they look through.

    Attributes:
        name: of the member.
        language: of their Slack.
        size: width and height of the window, in pixels.
        run: a run as they would type it: 64 H100 for two weeks in eu-west-1.
        channel: the channel that they are in.
    """

    name: str
    language: str
    size: tuple[int, int]
    run: str
    channel: str = CHANNEL

    def __str__(self) -> str:
        return f"{self.name}-{self.language}"


ENGLISH = Reader("ada", "en", DESKTOP, "64 H100 for 2 weeks in eu-west-1")
BEN = Reader("ben", "en", DESKTOP, ENGLISH.run)
CHINESE = Reader("chen", "zh-CN", PHONE, "64张H100 训练2周 在eu-west-1")


class Screen:
    """A page of the local Slack, as one reader uses it."""

    def __init__(self, page: Page, reader: Reader) -> None:
        self.page = page
        self.reader = reader
        self.say: Say = say_in(reader.language)

    @property
    def messages(self) -> Locator:
        """The messages of the channel."""
        return self.page.get_by_test_id("message")

    @property
    def answer(self) -> Locator:
        """The last message of the channel."""
        return self.messages.last

    @property
    def replies(self) -> Locator:
        """The messages of the thread that is open."""
        return self.page.get_by_test_id("reply")

    @property
    def form(self) -> Locator:
        """The modal that is open."""
        return self.page.get_by_role("dialog")

    async def type(self, line: str) -> None:
        """Send a line to the channel, once no modal is in the way any more.

        What is typed behind one that is about to close goes nowhere.
        """
        await expect(self.form).to_be_hidden()
        await send(self.page, line)

    async def ask(self, command: str) -> None:
        """Send ``/carbon`` with a command, and wait for its answer."""
        await expect(self.form).to_be_hidden()
        before = await self.messages.count()
        await self.type(f"/carbon {command}")
        try:
            await expect(self.messages).to_have_count(before + 1)
        except AssertionError as missing:
            shown = await self.page.locator("body").inner_text()
            missing.add_note(f"After {command!r} the page showed:\n{shown}")
            raise

    async def press(self, label: str, within: Locator | None = None, times: int = 1) -> None:
        """Press a button of the last message, by its English label."""
        button = (within or self.answer).get_by_role("button", name=self.say(label), exact=True)
        await button.click(click_count=times)

    async def choose(self, label: str, typed: str, option: str, within: Locator) -> None:
        """Type into a menu until it offers an option, and take that.

        Args:
            label: of the menu, in English.
            typed: what is typed.
            option: the option to take.
            within: the message or form with the menu.
        """
        menu = within.get_by_role("combobox", name=self.say(label))
        await menu.fill(typed)
        offered = within.get_by_role("option")
        wanted = offered.filter(has_text=re.compile(f"^{re.escape(option)}")).first
        await expect(wanted).to_be_visible()
        for _ in range(
            1 + await wanted.evaluate("node => [...node.parentNode.children].indexOf(node)")
        ):
            await menu.press("ArrowDown")
        await menu.press("Enter")

    async def close(self) -> None:
        """Close the modal that is open, by the button below it."""
        await self.press("Close", within=self.form.locator(".dialog-buttons"))
        await expect(self.form).to_be_hidden()

    def field(self, label: str) -> Locator:
        """A field of the open form, by its English label."""
        return self.form.get_by_label(self.say(label))

    async def look(self, name: str, *, resize: bool = True) -> None:
        """Save how it looks, and see that nothing sticks out sideways.

        Args:
            name: of the picture.
            resize: look at it through a wide and a narrow window; an open menu of the page stays
                where it opened, and is looked at as it is.
        """
        ARTIFACTS.mkdir(exist_ok=True)
        # Their own window first: in the other one it is drawn anew.
        sizes = sorted(SIZES.items(), key=lambda entry: entry[1] != self.reader.size)
        for size_name, (width, height) in sizes if resize else sizes[:1]:
            await self.page.set_viewport_size({"width": width, "height": height})
            path = ARTIFACTS / f"{name}-{self.reader.language}-{size_name}.png"
            await self.page.screenshot(path=path, animations="disabled")
            assert await self.page.evaluate("document.documentElement.scrollWidth") == width
        width, height = self.reader.size
        await self.page.set_viewport_size({"width": width, "height": height})


@asynccontextmanager
async def screen_of(
    browser: Browser, slack: LocalSlack, reader: Reader, channel: str = ""
) -> AsyncIterator[Screen]:
    """The page of a channel as a reader sees it; of their own where none is named."""
    address = f"{slack.url}/#user={reader.name}&channel={channel or reader.channel}"
    async with page_on(browser, address, reader.size) as page:
        yield Screen(page, reader)
