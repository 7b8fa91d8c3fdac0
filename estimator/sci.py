"""Software Carbon Intensity (ISO/IEC 21031): emissions per functional unit, the unit named.

SCI = (E · I + M) / R: energy times intensity, plus the share of manufacturing, per R units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from estimator.errors import InvalidValue, shorten
from estimator.quantity import Quantity
from estimator.result import Estimate
from estimator.units import parse_count

_EXAMPLE = "--per 'million tokens'"
_PER = re.compile(
    r"\s*(?:(?P<count>\d[\d.,_eE]*\s*(?:[kKmMbBtT]\b|thousand|million|billion|trillion)?"
    r"|thousand|million|billion|trillion)\s+)?(?P<name>[^\W\d][\w /-]{0,39})\s*"
)
_TOKENS = re.compile(r"tokens?", re.IGNORECASE)
_DEVICE_HOURS = re.compile(r"(?:device|gpu|tpu|chip|accelerator)[ -]?hours?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sci:
    """Emissions per functional unit."""

    kgco2e: Quantity
    """Per unit."""
    units: float
    """Functional units in the run."""
    name: str
    """What a unit is: ``million tokens``, ``device-hour``."""


def sci(estimate: Estimate, units: float, name: str) -> Sci:
    """The total emissions of an estimate per functional unit.

    Args:
        estimate: its total holds operational emissions and the share of manufacturing.
        units: how many functional units the run delivers.
        name: what one is called.

    Raises:
        InvalidValue: there are no units to divide by, or the total has no electricity in it.
    """
    if not 0 < units < float("inf"):
        raise InvalidValue("per", f"{units:g} units cannot be divided by", _EXAMPLE)
    if estimate.totals.operational_kgco2e is None:
        raise InvalidValue(
            "per", "the article's factors turn no electricity into carbon", "--factors sourced"
        )
    total = estimate.totals.total_kgco2e
    each = Quantity(total.value / units, total.low / units, total.high / units)
    return Sci(each, units, name)


def sci_per(estimate: Estimate, text: str) -> Sci:
    """The same, per ``million tokens``, ``device-hour``, or each of ``5k requests``.

    Raises:
        InvalidValue: the unit cannot be read, or the run does not say how many of them it has.
    """
    found = _PER.fullmatch(text)
    if found is None:
        raise InvalidValue("per", f"{shorten(text)!r} is not a unit", _EXAMPLE)
    name = found["name"].strip()
    words = (found["count"] or "").strip()
    count = _count(words)
    if _TOKENS.fullmatch(name):
        if estimate.workload is None:
            raise InvalidValue(
                "per", "the run's tokens were not given", "--parameters 70B --tokens 15T"
            )
        named = f"{words} tokens" if words else "token"
        return sci(estimate, estimate.workload.tokens / count, named)
    if _DEVICE_HOURS.fullmatch(name):
        hours = sum(line.device_hours or 0.0 for line in estimate.devices)
        named = f"{words} device-hours" if words else "device-hour"
        return sci(estimate, hours / count, named)
    if not words:
        raise InvalidValue("per", f"how many of {shorten(name)!r} are there", f"--per '5k {name}'")
    return sci(estimate, count, f"one of {words} {name}")


def _count(words: str) -> float:
    if not words:
        return 1.0
    return parse_count(words if words[0].isdigit() else f"1 {words}", "per", _EXAMPLE)
