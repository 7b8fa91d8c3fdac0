"""Numbers and units that people type: durations, counts, energies, amounts of data, shares.

A month is taken as 30 days and a year as 365: plans are made in round figures, and the answer
always repeats the duration it used. ``m`` is left out on purpose, because it means minutes to some
people and months to others.
"""

from __future__ import annotations

import math
import re
from typing import Final

from estimator.errors import InvalidValue, shorten

HOURS_PER_DAY: Final = 24.0
HOURS_PER_YEAR: Final = 365.0 * HOURS_PER_DAY
WATTS_PER_KILOWATT: Final = 1000.0
GRAMS_PER_KILOGRAM: Final = 1000.0
KILOGRAMS_PER_TONNE: Final = 1000.0
MM2_PER_CM2: Final = 100.0

HOURS_PER_UNIT: Final[dict[str, float]] = {
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 1 / 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1.0),
    **dict.fromkeys(("d", "day", "days"), HOURS_PER_DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * HOURS_PER_DAY),
    **dict.fromkeys(("mo", "month", "months"), 30 * HOURS_PER_DAY),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), HOURS_PER_YEAR),
}

_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<unit>[a-zA-Z]+)\s*")


def parse_duration_h(text: str) -> float:
    """Hours in a duration such as ``36h``, ``2w``, ``1.5 days`` or ``1d 12h``.

    Raises:
        InvalidValue: the text is not a duration, or its unit is not known.
    """
    total_h, position = 0.0, 0
    while position < len(text):
        match = _DURATION.match(text, position)
        unit = match["unit"].lower() if match else ""
        if match is None or unit not in HOURS_PER_UNIT:
            raise InvalidValue(
                "duration",
                f"{shorten(text)!r} is not a number with a unit (min, h, d, w, month, year)",
                "36h",
            )
        total_h += float(match["number"]) * HOURS_PER_UNIT[unit]
        position = match.end()
    if not text.strip():
        raise InvalidValue("duration", "nothing was given", "36h")
    return total_h


_PLAIN = r"\d{1,3}(?:[,_]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_AMOUNT = re.compile(rf"\s*(?P<number>{_PLAIN})\s*(?P<unit>[A-Za-z%]*)\s*")
_LONGEST: Final = 60
"""Characters of a number with its unit; nobody types more."""

_SCALES: Final[dict[str, float]] = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "g", "billion"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion"), 1e12),
}
_KWH: Final[dict[str, float]] = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "gwh": 1e6, "twh": 1e9}
_POWERS: Final = frozenset({"w", "kw", "mw", "gw", "tw"})
_TB: Final[dict[str, float]] = {
    "mb": 1e-6,
    "gb": 1e-3,
    "tb": 1.0,
    "pb": 1e3,
    "eb": 1e6,
    "gib": 2**30 / 1e12,
    "tib": 2**40 / 1e12,
    "pib": 2**50 / 1e12,
}


def parse_count(text: str, field: str = "count", example: str = "70B") -> float:
    """A count such as ``70B``, ``1.7M``, ``15 trillion``, ``1,700,000`` or ``1.5e12``.

    Raises:
        InvalidValue: the text is not a number, or its suffix is not known.
    """
    number, unit = _amount(text, field, example)
    if unit.lower() not in _SCALES:
        raise InvalidValue(
            field, f"{shorten(unit)!r} in {shorten(text)!r} is none of k, M, B, T", example
        )
    return number * _SCALES[unit.lower()]


def parse_energy_kwh(text: str, field: str = "energy", example: str = "433 MWh") -> float:
    """Kilowatt-hours in an energy such as ``433 MWh``.

    Raises:
        InvalidValue: the text is not an energy; a power is refused with the energy it may mean.
    """
    number, unit = _amount(text, field, example)
    typed = shorten(text.strip())
    if unit == "mWh":
        meant = re.sub("mWh", "MWh", typed)
        raise InvalidValue(field, f"{typed} are milliwatt-hours: {meant}?", example)
    if unit.lower() in _POWERS:
        raise InvalidValue(field, f"{typed} is a power; energy is in kWh: {typed}h?", example)
    if not unit:
        raise InvalidValue(field, f"{typed} has no unit (kWh, MWh or GWh)", example)
    if unit.lower() not in _KWH:
        raise InvalidValue(
            field, f"{shorten(unit)!r} is no unit of energy (kWh, MWh, GWh)", example
        )
    return number * _KWH[unit.lower()]


def parse_data_tb(text: str, field: str = "storage", example: str = "100 TB") -> float:
    """Terabytes (10¹² bytes) in an amount of data such as ``100TB`` or ``1.5 PB``.

    Raises:
        InvalidValue: the text is not an amount of data.
    """
    number, unit = _amount(text, field, example)
    if not unit:
        raise InvalidValue(field, f"{shorten(text.strip())} has no unit (GB, TB or PB)", example)
    if unit.lower() not in _TB:
        raise InvalidValue(field, f"{shorten(unit)!r} is no unit of data (GB, TB, PB)", example)
    return number * _TB[unit.lower()]


def parse_share(text: str, field: str = "share", example: str = "60%", most: float = 1.0) -> float:
    """A share such as ``0.6`` or ``60%``.

    Args:
        text: what was typed.
        field: the field that it is for.
        example: what would be accepted.
        most: the largest plain number; above it only a percentage is clear.

    Raises:
        InvalidValue: the text is not a share.
    """
    number, unit = _amount(text, field, example)
    if unit == "%":
        return number / 100
    if unit:
        raise InvalidValue(field, f"{shorten(text)!r} is not a share", example)
    if number > most:
        raise InvalidValue(
            field,
            f"{number:g} would be {number:g} times the whole: {number:g}%?",
            example,
        )
    return number


def parse_number(text: str, field: str, example: str) -> float:
    """A plain number such as ``1.1``.

    Raises:
        InvalidValue: the text is anything else.
    """
    number, unit = _amount(text, field, example)
    if unit:
        raise InvalidValue(field, f"{shorten(text)!r} is not a number", example)
    return number


def _amount(text: str, field: str, example: str) -> tuple[float, str]:
    """The number at the head of a text, and the unit after it."""
    if not text.strip():
        raise InvalidValue(field, "nothing was given", example)
    found = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        if re.match(r"\s*\d+,\d+", text):
            why = f"{shorten(text)!r} has a comma that separates no thousands; use a point"
        elif re.match(r"\s*[-−]\s*[\d.]", text):
            why = f"{shorten(text)!r} is below zero"
        else:
            why = f"{shorten(text)!r} is not a number"
        raise InvalidValue(field, why, example)
    number = float(re.sub(r"[,_]", "", found["number"]))
    if not math.isfinite(number):
        raise InvalidValue(field, f"{shorten(text)!r} is too large", example)
    return number, found["unit"]


MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def month_name(month: int) -> str:
    """The English name of a month, 1 to 12."""
    return MONTHS[month - 1]
