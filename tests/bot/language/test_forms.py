"""Every way to say how much is run: workloads, device-hours, published runs, energy, instances."""

from __future__ import annotations

from typing import Any

import pytest

from bot.language import LanguageError, parse, to_text
from bot.language.normalise import normalise
from estimator import DeviceQuantity, TrainingRun, load_default
from estimator.preset import as_spec
from estimator.spec import Workload

CATALOGUE = load_default()


def run(*devices: tuple[str, int | None], **said: Any) -> TrainingRun:
    entries = tuple(DeviceQuantity(device=d, quantity=n) for d, n in devices)
    return TrainingRun(devices=entries, **said)


LLAMA = Workload(parameters=70e9, tokens=15e12)
SMALL = Workload(parameters=8e9, tokens=10e9)
DEEPSEEK = Workload(parameters=671e9, active_parameters=37e9, tokens=14.8e12, precision="fp8")
H800 = "H800-SXM5-80GB"
EIGHT = ("H100", 8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("70B params 15T tokens on H100", run(("H100", None), workload=LLAMA)),
        ("70 billion parameters, 15 trillion tokens, H100", run(("H100", None), workload=LLAMA)),
        ("15T tokens 70B model on 512 H100", run(("H100", 512), workload=LLAMA)),
        (
            "8B parameters, 15T tokens on 512 H100 at 40% mfu",
            run(("H100", 512), workload=Workload(parameters=8e9, tokens=15e12, mfu=0.4)),
        ),
        (
            "70B params 15T tokens on H100 mfu 0.4 in bf16",
            run(
                ("H100", None),
                workload=LLAMA.model_copy(update={"mfu": 0.4, "precision": "bf16"}),
            ),
        ),
        (
            "70B params 15T tokens on H100 mfu 0.4 inbf16",
            run(
                ("H100", None),
                workload=LLAMA.model_copy(update={"mfu": 0.4, "precision": "bf16"}),
            ),
        ),
        (
            "70B params 15T tokens on H100 mfu 0.4 precision=bfloat16",
            run(
                ("H100", None),
                workload=LLAMA.model_copy(update={"mfu": 0.4, "precision": "bf16"}),
            ),
        ),
        ("671B params (37B active) 14.8T tokens on H800 fp8", run((H800, None), workload=DEEPSEEK)),
        (
            "fine-tuning 8B params 10B tokens on 8 H100",
            run(EIGHT, workload=SMALL.model_copy(update={"kind": "fine_tuning"})),
        ),
        (
            "LoRA 8B params 10B tokens on 8 H100",
            run(EIGHT, workload=SMALL.model_copy(update={"kind": "lora"})),
        ),
        (
            "8B params 10B tokens for inference on 8 H100 duty 30%",
            run(EIGHT, workload=SMALL.model_copy(update={"kind": "inference"}), duty_cycle=0.3),
        ),
        ("train 8B params 10B tokens on 8 H100", run(EIGHT, workload=SMALL)),
        ("70B params 15T tokens on p5.48xlarge", run(("p5.48xlarge", None), workload=LLAMA)),
        ("1.7M A100-hours", run(("A100", None), device_hours=1.7e6)),
        ("1.7M A100 hours", run(("A100", None), device_hours=1.7e6)),
        ("1.7 million A100 hours", run(("A100", None), device_hours=1.7e6)),
        ("2.8M H800 GPU-hours", run((H800, None), device_hours=2.8e6)),
        ("2.8M GPU-hours on H800", run((H800, None), device_hours=2.8e6)),
        ("5,000 gpu hours on A100", run(("A100", None), device_hours=5000)),
        ("5,000 GPUh on A100", run(("A100", None), device_hours=5000)),
        ("5,000 A100-hours on 64 A100-80GB", run(("A100-80GB", 64), device_hours=5000)),
        ("500 v3-8-hours", run(("v3-8", None), device_hours=500)),
        ("100 A10-hours on 2070 A10", run(("A10", 2070), device_hours=100)),
        ("100 GPU-hours on 2070", run(("RTX-2070", None), device_hours=100)),
        ("12 V100-days", run(("V100", None), device_hours=288)),
        ("433 MWh in France", run(energy_kwh=433_000, location="France")),
        ("12,000 kWh", run(energy_kwh=12_000)),
        ("12 MWh on 8 H100", run(EIGHT, energy_kwh=12_000)),
        ("p5.48xlarge for 2 weeks", run(("p5.48xlarge", 1), duration_h=336)),
        ("4 p5.48xlarge", run(("p5.48xlarge", 4))),
        ("a2-ultragpu-8g", run(("a2-ultragpu-8g", 1))),
        ("Standard_ND96isr_H100_v5", run(("Standard_ND96isr_H100_v5", 1))),
        ("nd96isr_h100_v5", run(("Standard_ND96isr_H100_v5", 1))),
        ("tpu v3-8 for 3 days", run(("v3-8", 1), duration_h=72)),
        ("2 tpu v3-8", run(("v3-8", 2))),
        ("v4-512", run(("v4-512", 1))),
        ("v5litepod-256", run(("v5e-256", 1))),
        ("8 tpu v4 8 H100", run(("TPU-v4", 8), EIGHT)),
        ("8 H100 year 2023", run(EIGHT, year=2023)),
        ("8 H100 in France in May", run(EIGHT, location="France", month=5)),
        ("8 H100 for 1 month month 5", run(EIGHT, duration_h=720.0, month=5)),
        ("8 H100 month: Dec year 2023", run(EIGHT, month=12, year=2023)),
        ("8 H100 in France in 2023", run(EIGHT, location="France", year=2023)),
        ("8 H100 30% duty cycle", run(EIGHT, duty_cycle=0.3)),
        ("8 H100 at 60% duty cycle 30%", run(EIGHT, utilisation=0.6, duty_cycle=0.3)),
        ("8 H100 overhead 50%", run(EIGHT, overhead=0.5)),
        ("8 H100 +50% failed runs", run(EIGHT, overhead=0.5)),
        ("8 H100 storage 100 TB, transfer 3TB", run(EIGHT, storage_tb=100, transfer_tb=3)),
        ("64 H100s for two weeks", run(("H100", 64), duration_h=336)),
        ("eight H100s", run(EIGHT)),
        ("8 L40S", run(("L40S", 8))),
        ("8 H100 aws us-east-1", run(EIGHT, location="us-east-1")),
        ("8 H100 on AWS eu-west-1", run(EIGHT, location="eu-west-1")),
        ("8 H100 in Google Cloud us-central1", run(EIGHT, location="us-central1")),
        ("8 H100 lifetime 5 years", run(EIGHT, lifetime_years=5)),
        ("8 H100 lifetime of 30 months", run(EIGHT, lifetime_years=2.5)),
        ("8 H100 for 2 days lifetime=6y", run(EIGHT, duration_h=48, lifetime_years=6)),
        ("8 H100 500 GB of storage", run(EIGHT, storage_tb=0.5)),
    ],
)
def test_an_amount_is_read(text: str, expected: TrainingRun) -> None:
    assert parse(text, CATALOGUE).run == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "10块GPU 20块TPU 训练3天 在法国",
            run(("GPU", 10), ("TPU", 20), duration_h=72, location="France"),
        ),
        ("１０块ＧＰＵ，２０块ＴＰＵ", run(("GPU", 10), ("TPU", 20))),
        ("10块GPU和20块TPU", run(("GPU", 10), ("TPU", 20))),
        ("64张H100训练2周在法国", run(("H100", 64), duration_h=336, location="France")),
        ("8台H100训练2个月", run(EIGHT, duration_h=1440)),
        ("8 个 H100 3 小时 利用率60%", run(EIGHT, duration_h=3, utilisation=0.6)),
        ("8张H100 在台湾 2023年", run(EIGHT, location="Taiwan", year=2023)),
        ("8张H100在天津", run(EIGHT, location="Tianjin")),
        ("8张H100训练1年", run(EIGHT, duration_h=8760)),
        ("700亿参数15万亿token使用512张H100", run(("H100", 512), workload=LLAMA)),
        ("700亿参数 15万亿个token 512张H100", run(("H100", 512), workload=LLAMA)),
    ],
)
def test_chinese_is_read(text: str, expected: TrainingRun) -> None:
    assert parse(text, CATALOGUE).run == expected


