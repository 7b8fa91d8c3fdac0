"""Intervals against a simulation of the same factors, and against closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from estimator import TrainingRun, estimate, load_default
from estimator.uncertainty import Cumulants, interval, points, product, spread
from tests.estimator.simulation import Dice, run_of

CATALOGUE = load_default()
DRAWS = 1_000_000


@pytest.mark.parametrize(
    "run",
    [
        run_of(("H100", 64), duration_h=336.0, location="eu-west-1"),
        run_of(("GPU", 10), ("TPU", 20)),
        run_of(("A100-SXM4-80GB", 384), duration_h=2832.0, location="France", pue=1.2),
        run_of(("RTX-4090", 1), ("T4", 4), duration_h=12.0, location="Sweden"),
        run_of(("MI250X", 512), duration_h=700.0, location="Finland", utilisation=0.7),
        run_of(("H100", 64), duration_h=336.0, location="eu-west-3", month=12),
        run_of(("V100", 8), ("P100", 8), ("RTX-3090", 2), duration_h=100.0, location="Norway"),
    ],
)
def test_intervals_are_within_two_percent_of_a_simulation(run: TrainingRun) -> None:
    totals = estimate(run, CATALOGUE).totals

    for name, draws in Dice(7, DRAWS).figures(run).items():
        figure = getattr(totals, name)
        low, high = np.quantile(draws, [0.05, 0.95])
        # The interval always holds the figure, even where the distribution would not.
        assert figure.low == pytest.approx(min(low, figure.value), rel=0.02), name
        assert figure.high == pytest.approx(max(high, figure.value), rel=0.02), name


def test_one_factor_alone_gives_back_its_own_range() -> None:
    """A single lognormal is matched exactly: its 5 % and 95 % points are the factor's."""
    sure = Cumulants(1.0, 0.0, 0.0)
    found = interval(points(product(sure, 164, spread(164, 103, 273))), 164)

    assert found == pytest.approx((103, 273), rel=1e-9)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: interval(points(Cumulants(5.0, 0.0, 0.0)), 5.0), (5.0, 5.0)),
        (lambda: interval(points(Cumulants(100.0, 4.0, 0.0)), 100.0), (96.71, 103.29)),
        (lambda: interval(points(Cumulants(100.0, 4.0, -1.0)), 100.0), (96.66, 103.23)),
    ],
)
def test_limits(make: Callable[[], tuple[float, float]], expected: tuple[float, float]) -> None:
    """No variance, a normal (±1.645 standard deviations), and a tail to the left."""
    assert make() == pytest.approx(expected, abs=0.03)


def test_the_cause_is_the_factor_that_is_known_worst() -> None:
    without_location = estimate(run_of(("H100", 64), duration_h=336.0), CATALOGUE)
    with_location = estimate(
        run_of(("H100", 64), duration_h=336.0, location="France", utilisation=0.8), CATALOGUE
    )

    assert without_location.causes["total_kgco2e"].factor_id == "grid.WORLD"
    assert with_location.causes["energy_kwh"].factor_id == "constant.default_pue"
    assert all(0 < cause.share <= 1 for cause in with_location.causes.values())
