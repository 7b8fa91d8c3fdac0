"""What the bot says when it cannot answer."""

from __future__ import annotations

from bot.blocks import parts
from bot.i18n import Say
from bot.language import LanguageError
from bot.message import Block, Message


def refusal_message(error: LanguageError, say: Say) -> Message:
    """What was wrong, where, and a command that works."""
    why = say(error.message)
    better = error.correction or error.example
    blocks: list[Block] = [parts.section(f":warning: {parts.escape(why)}")]
    blocks.append(parts.preformatted(error.caret()))
    blocks.append(parts.section(say("Try `/carbon {command}`", command=parts.escape(better))))
    blocks.append(parts.context(say("`/carbon help` shows more examples.")))
    text = say("{why} Try: /carbon {command}", why=why, command=better)
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks))


def apology_message(reference: str, say: Say) -> Message:
    """What the bot says when it broke: sorry, and a number that finds the cause in the log."""
    text = say(
        "Sorry, carbon could not answer: something broke on our side (reference {reference}). "
        "Nothing was lost; try again, and give the reference to whoever runs the bot if it stays.",
        reference=reference,
    )
    return Message(text, (parts.section(f":warning: {text}"),))
