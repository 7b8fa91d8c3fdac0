"""The few block shapes that the bot uses, within Slack's limits.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from bot.blocks import elements
from bot.i18n import Say
from bot.ledger import FORGOTTEN
from bot.message import Block

SECTION_LIMIT: Final = 3000
HEADER_LIMIT: Final = 150
TEXT_LIMIT: Final = 4000
BUTTON_VALUE_LIMIT: Final = 2000
_OUTSIDE_URLS: Final = re.compile(r"[\s|<>\"\\^`{}]+")
"""What an address never has, and Slack's marks among it."""
_LIKE_AN_ADDRESS: Final = re.compile(
    r"://|^\s*(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#]\S*)?\s*$", re.IGNORECASE
)


def escape(text: str) -> str:
    """Text from outside, made safe for mrkdwn: no mention, link or command survives."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return elements.in_order(safe)


def in_code(text: str) -> str:
    """Text from outside, made safe between backticks: it cannot end the code it stands in."""
    return escape(text).replace("`", "ˋ")


def bold(text: str) -> str:
    """Text in bold mrkdwn."""
    return f"*{escape(text)}*"


def link(url: str, label: str) -> str:
    """A link in mrkdwn. Addresses within the project's documentation stay plain text.

    A label that is itself an address stands beside the one that it leads to.
    """
    if not url.startswith("https://"):
        return f"{escape(label)} ({escape(url)})"
    safe = _OUTSIDE_URLS.sub(lambda found: quote(found[0]), url).replace("&", "&amp;")
    if _LIKE_AN_ADDRESS.search(label):
        return f"{escape(label)} (<{safe}>)"
    return f"<{safe}|{escape(label).replace('|', '/')}>"


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis where something was left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def header(text: str) -> Block:
    """A heading, plain text."""
    return {
        "type": "header",
        "text": elements.plain(cut(text, HEADER_LIMIT)),
    }


def section(mrkdwn: str) -> Block:
    """A paragraph of mrkdwn, shown in full."""
    text = {"type": "mrkdwn", "text": cut(mrkdwn, SECTION_LIMIT), "verbatim": True}
    return {"type": "section", "text": text, "expand": True}


def context(mrkdwn: str) -> Block:
    """A small grey line."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": cut(mrkdwn, SECTION_LIMIT), "verbatim": True}],
    }


def member(member_id: str, say: Say) -> str:
    """A member by name, in mrkdwn; Slack puts the name in."""
    if member_id == FORGOTTEN:
        return escape(say("somebody who asked to be forgotten"))
    return f"<@{escape(member_id)}>"


def shown_by(member_id: str, say: Say) -> Block:
    """Who showed an answer to the channel."""
    return context(say("Shown by {member}", member=f"<@{escape(member_id)}>"))


def preformatted(text: str) -> Block:
    """Text shown as it is, in a fixed-width font; nothing in it is interpreted."""
    element = {"type": "rich_text_preformatted", "elements": [elements.raw("text", text)]}
    return {"type": "rich_text", "elements": [element]}


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """A table: the first column to the left and wrapped, the figures to the right."""
    settings: list[dict[str, object]] = [{"is_wrapped": True}]
    settings += [{"align": "right"} for _ in heading[1:]]
    lines = [heading, *rows]
    return {
        "type": "table",
        "column_settings": settings,
        "rows": [[elements.raw("raw_text", cell or "-") for cell in line] for line in lines],
    }


def button(label: str, action_id: str, value: str, *, primary: bool = False) -> Block:
    """A button. ``value`` comes back with the click, so a click needs no memory of ours."""
    made: Block = {
        "type": "button",
        "action_id": action_id,
        "text": elements.plain(label),
        "value": value,
    }
    if primary:
        made["style"] = "primary"
    return made


def actions(elements: list[Block], block_id: str = "carbon_actions") -> Block:
    """A row of buttons and menus."""
    return {"type": "actions", "block_id": block_id, "elements": elements}
