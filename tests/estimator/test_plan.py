"""What people say about a run becomes devices and hours; expected values are worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from estimator import DeviceQuantity, InvalidValue, TrainingRun, estimate, load_default
from estimator.result import Estimate
from estimator.spec import Workload

CATALOGUE = load_default()


def answer(device: str | None, quantity: int | None = None, **fields: Any) -> Estimate:
    devices = (DeviceQuantity(device=device, quantity=quantity),) if device else ()
    return estimate(TrainingRun(devices=devices, **fields), CATALOGUE)


def codes(found: Estimate) -> set[str]:
    return {assumption.code for assumption in found.assumptions}


def test_device_hours_are_devices_times_hours() -> None:
    by_time = answer("A100", 100, duration_h=50.0, location="France")
    by_hours = answer("A100", 100, device_hours=5000.0, location="France")

    assert by_hours.totals == by_time.totals
    assert by_hours.devices[0].device_hours == 5000.0
    assert by_hours.devices[0].duration_h == 50.0


def test_device_hours_alone_say_how_many_devices_are_taken() -> None:
    """1.7 million hours / 720 h a month = 2361.1: 2,362 devices."""
    found = answer("A100", device_hours=1.7e6)

    assert found.devices[0].quantity == 2362
    assert found.devices[0].device_hours == 1.7e6
    assert "default_quantity" in codes(found)


def test_tokens_become_hours() -> None:
    """6 × 70e9 × 15e12 = 6.3e24 FLOP; / (989.4e12 × 0.4 × 3600) = 4.42e6 h."""
    workload = Workload(parameters=70e9, tokens=15e12, mfu=0.4)
    found = answer("H100", workload=workload)

    assert found.workload
    assert found.workload.operations_flop == pytest.approx(6.3e24)
    peak = CATALOGUE.accelerators["H100-SXM5-80GB"].peak_tflops["bf16"].value
    assert found.devices[0].device_hours == pytest.approx(6.3e24 / (peak * 1e12 * 0.4 * 3600))
    assert found.devices[0].device_hours == pytest.approx(4.42e6, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "flop"), [("training", 6), ("fine_tuning", 6), ("lora", 4), ("inference", 2)]
)
def test_operations_per_parameter_and_token(kind: Any, flop: float) -> None:
    workload = Workload(parameters=1e9, tokens=1e9, mfu=0.4, kind=kind)
    found = answer("A100", 8, workload=workload)

    assert found.workload
    assert found.workload.operations_flop == flop * 1e18


def test_a_mixture_of_experts_counts_its_active_parameters() -> None:
    dense = Workload(parameters=37e9, tokens=14.8e12, mfu=0.4)
    sparse = dense.model_copy(update={"parameters": 671e9, "active_parameters": 37e9})

    assert answer("H800", workload=sparse).totals == answer("H800", workload=dense).totals
    with pytest.raises(ValidationError, match="a part of the parameters"):
        Workload(parameters=37e9, tokens=1e12, active_parameters=671e9)


def test_hours_and_tokens_that_disagree_are_both_shown_and_the_hours_used() -> None:
    workload = Workload(parameters=70e9, tokens=15e12, mfu=0.4)
    found = answer("H100", 64, duration_h=336.0, workload=workload)
    alone = answer("H100", 64, duration_h=336.0)

    assert "hours_and_tokens_disagree" in codes(found)
    assert found.totals == alone.totals
    close = answer("H100", 8192, duration_h=540.0, workload=workload)
    assert "hours_and_tokens_disagree" not in codes(close)


def test_an_assumed_mfu_widens_the_interval() -> None:
    said = answer("H100", workload=Workload(parameters=8e9, tokens=1e12, mfu=0.265), pue=1.1)
    assumed = answer("H100", workload=Workload(parameters=8e9, tokens=1e12), pue=1.1)

    def width(found: Estimate) -> float:
        return found.totals.energy_kwh.high / found.totals.energy_kwh.low

    assert "default_mfu" in codes(assumed)
    assert width(assumed) > width(said)


def test_an_instance_and_a_slice_are_counted_in_accelerators() -> None:
    instance = answer("p5.48xlarge", 4, duration_h=10.0)
    slice_ = answer("v3-8", 1, duration_h=10.0)

    assert instance.devices[0].quantity == 32
    assert instance.totals == answer("H100-SXM5-80GB", 32, duration_h=10.0).totals
    assert slice_.devices[0].quantity == 4
    assert slice_.totals == answer("TPU-v3", 4, duration_h=10.0).totals
    texts = " ".join(a.text for a in slice_.assumptions)
    assert "v3-8 = 8 TensorCores = 4 chips" in texts


def test_half_a_slice_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no whole number of chips"):
        answer("v3-7", 1)


def test_metered_energy_is_not_changed() -> None:
    """433 MWh in France: the energy as it is, × the grid's intensity."""
    found = answer(None, energy_kwh=433_000.0, location="France")
    intensity = CATALOGUE.grids["FR"].intensity_gco2e_per_kwh.value

    assert found.totals.energy_kwh.value == found.totals.energy_kwh.high == 433_000.0
    assert found.totals.operational_kgco2e
    assert found.totals.operational_kgco2e.value == pytest.approx(433 * intensity)
    assert found.totals.embodied_kgco2e.value == 0
    with_devices = answer("A100", 384, duration_h=2832.0, energy_kwh=433_000.0, location="France")
    assert with_devices.totals.energy_kwh.value == 433_000.0
    assert with_devices.totals.embodied_kgco2e.value > 0


