"""Collects what an estimate is made of: factors behind each figure, assumptions, and terms.

A term is a part of a figure (so many kWh, so many kgCO2e) that is proportional to a factor.
Terms of one factor are added up first, because they are right or wrong together; terms of different
factors are independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from estimator.quantity import Quantity
from estimator.result import Assumption, Cause
from estimator.source import Factor
from estimator.uncertainty import (
    EXACT,
    Cumulants,
    Moments,
    interval,
)

ENERGY: Final = ("energy_kwh", "operational_kgco2e", "total_kgco2e")
OPERATIONAL: Final = ("operational_kgco2e", "total_kgco2e")
EMBODIED: Final = ("embodied_full_kgco2e", "embodied_kgco2e", "total_kgco2e")
AMORTISED: Final = ("embodied_kgco2e", "total_kgco2e")


class Variance(NamedTuple):
    """A variance, and the factor that gives most of it."""

    total: float
    widest: str
    """Id of that factor; empty where nothing varies."""
    most: float
    """That factor's part."""

    def plus(self, other: Variance) -> Variance:
        """The variance of a sum with independent parts."""
        first = self if self.most >= other.most else other
        return Variance(self.total + other.total, first.widest, first.most)

    def scaled(self, factor: float) -> Variance:
        """The variance of a multiple."""
        return Variance(self.total * factor**2, self.widest, self.most * factor**2)

    def cause(self) -> Cause | None:
        """The factor with the largest part; ``None`` where nothing varies."""
        return Cause(self.widest, self.most / self.total) if self.total > 0 else None


def variance_of(factor: Factor, figure: float) -> Variance:
    """The variance that a factor gives to a figure that is proportional to it, to first order."""
    part = (figure * factor.log_width) ** 2
    return Variance(part, factor.id, part)


@dataclass(slots=True)
class Terms:
    """Parts of one figure, by the factor that each hangs on, at their central values."""

    by_factor: dict[str, float] = field(default_factory=dict)
    spreads: dict[str, Moments] = field(default_factory=dict)
    widths: dict[str, float] = field(default_factory=dict)
    certain: float = 0.0

    def add(self, amount: float, *factors: Factor) -> None:
        """Add an amount that is proportional to each of the factors.

        The amount is booked under the factor that is known worst.
        """
        moments, widest, width = EXACT, None, 0.0
        for factor in factors:
            if factor.log_width:
                moments = moments.times(factor.spread)
                if factor.log_width > width:
                    widest, width = factor, factor.log_width
        if widest is None:
            self.certain += amount
            return
        key = widest.id
        before = self.by_factor.get(key)
        self.by_factor[key] = amount if before is None else before + amount
        if before is None:
            self.spreads[key] = moments
            self.widths[key] = width

    def cumulants(self) -> Cumulants:
        """Mean, variance and third central moment of the figure."""
        mean, variance, third = self.certain, 0.0, 0.0
        for key, amount in self.by_factor.items():
            # Cumulants of the relative spread, times the amount.
            one, two, three = self.spreads[key]
            square = two - one * one
            mean += amount * one
            variance += amount**2 * square
            third += amount**3 * (three - 3 * one * square - one**3)
        return Cumulants(mean, variance, third)

    def variance(self, scale: float) -> Variance:
        """The variance of a multiple of the figure, to first order, and who gives most of it."""
        total = most = 0.0
        widest = ""
        for key, amount in self.by_factor.items():
            part = (amount * scale * self.widths[key]) ** 2
            total += part
            if part > most:
                widest, most = key, part
        return Variance(total, widest, most)


@dataclass(slots=True)
class Ledger:
    """The factors behind each figure and the assumptions, in the order they are used."""

    used: dict[tuple[str, ...], dict[str, None]] = field(default_factory=dict)
    """Ids of factors, by the figures that they were used for."""
    factors: dict[str, Factor] = field(default_factory=dict)
    assumptions: list[Assumption] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)

    def use(self, factor: Factor, figures: tuple[str, ...]) -> float:
        """Note that a factor was used for some figures; returns its value."""
        self.factors[factor.id] = factor
        ids = self.used.get(figures)
        if ids is None:
            self.used[figures] = {factor.id: None}
        else:
            ids[factor.id] = None
        return factor.value

    def assume(
        self,
        code: str,
        about: str,
        text: str,
        value: float | str | None = None,
        **words: float | str,
    ) -> None:
        """Note an assumption, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.assumptions.append(Assumption(code, about, text, value, words))

    def figure_ids(self) -> dict[str, tuple[str, ...]]:
        """Ids of the factors behind each figure."""
        found: dict[str, dict[str, None]] = {}
        for figures, ids in self.used.items():
            for figure in figures:
                before = found.get(figure)
                found[figure] = ids if before is None else before | ids
        return {figure: tuple(ids) for figure, ids in found.items()}


def quantity(central: float, found: Cumulants, *factors: Factor | Inverse | None) -> Quantity:
    """A figure with its 90 % interval.

    Args:
        central: the figure at the central values.
        found: cumulants of the sum in it.
        factors: what the sum is multiplied by; ``None`` for a factor that is certain.
    """
    log_variance, scale = 0.0, 1.0
    for factor in factors:
        if factor is not None:
            log_variance += factor.log_width**2
            scale *= factor.median_ratio
    if scale != 1.0:
        found = found.scaled(scale)
    low, high = interval(found, central, math.sqrt(log_variance))
    return Quantity(central, low, high)


class Inverse(NamedTuple):
    """A factor that something is divided by, seen as one that it is multiplied by."""

    factor: Factor

    @property
    def log_width(self) -> float:
        """Width of the logarithm, the same both ways."""
        return self.factor.log_width

    @property
    def median_ratio(self) -> float:
        """Median of value / factor."""
        return 1 / self.factor.median_ratio
