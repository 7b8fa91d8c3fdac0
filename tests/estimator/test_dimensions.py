"""Every formula of docs/methodology.md, redone with units from the factors that an answer lists.

A units library carries the units through, so a factor that is used in the wrong unit, or a missing
conversion, is an error and not just a wrong figure.
"""

from __future__ import annotations

import re
from typing import Any

import pint
import pytest

from estimator import DeviceQuantity, TrainingRun, Workload, estimate, load_default
from estimator.result import Estimate

CATALOGUE = load_default()
UNITS: pint.UnitRegistry[Any] = pint.UnitRegistry()
UNITS.define("gCO2e = [emissions]")
UNITS.define("kgCO2e = 1000 * gCO2e")
UNITS.define("tCO2e = 1000 * kgCO2e")
UNITS.define("FLOP = [operations]")
UNITS.define("TFLOP = 1e12 * FLOP")
UNITS.define("device = []")
UNITS.define("years = 365 * day")

Figure = Any
"""A number with its unit."""


def run(*devices: tuple[str, int | None], **fields: Any) -> TrainingRun:
    named = tuple(DeviceQuantity(device=name, quantity=n) for name, n in devices)
    return TrainingRun(devices=named, **fields)


RUNS = [
    run(("GPU", 10), ("TPU", 20)),
    run(("H100", 64), duration_h=336.0, location="eu-west-1"),
    run(("A100-80GB", 8), duration_h=36.0, utilisation=0.6, pue=1.1, location="France"),
    run(("tpu-v4", 512), duration_h=720.0, location="us-central1"),
    run(("RTX-4090", 1), duration_h=12.0, location="Poland", month=8),
    run(("MI300X", 4), duration_h=240.0, location="Sweden"),
    run(("L40S", 16), duration_h=72.0, location="westeurope"),
    run(("T4", 8), location="Japan"),
    run(("Gaudi-2", 256), duration_h=168.0, pue=1.25),
    run(("H200", 32), ("L4", 8), duration_h=48.0, location="Germany", utilisation=0.75),
    run(("A100-40GB", 2048), duration_h=504.0),
    run(("V100", 1000), duration_h=120.0, location="us-east-1", year=2020),
    run(("P100", 8), duration_h=84.0, location="Iowa"),
    run(("B200", 72), duration_h=100.0, location="Quebec"),
    run(("MI250X-GCD", 512), duration_h=500.0, location="Finland"),
    run(("p5.48xlarge", 4), duration_h=24.0, location="eu-north-1"),
    run(("v3-8", 1), duration_h=72.0, location="europe-west4"),
    run(("v5e-256", 2), duration_h=72.0, location="us-west4"),
    run(("A100", None), device_hours=1.7e6, location="United States"),
    run(("H100", 100), device_hours=5000.0, location="Norway"),
    run(("H100", None), workload=Workload(parameters=70e9, tokens=15e12, mfu=0.4)),
    run(("H100", 512), workload=Workload(parameters=8e9, tokens=15e12), location="Texas"),
    run(
        ("H800", None),
        workload=Workload(parameters=671e9, active_parameters=37e9, tokens=14.8e12),
        location="China",
    ),
    run(("A100", 8), workload=Workload(parameters=7e9, tokens=1e8, kind="lora"), overhead=1.0),
    run(("H100", 8), duration_h=720.0, duty_cycle=0.3, location="Ireland"),
    run(("H100", 8), duration_h=720.0, storage_tb=50.0, transfer_tb=3.0, location="France"),
    run(("H100", 64), duration_h=10.0, overhead=0.5, location="India"),
]


def factors_of(answer: Estimate) -> dict[str, Figure]:
    """The factors that the answer lists, with their units."""
    return {f.id: UNITS.Quantity(f.value, spelt(f.unit)) for f in answer.sources}


def spelt(unit: str) -> str:
    """A unit of the data as the library spells it: ``mm**2`` for ``mm2``."""
    return "dimensionless" if unit == "1" else re.sub(r"m2\b", "m**2", unit)


def given(value: float, unit: str = "dimensionless") -> Figure:
    return UNITS.Quantity(value, unit)