def test_metered_energy_and_devices_give_the_time_that_they_ran() -> None:
    """By hand: an A100 draws 0.8 × 400 W, its host 150 W and the switches 25 W: 495 W.

    384 of them with a PUE of 1.2 draw 228.1 kW, so 433 MWh take 1898 h; 728,956 device-hours, of
    35,040 in four years, wear off 20.80 of them.
    """
    found = answer("A100", 384, energy_kwh=433_000.0, pue=1.2, location="France")
    hours = 433_000 / (384 * (0.8 * 400 + 150 + 25) * 1.2 / 1000)
    each_kg = found.devices[0].embodied_each_kgco2e

    assert found.totals.energy_kwh.value == 433_000.0
    assert found.conditions
    assert found.conditions.duration_h == pytest.approx(hours)
    assert found.devices[0].device_hours == pytest.approx(384 * hours) == pytest.approx(728_956)
    assert found.devices[0].energy_kwh == found.totals.energy_kwh
    assert found.totals.embodied_kgco2e.value == pytest.approx(384 * hours * each_kg / 35_040)
    (said,) = [a for a in found.assumptions if a.code == "metered_duration"]
    assert "384 devices that draw 228 kW" in said.text
    assert "in 79.1 days (" in said.text
    low, days, high = (float(said.words[word]) for word in ("low_days", "days", "high_days"))
    assert days == pytest.approx(hours / 24)
    assert low < days < high
    told = answer("A100", 384, energy_kwh=433e3, pue=1.2, location="France", duration_h=hours)
    assert told.totals.embodied_kgco2e.value == pytest.approx(found.totals.embodied_kgco2e.value)
    assert told.totals.embodied_kgco2e.low > found.totals.embodied_kgco2e.low
    assert told.totals.embodied_kgco2e.high < found.totals.embodied_kgco2e.high


def test_too_few_devices_for_a_metered_energy_are_said() -> None:
    codes = {a.code for a in answer("A100", 8, energy_kwh=433_000.0).assumptions}

    assert {"metered_duration", "longer_than_lifetime"} <= codes


