"""A figure with its interval."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Quantity(BaseModel):
    """A figure: the central value and the interval that holds it, all in one unit.

    The unit is in the name of the field that holds the quantity (``energy_kwh``). Where the
    uncertainty is not known, ``low`` and ``high`` equal ``value``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Self:
        """A quantity without a stated uncertainty."""
        return cls(value=value, low=value, high=value)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            msg = f"low ≤ value ≤ high does not hold: {self.low}, {self.value}, {self.high}"
            raise ValueError(msg)
        return self
