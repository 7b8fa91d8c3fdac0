"""Figures as people read them: a scaled unit and as many digits as the data can bear."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from estimator.units import HOURS_PER_DAY

SIGNIFICANT: Final = 3
"""Digits that an estimate is shown with: factors are rarely known to better than 1 %."""

_ENERGY: Final = ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh"), (1e-3, "Wh"))
_MASS: Final = ((1e9, "Mt"), (1e6, "kt"), (1e3, "t"), (1.0, "kg"), (1e-3, "g"))


@lru_cache(maxsize=4096)  # an answer says most figures twice: in its blocks and in its text
def number(value: float, digits: int | None = SIGNIFICANT) -> str:
    """A number with thousands separators and ``digits`` significant digits (``None``: all)."""
    if value == 0:
        return "0"
    if digits is None:
        return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:,.0f}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(decimals, 0)}f}"


def energy(kwh: float) -> str:
    """Energy with the unit that suits its size: ``15.1 MWh``."""
    return _scaled(kwh, _ENERGY)


def mass(kgco2e: float) -> str:
    """Emissions with the unit that suits their size: ``6.20 t``. The unit is of CO2e."""
    return _scaled(kgco2e, _MASS)


def duration(hours: float) -> str:
    """A duration in hours, with the days it makes where it is longer than one."""
    text = f"{number(hours, None)} h"
    return f"{text} ({number(hours / HOURS_PER_DAY)} days)" if hours > HOURS_PER_DAY else text


def energy_range(kwh: float, low: float, high: float) -> str:
    """An energy with its interval in the same unit: ``15.1 MWh (likely 12–19)``."""
    return _ranged(kwh, low, high, _ENERGY, "")


def mass_range(kgco2e: float, low: float, high: float) -> str:
    """Emissions with their interval in the same unit: ``6.20 t CO2e (likely 4.1–8.0)``."""
    return _ranged(kgco2e, low, high, _MASS, " CO2e")


def _ranged(
    value: float, low: float, high: float, units: tuple[tuple[float, str], ...], of: str
) -> str:
    text = _scaled(value, units)
    if low == high or value == 0:
        return f"{text}{of}"
    unit = text.rsplit(" ", 1)[1]
    size = next(size for size, name in units if name == unit)
    # Two digits are what an interval is worth, unless they would leave the value outside of it.
    shown = float(f"{value / size:.{SIGNIFICANT - 1}e}")
    digits = 2 if _round(low / size, 2) <= shown <= _round(high / size, 2) else SIGNIFICANT
    return f"{text}{of} (likely {number(low / size, digits)}–{number(high / size, digits)})"


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


@lru_cache(maxsize=4096)
def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    if value == 0:
        return f"0 {next(unit for size, unit in units if size == 1.0)}"
    # Rounding first keeps 999.6 kWh from being shown as "1,000 kWh".
    rounded = float(f"{value:.{SIGNIFICANT - 1}e}")
    for size, unit in units:
        if rounded >= size:
            return f"{number(value / size)} {unit}"
    size, unit = units[-1]
    return f"{number(value / size)} {unit}"
