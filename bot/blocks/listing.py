"""Help, and the lists of devices and regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.blocks import parts
from bot.i18n import Say, Text, listed
from bot.message import Block, Message

ROWS: Final = 25
"""Rows of a list. More would pass Slack's size of a message, and nobody reads them."""


def help_message(
    usages: Sequence[tuple[str, Text]], examples: Sequence[str], topics: Sequence[str], say: Say
) -> Message:
    """What can be typed: subcommands with what they do, examples to copy, and topics."""
    commands = "\n".join(
        f"• `/carbon {parts.in_code(usage)}` - {parts.escape(say(what))}" for usage, what in usages
    )
    lines = "; ".join(f"/carbon {usage}: {say(what)}" for usage, what in usages)
    text = say(
        "What a training run will emit. {lines}. Examples: {examples}",
        lines=lines,
        examples="; ".join(f"/carbon {example}" for example in examples),
    )
    more = say(
        "More on one topic: `/carbon help {topic}`; topics are {topics}.",
        topic=topics[0],
        topics=say.commas(topics),
    )
    return Message(
        parts.cut(parts.escape(f"{text} {more}"), parts.TEXT_LIMIT),
        (
            parts.section(say("*carbon* says what a training run will emit, before it starts.")),
            parts.section(commands),
            _examples(examples, say),
            parts.context(more),
            parts.context(
                say("Answers are visible to you alone until you show them to the channel.")
            ),
        ),
    )


def plain_message(text: str) -> Message:
    """One sentence."""
    return Message(parts.escape(text), (parts.section(parts.escape(text)),))


def topic_message(title: str, lines: Sequence[str], examples: Sequence[str], say: Say) -> Message:
    """Help on one topic: what it is about in a few lines, and examples to copy."""
    body = "\n".join(lines)
    text = say(
        "{title}: {lines} Examples: {examples}",
        title=title,
        lines=say.sentences(lines),
        examples="; ".join(f"/carbon {example}" for example in examples),
    )
    blocks = [parts.header(title), parts.section(parts.escape(body))]
    if examples:
        blocks.append(_examples(examples, say))
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks))


def _examples(examples: Sequence[str], say: Say) -> Block:
    title = say("Examples to copy")
    tries = "\n".join(f"`/carbon {parts.in_code(example)}`" for example in examples)
    return parts.section(f"*{title}*\n{tries}")


def list_message(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[str]], narrow: str, say: Say
) -> Message:
    """A table of what is known; where it is long, its beginning and how to narrow it."""
    shown = rows[:ROWS]
    if len(shown) == len(rows):
        count = say("{n} found", n=len(rows))
    else:
        count = say("{shown} of {n}", shown=len(shown), n=len(rows))
    lines = "; ".join(" ".join(cell for cell in row if cell) for row in shown)
    counted = say("{title} ({count})", title=title, count=count)
    text = parts.cut(parts.escape(f"{counted}: {lines}"), parts.TEXT_LIMIT)
    shown_title = say("{title} ({count})", title=parts.bold(title), count=count)
    blocks = [parts.section(shown_title), parts.table(heading, shown)]
    if len(shown) < len(rows):
        hint = say("Narrow it: `/carbon {command}`", command=parts.in_code(narrow))
        blocks.append(parts.context(hint))
    return Message(text, tuple(blocks))


def nothing_found_message(why: Text, nearest: Sequence[str], example: str, say: Say) -> Message:
    """An empty search, with the nearest names."""
    text = say(why)
    if nearest:
        text = say.sentences([text, say("Did you mean {names}?", names=listed(list(nearest)))])
    text = parts.escape(text)
    hint = say("Try `/carbon {command}`", command=parts.in_code(example))
    return Message(text, (parts.section(f":mag: {text}"), parts.context(hint)))
