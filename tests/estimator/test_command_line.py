"""`python -m estimator`: what it prints, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

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


def test_the_flags_reach_the_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimated(
        capsys,
        *("--device", "8 x a100-80gb", "--duration", "1d 12h", "--location", "eu-west-1"),
        *("--utilisation", "60%", "--pue", "1.1"),
    )

    assert found["conditions"]["duration_h"] == 36
    assert found["conditions"]["pue"] == 1.1
    assert "eu-west-1" in found["conditions"]["location"]
    assert found["devices"][0]["utilisation"] == 0.6
    assert found["devices"][0]["quantity"] == 8


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
        (("--device", "H100"), "'H100' is not QUANTITYxNAME"),
        (("--device", "0xH100"), "greater than or equal to 1"),
        (("--device", "1000000000000xH100"), "less than or equal to 10000000"),
        (("--device", f"{'9' * 5000}xH100"), "less than or equal to 10000000"),
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
        ((), "--device"),
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
