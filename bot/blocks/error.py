"""What the bot says when it cannot answer."""

from __future__ import annotations

from bot.blocks import parts
from bot.language import LanguageError
from bot.message import Block, Message


def refusal_message(error: LanguageError) -> Message:
    """What was wrong, where, and a command that works."""
    blocks: list[Block] = [parts.section(f":warning: {parts.escape(error.message)}")]
    blocks.append(parts.preformatted(error.caret()))
    better = error.correction or error.example
    blocks.append(parts.section(f"Try `/carbon {parts.escape(better)}`"))
    blocks.append(parts.context("`/carbon help` shows more examples."))
    text = f"{error.message} Try: /carbon {better}"
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks))


def apology_message(reference: str) -> Message:
    """What the bot says when it broke: sorry, and a number that finds the cause in the log."""
    text = (
        f"Sorry, carbon could not answer: something broke on our side (reference {reference}). "
        "Nothing was lost; try again, and give the reference to whoever runs the bot if it stays."
    )
    return Message(text, (parts.section(f":warning: {text}"),))