def test_chinese_can_ask_for_everybody() -> None:
    assert parse("8张H100公开", CATALOGUE).public


def test_every_name_of_a_place_survives_the_spacing_of_chinese() -> None:
    for grid in CATALOGUE.grids.values():
        for alias in grid.aliases:
            assert CATALOGUE.find_locations(normalise(alias)) == CATALOGUE.find_locations(alias)


@pytest.mark.parametrize("text", ["like BLOOM", "BLOOM", "same as bloom-176b", "1x BLOOM"])
def test_a_published_run_is_a_run_to_start_from(text: str) -> None:
    found = parse(text, CATALOGUE).run

    assert found == as_spec(CATALOGUE.run("BLOOM"))
    assert to_text(found, catalogue=CATALOGUE) == "like bloom-176b"
    assert parse(to_text(found), CATALOGUE).run == found.model_copy(update={"like": None})


@pytest.mark.parametrize("text", ["2x Llama-3-70B", "like 2x Llama 3 70B", "2 llama-3-70b"])
def test_a_published_run_can_be_wanted_several_times(text: str) -> None:
    found = parse(text, CATALOGUE).run

    assert found == as_spec(CATALOGUE.run("Llama 3 70B"), 2)
    assert to_text(found, catalogue=CATALOGUE) == "like 2x llama-3-70b"


