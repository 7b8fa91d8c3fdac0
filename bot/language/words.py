"""The words that mean something in a command. Another language adds its words here."""

from __future__ import annotations

from typing import Final

from estimator.units import HOURS_PER_UNIT

UNITS: Final = HOURS_PER_UNIT
FOR: Final = ("for", "during")
IN: Final = ("in", "located in", "@")
AT: Final = ("at",)
UTILISATION: Final = ("utilisation", "utilization", "util", "load")
PERCENT: Final = ("percent", "per cent", "pct")
PUE: Final = ("pue",)
FACTORS: Final = ("factors", "factor set", "--factors")
USING: Final = ("using", "with")
PUBLIC: Final = ("public", "--public", "in public")
ONE: Final = ("an", "a", "one")
AND: Final = ("and", "plus", "&")
HALF: Final = {
    "half an hour": 0.5,
    "half a day": 12.0,
    "half day": 12.0,
    "half a week": 84.0,
    "half a month": 360.0,
    "half a year": 4380.0,
}
"""Hours of the spoken halves."""
SUFFIXES: Final = {"k": 1_000, "m": 1_000_000}
"""What a letter glued to a quantity multiplies it by."""
EXAMPLE: Final = "64 H100 for 2 weeks in eu-west-1"