@pytest.mark.parametrize(
    "fields",
    [
        {"device": "A100", "quantity": 16, "energy_kwh": 5e4},
        {"device": "H100", "quantity": 64, "duration_h": 336.0, "storage_tb": 5.0},
        {"device": "H100", "quantity": 8, "duration_h": 1.0, "transfer_tb": 2.0},
        {"device": "TPU-v4", "quantity": 512, "overhead": 0.5, "pue": 1.2},
        {"device": "A100", "quantity": 16, "energy_kwh": 5e4, "duration_h": 9.0},
        {"device": None, "energy_kwh": 5e4},
    ],
)
def test_the_breakdown_adds_up_to_the_energy(fields: dict[str, Any]) -> None:
    found = answer(**fields)
    parts = found.breakdown

    assert parts
    assert found.boundaries_kwh
    whole = found.totals.energy_kwh.value
    it = parts.accelerator_kwh + parts.host_kwh + parts.network_kwh + parts.storage_kwh
    assert it + parts.facility_kwh == pytest.approx(whole, rel=1e-12)
    assert found.boundaries_kwh.it.value == pytest.approx(it, rel=1e-12)
    assert found.boundaries_kwh.accelerator.value == parts.accelerator_kwh


def test_stored_and_moved_data_by_hand() -> None:
    """100 TB for 10 h at 1.2 W/TB = 1.2 kWh; 3 TB at 1 kWh/TB = 3 kWh; both × PUE 1.5."""
    plain = answer("H100", 8, duration_h=10.0, pue=1.5)
    found = answer("H100", 8, duration_h=10.0, pue=1.5, storage_tb=100.0, transfer_tb=3.0)

    assert found.breakdown
    assert found.breakdown.storage_kwh == pytest.approx(1.2)
    more = found.totals.energy_kwh.value - plain.totals.energy_kwh.value
    assert more == pytest.approx((1.2 + 3) * 1.5)


def test_failed_runs_multiply_the_hours_and_are_off_until_chosen() -> None:
    plain = answer("H100", 8, duration_h=10.0)
    more = answer("H100", 8, duration_h=10.0, overhead=0.5)

    assert "overhead_off" in codes(plain)
    assert "overhead_off" not in codes(more)
    assert more.devices[0].device_hours == 120.0
    assert more.totals.energy_kwh.value == pytest.approx(1.5 * plain.totals.energy_kwh.value)
    assert more.totals.embodied_kgco2e.value == pytest.approx(
        1.5 * plain.totals.embodied_kgco2e.value
    )


def test_serving_idles_in_the_rest_of_the_time() -> None:
    """H100: 71.8 W idle; 700 W × (0.53 + 0.4 × 0.397) at work, a quarter of the time."""
    found = answer("H100", 8, duration_h=10.0, utilisation=0.7, duty_cycle=0.25)

    assert found.breakdown
    watts = 0.25 * 700 * (0.53 + 0.4 * (0.927 - 0.53)) + 0.75 * 71.8
    assert found.breakdown.accelerator_kwh == pytest.approx(8 * 10 * watts / 1000)
    assert "default_idle_power" in codes(answer("L4", 8, duty_cycle=0.5))


def test_a_past_year_uses_that_years_grid_and_says_when_it_cannot() -> None:
    past = answer("H100", 8, location="United Kingdom", year=2018)
    missing = answer("H100", 8, location="United Kingdom", year=2001)

    assert past.conditions
    assert past.conditions.intensity_year == 2018
    newest = CATALOGUE.grids["GB"].intensity_gco2e_per_kwh.value
    assert past.conditions.intensity_gco2e_per_kwh > newest
    assert "other_year" not in codes(past)
    assert "other_year" in codes(missing)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "name at least one device"),
        ({"devices": ({"device": "H100"},)}, "how many"),
        ({"devices": ({"device": "A"}, {"device": "B"}), "device_hours": 5.0}, "exactly one"),
        (
            {
                "devices": ({"device": "H100", "quantity": 8},),
                "device_hours": 5.0,
                "duration_h": 5.0,
            },
            "give two of",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        TrainingRun(**fields)


def test_a_device_without_a_peak_cannot_count_tokens() -> None:
    workload = Workload(parameters=1e9, tokens=1e9, precision="fp8")
    with pytest.raises(InvalidValue, match="no peak of T4 in fp8 is known"):
        answer("T4", workload=workload)
