"""`python -m estimator`: what it prints, and how it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from estimator import TrainingRun, load_default
from estimator.__main__ import main


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def estimated(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out(capsys, "estimate", *arguments, "--format", "json"))
    return found


ARTICLE = ("--device", "10xGPU", "--device", "20xTPU", "--factors", "article")


def test_the_articles_example_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimated(capsys, *ARTICLE)

    same = {"value": 50_000_000.0, "low": 50_000_000.0, "high": 50_000_000.0}
    assert found["totals"] == {
        "energy_kwh": {"value": 50_000.0, "low": 50_000.0, "high": 50_000.0},
        "operational_kgco2e": None,
        "embodied_kgco2e": same,
        "embodied_full_kgco2e": same,
        "total_kgco2e": same,
    }


def test_json_follows_the_exported_schema(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(out(capsys, "schema"))

    for arguments in (ARTICLE, ("--device", "8xH100", "--duration", "2w", "--location", "France")):
        jsonschema.validate(estimated(capsys, *arguments), schema)


def test_every_key_of_an_estimate_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    found = estimated(capsys, "--like", "olmo-2-7b")

    for key in found:
        assert re.search(rf"^\| `{key}\b", text, re.MULTILINE), key
    for part in ("breakdown", "boundaries_kwh", "conditions", "workload", "side"):
        for key in found[part]:
            assert f"`{key}`" in text, f"{part}.{key}"
    for key in TrainingRun.model_fields:
        assert f"`{key}" in text, key


def test_the_flags_reach_the_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimated(
        capsys,
        *("--device", "8 x a100-80gb", "--duration", "1d 12h", "--location", "eu-west-1"),
        *("--utilisation", "60%", "--pue", "1.1"),
    )

    assert found["conditions"]["duration_h"] == 36
    assert found["conditions"]["pue"] == 1.1
    assert "eu-west-1" in found["conditions"]["location"]
    # 0.153 at rest and 0.819 at 89.7 % of the time, on a straight line.
    share = 0.153 + 0.6 / 0.897 * (0.819 - 0.153)
    assert found["devices"][0]["utilisation"] == pytest.approx(share)
    assert found["devices"][0]["quantity"] == 8


def test_device_hours_and_a_workload_are_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """6 × 37e9 × 15e12 = 3.33e24 FLOP; 1.7 million hours are spread over 30 days: 2,362 devices."""
    by_hours = estimated(capsys, "--device", "A100", "--device-hours", "1.7M")
    by_tokens = estimated(
        capsys,
        *("--device", "2048xH800", "--parameters", "671B", "--active-parameters", "37B"),
        *("--tokens", "15T", "--mfu", "40%", "--precision", "BF16", "--kind", "training"),
    )

    assert by_hours["devices"][0]["device_hours"] == 1.7e6
    assert by_hours["devices"][0]["quantity"] == 2362
    assert by_tokens["workload"]["operations_flop"] == pytest.approx(3.33e24)
    assert by_tokens["workload"]["mfu"] == 0.4
    assert by_tokens["workload"]["precision"] == "bf16"
    assert by_tokens["devices"][0]["quantity"] == 2048


@pytest.mark.parametrize(
    ("kind", "flop"), [("fine-tuning", 6), ("lora", 4), ("inference", 2), ("training", 6)]
)
def test_the_kind_of_work_decides_the_operations(
    kind: str, flop: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = estimated(
        capsys,
        *("--device", "8xA100", "--parameters", "1B", "--tokens", "1B", "--mfu", "0.4"),
        *("--kind", kind),
    )

    assert found["workload"]["operations_flop"] == flop * 1e18


@pytest.mark.parametrize(
    ("device", "accelerators"),
    [("4xp5.48xlarge", 32), ("p5.48xlarge", 8), ("v3-8", 4), ("2 x v3-8", 8), ("1kxH100", 1000)],
)
def test_instances_and_slices_are_names_of_devices(
    device: str, accelerators: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert estimated(capsys, "--device", device)["devices"][0]["quantity"] == accelerators


def test_metered_energy_needs_no_device(capsys: pytest.CaptureFixture[str]) -> None:
    """433 MWh × 10 gCO2e/kWh = 4.33 t at a grid of 10; the energy stays what it is."""
    found = estimated(capsys, "--energy", "433 MWh", "--location", "France")

    assert found["totals"]["energy_kwh"] == {"value": 433e3, "low": 433e3, "high": 433e3}
    intensity = found["conditions"]["intensity_gco2e_per_kwh"]
    assert found["totals"]["operational_kgco2e"]["value"] == pytest.approx(433 * intensity)


def test_the_rest_of_a_run_is_flags_too(capsys: pytest.CaptureFixture[str]) -> None:
    """50 % more of 8 × 100 h: 1,200 device-hours. 3 TB moved at the catalogue's kWh per TB."""
    arguments = ("--device", "8xH100", "--duration", "100h", "--location", "France", "--pue", "1")
    plain = estimated(capsys, *arguments)
    found = estimated(capsys, *arguments, "--overhead", "50%", "--year", "2020")
    moved = estimated(capsys, *arguments, "--transfer", "3TB")
    stored = estimated(capsys, *arguments, "--storage", "0.1 PB")
    idle = estimated(capsys, *arguments, "--duty-cycle", "0.3")

    constants = load_default().constants
    assert found["devices"][0]["device_hours"] == 1200
    assert found["conditions"]["intensity_year"] == 2020
    added = moved["breakdown"]["network_kwh"] - plain["breakdown"]["network_kwh"]
    assert added == pytest.approx(3 * constants.transfer_kwh_per_tb.value)
    kept = 100 * 100 * constants.storage_w_per_tb.value / 1000
    assert stored["breakdown"]["storage_kwh"] == pytest.approx(kept)
    assert idle["totals"]["energy_kwh"]["value"] < plain["totals"]["energy_kwh"]["value"]


