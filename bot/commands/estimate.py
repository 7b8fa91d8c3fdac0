"""``/carbon <run>``: estimate a training run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.asker import Asker
from bot.blocks.error import refusal_message
from bot.blocks.estimate import estimate_message, sources_message
from bot.blocks.exports import like_message, paragraph_message
from bot.blocks.live import OFF
from bot.blocks.picture import Picture, range_picture
from bot.blocks.working import working_message
from bot.commands.found import find_run
from bot.commands.halves import not_computable
from bot.commands.reading import Reading, read
from bot.language import LanguageError, to_text
from bot.live.figures import NoFigure
from bot.message import Message
from bot.request import Step
from estimator import Estimate, EstimatorError, TrainingRun, estimate
from estimator.distribution import distribution
from estimator.overrides import mark
from estimator.record import Record, named_in_full, record_json

_SHORT: Final = 300
"""Characters of a command in which a run is looked for where it is not understood as a whole."""
_FEW: Final = 30
"""Parts of it that are read then."""


def ask(command: str, asker: Asker, *, live_too: bool = False) -> tuple[Reading, Estimate]:
    """What a command says, and its estimate.

    Args:
        command: the command.
        asker: who asks.
        live_too: whether the grid as it is now can be asked for.

    Raises:
        LanguageError: the command cannot be understood, or its run cannot be estimated.
    """
    with Step("parse"):
        reading = read(command, asker, live_too=live_too)
    try:
        with Step("estimate"):
            result = estimate(reading.run, asker.catalogue)
    except (EstimatorError, ArithmeticError) as error:
        raise not_computable(error, to_text(reading.run)) from error
    return reading, mark(result, asker.overrides) if asker.overrides else result


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with.

    Attributes:
        message: the answer, or why there is none.
        command: the run as it was understood; empty where it was not.
        run: the run; ``None`` where there is no estimate.
        result: its estimate.
    """

    message: Message
    command: str = ""
    run: TrainingRun | None = None
    result: Estimate | None = None


def estimated(command: str, asker: Asker) -> Answer:
    """The estimate, or why there is none."""
    try:
        reading, result = ask(command, asker, live_too=True)
    except LanguageError as error:
        if error.correction is None and len(command) <= _SHORT:
            error.correction = find_run(command, asker, _FEW)
        return Answer(refusal_message(error, asker.say))
    if reading.live and asker.live is None:
        asker = replace(asker, live=NoFigure(OFF))
    with Step("words"):
        said = to_text(reading.run, catalogue=asker.catalogue)
        message = estimate_message(
            reading.run,
            result,
            asker,
            public=reading.public,
            command=said,
            from_settings=reading.from_settings,
        )
    return Answer(message, said, reading.run, result)


def answer(command: str, asker: Asker) -> Message:
    """The estimate, or why there is none, as a message."""
    return estimated(command, asker).message


def shared(command: str, asker: Asker, member_id: str) -> Message:
    """The estimate of an earlier answer, for everybody; ``command`` comes back from its button."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    return estimate_message(
        reading.run, result, asker, public=True, shared_by=member_id, command=said
    )


def working(command: str, asker: Asker) -> Message:
    """Every step of an earlier answer."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    return working_message(reading.run, result, asker, command=said)


def paragraph(command: str, asker: Asker) -> Message:
    """A paragraph to paste about an earlier answer."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    return paragraph_message(result, asker, command=said)


def like(command: str, asker: Asker) -> Message:
    """What an earlier answer is like."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    return like_message(result, asker, command=said)


def picture(command: str, asker: Asker) -> Picture:
    """How sure an earlier answer is, to be drawn."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    found = distribution(reading.run, result, asker.catalogue)
    return range_picture(reading.run, result, found, asker, command=said)


def record(command: str, asker: Asker) -> str:
    """An earlier answer as JSON that anybody can run again."""
    reading, result = ask(command, asker)
    return record_json(Record(spec=named_in_full(reading.run, result), estimate=result))


def sources(command: str, asker: Asker) -> Message:
    """The sources of an earlier answer."""
    reading, result = ask(command, asker)
    said = to_text(reading.run, catalogue=asker.catalogue)
    return sources_message(reading.run, result, asker, command=said)
