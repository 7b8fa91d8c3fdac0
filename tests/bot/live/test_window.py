"""The cleanest time to run is the cleanest that there is, by trying every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.live.figures import Period
from bot.live.window import best_window, mean, without_gaps

NOW = datetime(2026, 11, 24, 16, 41, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def periods_of(lengths_min: list[int], grams: list[float]) -> list[Period]:
    found, at = [], NOW
    for length, intensity in zip(lengths_min, grams, strict=False):
        found.append(Period(at, at + length * MINUTE, intensity))
        at = found[-1].end
    return found


forecasts = st.lists(
    st.tuples(st.integers(1, 40), st.floats(0, 900) | st.integers(0, 5).map(float)),
    min_size=1,
    max_size=12,
).map(lambda pairs: periods_of([n for n, _ in pairs], [g for _, g in pairs]))


@given(forecasts, st.integers(1, 200))
def test_no_other_minute_is_cleaner(periods: list[Period], minutes: int) -> None:
    duration = minutes * MINUTE
    found = best_window(periods, duration)
    spare = (periods[-1].end - NOW - duration) // MINUTE
    if spare < 0:
        assert found is None
        return
    assert found is not None
    assert found.end - found.start == duration
    assert periods[0].start <= found.start
    assert found.end <= periods[-1].end
    # Periods begin and end on the minute: so does the best window.
    each = by_the_minute(periods)
    first = (found.start - NOW) // MINUTE
    tried = [sum(each[i : i + minutes]) / minutes for i in range(spare + 1)]
    assert found.gco2e_per_kwh == pytest.approx(tried[first]) == pytest.approx(min(tried))


def by_the_minute(periods: list[Period]) -> list[float]:
    return [p.gco2e_per_kwh for p in periods for _ in range((p.end - p.start) // MINUTE)]


@given(forecasts, st.floats(0, 1), st.floats(0.001, 1))
def test_a_mean_lies_between_the_least_and_the_most(
    periods: list[Period], first: float, share: float
) -> None:
    whole = periods[-1].end - NOW
    start = NOW + first * whole / 2
    found = mean(periods, start, start + share * whole / 2)
    grams = [period.gco2e_per_kwh for period in periods]
    assert min(grams) - 1e-6 <= found <= max(grams) + 1e-6


@given(st.permutations(range(8)), st.integers(0, 7), st.integers(0, 500))
def test_a_forecast_is_read_from_now_to_its_first_gap(
    order: list[int], lost: int, later_min: int
) -> None:
    whole = periods_of([30] * 8, [float(i) for i in range(8)])
    now = NOW + later_min * MINUTE
    found = without_gaps([whole[i] for i in order if i != lost], now)
    for before, after in pairwise(found):
        assert before.end == after.start
    if found:
        assert found[0].start == now
        assert all(p.start < p.end for p in found)
    running = later_min // 30
    if running == lost or running > 7:
        assert found == ()
    else:
        assert len(found) == (lost if lost > running else 8) - running


def test_the_earliest_of_what_is_alike_is_taken() -> None:
    found = best_window(periods_of([30] * 6, [9, 5, 9, 5, 9, 5]), 30 * MINUTE)
    assert found is not None
    assert found.start == NOW + 30 * MINUTE
