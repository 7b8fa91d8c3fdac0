"""How a run's total hangs on its factors, and how two totals that share factors compare.

A total is a sum of terms, and a term is a product of factors and their inverses: power ×
utilisation × PUE × intensity, die × lifetime⁻¹. Each factor is lognormal (``uncertainty``). Two
runs are right or wrong together in the factors that they share: ln(B / A) moves with a factor only
as far as the two totals hang on it differently, and a factor that multiplies both cancels.

Per factor, the logarithms of both totals are taken at seven points of its distribution (Gauss and
Hermite's), with all other factors at their medians. That gives the mean, the variance, the
skewness and the covariance that the factor brings, and these add up over independent factors. A
logarithm with three moments is read as a shifted lognormal, as in ``uncertainty``. Where a factor
is known to an order of magnitude only, this is done for each of several values of it. The tests
hold the result against a Monte Carlo simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from estimator.catalogue import Catalogue
from estimator.conditions import Circumstances, circumstances
from estimator.embodied import device_embodied
from estimator.ledger import Ledger
from estimator.plan import host_embodied, host_power, share_of_power
from estimator.result import DeviceLine, Estimate
from estimator.source import Factor
from estimator.spec import FactorSet, TrainingRun
from estimator.uncertainty import Z90
from estimator.units import GRAMS_PER_KILOGRAM

GAUSS_HERMITE: Final = (
    (-3.750439717725742, 5.482688559722e-4),
    (-2.366759410734541, 3.075712396758e-2),
    (-1.154405394739968, 2.401231786050e-1),
    (0.0, 16 / 35),
    (1.154405394739968, 2.401231786050e-1),
    (2.366759410734541, 3.075712396758e-2),
    (3.750439717725742, 5.482688559722e-4),
)
"""Points of a standard normal [standard deviations] and their weights, exact to the 13th power."""


WIDE: Final = 0.7
"""Deviation of a logarithm from which a factor is taken value by value: a factor of 10 and more
between its ends makes the other factors matter much more at one end than at the other."""


@dataclass(slots=True)
class Dependence:
    """A total at the medians of its factors [kgCO2e], and the part of it that hangs on each."""

    total: float = 0.0
    parts: dict[str, dict[int, float]] = field(default_factory=dict)
    """By factor: how much of the total is proportional to which power of it (1, or -1)."""
    widths: dict[str, float] = field(default_factory=dict)
    """By factor: the standard deviation of its logarithm."""
    terms: list[tuple[float, tuple[tuple[str, int], ...]]] = field(default_factory=list)
    """Each term at the medians [kgCO2e], with its factors and their powers."""

    def add(self, amount: float, powers: Iterable[tuple[str, Factor, int]]) -> None:
        """Add a term, given at the central values of its factors."""
        if not amount:
            return
        wide = [(key, factor, power) for key, factor, power in powers if factor.log_width]
        for _, factor, power in wide:
            amount *= factor.median_ratio**power
        for key, factor, _ in wide:
            self.widths[key] = factor.log_width
        self._book(amount, tuple((key, power) for key, _, power in wide))

    def _book(self, amount: float, powers: tuple[tuple[str, int], ...]) -> None:
        self.total += amount
        self.terms.append((amount, powers))
        for key, power in powers:
            parts = self.parts.setdefault(key, {})
            parts[power] = parts.get(power, 0.0) + amount

    def multiply(self, key: str, factor: Factor, power: int) -> None:
        """Make the whole total proportional to a power of one more factor."""
        if not factor.log_width:
            return
        scale = factor.median_ratio**power
        terms, self.terms = self.terms, []
        self.total, self.parts = 0.0, {}
        self.widths[key] = factor.log_width
        for amount, powers in terms:
            self._book(amount * scale, (*powers, (key, power)))

    def given(self, key: str, deviations: float) -> Dependence:
        """The total when one factor is known to be off by that much."""
        found = Dependence(widths=self.widths)
        step = self.widths.get(key, 0.0) * deviations
        for amount, powers in self.terms:
            off = sum(power for other, power in powers if other == key)
            rest = tuple(pair for pair in powers if pair[0] != key)
            found._book(amount * math.exp(off * step), rest)
        return found

    def moved(self, key: str, deviations: float) -> float:
        """Logarithm of the total over its median when one factor is off by that much."""
        parts = self.parts.get(key)
        if parts is None or self.total <= 0:
            return 0.0
        step = self.widths[key] * deviations
        change = sum(amount * math.expm1(power * step) for power, amount in parts.items())
        return math.log1p(change / self.total)


def dependence(run: TrainingRun, estimate: Estimate, catalogue: Catalogue) -> Dependence:
    """How the total of an estimate hangs on its factors, as the estimate itself adds it up."""
    found = Dependence()
    if run.factors is FactorSet.ARTICLE:
        found.total = estimate.totals.total_kgco2e.value
        return found
    where = circumstances(run, catalogue, Ledger())
    if run.energy_kwh is None:
        _add_energy(found, run, estimate, catalogue, where)
    elif estimate.totals.operational_kgco2e is not None:
        found.add(estimate.totals.operational_kgco2e.value, _grid(where))
    for line in estimate.devices:
        _add_embodied(found, line, run, catalogue)
    time = _time(run, estimate, catalogue)
    if time is not None:
        found.multiply(*time)
    return found


Power = tuple[str, Factor, int]
"""What a factor is called among those of both runs, the factor, and its exponent."""


def _plain(factor: Factor, power: int = 1, *, year: bool = False) -> Power:
    """A factor under its own id; figures of one grid for different years are different factors."""
    return (f"{factor.id}/{factor.year}" if year else factor.id, factor, power)


def _grid(where: Circumstances) -> list[Power]:
    """A year's intensity, which two months share, and that of the month."""
    found = [_plain(where.yearly, year=True)]
    if where.month is not None:
        found.append(_plain(where.month))
    return found


