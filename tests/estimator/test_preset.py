"""Published runs as inputs: what the text says was run, never what it says came out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from estimator import InvalidValue, UnknownName, estimate, load_default
from estimator.preset import as_spec, parse_like
from estimator.published_run import PublishedRun
from estimator.tables import checked

CATALOGUE = load_default()


def published(**fields: Any) -> PublishedRun:
    told = {
        "id": "example",
        "name": "Example",
        "developer": "Somebody",
        "year": 2022,
        "device": "A100-SXM4-80GB",
        "energy_kwh": 1234.5,
        "energy_basis": "measured",
        "energy_boundary": "facility",
        "operational_kgco2e": 99,
        "emission_basis": "location",
        "split": "fit",
        "source_ids": ("somebody",),
        "quote": "as the text says",
        "verified": "primary",
    }
    return checked(PublishedRun, {**told, **fields})


def test_device_hours_place_and_pue_are_taken_and_the_answer_is_not() -> None:
    run = published(device_count=384, device_hours=1e6, location="France", pue=1.2)
    spec = as_spec(run)

    assert spec.device_hours == 1e6
    assert spec.devices[0].quantity == 384
    assert (spec.location, spec.pue, spec.year, spec.like) == ("France", 1.2, 2022, "example")
    assert spec.energy_kwh is None


def test_devices_and_duration_make_hours() -> None:
    """512 × 480 h = 245,760 device-hours; twice the work on the same devices is 491,520."""
    run = published(device_count=512, duration_h=480)

    assert as_spec(run).device_hours == 245_760
    assert as_spec(run, 2).device_hours == 491_520
    assert as_spec(run, 2).devices[0].quantity == 512


def test_a_duration_without_a_count_says_how_many_run_at_once() -> None:
    spec = as_spec(published(device_hours=1000, duration_h=10), 0.5)

    assert (spec.device_hours, spec.duration_h) == (500, 5)
    assert estimate(spec, CATALOGUE).devices[0].quantity == 100


def test_tokens_count_only_where_no_hours_are_given() -> None:
    work = {"parameters": 671e9, "active_parameters": 37e9, "tokens": 1e12, "precision": "bf16"}

    spec = as_spec(published(**work), 3)
    assert spec.workload
    assert spec.workload.tokens == 3e12
    assert spec.workload.active_parameters == 37e9
    assert spec.workload.precision == "bf16"
    assert as_spec(published(**work, device_hours=5)).workload is None


def test_a_run_without_hours_and_tokens_is_refused() -> None:
    with pytest.raises(InvalidValue, match="without its hours and without its tokens"):
        as_spec(published(parameters=1e9))


@pytest.mark.parametrize("times", [0, -1, float("nan"), 1e7])
def test_a_multiple_that_is_none_is_refused(times: float) -> None:
    with pytest.raises(InvalidValue, match="up to a million"):
        as_spec(published(device_hours=5), times)


@pytest.mark.parametrize(
    ("text", "run", "times"),
    [
        ("BLOOM", "BLOOM", 1),
        ("2x Llama-3-70B", "Llama-3-70B", 2),
        ("0.5 × bloom", "BLOOM", 0.5),
        ("1k*BLOOM", "BLOOM", 1000),
    ],
)
def test_a_name_may_carry_a_multiple(text: str, run: str, times: float) -> None:
    hours = CATALOGUE.run(run).device_hours
    assert hours
    assert parse_like(text, CATALOGUE).device_hours == pytest.approx(times * hours)


@pytest.mark.parametrize("text", ["BLOMO", "3x BLOMO", "x", "2x"])
def test_an_unknown_run_is_refused(text: str) -> None:
    with pytest.raises(UnknownName):
        parse_like(text, CATALOGUE)


def test_a_device_that_the_catalogue_does_not_hold_is_named() -> None:
    run = published(device="Abacus 9", device_hours=5)
    catalogue = replace(CATALOGUE, runs={"example": run})

    with pytest.raises(InvalidValue, match="Example ran on Abacus 9, of which no figures are"):
        parse_like("example", catalogue)


def test_every_published_run_that_says_how_much_ran_can_be_estimated() -> None:
    estimated, refused = 0, []
    for run in CATALOGUE.runs.values():
        try:
            spec = parse_like(run.id, CATALOGUE)
        except InvalidValue:
            refused.append(run.id)
            continue
        found = estimate(spec, CATALOGUE)
        estimated += 1
        if run.device_hours is not None:
            assert found.devices[0].device_hours == pytest.approx(run.device_hours)
    assert refused == ["olmo-7b-a100"]
    assert estimated >= 60
