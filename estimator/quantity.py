"""A figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure: the central value and the 90 % interval that holds it, all in one unit.

    The unit is in the name of the field that holds the quantity (``energy_kwh``). Where the
    uncertainty is not known, ``low`` and ``high`` equal ``value``.

    Raises:
        ValueError: the value lies outside of its interval.
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            msg = f"low ≤ value ≤ high does not hold: {self.low}, {self.value}, {self.high}"
            raise ValueError(msg)

    @classmethod
    def exact(cls, value: float) -> Self:
        """A quantity without a stated uncertainty."""
        return cls(value, value, value)
