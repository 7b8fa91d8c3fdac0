"""Estimates in words: ranges, causes, ages, parts, comparisons and the SCI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from estimator import (
    DeviceQuantity,
    InvalidValue,
    Quantity,
    TrainingRun,
    estimate,
    figures,
    formats,
    load_default,
)
from estimator.result import Cause, Estimate
from estimator.sci import sci, sci_per
from estimator.spec import Workload

CATALOGUE = load_default()


def answer(device: str = "A100", quantity: int | None = 8, **fields: Any) -> Estimate:
    devices = (DeviceQuantity(device=device, quantity=quantity),)
    return estimate(TrainingRun(devices=devices, **fields), CATALOGUE)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (22_140, 15_300, 31_200, "22.1 MWh (likely 15–31)"),
        (22_140, 22_140, 22_140, "22.1 MWh"),
        (950, 880, 1_234, "950 kWh (likely 880–1,200)"),
        (1_840, 1_836, 1_844, "1.84 MWh (likely 1.84–1.84)"),
        (0, 0, 5, "0 kWh"),
        (5, 0, 9, "5.00 kWh (likely 0–9.0)"),
    ],
)
def test_an_energy_has_its_range_in_the_same_unit(
    value: float, low: float, high: float, text: str
) -> None:
    assert figures.energy_range(value, low, high) == text
    assert figures.mass_range(6_204, 4_100, 8_000) == "6.20 t CO2e (likely 4.1–8.0)"


def test_the_figures_carry_their_ranges_and_the_articles_do_not() -> None:
    ours = dict(formats.figure_rows(answer(duration_h=10)))
    article = dict(formats.figure_rows(answer("GPU", 10, factors="article")))

    assert "(likely " in ours["Energy"]
    assert "(likely " in ours["Total"]
    assert article["Energy"] == "10,000 kWh"
    assert article["Operational"] == "not in this factor set"
    assert formats.certainty_texts(answer("GPU", 10, factors="article")) == []


@pytest.mark.parametrize(
    ("factor", "share", "text"),
    [
        ("grid.FR", 0.8, "most of it from the location's carbon intensity"),
        ("grid.FR", 0.4, "the largest part of it from the location's carbon intensity"),
        ("region.eu-west-1.pue", 0.5, "most of it from the PUE"),
        ("constant.default_utilisation", 0.6, "most of it from the devices' utilisation"),
        ("constant.host_power_w", 0.6, "most of it from the power of hosts"),
        ("H100-SXM5-80GB.power_w", 0.6, "most of it from the devices' power"),
        ("constant.default_mfu", 0.6, "most of it from the MFU"),
        ("constant.memory_kgco2e_per_gb.HBM2", 0.6, "most of it from the model of manufacturing"),
        ("constant.something", 0.6, "most of it from constant.something"),
    ],
)
def test_the_cause_is_named(factor: str, share: float, text: str) -> None:
    found = replace(
        answer(location="France", duration_h=10), causes={"total_kgco2e": Cause(factor, share)}
    )

    assert formats.cause_text(found, "total_kgco2e") == text
    assert formats.cause_text(found, "energy_kwh") is None


def test_every_cause_of_real_answers_has_a_name() -> None:
    for fields in (
        {"duration_h": 10.0},
        {"device_hours": 1e6, "location": "eu-west-1", "transfer_tb": 1e6},
        {"workload": Workload(parameters=7e9, tokens=1e12), "location": "France"},
    ):
        found = answer(**fields)
        texts = [formats.cause_text(found, figure) for figure in found.causes]
        assert all(text and "constant." not in text for text in texts)


def test_an_unknown_location_is_called_so() -> None:
    text = formats.cause_text(answer(duration_h=10), "operational_kgco2e")

    assert text == "most of it from the location, which is not known"


@pytest.mark.parametrize(
    ("year", "today", "text"),
    [
        (2024, 2026, "2024 mean, 2 years old"),
        (2024, 2025, "2024 mean, 1 year old"),
        (2024, 2024, "2024 mean"),
        (2024, None, "2024 mean"),
        (None, 2026, None),
    ],
)
def test_the_age_of_a_mean(year: int | None, today: int | None, text: str | None) -> None:
    assert formats.age_text(year, today) == text


def test_the_parts_add_up_to_the_energy_and_no_empty_part_is_shown() -> None:
    found = answer(duration_h=10, pue=1.2)

    names = [name for name, _ in formats.breakdown_rows(found)]
    assert names == ["Accelerators", "Hosts", "Data centre (PUE 1.2)"]
    assert found.breakdown
    assert len(formats.boundary_rows(found)) == 4


@pytest.mark.parametrize("write", [formats.as_table, formats.as_markdown])
def test_a_text_says_age_side_figures_and_what_they_are_not(write: Any) -> None:
    found = answer(duration_h=1000, location="eu-west-1")
    text = write(found, formats.Beside(today_year=2027, sci=sci(found, 2, "model")))

    assert f"{found.conditions.intensity_year} mean, " in text if found.conditions else False
    assert "years old" in text
    assert "Beside the total, not added to it:" in text
    assert "Operational, market-based" in text
    assert "per model" in text
    assert "Where the energy goes:" in text


def test_the_sci_is_the_total_per_unit_with_the_unit_named() -> None:
    """8 × 100 h = 800 device-hours; 2 million tokens are 2 units of a million."""
    by_time = answer(duration_h=100, location="France")
    by_tokens = answer(workload=Workload(parameters=7e9, tokens=2e6), location="France")
    total = by_time.totals.total_kgco2e

    hour = sci_per(by_time, "device-hour")
    assert (hour.units, hour.name) == (800, "device-hour")
    assert hour.kgco2e.value == pytest.approx(total.value / 800)
    assert hour.kgco2e.high == pytest.approx(total.high / 800)
    million = sci_per(by_tokens, "million tokens")
    assert (million.units, million.name) == (2, "million tokens")
    assert sci_per(by_tokens, "token").units == 2e6
    assert sci_per(by_tokens, "1k tokens").units == 2000
    requests = sci_per(by_time, "5k requests")
    assert (requests.units, requests.name) == (5000, "one of 5k requests")
    assert sci_per(by_time, "1,000 device-hours").units == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("million tokens", "the run's tokens were not given"),
        ("requests", "how many of 'requests' are there"),
        ("0 requests", "0 units cannot be divided by"),
        ("", "is not a unit"),
        ("!?", "is not a unit"),
        ("-5 requests", "is not a unit"),
    ],
)
def test_a_unit_that_cannot_be_counted_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why.replace("?", r"\?")):
        sci_per(answer(duration_h=100), text)


def test_the_article_has_no_sci() -> None:
    with pytest.raises(InvalidValue, match="no electricity into carbon"):
        sci(answer("GPU", 10, factors="article"), 5, "model")


def test_a_range_never_leaves_its_value_outside() -> None:
    for value in (1.0, 9.996, 12.34, 99.5, 999.4, 1234.0):
        for width in (0.001, 0.01, 0.2):
            quantity = Quantity(value, value * (1 - width), value * (1 + width))
            text = formats.energy_range_text(answer(duration_h=1), quantity)
            shown = text.split()[0]
            low, high = text.split("likely ")[1].rstrip(")").split("–")
            assert float(low.replace(",", "")) <= float(shown) <= float(high.replace(",", ""))
