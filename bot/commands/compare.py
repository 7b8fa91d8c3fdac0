"""``/carbon compare A vs B``: which of two runs emits less, and whether the figures can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bot.asker import Asker
from bot.blocks.compare import compare_message
from bot.blocks.error import refusal_message
from bot.commands.halves import not_computable, within
from bot.commands.reading import Reading, understood, with_settings
from bot.commands.unsaid import Side, completed
from bot.i18n import text
from bot.i18n.estimates import FIELDS
from bot.language import LanguageError, parse, to_text
from bot.language.normalise import MAX_LENGTH, normalise
from bot.language.parser import Command
from bot.message import Message
from estimator import Catalogue, EstimatorError, FactorSet

WORD: Final = "compare "
BETWEEN: Final = " vs "
EXAMPLE: Final = "compare 64 H100 for 2 weeks in Ireland vs 64 H100 for 2 weeks in Sweden"
_SPLIT: Final = re.compile(r"(?:^|\s+)(?:vs\.?|versus)(?:\s+|$)|\s*对比\s*", re.IGNORECASE)


def has_two(command: str) -> bool:
    """Whether a command names two runs, also where it does not say what to do with them."""
    return len(command) <= MAX_LENGTH and len(list(filter(None, _SPLIT.split(command)))) == 2


def answer(command: str, asker: Asker, *, shared_by: str | None = None) -> Message:
    """Both estimates and their difference, or which half is wrong.

    Args:
        command: two runs with ``vs`` between them.
        asker: who asks.
        shared_by: id of the member who shows it to the channel.
    """
    catalogue, say = asker.catalogue, asker.say
    halves = [normalise(half) for half in _SPLIT.split(command)]
    if len(halves) != 2 or not all(halves):
        return refusal_message(_not_two(halves), say)
    said: list[Command] = []
    for position, half in enumerate(halves):
        try:
            said.append(understood(half, asker))
        except LanguageError as error:
            return refusal_message(_in_half(error, halves, position, catalogue), say)
    sides = completed(said[0].run, said[1].run)
    # Settings hold where neither of the two says anything.
    a, b = (
        with_settings(replace(command, run=side.run), asker)
        for command, side in zip(said, sides, strict=True)
    )
    if a.run.factors is not b.run.factors:
        return refusal_message(_different_sets(halves, a, b), say)
    try:
        public = a.public or b.public or shared_by is not None
        notes = _notes(sides, asker)
        return compare_message(a.run, b.run, asker, public=public, shared_by=shared_by, notes=notes)
    except (EstimatorError, ArithmeticError) as error:
        both = f"{WORD}{to_text(a.run)}{BETWEEN}{to_text(b.run)}"
        return refusal_message(not_computable(error, both), say)


def _notes(sides: tuple[Side, Side], asker: Asker) -> list[str]:
    """What was taken from the other run, and in what the runs differ by what only one says."""
    say, found = asker.say, list[str]()

    def named(fields: Iterable[str]) -> str:
        return say.commas(say(FIELDS[field]) for field in fields)

    for side, which, other in zip(sides, "AB", "BA", strict=True):
        if side.taken:
            found.append(
                say(
                    "Not said of {which}, and taken from {other}: {what}.",
                    which=which,
                    other=other,
                    what=named(side.taken),
                )
            )
        if side.alone:
            found.append(
                say(
                    "Said of {which} alone: {what}. For {other} the default holds.",
                    which=which,
                    other=other,
                    what=named(side.alone),
                )
            )
    return found


def _not_two(halves: list[str]) -> LanguageError:
    whole = f"{WORD}{BETWEEN.join(halves)}".strip()
    if len(halves) > 2:
        message = text("Two runs can be compared, not {n}.", n=len(halves))
        start = len(WORD) + len(BETWEEN.join(halves[:2]))
    else:
        message = text("Two runs are needed, with “vs” between them.")
        start = len(WORD) if len(halves) == 2 and not halves[0] else len(whole) - 1
    error = LanguageError("not_two_runs", message, whole, (start, len(whole)), None)
    error.example = EXAMPLE
    return error


def _in_half(
    error: LanguageError, halves: list[str], position: int, catalogue: Catalogue
) -> LanguageError:
    """A mistake in one half, underlined in the whole; the correction mends both halves."""
    mended = list(halves)
    mended[position] = error.correction or ""
    other = 1 - position
    try:
        parse(halves[other], catalogue)
    except LanguageError as second:
        mended[other] = second.correction or ""
    joined = f"{WORD}{BETWEEN.join(mended)}"
    return within(
        error,
        before=WORD if position == 0 else f"{WORD}{halves[0]}{BETWEEN}",
        half=halves[position],
        after=f"{BETWEEN}{halves[1]}" if position == 0 else "",
        correction=joined if all(mended) and _works(mended, catalogue) else None,
        example=EXAMPLE,
    )


def _works(halves: list[str], catalogue: Catalogue) -> bool:
    """Whether two corrected halves can be compared."""
    first, second = (parse(half, catalogue).run.factors for half in halves)
    return first is second


def _different_sets(halves: list[str], a: Reading, b: Reading) -> LanguageError:
    sourced = [to_text(c.run.model_copy(update={"factors": FactorSet.SOURCED})) for c in (a, b)]
    whole = f"{WORD}{BETWEEN.join(halves)}"
    position = 0 if a.run.factors is FactorSet.ARTICLE else 1
    start = len(WORD) if position == 0 else len(whole) - len(halves[1])
    return LanguageError(
        "different_factor_sets",
        text(
            "The article's table and sourced data cannot be compared: their totals differ in kind."
        ),
        whole,
        (start, start + len(halves[position])),
        f"{WORD}{BETWEEN.join(sourced)}",
    )
