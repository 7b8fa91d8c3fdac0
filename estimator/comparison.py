"""Two runs side by side: which emits less, by how much, and whether the figures can tell.

What both runs share cancels: the same grid's intensity, the same utilisation, the same lifetime are
wrong for both alike (``sensitivity``). The difference is larger than the uncertainty where the 90 %
interval of the ratio B / A does not hold 1, so that the order is right with 95 % probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from estimator import figures
from estimator.catalogue import Catalogue
from estimator.errors import InvalidValue
from estimator.estimating import estimate
from estimator.quantity import Quantity
from estimator.result import Cause, Estimate
from estimator.sensitivity import dependence, joint
from estimator.spec import TrainingRun

Verdict = Literal["a_lower", "b_lower", "same", "cannot_tell"]

SURE: Final = 0.95
"""Probability from which the answer says that one run emits less."""
SAME: Final = 1e-9
"""Relative difference below which two totals are one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two estimates and what lies between their totals."""

    a: Estimate
    b: Estimate
    difference_kgco2e: Quantity
    """Total of B less total of A, with its 90 % interval; below zero where B emits less."""
    ratio: Quantity | None
    """Total of B over total of A; ``None`` where one of them emits nothing."""
    probability_a_lower: float
    """Probability that A emits less than B."""
    verdict: Verdict
    text: str
    """The verdict in one English sentence."""
    words: dict[str, float | str]
    """The variable parts of the sentence."""
    shared: tuple[str, ...]
    """Ids of the factors that both totals hang on, whose errors cancel in part or in full."""
    cause: Cause | None
    """The factor that leaves the ratio most uncertain."""

    @property
    def larger_than_uncertainty(self) -> bool:
        """Whether the figures can tell which run emits less."""
        return self.verdict in {"a_lower", "b_lower"}


def compare(a: TrainingRun, b: TrainingRun, catalogue: Catalogue) -> Comparison:
    """Compare two runs by their totals.

    Raises:
        UnknownName: a device or a location is not in the catalogue.
        AmbiguousName: a location fits several places.
        DeviceNotInFactorSet: the factor set ``article`` has no such device.
        InvalidValue: a run cannot be computed, or the two are in different factor sets.
    """
    if a.factors is not b.factors:
        raise InvalidValue(
            "factors",
            "the two runs are in different factor sets, whose totals mean different things",
            "factors article on both sides",
        )
    first, second = estimate(a, catalogue), estimate(b, catalogue)
    total_a, total_b = first.totals.total_kgco2e.value, second.totals.total_kgco2e.value
    if total_a <= 0 or total_b <= 0:
        return _without_emissions(first, second)
    of_a, of_b = dependence(a, first, catalogue), dependence(b, second, catalogue)
    both = joint(of_a, of_b)
    ratio = around(total_b / total_a, both.ratio_interval())
    difference = Quantity.exact(0.0)
    if not (total_a == total_b and both.ratio_deviation < SAME):
        difference = around(total_b - total_a, both.difference_interval())
    probability = both.probability_a_lower()
    verdict = _verdict(total_b / total_a, probability)
    words: dict[str, float | str] = {
        "difference_kgco2e": abs(difference.value),
        "ratio": ratio.value,
        "probability": max(probability, 1 - probability),
    }
    variance = sum(both.ratio_variances.values())
    cause = None
    if both.ratio_deviation > SAME:
        key = max(both.ratio_variances, key=lambda k: both.ratio_variances[k])
        cause = Cause(_id_of(key), both.ratio_variances[key] / variance)
    shared = tuple(dict.fromkeys(_id_of(key) for key in of_a.parts if key in of_b.parts))
    text = _text(verdict, total_a, total_b, probability)
    return Comparison(
        first, second, difference, ratio, probability, verdict, text, words, shared, cause
    )


def around(value: float, found: tuple[float, float]) -> Quantity:
    """A figure with its interval, which always holds it."""
    return Quantity(value, min(found[0], value), max(found[1], value))


def _id_of(key: str) -> str:
    """Id of the factor behind a key of a dependence."""
    return key.split("/", maxsplit=1)[0].split("@", maxsplit=1)[0]


def _verdict(ratio: float, probability_a_lower: float) -> Verdict:
    if abs(ratio - 1) <= SAME:
        return "same"
    if probability_a_lower >= SURE:
        return "a_lower"
    if probability_a_lower <= 1 - SURE:
        return "b_lower"
    return "cannot_tell"


def _text(verdict: Verdict, total_a: float, total_b: float, probability: float) -> str:
    if verdict == "same":
        return "Both emit the same."
    lower, less, more = ("A", total_a, total_b) if total_a < total_b else ("B", total_b, total_a)
    share = f"{100 * (1 - less / more):.3g} % less"
    by = f"{lower} emits {figures.mass(more - less)} CO2e less ({share})"
    if verdict == "cannot_tell":
        chance = probability if lower == "A" else 1 - probability
        return (
            f"{by}, but that is within the uncertainty: {lower} is the lower one "
            f"with a probability of {100 * chance:.0f} %."
        )
    return f"{by}, which is more than the uncertainty of the figures."


def _without_emissions(first: Estimate, second: Estimate) -> Comparison:
    """Where a total is zero there is no ratio; zero is taken as certain."""
    a, b = first.totals.total_kgco2e, second.totals.total_kgco2e
    verdict: Verdict = "same" if a.value == b.value else "a_lower" if a.value == 0 else "b_lower"
    probability = {"same": 0.5, "a_lower": 1.0, "b_lower": 0.0}[verdict]
    difference = Quantity(b.value - a.value, b.low - a.high, b.high - a.low)
    words: dict[str, float | str] = {
        "difference_kgco2e": abs(difference.value),
        "probability": max(probability, 1 - probability),
    }
    text = _text(verdict, a.value, b.value, probability)
    return Comparison(first, second, difference, None, probability, verdict, text, words, (), None)
