"""The paragraph and front matter of a paper or a model card; figures are worked by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from estimator import DeviceQuantity, InvalidValue, TrainingRun, estimate, load_default
from estimator.__main__ import main
from estimator.paragraph import as_paragraph
from estimator.spec import Workload

CATALOGUE = load_default()


def paragraph(device: str | None = "A100", quantity: int | None = 8, **fields: Any) -> str:
    devices = (DeviceQuantity(device=device, quantity=quantity),) if device else ()
    return as_paragraph(estimate(TrainingRun(devices=devices, **fields), CATALOGUE))


def front_matter(text: str) -> dict[str, Any]:
    """The keys below ``co2_eq_emissions``; every value is a JSON value, which YAML reads too."""
    lines = text.split("---\n")[1].splitlines()
    assert lines[0] == "co2_eq_emissions:"
    pairs = (line.split(": ", 1) for line in lines[1:] if not line.strip().startswith("#"))
    return {key.strip(): json.loads(value) for key, value in pairs}


def test_emissions_are_in_grams() -> None:
    """1000 kWh × the grid's g/kWh = 1000 × as many grams."""
    found = front_matter(paragraph(None, energy_kwh=1000.0, location="France"))
    intensity = CATALOGUE.grids["FR"].intensity_gco2e_per_kwh.value

    assert found["emissions"] == pytest.approx(1000 * intensity, rel=0.005)
    assert found["geographical_location"] == "France"
    assert "hardware_used" not in found
    assert "training_type" not in found


@pytest.mark.parametrize(
    ("kind", "training_type"),
    [
        ("training", "pre-training"),
        ("fine_tuning", "fine-tuning"),
        ("lora", "fine-tuning"),
        ("inference", None),
    ],
)
def test_the_training_type_is_the_one_that_was_said(kind: Any, training_type: str | None) -> None:
    workload = Workload(parameters=7e9, tokens=1e9, mfu=0.4, kind=kind)
    found = front_matter(paragraph(workload=workload, location="Sweden"))

    assert found.get("training_type") == training_type
    assert found["hardware_used"].startswith("8 × A100")
    assert set(found) <= {
        *("emissions", "source", "training_type", "geographical_location", "hardware_used")
    }


def test_what_was_not_said_is_left_out_of_the_keys() -> None:
    text = paragraph(duration_h=10)

    assert set(front_matter(text)) == {"emissions", "source", "hardware_used"}
    assert "# geographical_location: not said" in text
    assert "# training_type: pre-training or fine-tuning" in text


def test_the_paragraph_has_figures_intervals_method_and_sources() -> None:
    """8 × 100 h = 800 device-hours."""
    text = paragraph(duration_h=100, location="France", pue=1.2)
    found = estimate(
        TrainingRun(
            devices=(DeviceQuantity(device="A100", quantity=8),),
            duration_h=100,
            location="France",
            pue=1.2,
        ),
        CATALOGUE,
    )

    assert "(800 device-hours)" in text
    assert "at a PUE of 1.2" in text
    assert "location-based" in text
    assert "ranges are 90 % intervals" in text
    assert found.catalogue_version in text
    assert all(factor.source.url in text for factor in found.sources)
    assert f"{found.totals.energy_kwh.value:.0f} kWh (" in text


def test_a_metered_energy_is_not_said_to_be_estimated() -> None:
    text = paragraph(None, energy_kwh=1000.0)

    assert "The energy was metered" in text
    assert "We estimate the energy" not in text


def test_the_articles_figures_belong_in_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidValue, match="belong in no report"):
        paragraph("GPU", factors="article")
    arguments = ("--device", "8xH100", "--format", "paragraph")
    assert main(("estimate", *arguments)) == 0
    assert capsys.readouterr().out.startswith("---\nco2_eq_emissions:\n  emissions: ")
