"""Answers re-done by hand, from the JSON of `python -m bot ask` and the factors it lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.command_line import main

COMMANDS = (
    "10 GPU 20 TPU",
    "64 H100 for 2 weeks in eu-west-1",
    "8xA100-80GB 36h at 60% pue 1.1 in France",
    "512 tpu-v4 30 days us-central1",
    "1 RTX-4090 half a day in Poland",
    "4 MI300X 10 days in Sweden",
    "16 L40S 3 days in westeurope",
    "1k V100 for 5 days in us-east-1",
    "8 T4 in Japan",
    "256 Gaudi-2 1 week pue 1.25",
    "32 H200, 8 L4 2 days in Germany at 75%",
    "2,048 A100-40GB for 21 days",
    "4 p5.48xlarge for 3 days in us-east-1",
    "2 v3-8 for 3 days in us-central1",
    "v5e-256 for 1 day",
    "1.7M A100-hours in France",
    "5,000 GPU-hours on H100",
    "1M A100-hours on 512 A100",
    "70B params 15T tokens on H100 in France",
    "8B parameters, 15T tokens on 512 H100 at 40% mfu",
    "671B params (37B active) 14.8T tokens on H800 fp8 mfu 0.35",
    "lora 8B params 10B tokens on 8 H100 in Sweden",
    "8B params 10B tokens for inference on A100",
    "64 H100 for 2 weeks overhead 50%",
    "64 H100 for 2 weeks storage 100 TB transfer 3 TB in France",
    "like llama-3-70b",
)


def asked(text: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["ask", text, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def hours_by_hand(spec: dict[str, Any], line: dict[str, Any], factor: dict[str, float]) -> float:
    """Hours of all devices of a line, without failed runs."""
    if spec["device_hours"] is not None:
        return float(spec["device_hours"])
    workload, model = spec["workload"], line["model"]
    if workload is None:
        return float(line["quantity"] * (spec["duration_h"] or 24.0))
    each = {"training": 6, "lora": 4, "inference": 2}[workload["kind"]]
    parameters = workload["active_parameters"] or workload["parameters"]
    flop = each * parameters * workload["tokens"]
    (peak,) = [v for k, v in factor.items() if k.startswith(f"{model}.peak_tflops.")]
    mfu = workload["mfu"]
    if mfu is None:
        mfu = factor.get(f"{model}.mfu") or factor["constant.default_mfu"]
        mfu *= (parameters / 1e10) ** factor["constant.mfu_size_exponent"]
    return float(flop / (peak * 1e12 * mfu * 3600))


@pytest.mark.parametrize("text", COMMANDS)
def test_the_arithmetic_gives_the_same_figures(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = asked(text, capsys)
    spec, estimate = answer["spec"], answer["estimate"]
    factor = {f["id"]: f["value"] for f in estimate["sources"]}

    def own_or_general(model: str, name: str, general: str) -> float:
        own = factor.get(f"{model}.{name}")
        return float(factor[f"constant.{general}"] if own is None else own)

    storage_hours = spec["duration_h"] or 24.0
    scale = 1 + (spec["overhead"] or 0)
    pue = spec["pue"]
    if pue is None:
        (pue,) = [v for k, v in factor.items() if k.endswith(("default_pue", ".pue"))]
    grid = f"grid.{estimate['conditions']['grid']}"
    intensity = factor[grid]
    energy = full = used = 0.0
    for line in estimate["devices"]:
        n, model = line["quantity"], line["model"]
        device_hours = hours_by_hand(spec, line, factor)
        device_hours *= scale
        load = factor.get(f"{model}.power_share")
        assert (load is None) == (spec["utilisation"] is None)
        if load is None:
            size = "small_run" if n <= 8 else "default"
            load = own_or_general(model, "utilisation", f"{size}_utilisation")
        watts = factor[f"{model}.power_w"] * load
        workstation = "workstation_" if model.startswith(("RTX", "GTX")) else ""
        watts += own_or_general(model, "host_power_w", f"{workstation}host_power_w")
        if n > 8 and not model.startswith("TPU"):
            watts += factor["constant.network_power_w"]
        energy += watts / 1000 * device_hours * pue
        made = factor.get(f"{model}.embodied_kgco2e")
        if made is None:
            (node,) = [v for k, v in factor.items() if k == f"{model}.process_nm"]
            per_gb = [v for k, v in factor.items() if "memory_kgco2e_per_gb" in k]
            assert len(per_gb) == 1, "this test wants one memory type a command"
            made = factor[f"{model}.die_area_mm2"] / 100
            made *= factor[f"constant.die_kgco2e_per_cm2.{node:g}"]
            made += factor[f"{model}.memory_gb"] * per_gb[0] + factor["constant.board_kgco2e"]
        made += own_or_general(model, "host_embodied_kgco2e", "host_embodied_kgco2e")
        full += n * made
        used += made * device_hours
    if spec["storage_tb"] is not None:
        kept = spec["storage_tb"] * factor["constant.storage_w_per_tb"] / 1000 * storage_hours
        energy += (kept + spec["transfer_tb"] * factor["constant.transfer_kwh_per_tb"]) * pue
    operational = energy * intensity / 1000
    share = used / (factor["constant.lifetime_years"] * 365 * 24)

    totals = {name: figure["value"] for name, figure in estimate["totals"].items()}
    assert totals == pytest.approx(
        {
            "energy_kwh": energy,
            "operational_kgco2e": operational,
            "embodied_kgco2e": share,
            "embodied_full_kgco2e": full,
            "total_kgco2e": operational + share,
        },
        rel=1e-9,
    )


def test_metered_energy_is_turned_into_carbon_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    estimate = asked("433 MWh in France", capsys)["estimate"]
    (grid,) = [f["value"] for f in estimate["sources"] if f["id"] == "grid.FR"]

    totals = {name: figure["value"] for name, figure in estimate["totals"].items()}
    assert totals["energy_kwh"] == 433_000
    assert totals["total_kgco2e"] == pytest.approx(433 * grid, rel=1e-9)
    assert totals["embodied_full_kgco2e"] == 0


def test_instances_and_slices_are_counted_in_accelerators(
    capsys: pytest.CaptureFixture[str],
) -> None:
    devices = asked("2 v3-8, v5e-256, 4 p5.48xlarge", capsys)["estimate"]["devices"]

    assert [line["quantity"] for line in devices] == [8, 256, 32]


def test_the_spec_says_null_where_nothing_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    spec = asked("10 GPU 20 TPU", capsys)["spec"]

    assert spec.pop("devices") == [
        {"device": "GPU", "quantity": 10},
        {"device": "TPU", "quantity": 20},
    ]
    assert spec.pop("factors") == "sourced"
    assert {"duration_h", "location", "utilisation", "pue"} <= set(spec)
    assert set(spec.values()) == {None}


def test_the_spec_holds_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    spec = asked("8xA100-80GB 36h at 60% pue 1.1 in France", capsys)["spec"]

    assert spec["devices"] == [{"device": "A100-80GB", "quantity": 8}]
    assert (spec["duration_h"], spec["utilisation"], spec["pue"]) == (36, 0.6, 1.1)
    assert spec["location"] == "France"


def test_a_subcommand_is_answered_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "cut 64 H100 for 2 weeks in Poland"]) == 0

    assert "What would cut /carbon 64 H100" in capsys.readouterr().out


def test_a_refusal_is_exit_code_2_with_carets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "64 H10O"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "^^^^" in said.err
    assert "Try: " in said.err


@pytest.mark.parametrize("form", ["text", "blocks"])
def test_the_text_and_the_message_can_be_had(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "10 GPU 20 TPU factors article", "--format", form]) == 0

    assert "50,000 t CO2e" in capsys.readouterr().out
