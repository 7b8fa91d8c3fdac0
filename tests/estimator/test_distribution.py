"""The curve of a total and the factors that widen it."""

from __future__ import annotations

import itertools

import pytest

from estimator import DeviceQuantity, FactorSet, TrainingRun, estimate, load_default
from estimator.distribution import distribution
from estimator.spec import Workload

CATALOGUE = load_default()


def run_of(*devices: tuple[str, int], **fields: object) -> TrainingRun:
    named = [DeviceQuantity(device=name, quantity=n) for name, n in devices]
    return TrainingRun.model_validate({"devices": named, **fields})


RUNS = {
    "nothing said": run_of(("GPU", 10), ("TPU", 20)),
    "a place": run_of(("H100", 64), duration_h=336, location="eu-west-1"),
    "tokens": TrainingRun(
        devices=(DeviceQuantity(device="H100"),),
        workload=Workload(parameters=70e9, tokens=15e12),
        location="France",
    ),
    "metered": TrainingRun(energy_kwh=433_000, location="France"),
    "a workstation": run_of(("RTX-4090", 8), duration_h=336, location="Japan"),
    "several devices": run_of(
        ("H100", 8), ("A100", 16), ("V100", 32), utilisation=0.6, pue=1.3, location="Poland"
    ),
    "a lifetime": run_of(("H100", 64), location="Ireland", lifetime_years=5.0),
    "stored and moved": run_of(("A100", 64), location="Ireland", storage_tb=100, transfer_tb=3),
    "mostly embodied": run_of(("A100", 1000), duration_h=1, location="Norway"),
}
EACH = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


@EACH
def test_nine_tenths_of_the_curve_lie_in_the_interval(run: TrainingRun) -> None:
    result = estimate(run, CATALOGUE)
    found = distribution(run, result, CATALOGUE)
    assert found is not None
    assert found.total_kgco2e == result.totals.total_kgco2e
    low, high = found.total_kgco2e.low, found.total_kgco2e.high
    whole = sum(share for _, share in found.curve)
    inside = sum(share for total, share in found.curve if low <= total <= high)
    assert 0.86 <= inside / whole <= 0.97  # the curve ends before the far tail
    assert max(share for _, share in found.curve) == 1
    assert all(a < b for (a, _), (b, _) in itertools.pairwise(found.curve))
    assert found.curve[0][0] <= low
    assert found.curve[-1][0] >= high


@EACH
def test_the_first_cause_is_the_one_that_the_answer_names(run: TrainingRun) -> None:
    result = estimate(run, CATALOGUE)
    found = distribution(run, result, CATALOGUE)
    assert found is not None
    named = result.causes["total_kgco2e"]
    assert found.causes[0].factor_id == named.factor_id
    assert found.causes[0].share == pytest.approx(named.share, abs=0.05)
    assert sum(cause.share for cause in found.causes) == pytest.approx(1)
    assert {cause.factor_id for cause in found.causes} <= {f.id for f in result.sources}


def test_a_certain_total_has_no_curve() -> None:
    run = run_of(("GPU", 10), factors=FactorSet.ARTICLE)
    assert distribution(run, estimate(run, CATALOGUE), CATALOGUE) is None
