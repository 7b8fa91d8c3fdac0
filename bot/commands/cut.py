"""``/carbon cut <run>``: what would lower a run's emissions, and by how much."""

from __future__ import annotations

from typing import Final

from bot.asker import Asker
from bot.blocks.cut import cut_message
from bot.blocks.error import refusal_message
from bot.commands.halves import after_word, not_computable
from bot.commands.reading import read
from bot.language import LanguageError, to_text
from bot.message import Message
from estimator import EstimatorError

WORD: Final = "cut "


def answer(text: str, asker: Asker) -> Message:
    """The cuts of a run, or why there are none."""
    try:
        command = read(text, asker)
    except LanguageError as error:
        return refusal_message(after_word(error, WORD, text), asker.say)
    try:
        return cut_message(command.run, asker, public=command.public)
    except (EstimatorError, ArithmeticError) as error:
        problem = not_computable(error, f"{WORD}{to_text(command.run)}")
        return refusal_message(problem, asker.say)


def clicked(text: str, asker: Asker) -> Message:
    """The cuts of an earlier answer, for who clicked; ``text`` comes back from its button."""
    return cut_message(read(text, asker).run, asker)
