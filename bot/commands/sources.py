"""``/carbon sources <run>``: every factor behind a run's estimate, with its source."""

from __future__ import annotations

from typing import Final

from bot.asker import Asker
from bot.blocks.error import refusal_message
from bot.commands import estimate
from bot.commands.halves import after_word
from bot.language import LanguageError
from bot.message import Message

WORD: Final = "sources "


def answer(text: str, asker: Asker) -> Message:
    """The sources of a run, or why there are none."""
    try:
        return estimate.sources(text, asker)
    except LanguageError as error:
        return refusal_message(after_word(error, WORD, text), asker.say)
