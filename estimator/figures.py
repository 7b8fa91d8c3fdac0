"""Figures as people read them: a scaled unit and as many digits as the data can bear."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from estimator.units import HOURS_PER_DAY

SIGNIFICANT: Final = 3
"""Digits that an estimate is shown with: factors are rarely known to better than 1 %."""

_Units = tuple[tuple[float, str], ...]
"""Units with their sizes, the largest first."""

_ENERGY: Final[_Units] = ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh"), (1e-3, "Wh"))
_MASS: Final[_Units] = ((1e9, "Mt"), (1e6, "kt"), (1e3, "t"), (1.0, "kg"), (1e-3, "g"))


_DIGITS: Final = tuple(f".{max(digits - 1, 0)}e" for digits in range(17))
"""What rounds to so many significant digits."""
_SMALL: Final = tuple(f"#.{digits}g" for digits in range(17))
"""What shows so many significant digits, and a power of ten where the number has more of them."""
_DECIMALS: Final = tuple(f",.{decimals}f" for decimals in range(17))
"""What shows so many decimals."""


def number(value: float, digits: int | None = SIGNIFICANT) -> str:
    """A number with thousands separators and ``digits`` significant digits (``None``: all)."""
    if value == 0:
        return "0"
    if digits is None:
        return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:,.0f}"
    if 1e-3 <= value < 999:  # as nearly always, once it has its unit
        small = format(value, _SMALL[digits])
        if "e" not in small:
            return small.rstrip(".")
    rounded = format(value, _DIGITS[digits])  # 1.51e+04
    decimals = digits - 1 - int(rounded.partition("e")[2])
    if decimals < len(_DECIMALS):
        return format(float(rounded), _DECIMALS[max(decimals, 0)])
    return f"{float(rounded):,.{decimals}f}"


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


@lru_cache(maxsize=1024)
def _ranged(value: float, low: float, high: float, units: _Units, of: str) -> str:
    size, unit = _unit_for(value, units)
    text = f"{number(value / size)} {unit}{of}"
    if low == high or value == 0:
        return text
    # Two digits are what an interval is worth, unless they would leave the value outside of it.
    least, shown, most = low / size, _round(value / size, SIGNIFICANT), high / size
    digits = 2 if _round(least, 2) <= shown <= _round(most, 2) else SIGNIFICANT
    return f"{text} (likely {number(least, digits)}–{number(most, digits)})"


# An answer says most figures twice: in its blocks and in its text.
@lru_cache(maxsize=1024)
def _scaled(value: float, units: _Units) -> str:
    size, unit = _unit_for(value, units)
    return f"{number(value / size)} {unit}"


def _unit_for(value: float, units: _Units) -> tuple[float, str]:
    """The unit that a figure is shown in, after its size."""
    if not value:
        value = 1.0  # nothing has no size
    for unit in units:
        # Rounding keeps 999.6 kWh from being shown as "1,000 kWh".
        least = unit[0]
        if value >= least or (value > 0.99 * least and _round(value, SIGNIFICANT) >= least):
            return unit
    return units[-1]


def _round(value: float, digits: int) -> float:
    return float(format(value, _DIGITS[digits]))
