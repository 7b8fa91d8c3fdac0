"""Numbers as people type them, read exactly."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from lark import Token

from bot.i18n import Text, text
from bot.language import words
from bot.language.grammar import NUMBER, any_of
from bot.language.mistakes import Mistake, span_of
from estimator import spec
from estimator.errors import shorten
from estimator.figures import number as readable

_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
_PLAIN: Final = re.compile(r"(?:\d+|\d*\.\d+)(?:e[+\-]?\d{1,3})?", re.IGNORECASE)
_LEADING: Final = re.compile(rf"\+? *(?:\( *)?(?:at +)?({NUMBER})", re.IGNORECASE)
_SCALED: Final = re.compile(
    rf"(?:\( *)?(?P<number>{NUMBER})(?: *(?P<scale>{any_of(words.SCALES)}|[kmbt])(?![a-z]))?",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r" *([^\W\d_]+)")


def decimal(typed: str, token: Token) -> Decimal:
    """A number in which commas separate thousands and a point decimals."""
    if _THOUSANDS.fullmatch(typed):
        return Decimal(typed.replace(",", ""))
    if re.fullmatch(r"[1-9]\d{0,2}\.000", typed):
        small, whole = typed.split(".", maxsplit=1)[0], typed.replace(".", "")
        raise Mistake(
            "ambiguous_number",
            text(
                "“{typed}” could be {small} or {whole}: leave the point out.",
                typed=typed,
                small=small,
                whole=whole,
            ),
            span_of(token),
            (str(token).replace(typed, whole), str(token).replace(typed, small)),
        )
    if len(typed) > 24 or not _PLAIN.fullmatch(typed):
        digits = re.sub(r"\D", "", typed)[:6].lstrip("0") or "1"
        first = re.split(r"[.,]", typed)[0][:6] or "1"
        raise Mistake(
            "not_a_number",
            text("“{typed}” is not a number: write 1,000 or 1.5.", typed=shorten(typed, 20)),
            span_of(token),
            (str(token).replace(typed, digits), str(token).replace(typed, first), "1"),
        )
    return Decimal(typed)


def _matched(pattern: re.Pattern[str], token: Token) -> re.Match[str]:
    match = pattern.match(str(token))
    if match is None:  # no terminal with a number has another shape
        raise Mistake(
            "not_a_number",
            text("“{typed}” holds no number.", typed=str(token)),
            span_of(token),
            ("",),
        )
    return match


def leading(token: Token) -> tuple[Decimal, str]:
    """The number that a token begins with, and the word after it in lower case."""
    match = _matched(_LEADING, token)
    word = _WORD.match(str(token), match.end())
    return decimal(match[1], token), word[1].lower() if word else ""


def scaled(token: Token) -> float:
    """A count with its letter or word: ``70B``, ``1.7 million``."""
    match = _matched(_SCALED, token)
    scale = (match["scale"] or "").lower()
    factor = words.SCALES.get(scale) or words.SUFFIXES.get(scale, 1)
    return float(decimal(match["number"], token) * factor)


def share(token: Token, what: Text) -> float:
    """A percentage, or a plain number up to 1, as a share."""
    number, _ = leading(token)
    if token.type != "NUMBER":
        return float(number / 100)
    if not re.fullmatch(NUMBER, str(token), re.IGNORECASE):
        decimal(str(token), token)
    if number > 1:
        raise Mistake(
            "ambiguous_share",
            text(
                "{what} of {typed}: write a percentage or a share up to 1.",
                what=what,
                typed=shorten(str(token)),
            ),
            span_of(token),
            (f"{token}%", "60%"),
        )
    return float(number)


def plain(token: Token) -> float:
    """A number without a letter or a unit."""
    return float(decimal(str(token), token))


def quantity(token: Token) -> int:
    """How many of a device: a whole number."""
    if token.type == "ONE":
        return 1
    if token.isdecimal() and len(token) < len(str(spec.MAX_QUANTITY)) and (whole := int(token)):
        return whole  # as nearly always
    typed = re.sub(rf"(?:[xX*]|{'|'.join(words.COUNTERS)})? *$", "", str(token)).strip().lower()
    most = readable(spec.MAX_QUANTITY, None)
    too_many = Mistake(
        "too_many",
        text(
            "“{typed}” is too many: at most {most} of a device.",
            typed=shorten(typed, 20),
            most=most,
        ),
        span_of(token),
        (str(spec.MAX_QUANTITY),),
    )
    if len(re.split(r"[a-z ]", typed)[0]) > 20:
        raise too_many
    number = scaled(Token(token.type, typed, token.start_pos, end_pos=token.end_pos))
    if number > spec.MAX_QUANTITY:
        raise too_many
    if number != int(number):
        raise Mistake(
            "fraction",
            text("“{typed}” devices: a quantity is a whole number.", typed=typed),
            span_of(token),
            (str(max(1, round(number))),),
        )
    if number < 1:
        raise Mistake(
            "zero",
            text("“{typed}” devices: at least one is needed.", typed=typed),
            span_of(token),
            ("1",),
        )
    return int(number)