def test_a_published_run_moves_with_its_hours_but_not_its_pue() -> None:
    base = as_spec(CATALOGUE.run("OPT-175B"))

    moved = parse("like OPT-175B in Poland year 2023 overhead 50%", CATALOGUE).run

    assert (moved.device_hours, moved.devices) == (base.device_hours, base.devices)
    assert (moved.location, moved.year, moved.overhead) == ("Poland", 2023, 0.5)
    assert base.pue is not None
    assert moved.pue is None
    assert moved.like is None
    assert "like" not in to_text(moved, catalogue=CATALOGUE)


def test_every_published_run_is_found_by_each_of_its_names() -> None:
    for published in CATALOGUE.runs.values():
        for name in (published.id, published.name, *published.aliases):
            try:
                found = parse(f"like {name}", CATALOGUE).run
            except LanguageError as error:
                assert error.code == "run_without_hours"  # noqa: PT017 - two outcomes are right
                continue
            assert found.like == published.id
            again = parse(to_text(found, catalogue=CATALOGUE), CATALOGUE).run
            assert again == found


@pytest.mark.parametrize(
    ("text", "code", "underlined", "correction"),
    [
        ("100 kW", "power", "100 kW", "100 kWh"),
        ("8 MW in France", "power", "8 MW", "8 MWh in France"),
        ("7B params on H100", "half_a_workload", "7B params", "7B params 1T tokens on H100"),
        ("1T tokens on H100", "half_a_workload", "1T tokens", "1T tokens 7B params on H100"),
        ("7B on H100", "no_device", "7B", "7B params 1T tokens on H100"),
        ("7B params 1T tokens", "no_device", "1T tokens", "7B params 1T tokens on H100"),
        (
            "7B params 1T tokens on 8 H100, 8 A100",
            "one_device",
            "8 A100",
            "7B params 1T tokens on 8 H100",
        ),
        (
            "7B params (8B active) 1T tokens on H100",
            "contradiction",
            "(8B active)",
            "7B params 1T tokens on H100",
        ),
        (
            "7B params 1T tokens on RTX-4090 fp8",
            "no_peak",
            "fp8",
            None,
        ),
        ("7B params 1T tokens on H100 mfu 40", "ambiguous_share", "40", None),
        ("8 H100 bf16", "no_workload", "bf16", "8 H100"),
        ("8 H100 40% mfu", "no_workload", "40% mfu", "8 H100"),
        (
            "5000 A100-hours on 8 A100 for 2 weeks",
            "contradiction",
            "for 2 weeks",
            "5000 A100-hours on 8 A100",
        ),
        (
            "5000 A100-hours on 8 H100",
            "contradiction",
            "8 H100",
            "5000 A100-hours on 8 A100",
        ),
        ("0 A100-hours", "out_of_range", "0 A100-hours", "1M H100-hours"),
        ("0 kWh", "out_of_range", "0 kWh", "12,000 kWh"),
        ("12 MWh on A100", "no_quantity", "A100", "12 MWh on 1 A100"),
        ("like BLOM", "unknown_run", "BLOM", "like bloom-176b"),
        ("like", "no_run", "like", None),
        ("like BLOOM for 2 weeks", "like_and_more", "for 2 weeks", "like BLOOM"),
        ("like BLOOM on 8 H100", "like_and_more", None, None),
        ("like BLOOM like BLOOM", "said_twice", "like BLOOM", "like BLOOM"),
        ("like 1e9x BLOOM", "out_of_range", "like 1e9x BLOOM", "like bloom-176b"),
        ("like 0x BLOOM", "out_of_range", "like 0x BLOOM", "like bloom-176b"),
        ("v3-7", "no_such_slice", "v3-7", "v3-8"),
        ("10v3-7", "no_such_slice", "10v3-7", "v3-8"),
        ("v4-99998 in France", "no_such_slice", "v4-99998", "v3-8 in France"),
        ("8 H100 in France 2023", "bare_year", "2023", "8 H100 in France year 2023"),
        ("8 H100 year 1999", "out_of_range", "year 1999", "8 H100 year 2024"),
        ("8 H100 overhead 2", "ambiguous_share", "2", "8 H100 overhead 2%"),
        ("8 H100 storage 100", "no_unit", "100", "8 H100 storage 100 TB"),
        ("8 H100 duty 130%", "out_of_range", "duty 130%", "8 H100 duty 30%"),
        ("8 H100 on", "incomplete", "on", "8 H100"),
        ("1T tokens 7B params on H10O", "unknown_device", "H10O", "1T tokens 7B params on H100"),
        ("12 MWh factors article", "not_in_article", "12 MWh", None),
        ("500 GPU-hours factors article", "not_in_article", "500 GPU-hours", None),
        ("1e400 H100", "too_many", "1e400", "10000000 H100"),
        ("1e999 kWh", "out_of_range", "1e999 kWh", "12,000 kWh"),
    ],
)
def test_an_amount_is_refused(
    text: str, code: str, underlined: str | None, correction: str | None
) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)

    error = caught.value
    assert error.code == code
    if underlined is not None:
        assert error.text[error.start : error.end] == underlined
    if correction is not None:
        assert error.correction == correction
    if error.correction is not None:
        parse(error.correction, CATALOGUE)


NONSENSE = (
    "x" * 10_000,
    "在" * 10_000,
    "1" * 1_500,
    "1 " * 700,
    "1." * 700,
    "1,1" * 450,
    "a " * 700,
    "zz " * 480,
    "like " * 280,
    "like " + "zz " * 450,
    "8 " + "tpu v4 8 " * 150,
    "1e9" * 450,
    "(" * 1_500,
    "+50% " * 280,
    "for 1 " * 240,
    "8 H100 on " * 140,
    "5 A100 GPU " * 130 + "hours",
    "10块" * 400,
    "- " * 700,
    "v4-" * 450,
    "3%" * 500,
    "3%" * 290,
    "@" * 1_500,
    "1+" * 290,
    "1+" * 700,
    "zz " * 249,
    "1 " * 249,
    "5 A100 TPU " * 80,
    "8 H100 on " * 80,
    "what would " * 240,
    "8 nodes of " * 200,
    "in a on aws " * 110,
    "a b c d per node on " * 60,
    "x 64 " * 240,
    "H100 x 64 " * 140,
)


@pytest.mark.parametrize("text", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        parse(text, CATALOGUE)