def mfu_power(model: str, catalogue: Catalogue, power: int) -> Power:
    """The assumed MFU of a model. That several models have the general one does not tie them."""
    factor = catalogue.accelerators[model].mfu or catalogue.constants.default_mfu
    return (f"{factor.id}@{model}", factor, power)


def _add_energy(
    found: Dependence,
    run: TrainingRun,
    estimate: Estimate,
    catalogue: Catalogue,
    where: Circumstances,
) -> None:
    constants = catalogue.constants
    outer = _grid(where)
    if where.pue_factor is not None:
        outer.append(_plain(where.pue_factor))
    kg_per_kwh = where.pue * where.intensity / GRAMS_PER_KILOGRAM
    lines_network_kwh = 0.0
    for line in estimate.devices:
        model = catalogue.accelerators[line.model]
        inner = [_plain(model.power_w)]
        inner.append(_plain(share_of_power(run, model, line.quantity, catalogue)))
        found.add((line.accelerator_kwh or 0.0) * kg_per_kwh, [*inner, *outer])
        host_powers = [_plain(host_power(model, constants)), *outer]
        found.add((line.host_kwh or 0.0) * kg_per_kwh, host_powers)
        network_kwh = line.network_kwh or 0.0
        lines_network_kwh += network_kwh
        found.add(network_kwh * kg_per_kwh, [_plain(constants.network_power_w), *outer])
    breakdown = estimate.breakdown
    if breakdown is not None:
        moved_kwh = max(breakdown.network_kwh - lines_network_kwh, 0.0)
        if run.transfer_tb:
            found.add(moved_kwh * kg_per_kwh, [_plain(constants.transfer_kwh_per_tb), *outer])
        if run.storage_tb:
            kept_kwh = breakdown.storage_kwh
            found.add(kept_kwh * kg_per_kwh, [_plain(constants.storage_w_per_tb), *outer])


def _add_embodied(
    found: Dependence, line: DeviceLine, run: TrainingRun, catalogue: Catalogue
) -> None:
    constants = catalogue.constants
    model = catalogue.accelerators[line.model]
    lifetime = [] if run.lifetime_years else [_plain(constants.lifetime_years, -1)]
    if not line.embodied_each_kgco2e:
        return
    used = line.embodied_kgco2e.value / line.embodied_each_kgco2e
    for amount, factors in device_embodied(model, constants).terms:
        found.add(used * amount, [*(_plain(factor) for factor in factors), *lifetime])
    host = host_embodied(model, constants)
    found.add(used * host.value, [_plain(host), *lifetime])


def _time(run: TrainingRun, estimate: Estimate, catalogue: Catalogue) -> Power | None:
    """The MFU, where the hours follow from tokens and an MFU that nobody gave."""
    workload = run.workload
    if workload is None or workload.mfu is not None or run.device_hours is not None:
        return None
    if run.duration_h is not None and run.devices[0].quantity is not None:
        return None
    if not estimate.devices:
        return None
    return mfu_power(estimate.devices[0].model, catalogue, -1)


