"""The word “live”, and a live figure that travels in a command."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import LanguageError, parse, to_text
from estimator import TrainingRun, load_default
from estimator.live import LiveIntensity
from tests.bot.language.strategies import PLACES, runs

CATALOGUE = load_default()
FIGURE = "live 123 at 2026-11-24T16:30Z by neso/GB"

figures = st.builds(
    LiveIntensity,
    gco2e_per_kwh=st.floats(0, 5000),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    source=st.sampled_from(["neso", "electricity-maps"]),
    zone=st.sampled_from(["GB", "7", "US-CAL-CISO", "DK-DK1", "ES-CN-FV"]),
)


@given(runs, figures, st.sampled_from(PLACES))
def test_a_run_with_a_live_figure_comes_back_from_its_command(
    run: TrainingRun, live: LiveIntensity, place: str
) -> None:
    update = {"live": live, "location": place, "year": None, "month": None}
    run = run.model_copy(update=update)
    found = parse(to_text(run), CATALOGUE)
    assert found.run == run
    assert not found.live


@pytest.mark.parametrize(
    "command",
    [
        "8 H100 for 6 hours in UK live",
        "live 8 H100 for 6 hours in UK",
        "8 H100 for 6 hours live in UK",
        "8 H100 --live for 6h in UK",
        "8 H100 for 6h in UK live grid",
        "8块H100跑6小时在英国实时",
        "8块H100跑6小时在英国 实时",
        "实时 8块H100跑6小时在英国",
    ],
)
def test_the_grid_as_it_is_now_can_be_asked_for(command: str) -> None:
    found = parse(command, CATALOGUE)
    assert found.live
    assert found.run == parse("8 H100 for 6 hours in UK", CATALOGUE).run


def test_a_figure_is_read_with_its_time_and_source() -> None:
    found = parse(f"8 H100 for 6h in UK {FIGURE} public", CATALOGUE)
    assert found.run.live == LiveIntensity(
        gco2e_per_kwh=123.0,
        at=datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
        source="neso",
        zone="GB",
    )
    assert found.public
    assert not found.live


def test_it_can_stand_beside_a_published_run() -> None:
    found = parse(f"like BLOOM in UK {FIGURE}", CATALOGUE).run
    assert found.live is not None
    assert found.like is None


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"8 H100 {FIGURE}", "name it"),
        (f"8 H100 in UK year 2023 {FIGURE}", "not both"),
        (f"8 H100 in UK {FIGURE} {FIGURE}", "twice"),
        ("8 H100 in UK live live", "twice"),
        ("8 H100 in UK in May live", "leave out “in May”"),
        ("10 GPU factors article live", "leave out “factors article”"),
        ("like BLOOM in UK year 2022 live", "leave out “year 2022”"),
        (f"8 H100 in UK {FIGURE} live", "leave out “live 123"),
        (f"8 H100 in UK {FIGURE.replace('123', '99999')}", "between 0 and 5,000"),
        (f"8 H100 in UK {FIGURE.replace('11-24', '13-44')}", "a time that exists"),
        (f"8 H100 in UK {FIGURE}{'X' * 30}", "a live figure"),
        (f"8 H100 in UK {FIGURE.replace('123', '9e999')}", "between 0 and 5,000"),
        (f"8 H100 in UK {FIGURE.replace('123', '1,234')}", "does not fit here"),
        (f"8 H100 in UK {FIGURE.replace('123', '1.2.3')}", "does not fit here"),
        (f"8 H100 in UK {FIGURE.replace('neso', 'nobody')}", "does not fit here"),
    ],
)
def test_what_cannot_be_is_refused(command: str, why: str) -> None:
    with pytest.raises(LanguageError, match=why):
        parse(command, CATALOGUE)