def test_a_published_run_needs_no_device(capsys: pytest.CaptureFixture[str]) -> None:
    once = estimated(capsys, "--like", "bloom")
    twice = estimated(capsys, "--like", "2x BLOOM", "--pue", "1.5", "--location", "Sweden")

    hours = load_default().run("BLOOM").device_hours
    assert hours is not None
    assert once["devices"][0]["device_hours"] == hours
    assert twice["devices"][0]["device_hours"] == 2 * hours
    assert twice["conditions"]["pue"] == 1.5
    assert twice["conditions"]["location"] == "Sweden"


def test_a_table_compares_and_says_how_old_the_grids_figure_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = out(capsys, "estimate", "--like", "BLOOM", "--per", "device-hour")

    assert "About as much as" in text
    assert "SCI (ISO/IEC 21031)" in text
    assert "per device-hour" in text
    assert "Likely: the 90 % interval." in text
    assert " old)" in text


def test_plain_gpu_can_be_given_a_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimated(capsys, "--device", "1xGPU", "--default-gpu", "t4")

    assert found["devices"][0]["model"] == "T4"


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_text_formats_carry_totals_assumptions_and_sources(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out(capsys, "estimate", *ARTICLE, "--format", form)

    assert "50,000 kWh" in text
    assert "50,000 t CO2e" in text
    assert "turns no electricity into carbon" in text
    assert "article.GPU.embodied_tco2e" in text


def test_assumptions_name_the_flag_that_changes_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "estimate", "--device", "1xH100")

    assert "one day (24 h) is taken. Set it with --duration 2w." in text
    assert "Set it with --location France." in text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--device", "H100"), "'H100' does not say how many, e.g. --device 8xH100"),
        (("--device", "0xH100"), "quantity: 0 is below the least that is accepted, 1"),
        (("--device", "1000000000000xH100"), "above the most that is accepted, 10,000,000"),
        (("--device", f"{'9' * 5000}xH100"), "is not a number"),
        (("--device", "1.5xH100"), "1.5 is no whole number"),
        (("--device", ""), "nothing was given"),
        (("--device", "H100-SXN", "--device-hours", "1M"), "unknown device 'H100-SXN'; did you"),
        (("--device", "v3-7"), "no whole number of chips"),
        (("--device", "H100", "--device-hours", "1.7Q"), "'Q' in '1.7Q' is none of k, M, B, T"),
        (("--device", "H100", "--device-hours", "1,7M"), "a comma that separates no thousands"),
        (("--device", "H100", "--device-hours", "-5"), "'-5' is below zero"),
        (("--device", "H100", "--device-hours", "1e999"), "is too large"),
        (
            ("--device", "H100", "--device-hours", "0"),
            "device_hours: 0 is below the least that is accepted",
        ),
        (("--device-hours", "1.7M"), "name at least one device, or give the energy"),
        (
            ("--device", "8xH100", "--duration", "5h", "--device-hours", "40"),
            "the third follows, e.g. --device 64xH100 --device-hours 20k",
        ),
        (("--device", "H100", "--parameters", "70B"), "needs --tokens"),
        (("--device", "8xH100", "--mfu", "40%"), "--mfu is about a model's work"),
        (
            ("--device", "H100", "--device", "A100", "--device-hours", "1.7M"),
            "exactly one type of device, e.g. --device H100 --device-hours 1.7M",
        ),
        (
            ("--device", "H100", "--parameters", "70B", "--tokens", "15T", "--mfu", "40"),
            "40 would be 40 times the whole: 40%?",
        ),
        (
            ("--device", "H100", "--parameters", "7", "--tokens", "15T"),
            "parameters: 7 is below the least that is accepted, 1000, e.g. --parameters 70B",
        ),
        (
            (
                *("--device", "H100", "--parameters", "37B", "--tokens", "15T"),
                *("--active-parameters", "671B"),
            ),
            "active parameters are a part",
        ),
        (
            ("--device", "H100", "--parameters", "7B", "--tokens", "1T", "--precision", "fp12"),
            "precision: 'fp12' is not one of 'fp32'",
        ),
        (
            ("--device", "H100", "--parameters", "7B", "--tokens", "1T", "--kind", "dreaming"),
            "kind: 'dreaming' is not one of 'training'",
        ),
        (
            ("--device", "V100", "--parameters", "7B", "--tokens", "1T", "--precision", "fp8"),
            "in fp8 is known",
        ),
        (("--device", "8xH100", "--per", "million tokens"), "the run's tokens were not given"),
        (("--device", "8xH100", "--per", "token", "--format", "json"), "json has no SCI"),
        (("--energy", "433 MW"), "433 MW is a power; energy is in kWh: 433 MWh?"),
        (("--energy", "5kW"), "5kW is a power; energy is in kWh: 5kWh?"),
        (("--energy", "433 mWh"), "433 mWh are milliwatt-hours: 433 MWh?"),
        (("--energy", "433"), "433 has no unit"),
        (("--energy", "433 bananas"), "'bananas' is no unit of energy"),
        (("--energy", "nan kWh"), "'nan kWh' is not a number"),
        (("--like", "BLOMO"), "unknown published run 'BLOMO'; did you mean"),
        (("--like", "0x BLOOM"), "0 times is not above 0"),
        (("--like", "olmo-7b-a100"), "without its hours and without its tokens"),
        (("--like", "BLOOM", "--device", "8xH100"), "brings its devices"),
        (("--like", "BLOOM", "--duration", "5h"), "brings its devices"),
        (("--device", "8xH100", "--year", "20x4"), "'20x4' is not a year"),
        (("--device", "8xH100", "--year", "1492"), "year: 1492 is below the least"),
        (("--device", "8xH100", "--duty-cycle", "130%"), "duty_cycle: 1.3 is above the most"),
        (("--device", "8xH100", "--overhead", "50"), "50 would be 50 times the whole: 50%?"),
        (("--device", "8xH100", "--storage", "100"), "100 has no unit (GB, TB or PB)"),
        (("--device", "8xH100", "--transfer", "3 boxes"), "'boxes' is no unit of data"),
        (("--device", "8xH1OO"), "unknown device 'H1OO'"),
        (("--device", "8xH100", "--location", "Atlantis"), "unknown location 'Atlantis'"),
        (("--device", "8xH100", "--location", "useast1"), "us-east-1 or us-east1: say which"),
        (("--device", "8xH100", "--duration", "5m"), "'5m' is not a number with a unit"),
        (("--device", "8xH100", "--duration", ""), "nothing was given"),
        (("--device", "8xH100", "--duration", "0h"), "duration_h"),
        (("--device", "8xH100", "--utilisation", "60"), "utilisation"),
        (("--device", "8xH100", "--utilisation", "lots"), "'lots' is not a number"),
        (("--device", "8xH100", "--pue", "0.9"), "pue"),
        (("--device", "8xH100", "--pue", "nan"), "pue"),
        (("--device", "8xH100", "--factors", "real"), "'real' is not a factor set"),
        (("--device", "8xH100", "--factors", "article"), "no factor for 'H100'"),
        ((), "name at least one device, or give the energy, e.g. --device 8xH100"),
        (("--device", "8xH100", "--default-gpu", "H1000"), "unknown device"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(("estimate", *arguments))
    except SystemExit as stop:
        code = stop.code

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert complaint in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("what", ["devices", "locations", "sources"])
@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_lists_can_be_printed(what: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, what, "--format", form)

    assert len(text.splitlines()) > 20
    if form == "json":
        assert len(json.loads(text)) >= 10


@pytest.mark.parametrize(
    ("what", "search", "found"),
    [
        ("devices", "tpu v4", "TPU-v4"),
        ("locations", "france", "eu-west-3"),
        ("locations", "south korea", "KR"),
        ("locations", "us-phoenix-1", "Oracle Cloud"),
        ("sources", "nvidia", "https://"),
    ],
)
def test_lists_can_be_searched(
    what: str, search: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found in out(capsys, what, search)


def test_an_empty_search_result_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("devices", "abacus")) == 2
    assert "nothing holds 'abacus'" in capsys.readouterr().err


def test_the_package_needs_nothing_but_pydantic() -> None:
    """A fresh interpreter in which Slack, web frameworks and the bot cannot be imported."""
    code = (
        "import sys\n"
        "for name in ('bot', 'slack_bolt', 'slack_sdk', 'aiohttp', 'lark', 'pydantic_settings',"
        " 'numpy'): sys.modules[name] = None\n"
        "from estimator.__main__ import main\n"
        "sys.exit(main(['estimate', '--device', '10xGPU', '--factors', 'article']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "10,000 kWh" in done.stdout
