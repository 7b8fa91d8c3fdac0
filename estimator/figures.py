"""Figures as people read them: a scaled unit and as many digits as the data can bear."""

from __future__ import annotations

import math
from typing import Final

from estimator.units import HOURS_PER_DAY

SIGNIFICANT: Final = 3
"""Digits that an estimate is shown with: factors are rarely known to better than 1 %."""

_ENERGY: Final = ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh"), (1e-3, "Wh"))
_MASS: Final = ((1e9, "Mt"), (1e6, "kt"), (1e3, "t"), (1.0, "kg"), (1e-3, "g"))


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
