"""How likely each total is, and how much each factor widens it: what a 90 % interval sums up.

The curve is that of ``sensitivity``: the logarithm of the total as a shifted lognormal, or as a
mixture of them where a factor is known to an order of magnitude only.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from estimator.catalogue import Catalogue
from estimator.quantity import Quantity
from estimator.result import Cause, Estimate
from estimator.sensitivity import Bell, Dependence, dependence, shapes
from estimator.spec import TrainingRun

POINTS: Final = 120
_FIRST, _LAST = -2.7, 2.2
"""Standard scores between which the curve is given: far to the right there is next to nothing."""
_REACH: Final = 1.5
"""In parts of the interval's end, where a curve is cut that goes on for long."""
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Distribution:
    """How likely each total is.

    Attributes:
        total_kgco2e: the total and its 90 % interval.
        curve: totals [kgCO2e] and how likely each is, in parts of the likeliest (0-1).
        causes: the factors by their part of the variance, the largest first; they sum to 1.
    """

    total_kgco2e: Quantity
    curve: tuple[tuple[float, float], ...]
    causes: tuple[Cause, ...]


def distribution(run: TrainingRun, estimate: Estimate, catalogue: Catalogue) -> Distribution | None:
    """The distribution of an estimate's total; ``None`` where it is taken as certain."""
    total = estimate.totals.total_kgco2e
    if total.low >= total.high:
        return None
    found = dependence(run, estimate, catalogue)
    return Distribution(total, _curve(shapes(found), total), _causes(found))


def _curve(bells: list[tuple[float, Bell]], total: Quantity) -> tuple[tuple[float, float], ...]:
    """How likely a total is around each of evenly spaced points."""
    first = min(max(math.exp(min(b.at(_FIRST) for _, b in bells)), 0.5 * total.low), total.low)
    last = min(
        max(math.exp(max(b.at(_LAST) for _, b in bells)), 1.1 * total.high), _REACH * total.high
    )
    step = (last - first) / POINTS
    edges = [first + step * i for i in range(POINTS + 1)]
    below = [
        sum(weight * _NORMAL.cdf(bell.score(math.log(edge))) for weight, bell in bells)
        for edge in edges
    ]
    likely = [after - before for before, after in itertools.pairwise(below)]
    most = max(likely)
    return tuple(
        (edge + step / 2, share / most) for edge, share in zip(edges, likely, strict=False)
    )


def _causes(found: Dependence) -> tuple[Cause, ...]:
    """The parts of the variance of the total's logarithm, to first order."""
    variances: dict[str, float] = {}
    for key, parts in found.parts.items():
        slope = sum(power * amount for power, amount in parts.items()) / found.total
        # A key is the factor's id, with the year of a grid's figure or the model of an MFU.
        factor_id = key.partition("/")[0].partition("@")[0]
        variances[factor_id] = variances.get(factor_id, 0.0) + (slope * found.widths[key]) ** 2
    whole = sum(variances.values())
    causes = [Cause(factor_id, variance / whole) for factor_id, variance in variances.items()]
    return tuple(sorted(causes, key=lambda cause: -cause.share))
