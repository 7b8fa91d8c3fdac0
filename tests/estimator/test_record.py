"""A record is run again to the same figures, bit for bit, and says where it is not."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from estimator import DeviceQuantity, TrainingRun, estimate, load_default
from estimator.__main__ import main
from estimator.errors import DataError
from estimator.record import Record, named_in_full, record_from_json, record_json, rerun
from estimator.spec import Workload

CATALOGUE = load_default()
RUNS = (
    TrainingRun(
        devices=(DeviceQuantity(device="H100", quantity=64),), duration_h=336, location="France"
    ),
    TrainingRun(
        devices=(DeviceQuantity(device="H800"),),
        workload=Workload(parameters=671e9, active_parameters=37e9, tokens=14.8e12),
    ),
    TrainingRun(energy_kwh=433_000.1, location="eu-west-1"),
    TrainingRun(devices=(DeviceQuantity(device="GPU", quantity=10),), factors="article"),
)


@pytest.mark.parametrize("run", RUNS)
def test_a_record_comes_back_bit_for_bit(run: TrainingRun) -> None:
    record = Record(spec=run, estimate=estimate(run, CATALOGUE))
    text = record_json(record)
    back = record_from_json(text)

    assert record_json(back) == text
    assert back.estimate.totals == record.estimate.totals
    found = rerun(back, CATALOGUE)
    assert found.same
    assert found.changes == ()


def record(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(("estimate", *arguments, "--format", "record")) == 0
    return capsys.readouterr().out


def test_a_record_that_is_run_again_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.json"
    file.write_text(record(capsys, "--like", "BLOOM", "--overhead", "50%"))

    assert main(("rerun", str(file))) == 0
    said = capsys.readouterr().out
    assert f"Data: the same version, {CATALOGUE.version}." in said
    assert "Figures: the same, bit for bit." in said


def test_a_record_names_the_model_that_plain_gpu_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.json"
    file.write_text(record(capsys, "--device", "8xGPU", "--default-gpu", "T4"))

    assert json.loads(file.read_text())["spec"]["devices"][0]["device"] == "T4"
    assert main(("rerun", str(file))) == 0


def test_a_record_is_of_the_same_models_whatever_gpu_means_when_it_is_run_again() -> None:
    meant = CATALOGUE.with_meanings({"GPU": "L4", "TPU": "TPU-v5e", "H100": "H100-PCIE-80GB"})
    run = TrainingRun(
        devices=tuple(DeviceQuantity(device=name, quantity=8) for name in ("GPU", "TPU", "H100")),
        location="France",
    )
    found = estimate(run, meant)
    record = Record(spec=named_in_full(run, found), estimate=found)

    assert [entry.device for entry in record.spec.devices] == ["L4", "TPU-v5e", "H100-PCIE-80GB"]
    assert rerun(record, CATALOGUE).same


def test_devices_that_would_be_one_keep_their_names() -> None:
    run = TrainingRun(
        devices=(
            DeviceQuantity(device="H100", quantity=3),
            DeviceQuantity(device="H100-SXM5-80GB", quantity=5),
        )
    )
    assert named_in_full(run, estimate(run, CATALOGUE)) == run


def test_a_changed_figure_is_named_and_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(record(capsys, "--energy", "433 MWh"))
    told["estimate"]["totals"]["energy_kwh"] = {"value": 1.0, "low": 1.0, "high": 1.0}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(told)))

    assert main(("rerun", "-")) == 1
    assert "energy_kwh was 1, is 433000." in capsys.readouterr().out


def test_another_version_of_the_data_is_said() -> None:
    found = rerun(
        Record(spec=RUNS[0], estimate=estimate(RUNS[0], CATALOGUE)),
        replace(CATALOGUE, version="another"),
    )

    assert not found.same_data
    assert not found.same
    assert found.same_figures
    assert f"another; the record was made with {CATALOGUE.version}" in found.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "this is not JSON"),
        ("{", "this is not JSON"),
        ("[]", "does not fit the format"),
        ("{}", "spec is missing"),
        ('{"spec": {"devices": []}, "estimate": {}}', "make one with --format record"),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(
    text: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)

    assert main(("rerun", str(file))) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    with pytest.raises(DataError):
        record_from_json(text)


def test_a_file_that_is_not_there_or_not_text_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")

    assert main(("rerun", str(tmp_path / "nothing"))) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(("rerun", str(binary))) == 2
    assert "not UTF-8" in capsys.readouterr().err