@dataclass(frozen=True, slots=True)
class Bell:
    """A variable with three cumulants, as a shifted lognormal (normal without the third)."""

    mean: float
    deviation: float
    bend: float = 0.0
    """Deviation of the logarithm; below zero where the long tail is to the left."""
    scale: float = 0.0
    shift: float = 0.0

    @classmethod
    def of(cls, mean: float, variance: float, third: float) -> Bell:
        """The variable with these cumulants."""
        deviation = math.sqrt(max(variance, 0.0))
        if deviation < 1e-9 or abs(third) < 1e-6 * deviation**3:
            return cls(mean, deviation)
        skewness = third / deviation**3
        # ω = exp(bend²) solves (ω + 2)·√(ω - 1) = |skewness|.
        inner = 1 + skewness * skewness / 2
        root = abs(skewness) * math.sqrt(1 + skewness * skewness / 4)
        omega = (inner + root) ** (1 / 3) + (inner - root) ** (1 / 3) - 1
        if omega <= 1 + 1e-12:
            return cls(mean, deviation)
        bend = math.copysign(math.sqrt(math.log(omega)), skewness)
        scale = math.copysign(deviation / math.sqrt(omega * (omega - 1)), skewness)
        return cls(mean, deviation, bend, scale, scale * math.sqrt(omega))

    def at(self, z: float) -> float:
        """The value at a standard score."""
        if not self.bend:
            return self.mean + self.deviation * z
        return self.mean - self.shift + self.scale * math.exp(self.bend * z)

    def score(self, value: float) -> float:
        """The standard score of a value; infinite beyond where the variable ends."""
        if not self.bend:
            off = value - self.mean
            if self.deviation < 1e-9:
                return 0.0 if abs(off) < 1e-12 else math.copysign(math.inf, off)
            return off / self.deviation
        inside = (value - self.mean + self.shift) / self.scale
        if inside <= 0:
            return -math.copysign(math.inf, self.bend)
        return math.log(inside) / self.bend


@dataclass(frozen=True, slots=True)
class _Pair:
    """The logarithms of two totals A and B, and of their ratio B / A."""

    a: Bell
    b: Bell
    ratio: Bell
    correlation: float
    """Between ln A and ln B (-1 to 1)."""
    ratio_variances: dict[str, float]
    """By factor: the variance that it brings to ln(B / A)."""

    def difference_below(self, nodes: tuple[Node, ...]) -> Callable[[float], float]:
        """P(B - A < limit): over A, the probability that B < A + limit given A."""
        rest = math.sqrt(max(1 - self.correlation**2, 0.0))
        spots = [(math.exp(self.a.at(z)), self.correlation * z, weight) for z, weight in nodes]
        score, log = self.b.score, math.log

        def below(limit: float) -> float:
            found = 0.0
            for amount, expected, weight in spots:
                top = amount + limit
                if top <= 0:
                    continue
                over = score(log(top)) - expected
                found += weight * (_normal(over / rest) if rest > 1e-4 else float(over > 0))
            return found

        return below


Node = tuple[float, float]
"""A standard score and its weight."""