@pytest.mark.parametrize("described", RUNS)
def test_an_answer_is_redone_from_its_sources(described: TrainingRun) -> None:
    answer = estimate(described, CATALOGUE)
    factor = factors_of(answer)
    conditions = answer.conditions
    assert conditions

    def own(model: str, name: str, general: str) -> Figure:
        found = factor.get(f"{model}.{name}")
        return factor[f"constant.{general}"] if found is None else found

    it, full, share = given(0, "kWh"), given(0, "kgCO2e"), given(0, "kgCO2e")
    for line in answer.devices:
        model = CATALOGUE.accelerators[line.model]
        hours = given(line.device_hours or 0, "hour")
        size = "small_run" if line.quantity <= 8 else "default"
        load = (
            own(line.model, "utilisation", f"{size}_utilisation")
            if (described.utilisation is None)
            else factor[f"{line.model}.power_share"]
        )
        power = factor[f"{line.model}.power_w"] * load
        if described.duty_cycle is not None:
            idle = factor[f"{line.model}.idle_power_w"]
            power = power * described.duty_cycle + idle * (1 - described.duty_cycle)
        host = "workstation_host_power_w" if model.host == "workstation" else "host_power_w"
        power = power + own(line.model, "host_power_w", host)
        if line.quantity > 8 and model.kind != "TPU":
            power = power + factor["constant.network_power_w"]
        it = it + power * hours
        made = factor.get(f"{line.model}.embodied_kgco2e")
        if made is None:
            node = factor[f"{line.model}.process_nm"].magnitude
            per_cm2 = factor[f"constant.die_kgco2e_per_cm2.{node:g}"]
            per_gb = factor[f"constant.memory_kgco2e_per_gb.{model.memory_type}"]
            made = (
                factor[f"{line.model}.die_area_mm2"] * per_cm2
                + factor[f"{line.model}.memory_gb"] * per_gb
                + factor["constant.board_kgco2e"]
            )
        each = made + own(line.model, "host_embodied_kgco2e", "host_embodied_kgco2e")
        full = full + line.quantity * each
        share = share + each * hours / factor["constant.lifetime_years"]
    if described.storage_tb:
        time = given(conditions.duration_h or 0, "hour")
        it = it + given(described.storage_tb, "TB") * factor["constant.storage_w_per_tb"] * time
    if described.transfer_tb:
        it = it + given(described.transfer_tb, "TB") * factor["constant.transfer_kwh_per_tb"]
    energy = it * conditions.pue
    grid = [f for f in answer.sources if f.unit == "gCO2e/kWh" and f.id.startswith("grid.")]
    operational = energy * factor[grid[0].id]
    if described.month is not None:
        operational = operational * factor[f"{grid[0].id}.month.{described.month}"]

    totals = answer.totals
    assert totals.operational_kgco2e
    assert energy.to("kWh").magnitude == pytest.approx(totals.energy_kwh.value, rel=1e-9)
    assert operational.to("kgCO2e").magnitude == pytest.approx(
        totals.operational_kgco2e.value, rel=1e-9
    )
    assert full.to("kgCO2e").magnitude == pytest.approx(totals.embodied_full_kgco2e.value, rel=1e-9)
    assert share.to("kgCO2e").magnitude == pytest.approx(totals.embodied_kgco2e.value, rel=1e-9)
    both = (operational + share).to("kgCO2e").magnitude
    assert both == pytest.approx(totals.total_kgco2e.value, rel=1e-9)


@pytest.mark.parametrize("described", [r for r in RUNS if r.workload])
def test_hours_are_redone_from_parameters_and_tokens(described: TrainingRun) -> None:
    """Operations / (peak × MFU), operations = 6 (LoRA 4) × active parameters × tokens."""
    answer = estimate(described, CATALOGUE)
    factor = factors_of(answer)
    workload = described.workload
    assert workload
    (line,) = answer.devices
    per_token = {"training": 6, "lora": 4}[workload.kind]
    parameters = workload.active_parameters or workload.parameters
    operations = given(per_token * parameters * workload.tokens, "FLOP")
    peaks = [f for key, f in factor.items() if ".peak_tflops." in key]
    if workload.mfu:
        mfu = given(workload.mfu)
    else:
        mfu = factor[f"{line.model}.mfu"]
        mfu = mfu * (parameters / 1e10) ** factor["constant.mfu_size_exponent"].magnitude
    hours = operations / (peaks[0] * mfu) * (1 + (described.overhead or 0))

    assert hours.to("hour").magnitude == pytest.approx(line.device_hours, rel=1e-9)
