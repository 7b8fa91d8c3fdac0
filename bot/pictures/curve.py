"""What a picture of a range shows: plain data, without words, so that it fits every language."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final, Self

from estimator import figures
from estimator.distribution import Distribution

_KILOGRAMS: Final = {"Mt": 1e9, "kt": 1e6, "t": 1e3, "kg": 1.0, "g": 1e-3}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the axis and the number that stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """How likely each total is, in the unit of the axis.

    Attributes:
        totals: the axis.
        likely: how likely each of them is, in parts of the likeliest (0-1).
        low: the beginning of the 90 % interval.
        total: the estimate.
        high: the end of the interval.
        unit: of the axis, such as ``t CO2e``.
    """

    totals: tuple[float, ...]
    likely: tuple[float, ...]
    low: Mark
    total: Mark
    high: Mark
    unit: str

    @classmethod
    def of(cls, found: Distribution) -> Self:
        """The curve of a distribution, in the unit that an answer shows its total in."""
        total = found.total_kgco2e
        shown, _, unit = figures.mass(total.value).rpartition(" ")
        size = _KILOGRAMS[unit]
        low, high = total.low / size, total.high / size
        labels = ("", "")
        for digits in (2, figures.SIGNIFICANT):
            labels = figures.number(low, digits), figures.number(high, digits)
            if labels[0] != labels[1]:
                break
        return cls(
            tuple(kg / size for kg, _ in found.curve),
            tuple(share for _, share in found.curve),
            Mark(low, labels[0]),
            Mark(total.value / size, shown),
            Mark(high, labels[1]),
            f"{unit} CO2e",
        )

    def to_json(self) -> str:
        """One line, for the process that draws."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """The curve that ``to_json`` wrote."""
        found = json.loads(line)
        marks = {name: Mark(**found[name]) for name in ("low", "total", "high")}
        return cls(tuple(found["totals"]), tuple(found["likely"]), **marks, unit=found["unit"])