@dataclass(frozen=True, slots=True)
class Joint:
    """How two totals A and B vary together."""

    cases: tuple[tuple[float, _Pair], ...]
    """Given each value of the factor that is known worst, with the value's probability."""
    ratio_variances: dict[str, float]
    """By factor: the variance that it brings to ln(B / A), to first order."""

    @property
    def ratio_deviation(self) -> float:
        """Standard deviation of ln(B / A)."""
        return math.sqrt(sum(self.ratio_variances.values()))

    def a_interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points of A."""
        low, high = _points([(weight, pair.a) for weight, pair in self.cases])
        return math.exp(low), math.exp(high)

    def ratio_interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points of B / A."""
        low, high = _points([(weight, pair.ratio) for weight, pair in self.cases])
        return math.exp(low), math.exp(high)

    def probability_a_lower(self) -> float:
        """Probability that A < B; one half where the two cannot differ."""
        return 1 - sum(weight * _normal(pair.ratio.score(0.0)) for weight, pair in self.cases)

    def difference_interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points of B - A."""
        low = -max(math.exp(pair.a.at(5.0)) for _, pair in self.cases)
        high = max(math.exp(pair.b.at(5.0)) for _, pair in self.cases)

        nodes = _NODES if len(self.cases) == 1 else _FEW_NODES
        parts = [(weight, pair.difference_below(nodes)) for weight, pair in self.cases]

        def below(limit: float) -> float:
            return sum(weight * part(limit) for weight, part in parts)

        return _where(below, 0.05, low, high), _where(below, 0.95, low, high)


def _points(bells: list[tuple[float, Bell]]) -> tuple[float, float]:
    """The 5 % and 95 % points of a variable that has one shape or several."""
    if len(bells) == 1:
        ((_, bell),) = bells
        return bell.at(-Z90), bell.at(Z90)
    low = min(bell.at(-5.0) for _, bell in bells)
    high = max(bell.at(5.0) for _, bell in bells)

    def below(limit: float) -> float:
        return sum(weight * _normal(bell.score(limit)) for weight, bell in bells)

    return _where(below, 0.05, low, high), _where(below, 0.95, low, high)


def _where(below: Callable[[float], float], share: float, low: float, high: float) -> float:
    """The point that a variable stays below with the given probability, by bisection."""
    for _ in range(17):  # to 1e-5 of where it was looked for
        middle = (low + high) / 2
        if below(middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class _Sums:
    """Cumulants of one logarithm, added up over factors."""

    def __init__(self, central: float) -> None:
        self.mean, self.variance, self.third = central, 0.0, 0.0

    def add(self, moved: list[float]) -> float:
        """Add what one factor does to it at each of its points; returns the variance."""
        weighted = [(w, m) for (_, w), m in zip(GAUSS_HERMITE, moved, strict=True)]
        mean = sum(w * m for w, m in weighted)
        variance = sum(w * (m - mean) ** 2 for w, m in weighted)
        self.mean += mean
        self.variance += variance
        self.third += sum(w * (m - mean) ** 3 for w, m in weighted)
        return variance

    def bell(self) -> Bell:
        return Bell.of(self.mean, self.variance, self.third)


def joint(a: Dependence, b: Dependence) -> Joint:
    """How two totals vary, each by itself and together. Both are above zero."""
    whole = _pair(a, b)
    worst = _worst(a.widths | b.widths)
    if worst is None:
        return Joint(((1.0, whole),), whole.ratio_variances)
    cases = tuple((weight, _pair(a.given(worst, z), b.given(worst, z))) for z, weight in _CASES)
    return Joint(cases, whole.ratio_variances)


def shapes(found: Dependence) -> list[tuple[float, Bell]]:
    """The logarithm of a total; with a factor that is known badly, for each of its values.

    Closer together than in ``joint``, so that a curve which is added up from them is smooth.
    """
    worst = _worst(found.widths)
    if worst is None:
        return [(1.0, _pair(found, found).a)]
    given = ((weight, found.given(worst, z)) for z, weight in _SMOOTH)
    return [(weight, _pair(case, case).a) for weight, case in given]


def _worst(widths: dict[str, float]) -> str | None:
    """The factor that is known worst, where that is badly."""
    worst = max(widths, key=lambda key: widths[key], default="")
    return worst if worst and widths[worst] >= WIDE else None


def _pair(a: Dependence, b: Dependence) -> _Pair:
    log_a, log_b = math.log(a.total), math.log(b.total)
    of_a, of_b, of_ratio = _Sums(log_a), _Sums(log_b), _Sums(log_b - log_a)
    by_factor: dict[str, float] = {}
    for key in dict.fromkeys((*a.parts, *b.parts)):
        moved_a = [a.moved(key, z) for z, _ in GAUSS_HERMITE]
        moved_b = [b.moved(key, z) for z, _ in GAUSS_HERMITE]
        of_a.add(moved_a)
        of_b.add(moved_b)
        by_factor[key] = of_ratio.add([y - x for x, y in zip(moved_a, moved_b, strict=True)])
    # Var(ln B - ln A) = Var(ln A) + Var(ln B) - 2 Cov.
    both = math.sqrt(of_a.variance * of_b.variance)
    covariance = (of_a.variance + of_b.variance - of_ratio.variance) / 2
    correlation = min(max(covariance / both, -1.0), 1.0) if both else 0.0
    return _Pair(of_a.bell(), of_b.bell(), of_ratio.bell(), correlation, by_factor)


def _normal(z: float) -> float:
    """Probability that a standard normal variable stays below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _nodes(count: int, reach: float) -> tuple[Node, ...]:
    """Evenly spaced points of a standard normal and their weights, summing to 1."""
    step = 2 * reach / (count - 1)
    points = [step * i - reach for i in range(count)]
    weights = [math.exp(-z * z / 2) for z in points]
    whole = sum(weights)
    return tuple((z, w / whole) for z, w in zip(points, weights, strict=True))


_CASES: Final = _nodes(19, 3.6)
_SMOOTH: Final = _nodes(73, 3.6)
_FEW_NODES: Final = _nodes(11, 3.5)
_NODES: Final = _nodes(21, 4.0)
"""A trapezium rule, which converges at once for a bell curve that is cut far out."""
