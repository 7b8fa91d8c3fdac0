"""``/carbon <run>``: estimate a training run."""

from __future__ import annotations

from bot.asker import Asker
from bot.blocks.error import refusal_message
from bot.blocks.estimate import estimate_message, sources_message
from bot.commands.halves import not_computable
from bot.language import LanguageError, parse, to_text
from bot.message import Message
from estimator import Catalogue, Estimate, EstimatorError, TrainingRun, estimate


def ask(command: str, catalogue: Catalogue) -> tuple[TrainingRun, Estimate, bool]:
    """The specification in a command, its estimate, and whether it is for everybody.

    Raises:
        LanguageError: the command cannot be understood, or its run cannot be estimated.
    """
    read = parse(command, catalogue)
    try:
        return read.run, estimate(read.run, catalogue), read.public
    except (EstimatorError, ArithmeticError) as error:
        raise not_computable(error, to_text(read.run)) from error


def answer(command: str, asker: Asker) -> Message:
    """The estimate, or why there is none."""
    try:
        run, result, public = ask(command, asker.catalogue)
    except LanguageError as error:
        return refusal_message(error, asker.say)
    said = to_text(run, catalogue=asker.catalogue)
    return estimate_message(run, result, asker, public=public, command=said)


def shared(command: str, asker: Asker, member_id: str) -> Message:
    """The estimate of an earlier answer, for everybody; ``command`` comes back from its button."""
    run, result, _ = ask(command, asker.catalogue)
    said = to_text(run, catalogue=asker.catalogue)
    return estimate_message(run, result, asker, public=True, shared_by=member_id, command=said)


def sources(command: str, asker: Asker) -> Message:
    """The sources of an earlier answer."""
    run, result, _ = ask(command, asker.catalogue)
    said = to_text(run, catalogue=asker.catalogue)
    return sources_message(run, result, asker, command=said)
