"""Collects what an estimate is made of: factors behind each figure, assumptions, and terms.

A term is a part of a figure (so many kWh, so many kgCO2e) that is proportional to a factor.
Terms of one factor are added up first, because they are right or wrong together; terms of different
factors are independent.
"""

from __future__ import annotations

from typing import Final

from estimator.quantity import Quantity
from estimator.result import Assumption, Cause
from estimator.source import Factor, Inverse
from estimator.uncertainty import EXACT, Cumulants, Moments, Points, interval

ENERGY: Final = ("energy_kwh", "operational_kgco2e", "total_kgco2e")
OPERATIONAL: Final = ("operational_kgco2e", "total_kgco2e")
EMBODIED: Final = ("embodied_full_kgco2e", "embodied_kgco2e", "total_kgco2e")
AMORTISED: Final = ("embodied_kgco2e", "total_kgco2e")


Part = tuple[float, str]
"""A part of a figure's variance, to first order, and the id of the factor that it is due to."""


def part_of(factor: Factor, figure: float) -> Part:
    """The variance that a factor gives to a figure that is proportional to it."""
    deviation = figure * factor.log_width
    return deviation * deviation, factor.id


def multiple(parts: list[Part], factor: float) -> list[Part]:
    """The variance of a multiple of a figure."""
    square = factor * factor
    return [(part * square, key) for part, key in parts]


def cause(parts: list[Part]) -> Cause | None:
    """The factor with the largest part; ``None`` where nothing varies."""
    total = most = 0.0
    widest = ""
    for part, key in parts:
        total += part
        if part > most:
            most, widest = part, key
    return Cause(widest, most / total) if total > 0 else None


class Terms:
    """Parts of one figure, by the factor that each hangs on, at their central values."""

    __slots__ = ("by_factor", "certain")

    def __init__(self) -> None:
        self.by_factor: dict[str, tuple[float, Moments, float]] = {}
        """The amount, the spread that it has, and the width of the factor's logarithm."""
        self.certain = 0.0

    def add(self, amount: float, *factors: Factor) -> None:
        """Add an amount that is proportional to each of the factors.

        The amount is booked under the factor that is known worst.
        """
        moments, widest, width = EXACT, None, 0.0
        for factor in factors:
            own = factor.log_width
            if own:
                moments = factor.spread if widest is None else moments.times(factor.spread)
                if own > width:
                    widest, width = factor, own
        if widest is None:
            self.certain += amount
            return
        key = widest.id
        if key in self.by_factor:
            before, moments, width = self.by_factor[key]
            amount += before
        self.by_factor[key] = amount, moments, width

    def cumulants(self) -> Cumulants:
        """Mean, variance and third central moment of the figure."""
        mean, variance, third = self.certain, 0.0, 0.0
        for amount, (one, two, three), _ in self.by_factor.values():
            # Cumulants of the relative spread, times the amount.
            square = two - one * one
            mean += amount * one
            variance += amount**2 * square
            third += amount**3 * (three - 3 * one * square - one**3)
        return Cumulants(mean, variance, third)

    def parts(self) -> list[Part]:
        """The variance of the figure, to first order."""
        return [((amount * width) ** 2, key) for key, (amount, _, width) in self.by_factor.items()]


class Ledger:
    """The factors behind each figure and the assumptions, in the order they are used."""

    __slots__ = ("assumptions", "factors", "noted", "used")

    def __init__(self) -> None:
        self.used: dict[tuple[str, ...], dict[str, None]] = {}
        """Ids of factors, by the figures that they were used for."""
        self.factors: dict[str, Factor] = {}
        self.assumptions: list[Assumption] = []
        self.noted: set[str] = set()

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
            self.note(Assumption(code, about, text, value, words))

    def note(self, assumption: Assumption) -> None:
        """Note an assumption, once."""
        if assumption.text not in self.noted:
            self.noted.add(assumption.text)
            self.assumptions.append(assumption)

    def figure_ids(self) -> dict[str, tuple[str, ...]]:
        """Ids of the factors behind each figure."""
        found: dict[str, dict[str, None]] = {}
        for figures, ids in self.used.items():
            for figure in figures:
                before = found.get(figure)
                found[figure] = ids if before is None else before | ids
        return {figure: tuple(ids) for figure, ids in found.items()}


def quantity(
    central: float, found: Points, scale: float = 1.0, *factors: Factor | Inverse | None
) -> Quantity:
    """A figure with its 90 % interval.

    Args:
        central: the figure at the central values.
        found: points of the sum in it.
        scale: what the sum is multiplied by for certain, at the factors' central values.
        factors: those that it is multiplied by; ``None`` for one that is certain.
    """
    log_variance = 0.0
    for factor in factors:
        if factor is not None:
            width = factor.log_width
            log_variance += width * width
            scale *= factor.median_ratio
    low, high = interval(found, central, scale, log_variance)
    return Quantity(central, low, high)
