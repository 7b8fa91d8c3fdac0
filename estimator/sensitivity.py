"""How a run's total hangs on its factors, and how two totals that share factors compare.

A total is a sum of terms, and a term is a product of factors and their inverses: power ×
utilisation × PUE × intensity, die × lifetime⁻¹. Each factor is lognormal (``uncertainty``). Two
runs are right or wrong together in the factors that they share: ln(B / A) moves with a factor only
as far as the two totals hang on it differently, and a factor that multiplies both cancels.

Per factor, the logarithms of both totals are taken at its median and √3 standard deviations to
either side, with all others at their medians. Gauss's three points give the mean, the variance and
the covariance that the factor brings, to the fifth order in its width, and these add up over
independent factors. The tests hold the result against a Monte Carlo simulation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from estimator.catalogue import Catalogue
from estimator.conditions import Circumstances, circumstances
from estimator.embodied import device_embodied
from estimator.estimating import ONE_SERVER
from estimator.ledger import Ledger
from estimator.result import DeviceLine, Estimate
from estimator.source import Factor
from estimator.spec import FactorSet, TrainingRun
from estimator.uncertainty import Z90
from estimator.units import GRAMS_PER_KILOGRAM

REACH: Final = math.sqrt(3.0)
"""Standard deviations from the middle to Gauss's outer points, whose weight is 1/6 each."""


@dataclass(slots=True)
class Dependence:
    """A total at the medians of its factors [kgCO2e], and the part of it that hangs on each."""

    total: float = 0.0
    parts: dict[str, dict[int, float]] = field(default_factory=dict)
    """By factor: how much of the total is proportional to which power of it (1, or -1)."""
    widths: dict[str, float] = field(default_factory=dict)
    """By factor: the standard deviation of its logarithm."""

    def add(self, amount: float, powers: Iterable[tuple[str, Factor, int]]) -> None:
        """Add a term, given at the central values of its factors."""
        wide = [(key, factor, power) for key, factor, power in powers if factor.log_width]
        for _, factor, power in wide:
            amount *= factor.median_ratio**power
        self.total += amount
        for key, factor, power in wide:
            parts = self.parts.setdefault(key, {})
            parts[power] = parts.get(power, 0.0) + amount
            self.widths[key] = factor.log_width

    def multiply(self, key: str, factor: Factor, power: int) -> None:
        """Make the whole total proportional to a power of one more factor."""
        if not factor.log_width:
            return
        scale = factor.median_ratio**power
        self.total *= scale
        for parts in self.parts.values():
            for other in parts:
                parts[other] *= scale
        self.parts[key] = {power: self.total}
        self.widths[key] = factor.log_width

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
        grid = _plain(where.intensity_factor, year=True)
        found.add(estimate.totals.operational_kgco2e.value, [grid])
    for line in estimate.devices:
        _add_embodied(found, line, catalogue)
    time = _time(run, estimate, catalogue)
    if time is not None:
        found.multiply(*time)
    return found


Power = tuple[str, Factor, int]
"""What a factor is called among those of both runs, the factor, and its exponent."""


def _plain(factor: Factor, power: int = 1, *, year: bool = False) -> Power:
    """A factor under its own id; figures of one grid for different years are different factors."""
    return (f"{factor.id}/{factor.year}" if year else factor.id, factor, power)


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
    outer = [_plain(where.intensity_factor, year=True)]
    if where.pue_factor is not None:
        outer.append(_plain(where.pue_factor))
    kg_per_kwh = where.pue * where.intensity / GRAMS_PER_KILOGRAM
    lines_network_kwh = 0.0
    for line in estimate.devices:
        model = catalogue.accelerators[line.model]
        inner = [_plain(model.power_w)]
        if run.utilisation is None:
            small = line.quantity <= ONE_SERVER
            usual = constants.small_run_utilisation if small else constants.default_utilisation
            inner.append(_plain(model.utilisation or usual))
        workstation = model.host == "workstation"
        host = constants.workstation_host_power_w if workstation else constants.host_power_w
        found.add((line.accelerator_kwh or 0.0) * kg_per_kwh, [*inner, *outer])
        host_powers = [_plain(model.host_power_w or host), *outer]
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


