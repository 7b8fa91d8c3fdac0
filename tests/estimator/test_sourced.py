"""The sourced factor set: figures re-done by hand from the factors that the answer lists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator import (
    AmbiguousName,
    DeviceQuantity,
    TrainingRun,
    UnknownName,
    estimate,
    load_default,
)
from tests.estimator.simulation import drawn_share

CATALOGUE = load_default()
MODELS = sorted(CATALOGUE.accelerators)
PLACES = sorted(CATALOGUE.regions) + sorted(g.name for g in CATALOGUE.grids.values())


def spec(*devices: tuple[str, int], **said: Any) -> TrainingRun:
    return TrainingRun(
        devices=tuple(DeviceQuantity(device=d, quantity=n) for d, n in devices), **said
    )


runs = st.builds(
    TrainingRun,
    devices=st.lists(
        st.builds(DeviceQuantity, device=st.sampled_from(MODELS), quantity=st.integers(1, 100_000)),
        min_size=1,
        max_size=5,
    ).map(tuple),
    duration_h=st.none() | st.floats(0.1, 10_000),
    location=st.none() | st.sampled_from(PLACES),
    utilisation=st.none() | st.floats(0.01, 1),
    pue=st.none() | st.floats(1, 3),
    lifetime_years=st.none() | st.floats(0.5, 20),
)


def by_hand(run: TrainingRun) -> dict[str, float]:
    """The totals from the catalogue's rows, written out again without the estimator's functions."""
    c = CATALOGUE.constants
    place = CATALOGUE.place_of(run.location) if run.location else CATALOGUE.grids["WORLD"]
    grid = CATALOGUE.grid_of(place)
    pue = run.pue or (getattr(place, "pue", None) or c.default_pue).value
    hours = 24.0 if run.duration_h is None else run.duration_h
    energy = embodied = 0.0
    for entry in run.devices:
        a = CATALOGUE.accelerators[entry.device]
        n = entry.quantity
        assert n is not None
        usual = c.small_run_utilisation if n <= 8 else c.default_utilisation
        load = (a.utilisation or usual).value
        if run.utilisation is not None:
            _, load, _ = drawn_share(a.id, run.utilisation)
        watts = a.power_w.value * load
        host = c.workstation_host_power_w if a.host == "workstation" else c.host_power_w
        watts += (a.host_power_w or host).value
        if n > 8 and a.kind != "TPU":
            watts += c.network_power_w.value
        energy += n * watts * hours * pue / 1000
        if a.embodied_kgco2e:
            made = a.embodied_kgco2e.value
        else:
            model = c.embodied_model
            assert a.die_area_mm2
            assert a.process_nm
            assert a.memory_gb
            assert a.memory_type
            made = (
                a.die_area_mm2.value / 100 * model.die_kgco2e_per_cm2[int(a.process_nm.value)].value
                + a.memory_gb.value * model.memory_kgco2e_per_gb[a.memory_type].value
                + model.board_kgco2e.value
            )
        embodied += n * (made + (a.host_embodied_kgco2e or c.host_embodied_kgco2e).value)
    return {
        "energy_kwh": energy,
        "operational_kgco2e": energy * grid.intensity_gco2e_per_kwh.value / 1000,
        "embodied_full_kgco2e": embodied,
        "embodied_kgco2e": embodied
        * hours
        / ((run.lifetime_years or c.lifetime_years.value) * 8760),
    }


@settings(max_examples=300, deadline=None, derandomize=True)
@given(runs)
def test_totals_are_what_the_rows_give_by_hand(run: TrainingRun) -> None:
    totals = estimate(run, CATALOGUE).totals

    expected = by_hand(run)
    for name, value in expected.items():
        assert getattr(totals, name).value == pytest.approx(value, rel=1e-9)
    assert totals.total_kgco2e.value == pytest.approx(
        expected["operational_kgco2e"] + expected["embodied_kgco2e"], rel=1e-9
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(runs)
def test_totals_are_the_sum_over_the_devices(run: TrainingRun) -> None:
    whole = estimate(run, CATALOGUE)
    parts = [
        estimate(run.model_copy(update={"devices": (entry,)}), CATALOGUE) for entry in run.devices
    ]

    for name in ("energy_kwh", "embodied_kgco2e", "embodied_full_kgco2e", "total_kgco2e"):
        parts_sum = sum(getattr(part.totals, name).value for part in parts)
        lines_sum = (
            parts_sum
            if name == "total_kgco2e"
            else sum(getattr(line, name).value for line in whole.devices)
        )
        assert getattr(whole.totals, name).value == pytest.approx(parts_sum, rel=1e-9)
        assert lines_sum == pytest.approx(parts_sum, rel=1e-9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(runs, st.integers(1, 1000), st.floats(1.01, 10))
def test_more_devices_or_hours_never_give_less(run: TrainingRun, more: int, factor: float) -> None:
    before = estimate(run, CATALOGUE).totals
    first, *rest = run.devices
    grown = DeviceQuantity(device=first.device, quantity=(first.quantity or 0) + more)
    with_devices = estimate(run.model_copy(update={"devices": (grown, *rest)}), CATALOGUE).totals
    hours = (24.0 if run.duration_h is None else run.duration_h) * factor
    with_hours = estimate(run.model_copy(update={"duration_h": hours}), CATALOGUE).totals

    for after in (with_devices, with_hours):
        assert after.energy_kwh.value > before.energy_kwh.value
        assert after.total_kgco2e.value > before.total_kgco2e.value


@settings(max_examples=200, deadline=None, derandomize=True)
@given(runs, st.sampled_from(PLACES), st.sampled_from(PLACES))
def test_a_dirtier_grid_never_gives_less(run: TrainingRun, one: str, other: str) -> None:
    found = [
        estimate(run.model_copy(update={"location": name, "pue": 1.2}), CATALOGUE)
        for name in (one, other)
    ]
    clean, dirty = sorted(
        found, key=lambda e: e.conditions.intensity_gco2e_per_kwh if e.conditions else 0
    )

    assert clean.totals.energy_kwh.value == pytest.approx(dirty.totals.energy_kwh.value)
    assert clean.totals.operational_kgco2e
    assert dirty.totals.operational_kgco2e
    assert clean.totals.operational_kgco2e.value <= dirty.totals.operational_kgco2e.value


@settings(max_examples=100, deadline=None, derandomize=True)
@given(runs)
def test_every_figure_names_factors_that_the_answer_lists(run: TrainingRun) -> None:
    answer = estimate(run, CATALOGUE)
    listed = {factor.id for factor in answer.sources}

    assert set(answer.figures) - {"water_l", "primary_energy_mj", "operational_market_kgco2e"} == {
        "energy_kwh",
        "operational_kgco2e",
        "embodied_kgco2e",
        "embodied_full_kgco2e",
        "total_kgco2e",
    }
    assert all(ids and set(ids) <= listed for ids in answer.figures.values())
    assert {i for ids in answer.figures.values() for i in ids} == listed


def test_nothing_said_is_listed_as_assumed() -> None:
    answer = estimate(spec(("GPU", 10), ("TPU", 20)), CATALOGUE)

    fields = {a.field for a in answer.assumptions}
    assert {"device", "duration_h", "location", "utilisation", "pue"} <= fields
    texts = " ".join(a.text for a in answer.assumptions)
    assert f"GPU is taken as {CATALOGUE.general_names['GPU'].means}" in texts
    assert f"TPU is taken as {CATALOGUE.general_names['TPU'].means}" in texts
    assert "one day (24 h)" in texts
    assert "world's average" in texts


def test_everything_said_leaves_only_the_datas_own_assumptions() -> None:
    model = CATALOGUE.general_names["H100"].means
    answer = estimate(
        spec((model, 8), duration_h=24.0, location="France", utilisation=0.7, pue=1.2), CATALOGUE
    )

    not_asked = {"overhead_off", "storage_off"}
    assert {a.code for a in answer.assumptions} <= {
        "assumed_factor",
        "modelled_embodied",
        "load_curve",
    } | not_asked


def test_what_plain_gpu_means_can_be_set() -> None:
    other = CATALOGUE.with_meanings({"GPU": "T4"})

    plain = estimate(spec(("GPU", 3), duration_h=5.0), other)
    named = estimate(spec(("T4", 3), duration_h=5.0), CATALOGUE)

    assert plain.devices[0].model == "T4"
    assert plain.totals == named.totals


def test_a_default_model_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown device 'H1000'"):
        CATALOGUE.with_meanings({"GPU": "H1000"})
    with pytest.raises(UnknownName, match="general device name"):
        CATALOGUE.with_meanings({"NPU": "T4"})


def test_unknown_names_come_with_the_nearest_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"'H10O'; did you mean .*H100"):
        estimate(spec(("H10O", 1)), CATALOGUE)
    with pytest.raises(UnknownName, match=r"'Frnace'; did you mean .*France"):
        estimate(spec(("H100", 1), location="Frnace"), CATALOGUE)


def test_a_region_that_two_providers_have_is_refused() -> None:
    with pytest.raises(AmbiguousName, match="us-east-1 or us-east1"):
        estimate(spec(("H100", 1), location="useast1"), CATALOGUE)


def test_a_device_named_twice_is_one_line() -> None:
    answer = estimate(spec(("H100", 3), ("H100", 4)), CATALOGUE)

    assert [line.quantity for line in answer.devices] == [7]
