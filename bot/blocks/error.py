"""What the bot says when it cannot answer."""

from __future__ import annotations

import math

from bot.blocks import parts
from bot.i18n import CHINESE, ENGLISH, Say, say_in
from bot.language import LanguageError
from bot.message import Block, Message


def refusal_message(error: LanguageError, say: Say) -> Message:
    """What was wrong, where, and a command that works."""
    why = say(error.message)
    better = error.correction or error.example
    blocks: list[Block] = [parts.section(f":warning: {parts.escape(why)}")]
    blocks.append(parts.preformatted(error.caret()))
    blocks.append(parts.section(say("Try `/carbon {command}`", command=parts.in_code(better))))
    blocks.append(parts.context(say("`/carbon help` shows more examples.")))
    text = say("{why} Try: /carbon {command}", why=why, command=better)
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks))


def slow_down_message(wait_s: float, say: Say) -> Message:
    """What the bot says to who asks for more than it has for one member."""
    said = say.plural(
        "That is more than carbon answers at once. Try again in {n} second.",
        "That is more than carbon answers at once. Try again in {n} seconds.",
        max(1, math.ceil(wait_s)),
    )
    return Message(said, (parts.section(said),))


def apology_message(reference: str, say: Say) -> Message:
    """What the bot says when it broke: sorry, and a number that finds the cause in the log."""
    text = say(
        "Sorry, carbon could not answer: something broke on our side (reference {reference}). "
        "Nothing was lost; try again, and give the reference to whoever runs the bot if it stays.",
        reference=reference,
    )
    return _warning(text)


def unkept_message(reference: str, say: Say) -> Message:
    """The database does not answer, or cannot write."""
    text = say(
        "Sorry, carbon cannot reach what it keeps just now (reference {reference}). What it has "
        "confirmed is not lost. Try again in a minute.",
        reference=reference,
    )
    return _warning(text)


def lacking_message(scopes: str, install_url: str | None, say: Say) -> Message:
    """The app was not allowed what it needs.

    Args:
        scopes: those of which it needs one, with commas between them.
        install_url: where it is allowed; ``None`` where one workspace is served by its token.
        say: the language.
    """
    lacks = say("carbon lacks a permission for this: {scopes}.", scopes=scopes.replace(",", ", "))
    if install_url is None:
        remedy = say(
            "Whoever runs carbon adds it to the app, from its manifest, and installs it again."
        )
    else:
        remedy = say(
            "Somebody who may install apps allows it by installing carbon again: {address}",
            address=install_url,
        )
    text = say.sentences([lacks, remedy])
    return _warning(text)


def uninstalled_message(install_url: str) -> Message:
    """To a workspace without a token, whose language is not known: carbon has to be installed."""
    said = [
        say(
            "carbon is not installed in this workspace, or may not act in it any more. Somebody "
            "who may install apps does it here: {address}",
            address=install_url,
        )
        for say in (say_in(ENGLISH), say_in(CHINESE))
    ]
    return Message("\n".join(said), tuple(parts.section(one) for one in said))


def outdated_message(say: Say) -> Message:
    """What the bot says to a click of which it cannot tell what it is about."""
    text = say("What you clicked cannot be read by this release of carbon: type the command again.")
    return _warning(text)


def _warning(text: str) -> Message:
    return Message(text, (parts.section(f":warning: {text}"),))
