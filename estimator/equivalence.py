"""What an estimate amounts to in everyday terms: kilometres in a car, homes, flights.

Pure: ``estimator.runfiles`` reads the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from estimator.source import STRICT, Factor

EquivalenceUnit = Literal["kgCO2e", "kWh"]

AT_MOST: Final = 2
"""How many comparisons one answer carries; more of them is noise."""

_LEAST, _MOST = 0.5, 5000.0
"""Counts outside of this say nothing to a reader."""
_EASY_FROM, _EASY_TO = 1.0, 500.0
"""Counts inside of this can be pictured."""


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """A thing that people know, and what one of it emits or uses."""

    __pydantic_config__ = STRICT

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    subject: Annotated[str, Field(pattern=r"^[a-z]+$")]
    """What it is about; an answer carries no two of the same subject."""
    one: Annotated[str, Field(min_length=3)]
    """Words that follow a count of one."""
    many: Annotated[str, Field(min_length=3)]
    """Words that follow any other count."""
    unit: EquivalenceUnit
    factor: Factor
    """Emissions [kgCO2e] or electricity [kWh] of one."""

    def __post_init__(self) -> None:
        if self.factor.value <= 0:
            msg = "one of it has to emit or use something"
            raise ValueError(msg)
        if self.factor.unit != self.unit:
            msg = f"the factor is in {self.factor.unit}, not in {self.unit}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Comparison:
    """So many of a thing that people know."""

    count: float
    equivalence: Equivalence

    @property
    def name(self) -> str:
        """The words that follow the count."""
        reads_as_one = math.isclose(self.count, 1.0, rel_tol=0.0, abs_tol=0.05)
        return self.equivalence.one if reads_as_one else self.equivalence.many

    @property
    def factor(self) -> Factor:
        """What the count was made with, to be cited."""
        return self.equivalence.factor


def equivalences(
    total_kgco2e: float, energy_kwh: float, known: Iterable[Equivalence]
) -> tuple[Comparison, ...]:
    """The one or two comparisons that read best, best first; none where every count is silly.

    Counts from 1 to 500 go first, in the order in which ``known`` lists them; then those nearest
    to that. Amounts of zero, as of a grid without emissions, are compared with nothing.
    """
    amounts: dict[EquivalenceUnit, float] = {"kgCO2e": total_kgco2e, "kWh": energy_kwh}
    candidates = [
        Comparison(count=count, equivalence=equivalence)
        for equivalence in known
        if _LEAST <= (count := amounts[equivalence.unit] / equivalence.factor.value) <= _MOST
    ]
    chosen: list[Comparison] = []
    for comparison in sorted(candidates, key=lambda found: _strain(found.count)):
        if comparison.equivalence.subject not in {c.equivalence.subject for c in chosen}:
            chosen.append(comparison)
    return tuple(chosen[:AT_MOST])


def _strain(count: float) -> float:
    """How far a count is from those that can be pictured, in powers of e."""
    return max(0.0, math.log(_EASY_FROM / count), math.log(count / _EASY_TO))
