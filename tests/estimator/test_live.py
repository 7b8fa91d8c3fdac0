"""A live figure stands in for the year's mean where it is given, and is recomputed bit for bit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from estimator import DeviceQuantity, TrainingRun, estimate, load_default
from estimator.largest_cut import largest_cut
from estimator.live import LiveIntensity
from estimator.paragraph import as_paragraph
from estimator.record import Record, record_from_json, record_json, rerun
from estimator.reduction import cuts
from estimator.sweeping import sweep

CATALOGUE = load_default()
AT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
LIVE = LiveIntensity(gco2e_per_kwh=123.4, at=AT, source="neso", zone="GB")
RUN = TrainingRun(
    devices=(DeviceQuantity(device="H100", quantity=8),),
    duration_h=6.0,
    location="United Kingdom",
    live=LIVE,
)


def test_the_live_figure_is_the_intensity_of_the_whole_run() -> None:
    found = estimate(RUN, CATALOGUE)
    energy_kwh, operational = found.totals.energy_kwh, found.totals.operational_kgco2e
    assert operational is not None
    assert operational.value == pytest.approx(energy_kwh.value * 0.1234)
    assert found.conditions is not None
    assert found.conditions.intensity_gco2e_per_kwh == 123.4
    assert found.conditions.intensity_year is None
    assert found.conditions.intensity_boundary == "direct"


def test_it_is_said_what_was_live_when_and_by_whom() -> None:
    (said,) = (a for a in estimate(RUN, CATALOGUE).assumptions if a.code == "live_intensity")
    for part in ("123.4 gCO2e/kWh", "2026-11-24T16:30Z", "UK Carbon Intensity API", "215.8"):
        assert part in said.text
    assert "2026-11-24T16:30Z (UK Carbon Intensity API)" in as_paragraph(estimate(RUN, CATALOGUE))


def test_its_source_is_among_the_sources() -> None:
    (factor,) = (f for f in estimate(RUN, CATALOGUE).sources if f.id.startswith("live."))
    assert factor.id == "live.neso.GB.2026-11-24T16:30Z"
    assert factor.source.licence == "CC-BY-4.0"
    assert (factor.low, factor.high) == (None, None)


def test_a_record_with_a_live_figure_is_rerun_bit_for_bit() -> None:
    text = record_json(Record(spec=RUN, estimate=estimate(RUN, CATALOGUE)))
    back = record_from_json(text)
    assert back.spec == RUN
    assert rerun(back, CATALOGUE).same
    assert record_json(back) == text


def test_another_place_has_its_own_figure() -> None:
    assert RUN.moved_to("France").live is None
    assert RUN.moved_to("United Kingdom").live == LIVE
    before = estimate(RUN, CATALOGUE)
    for cut in cuts(RUN, before, CATALOGUE):
        kept = cut.run.location == RUN.location and cut.run.month is None
        assert (cut.run.live is not None) == kept, cut.code
    first = largest_cut(RUN, estimate(RUN, CATALOGUE), CATALOGUE)
    assert first is None or first.run.location == RUN.location or first.run.live is None


def test_a_sweep_keeps_it_at_home_alone() -> None:
    base = RUN.model_copy(update={"location": "uk"})
    home, away = sweep(base, CATALOGUE, ["uk", "France"], [])
    for point in (home, away):
        found = estimate(point.run, CATALOGUE).totals
        assert point.total_kgco2e == pytest.approx(found.total_kgco2e.value)
    assert home.run.live == LIVE
    assert away.run.live is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"location": None}, "that of a place"),
        ({"year": 2023}, "and not both"),
        ({"month": 5}, "and not both"),
    ],
)
def test_it_belongs_to_a_place_and_to_no_year(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TrainingRun.model_validate({**RUN.model_dump(), **changes})


@pytest.mark.parametrize("figure", [-1.0, 5001.0, float("nan"), float("inf")])
def test_it_is_within_reason(figure: float) -> None:
    with pytest.raises(ValidationError):
        LiveIntensity(gco2e_per_kwh=figure, at=AT, source="neso", zone="GB")


def test_its_time_is_in_utc_by_the_minute() -> None:
    there = timezone(timedelta(hours=8))
    at = datetime(2026, 11, 25, 0, 30, 59, 7, tzinfo=there)
    found = LiveIntensity(gco2e_per_kwh=1.0, at=at, source="neso", zone="GB")
    assert found.at == AT
    assert found.stamp == "2026-11-24T16:30Z"
