"""Units of time that people type, and the hours in them.

A month is taken as 30 days and a year as 365: plans are made in round figures, and the answer
always repeats the duration it used. ``m`` is left out on purpose, because it means minutes to some
people and months to others.
"""

from __future__ import annotations

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
