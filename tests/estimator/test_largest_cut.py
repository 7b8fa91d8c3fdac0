"""The largest cut, found the quick way, is the first of all that are computed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator import DeviceQuantity, TrainingRun, Workload, estimate, load_default
from estimator.largest_cut import largest_cut
from estimator.reduction import cuts
from estimator.spec import FactorSet

CATALOGUE = load_default()
DEVICES = (
    *("GPU", "TPU", "H100", "A100", "V100", "T4", "TPU-v3", "MI300X", "RTX-4090", "L40S"),
    "p5.48xlarge",
)
PLACES = (None, "France", "Sweden", "Poland", "eu-west-1", "us-central1", "Quebec", "Norway")


def runs() -> st.SearchStrategy[TrainingRun]:
    entries = st.lists(
        st.builds(DeviceQuantity, device=st.sampled_from(DEVICES), quantity=st.integers(1, 5000)),
        min_size=1,
        max_size=3,
    ).map(tuple)
    optional = {
        "location": st.sampled_from(PLACES),
        "year": st.none() | st.integers(2018, 2026),
        "month": st.none() | st.integers(1, 12),
        "pue": st.none() | st.floats(1.0, 2.5),
        "utilisation": st.none() | st.floats(0.2, 1.0),
        "overhead": st.none() | st.floats(0.0, 10.0),
        "storage_tb": st.none() | st.floats(0.0, 1e5),
        "transfer_tb": st.none() | st.floats(0.0, 1e5),
        "lifetime_years": st.none() | st.floats(1.0, 10.0),
    }
    timed = st.builds(
        TrainingRun,
        devices=entries,
        duration_h=st.none() | st.floats(1.0, 5000.0),
        duty_cycle=st.none() | st.floats(0.0, 1.0),
        **optional,
    )
    work = st.builds(
        TrainingRun,
        devices=st.sampled_from(("H100", "A100", "MI300X")).map(
            lambda name: (DeviceQuantity(device=name),)
        ),
        workload=st.builds(
            Workload,
            parameters=st.floats(1e8, 1e12),
            tokens=st.floats(1e9, 1e13),
            mfu=st.none() | st.floats(0.02, 0.7),
        ),
        **optional,
    )
    metered = st.builds(
        TrainingRun,
        energy_kwh=st.floats(1.0, 1e7),
        devices=st.just(()) | entries,
        duration_h=st.none() | st.floats(1.0, 5000.0),
        location=st.sampled_from(PLACES),
    )
    return timed | work | metered


@given(run=runs())
@settings(max_examples=60, deadline=None)
def test_it_is_the_first_of_the_cuts(run: TrainingRun) -> None:
    before = estimate(run, CATALOGUE)
    found, all_of_them = largest_cut(run, before, CATALOGUE), cuts(run, before, CATALOGUE)
    if not all_of_them:
        assert found is None
        return
    first = all_of_them[0]
    assert found is not None
    assert found.saving_kgco2e == pytest.approx(first.saving_kgco2e.value, rel=1e-6)
    if len(all_of_them) == 1 or first.saving_kgco2e.value > all_of_them[1].saving_kgco2e.value:
        assert (found.code, found.text, found.run) == (first.code, first.text, first.run)


def test_what_it_leaves_is_the_estimate_of_its_run() -> None:
    run = TrainingRun(devices=(DeviceQuantity(device="H100", quantity=64),), location="Poland")
    found = largest_cut(run, estimate(run, CATALOGUE), CATALOGUE)
    assert found is not None
    after = estimate(found.run, CATALOGUE).totals.total_kgco2e.value
    assert found.after_kgco2e == pytest.approx(after, rel=1e-9)


def test_the_article_has_none() -> None:
    run = TrainingRun(
        devices=(DeviceQuantity(device="GPU", quantity=10),), factors=FactorSet.ARTICLE
    )
    assert largest_cut(run, estimate(run, CATALOGUE), CATALOGUE) is None
