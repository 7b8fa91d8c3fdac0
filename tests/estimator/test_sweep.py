"""A sweep's figures are those of single estimates, for less."""

from __future__ import annotations

import random

import pytest

from estimator import DeviceQuantity, FactorSet, TrainingRun, UnknownName, estimate, load_default
from estimator.spec import Workload
from estimator.sweeping import sweep

CATALOGUE = load_default()
FIGURES = ("energy_kwh", "operational_kgco2e", "embodied_kgco2e", "total_kgco2e")


def of(device: str, quantity: int | None = None) -> tuple[DeviceQuantity, ...]:
    return (DeviceQuantity(device=device, quantity=quantity),)


RUNS = {
    "hours": TrainingRun(devices=of("H100", 64), duration_h=336.0, location="eu-west-1"),
    "tokens": TrainingRun(
        devices=of("A100", 512), workload=Workload(parameters=7e9, tokens=2e12), overhead=0.5
    ),
    "device-hours": TrainingRun(devices=of("V100"), device_hours=12_345.0, location="France"),
    "mixed": TrainingRun(devices=of("GPU", 10) + of("TPU", 20), storage_tb=50.0, transfer_tb=3.0),
    "instances": TrainingRun(devices=of("p5.48xlarge", 4), duration_h=100.0, pue=1.3),
    "one server": TrainingRun(
        devices=of("RTX-4090", 4), duration_h=50.0, utilisation=0.6, lifetime_years=3.0
    ),
    "metered": TrainingRun(energy_kwh=433_000.0, location="France", year=2022),
    "metered devices": TrainingRun(devices=of("A100", 384), energy_kwh=433_000.0),
    "serving": TrainingRun(devices=of("L4", 40), duration_h=1000.0, duty_cycle=0.2),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_every_point_is_its_own_estimate(run: TrainingRun) -> None:
    points = sweep(run, CATALOGUE)

    for point in random.Random(7).sample(points, 150):  # noqa: S311 - a sample, not a secret
        totals = estimate(point.run, CATALOGUE).totals
        for figure in FIGURES:
            expected = getattr(totals, figure).value
            assert getattr(point, figure) == pytest.approx(expected, rel=1e-12), point.run


def test_covers_every_region_grid_and_accelerator() -> None:
    points = sweep(RUNS["hours"], CATALOGUE)

    places = {point.location for point in points}
    assert places == (set(CATALOGUE.regions) | set(CATALOGUE.grids)) - {"WORLD"}
    with_peak = {
        model.id
        for model in CATALOGUE.accelerators.values()
        if {"bf16", "fp16"} & {*model.peak_tflops}
    }
    assert {point.device for point in points} == with_peak
    assert len(points) == len(places) * len(with_peak)


def test_the_same_work_takes_hours_by_the_ratio_of_peaks_and_known_mfus() -> None:
    """By hand: A100 312 TFLOP/s at 0.369, H100 989.4 at 0.231; T4 65, whose MFU is unknown."""
    run = TrainingRun(devices=of("A100-SXM4-80GB", 16), duration_h=100.0, location="France")

    h100, t4 = sweep(run, CATALOGUE, ["France"], ["H100-SXM5-80GB", "T4"])

    peaks = {name: CATALOGUE.accelerators[name].peak_tflops for name in (h100.device, t4.device)}
    faster = peaks["H100-SXM5-80GB"]["bf16"].value * 0.231 / (312 * 0.369)
    slower = peaks["T4"]["fp16"].value / 312
    assert h100.run.duration_h == pytest.approx(100 / faster)
    assert t4.run.duration_h == pytest.approx(100 / slower)
    assert h100.assumption is not None
    assert t4.assumption is not None
    assert "of peaks and of MFUs" in h100.assumption.text
    assert "same share of the peak" in t4.assumption.text


def test_several_models_become_one_with_the_work_of_all() -> None:
    """2 × 65 + 2 × 312 TFLOP/s are 754: four A100 with 1248 need 0.60 of the time."""
    run = TrainingRun(devices=of("T4", 2) + of("A100-SXM4-80GB", 2), duration_h=10.0)

    (point,) = sweep(run, CATALOGUE, ["France"], ["A100-SXM4-80GB"])

    assert point.run.devices == of("A100-SXM4-80GB", 4)
    assert point.run.duration_h == pytest.approx(10 * (2 * 65.13 + 2 * 312) / (4 * 312))


def test_without_devices_the_run_stays_on_its_own() -> None:
    points = sweep(RUNS["mixed"], CATALOGUE, ["France", "eu-west-1"], [])

    assert [point.location for point in points] == ["FR", "eu-west-1"]
    assert all(point.base is RUNS["mixed"] and point.assumption is None for point in points)


def test_metered_electricity_moves_in_space_alone() -> None:
    assert {point.base for point in sweep(RUNS["metered"], CATALOGUE)} == {RUNS["metered"]}
    assert sweep(RUNS["metered"], CATALOGUE, ["France"], ["H100"]) == ()


def test_a_precision_that_a_device_lacks_leaves_it_out() -> None:
    workload = Workload(parameters=7e9, tokens=1e12, precision="fp8")
    run = TrainingRun(devices=of("H100", 64), workload=workload)

    assert sweep(run, CATALOGUE, ["France"], ["A100"]) == ()


def test_work_that_would_take_longer_than_can_be_estimated_is_left_out() -> None:
    run = TrainingRun(devices=of("GB300", 1), duration_h=80_000.0)

    assert sweep(run, CATALOGUE, ["France"], ["P100-PCIE-16GB"]) == ()


def test_no_sweep_of_the_article() -> None:
    run = TrainingRun(devices=of("GPU", 10), factors=FactorSet.ARTICLE)

    assert sweep(run, CATALOGUE) == ()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName):
        sweep(RUNS["hours"], CATALOGUE, ["Atlantis"])
    with pytest.raises(UnknownName):
        sweep(RUNS["hours"], CATALOGUE, ["France"], ["Z80"])
