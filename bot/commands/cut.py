"""``/carbon cut <run>``: what would lower a run's emissions, and by how much."""

from __future__ import annotations

from bot.blocks.cut import cut_message
from bot.blocks.error import refusal_message
from bot.commands.halves import within
from bot.language import LanguageError, parse
from bot.language.normalise import normalise
from bot.message import Message
from estimator import Catalogue

WORD = "cut "


def answer(text: str, catalogue: Catalogue) -> Message:
    """The cuts of a run, or why there are none."""
    try:
        command = parse(text, catalogue)
    except LanguageError as error:
        better = error.correction
        whole = within(
            error,
            before=WORD,
            half=normalise(text),
            after="",
            correction=f"{WORD}{better}" if better else None,
            example=f"{WORD}{error.example}",
        )
        return refusal_message(whole)
    return cut_message(command.run, catalogue, public=command.public)


def clicked(text: str, catalogue: Catalogue) -> Message:
    """The cuts of an earlier answer, for who clicked; ``text`` comes back from its button."""
    return cut_message(parse(text, catalogue).run, catalogue)
