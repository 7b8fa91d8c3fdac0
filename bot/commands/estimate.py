"""``/carbon <run>``: estimate a training run."""

from __future__ import annotations

from bot.blocks.error import refusal_message
from bot.blocks.estimate import estimate_message, sources_message
from bot.language import LanguageError, parse
from bot.message import Message
from estimator import Catalogue, Estimate, TrainingRun, estimate


def ask(text: str, catalogue: Catalogue) -> tuple[TrainingRun, Estimate, bool]:
    """The specification in a command, its estimate, and whether it is for everybody.

    Raises:
        LanguageError: the command cannot be understood, or its run cannot be estimated.
    """
    command = parse(text, catalogue)
    return command.run, estimate(command.run, catalogue), command.public


def answer(text: str, catalogue: Catalogue) -> Message:
    """The estimate, or why there is none."""
    try:
        run, result, public = ask(text, catalogue)
    except LanguageError as error:
        return refusal_message(error)
    return estimate_message(run, result, public=public)


def shared(text: str, catalogue: Catalogue, member_id: str) -> Message:
    """The estimate of an earlier answer, for everybody; ``text`` comes back from its button."""
    run, result, _ = ask(text, catalogue)
    return estimate_message(run, result, public=True, shared_by=member_id)


def sources(text: str, catalogue: Catalogue) -> Message:
    """The sources of an earlier answer."""
    run, result, _ = ask(text, catalogue)
    return sources_message(run, result)