def _add_embodied(found: Dependence, line: DeviceLine, catalogue: Catalogue) -> None:
    constants = catalogue.constants
    model = catalogue.accelerators[line.model]
    lifetime = _plain(constants.lifetime_years, -1)
    if not line.embodied_each_kgco2e:
        return
    used = line.embodied_kgco2e.value / line.embodied_each_kgco2e
    for amount, factors in device_embodied(model, constants).terms:
        found.add(used * amount, [*(_plain(factor) for factor in factors), lifetime])
    host = model.host_embodied_kgco2e or constants.host_embodied_kgco2e
    found.add(used * host.value, [_plain(host), lifetime])


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
class Joint:
    """The logarithms of two totals A and B as two normal variables with a covariance."""

    mean_a: float
    mean_b: float
    variance_a: float
    variance_b: float
    covariance: float
    ratio_variances: dict[str, float]
    """By factor: the variance that it brings to ln(B / A)."""

    @property
    def ratio_mean(self) -> float:
        """Mean of ln(B / A)."""
        return self.mean_b - self.mean_a

    @property
    def ratio_deviation(self) -> float:
        """Standard deviation of ln(B / A)."""
        return math.sqrt(sum(self.ratio_variances.values()))

    def ratio_interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points of B / A."""
        reach = Z90 * self.ratio_deviation
        return math.exp(self.ratio_mean - reach), math.exp(self.ratio_mean + reach)

    def probability_a_lower(self) -> float:
        """Probability that A < B; one half where the two cannot differ."""
        deviation = self.ratio_deviation
        if deviation < 1e-12:
            return 0.5 if abs(self.ratio_mean) < 1e-12 else float(self.ratio_mean > 0)
        return _normal(self.ratio_mean / deviation)

    def difference_interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points of B - A."""
        return self._difference_at(0.05), self._difference_at(0.95)

    def _difference_at(self, share: float) -> float:
        """The point that B - A stays below with the given probability, by bisection."""
        most_a = math.exp(self.mean_a + 8 * math.sqrt(self.variance_a))
        most_b = math.exp(self.mean_b + 8 * math.sqrt(self.variance_b))
        low, high = -most_a, most_b
        for _ in range(60):
            middle = (low + high) / 2
            if self._difference_below(middle) < share:
                low = middle
            else:
                high = middle
            if high - low <= 1e-6 * max(abs(low), abs(high)):
                break
        return (low + high) / 2

    def _difference_below(self, limit: float) -> float:
        """P(B - A < limit): over A, the probability that B < A + limit given A."""
        deviation_a = math.sqrt(self.variance_a)
        slope = self.covariance / deviation_a if deviation_a else 0.0
        rest = math.sqrt(max(self.variance_b - slope * slope, 0.0))
        below = 0.0
        for z, weight in _NODES:
            top = math.exp(self.mean_a + deviation_a * z) + limit
            if top <= 0:
                continue
            over = math.log(top) - self.mean_b - slope * z
            below += weight * (_normal(over / rest) if rest > 1e-9 else float(over > 0))
        return below


def joint(a: Dependence, b: Dependence) -> Joint:
    """How two totals vary, each by itself and together. Both are above zero."""
    mean_a, mean_b = math.log(a.total), math.log(b.total)
    variance_a = variance_b = covariance = 0.0
    ratio: dict[str, float] = {}
    for key in dict.fromkeys((*a.parts, *b.parts)):
        up_a, down_a = a.moved(key, REACH), a.moved(key, -REACH)
        up_b, down_b = b.moved(key, REACH), b.moved(key, -REACH)
        at_a, at_b = (up_a + down_a) / 6, (up_b + down_b) / 6
        mean_a, mean_b = mean_a + at_a, mean_b + at_b
        variance_a += (up_a**2 + down_a**2) / 6 - at_a**2
        variance_b += (up_b**2 + down_b**2) / 6 - at_b**2
        covariance += (up_a * up_b + down_a * down_b) / 6 - at_a * at_b
        up, down = up_b - up_a, down_b - down_a
        ratio[key] = max((up**2 + down**2) / 6 - ((up + down) / 6) ** 2, 0.0)
    return Joint(mean_a, mean_b, variance_a, variance_b, covariance, ratio)


def _normal(z: float) -> float:
    """Probability that a standard normal variable stays below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _nodes(count: int, reach: float) -> tuple[tuple[float, float], ...]:
    """Equally probable-by-density points of a standard normal and their weights, summing to 1."""
    step = 2 * reach / (count - 1)
    points = [step * i - reach for i in range(count)]
    weights = [math.exp(-z * z / 2) for z in points]
    whole = sum(weights)
    return tuple((z, w / whole) for z, w in zip(points, weights, strict=True))


_NODES: Final = _nodes(33, 4.0)
"""A trapezium rule, which converges at once for a bell curve that is cut far out."""
