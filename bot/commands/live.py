"""The grid as it is now in a command, and ``/carbon when``: what is to be looked up, and for what.

Pure: what is looked up is looked up by who answers, and comes back in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.asker import Asker
from bot.blocks.error import refusal_message
from bot.blocks.live import NO_PLACE, OFF, when_message, when_refused
from bot.commands.estimate import ask
from bot.commands.halves import after_word
from bot.commands.reading import Reading, read
from bot.i18n import text
from bot.language import LanguageError, to_text
from bot.live.figures import Figure, Forecast, NoFigure
from bot.message import Message
from estimator import Estimate, FactorSet, TrainingRun

WORD: Final = "when "
_ASKED: Final = re.compile(
    r"(?:when(?:'s| is| would be| will be)? (?:the )?(?:best|cleanest|greenest) time\b"
    r"|when (?:should|shall|can|do|could) (?:i|we)\b"
    r"|(?:what(?:'s| is) )?(?:the )?(?:best|cleanest|greenest|lowest[- ]carbon) time\b|when\b"
    r"|何时|什么时候|啥时候|几点|最佳时间|最清洁的时间)",
    re.IGNORECASE,
)
_FILLED: Final = re.compile(
    r"(?:[ ,:：，?？]+|(?:this|next|the coming) week\b|today\b|tomorrow\b|to (?:run|start|train)\b"
    r"|(?:run|start|train)\b|for(?= *\d)"
    r"|本周|这周|今天|明天|运行|开始|启动|训练|跑|最好|最清洁|最合适)+",
    re.IGNORECASE,
)


def when_rest(command: str) -> str | None:
    """The run whose best time is asked for; ``None`` where something else is."""
    asked = _ASKED.match(command.strip())
    if asked is None:
        return None
    rest = command.strip()[asked.end() :]
    filler = _FILLED.match(rest)
    return rest[filler.end() if filler else 0 :].strip(" ?？")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run whose grid is to be looked up.

    Attributes:
        reading: the command as it was understood.
        location: the place whose grid it is.
        is_asked: whether the estimate is to be made with it.
    """

    reading: Reading
    location: str
    is_asked: bool


def wanted(command: str, asker: Asker) -> Wanted | NoFigure | None:
    """What is to be looked up for an estimate.

    Returns:
        ``None`` where nothing is; ``NoFigure`` where it was asked for and is of no place.
    """
    try:
        reading = read(command, asker, live_too=True)
    except LanguageError:
        return None
    run = reading.run
    if run.live is not None or run.factors is FactorSet.ARTICLE:
        return None
    if run.location is None:
        return NoFigure(NO_PLACE) if reading.live else None
    if not reading.live and (run.year is not None or run.month is not None):
        return None  # of another time than now
    return Wanted(reading, run.location, reading.live)


def with_live(
    command: str, asker: Asker, found: Wanted, outcome: Figure | NoFigure
) -> tuple[str, Asker]:
    """The command and the asker with what was looked up: in the run, or beside it."""
    asker = replace(asker, live=outcome)
    if not found.is_asked or not isinstance(outcome, Figure):
        return command, asker
    run = found.reading.run.model_copy(
        update={"live": outcome.live, "year": None, "month": None, "like": None}
    )
    return to_text(run, public=found.reading.public), asker


@dataclass(frozen=True, slots=True)
class Asked:
    """A run whose best time is asked for."""

    run: TrainingRun
    result: Estimate
    public: bool


def when_asked(rest: str, asker: Asker) -> Asked | Message:
    """What is asked, or why it cannot be."""
    if not rest:
        why = text("name the run, as in `/carbon when 64 H100 for 6 hours in UK`")
        return when_refused("…", why, asker.say)
    try:
        reading, result = ask(rest, asker, live_too=True)
    except LanguageError as error:
        return refusal_message(after_word(error, WORD, rest), asker.say)
    run = reading.run.model_copy(update={"live": None})
    if run.factors is FactorSet.ARTICLE:
        why = text("the article's factors know neither place nor time")
        return when_refused(to_text(run), why, asker.say)
    if run.location is None:
        return when_refused(to_text(run), NO_PLACE, asker.say)
    return Asked(run, result, reading.public)


def when_answer(
    asked: Asked, outcome: Forecast | NoFigure, moment: datetime, asker: Asker
) -> Message:
    """The best time to run, or why none can be proposed."""
    if isinstance(outcome, NoFigure):
        return when_refused(to_text(asked.run), outcome.why, asker.say)
    return when_message(asked.run, asked.result, outcome, moment, asker, public=asked.public)


def when_off(asked: Asked, asker: Asker) -> Message:
    """That nothing is live here."""
    return when_refused(to_text(asked.run), OFF, asker.say)
