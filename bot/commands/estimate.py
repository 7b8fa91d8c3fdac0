"""``/carbon <run>``: estimate a training run."""

from __future__ import annotations

from bot.blocks.error import refusal_message
from bot.blocks.estimate import estimate_message, sources_message
from bot.language import LanguageError, parse, to_text
from bot.message import Message
from estimator import Catalogue, Estimate, EstimatorError, TrainingRun, estimate


def ask(text: str, catalogue: Catalogue) -> tuple[TrainingRun, Estimate, bool]:
    """The specification in a command, its estimate, and whether it is for everybody.

    Raises:
        LanguageError: the command cannot be understood, or its run cannot be estimated.
    """
    command = parse(text, catalogue)
    try:
        return command.run, estimate(command.run, catalogue), command.public
    except (EstimatorError, ArithmeticError) as error:
        said = to_text(command.run)
        why = f"This cannot be estimated: {error}."
        raise LanguageError("cannot_estimate", why, said, (0, len(said)), None) from error


def answer(text: str, catalogue: Catalogue, today_year: int | None = None) -> Message:
    """The estimate, or why there is none."""
    try:
        run, result, public = ask(text, catalogue)
    except LanguageError as error:
        return refusal_message(error)
    command = to_text(run, catalogue=catalogue)
    return estimate_message(run, result, public=public, command=command, today_year=today_year)


def shared(
    text: str, catalogue: Catalogue, member_id: str, today_year: int | None = None
) -> Message:
    """The estimate of an earlier answer, for everybody; ``text`` comes back from its button."""
    run, result, _ = ask(text, catalogue)
    return estimate_message(
        run,
        result,
        public=True,
        shared_by=member_id,
        command=to_text(run, catalogue=catalogue),
        today_year=today_year,
    )


def sources(text: str, catalogue: Catalogue) -> Message:
    """The sources of an earlier answer."""
    run, result, _ = ask(text, catalogue)
    return sources_message(run, result, command=to_text(run, catalogue=catalogue))
