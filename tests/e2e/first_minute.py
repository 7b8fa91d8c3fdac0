"""The steps of ``docs/first-minute.md``, as somebody takes them, and the time that they take.

The times are those of the keystroke-level model: https://doi.org/10.1145/358886.358895
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from tests.e2e.screen import ENGLISH, Screen

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "first-minute.md"

KEY_S: Final = 0.5
POINT_S: Final = 1.1
CLICK_S: Final = 0.2
HOME_S: Final = 0.4
DECIDE_S: Final = 1.35
_PRESS_S: Final = DECIDE_S + HOME_S + POINT_S + CLICK_S


def steps() -> list[str]:
    """The numbered steps of the document."""
    return re.findall(r"^\d+\. (.+)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)


async def take(page: Page, step: str) -> float:
    """Take a step, and return how long the model says it takes, in seconds.

    Raises:
        ValueError: nobody knows how to take that step.
    """
    for pattern, way in _WAYS.items():
        if found := re.fullmatch(pattern, step):
            return await way(page, *found.groups())
    msg = f"a step that nobody can take: {step}"
    raise ValueError(msg)


async def _opened(page: Page) -> float:
    await expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    return _PRESS_S


async def _typed(page: Page, command: str) -> float:
    box = page.get_by_label("Message", exact=True)
    await box.click()
    await box.press_sequentially(command)
    await box.press("Enter")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    return _PRESS_S + HOME_S + (len(command) + 1) * KEY_S


async def _pressed(page: Page, label: str) -> float:
    """Press a button of the form that is open, else of the last message."""
    form = page.get_by_role("dialog")
    messages = page.get_by_test_id("message")
    before = await messages.count()
    if await form.is_visible():
        await form.get_by_role("button", name=label, exact=True).click()
        await expect(form).to_be_hidden()
        await expect(messages).to_have_count(before + 1)
        return _PRESS_S
    button = messages.last.get_by_role("button", name=label, exact=True)
    await button.click()
    await expect(form.or_(page.get_by_text("Shown by"))).to_be_visible()
    return _PRESS_S


async def _searched(page: Page, label: str, typed: str, option: str) -> float:
    screen = Screen(page, ENGLISH)
    await screen.choose(label, typed, option, screen.form)
    await expect(screen.form).to_contain_text(f"in {option}")
    return _PRESS_S + HOME_S + len(typed) * KEY_S + _PRESS_S


async def _chosen(page: Page, label: str, option: str) -> float:
    await page.get_by_label(label, exact=True).select_option(label=option)
    return 2 * _PRESS_S


_WAYS: Final[dict[str, Callable[..., Awaitable[float]]]] = {
    r"Open the address that `make run` prints\.": _opened,
    r"Type `([^`]+)` and press Enter\.": _typed,
    r"Press \*\*([^*]+)\*\*\.": _pressed,
    r"In \*\*([^*]+)\*\*, type `([^`]+)` and choose `([^`]+)`\.": _searched,
    r"Under \*\*([^*]+)\*\*, choose `([^`]+)`\.": _chosen,
}
