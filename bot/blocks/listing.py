"""Help, and the lists of devices and regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.blocks import parts
from bot.message import Message

ROWS: Final = 25
"""Rows of a list. More would pass Slack's size of a message, and nobody reads them."""


def help_message(usages: Sequence[tuple[str, str]], examples: Sequence[str]) -> Message:
    """What can be typed: subcommands with what they do, and examples to copy."""
    commands = "\n".join(
        f"• `/carbon {parts.escape(u)}` - {parts.escape(what)}" for u, what in usages
    )
    tries = "\n".join(f"`/carbon {parts.escape(e)}`" for e in examples)
    lines = [f"/carbon {usage}: {what}" for usage, what in usages]
    text = "What a training run will emit. " + "; ".join(lines) + ". Examples: "
    text += "; ".join(f"/carbon {example}" for example in examples)
    return Message(
        parts.escape(text),
        (
            parts.section("*carbon* says what a training run will emit, before it starts."),
            parts.section(commands),
            parts.section(f"*Examples to copy*\n{tries}"),
            parts.context("Answers are visible to you alone until you show them to the channel."),
        ),
    )


def list_message(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[str]], narrow: str
) -> Message:
    """A table of what is known; where it is long, its beginning and how to narrow it."""
    shown = rows[:ROWS]
    count = f"{len(rows)} found" if len(shown) == len(rows) else f"{len(shown)} of {len(rows)}"
    lines = "; ".join(" ".join(cell for cell in row if cell) for row in shown)
    text = parts.cut(parts.escape(f"{title} ({count}): {lines}"), parts.TEXT_LIMIT)
    return Message(
        text,
        (
            parts.section(f"*{parts.escape(title)}* ({count})"),
            parts.table(heading, shown),
            parts.context(f"Narrow it: `/carbon {parts.escape(narrow)}`"),
        ),
    )


def nothing_found_message(kind: str, search: str, nearest: Sequence[str], example: str) -> Message:
    """An empty search, with the nearest names."""
    near = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    text = parts.escape(f"No {kind} matches “{parts.cut(search, 40)}”.{near}")
    return Message(
        text,
        (parts.section(f":mag: {text}"), parts.context(f"Try `/carbon {parts.escape(example)}`")),
    )
