"""Periods, sums, forecasts and thresholds of budgets, against independent arithmetic."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import available_timezones

import pytest
from dateutil import tz  # type: ignore[import-untyped]
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from bot.budget import (
    THRESHOLDS_PERCENT,
    Budget,
    BudgetUnit,
    Period,
    Scope,
    Span,
    State,
    Use,
    crossing,
)
from bot.ledger import Entry, RunState, before_measured
from bot.periods import day_in

MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
DAY = date(2026, 11, 24)
START = datetime(2000, 1, 1, tzinfo=UTC)
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)

amounts = st.none() | st.floats(0, 1e9, allow_nan=False, allow_infinity=False)
periods = st.sampled_from(Period)
days = st.dates(date(1999, 1, 1), date(2101, 12, 31))


def budget(amount: float = 20.0, **values: object) -> Budget:
    plain = {
        "scope": Scope.CHANNEL,
        "scope_id": "C1",
        "period": Period.MONTH,
        "unit": BudgetUnit.TONNES,
        "set_by": "U1",
    }
    return Budget(amount=amount, **{**plain, **values})  # type: ignore[arg-type]


def use(amount: float | None, day: date = DAY, *, done: bool = False) -> Use:
    return Use(day, amount, done)


def state(*uses: float | None, amount: float = 20.0, period: Period = Period.MONTH) -> State:
    span = Span.of(period, DAY)
    return State(budget(amount, period=period), span, tuple(use(one) for one in uses))


@given(periods, st.dates(date(1, 1, 1), date(9998, 12, 31)))
def test_a_period_is_the_calendars(period: Period, day: date) -> None:
    span = Span.of(period, day)
    assert span.first <= day <= span.last
    assert day in span
    assert span.first.day == 1
    assert (span.first.month - 1) % MONTHS[period] == 0
    assert span.after == span.first + relativedelta(months=MONTHS[period])
    assert span.last == span.after - timedelta(1)
    months = range(span.first.month, span.first.month + MONTHS[period])
    assert span.days == sum(calendar.monthrange(day.year, month)[1] for month in months)


@given(periods, days, days)
def test_periods_have_no_gap_and_names_of_their_own(period: Period, one: date, two: date) -> None:
    first, second = Span.of(period, one), Span.of(period, two)
    assert (first == second) == (first.label == second.label)
    assert Span.of(period, first.after) == Span.of(period, first.last + timedelta(1))
    assert Span.of(period, first.after) != first


def test_names_of_periods() -> None:
    labels = [Span.of(period, date(2026, 11, 24)).label for period in Period]
    assert labels == ["2026-11", "2026-Q4", "2026"]
    assert Span.of(Period.MONTH, date(2028, 2, 3)).last == date(2028, 2, 29)
    assert Span.of(Period.YEAR, date.max).last == Span.of(Period.YEAR, date.max).after == date.max


@given(
    st.sampled_from(ZONES),
    st.integers(0, 36 * 366 * 24 * 60).map(lambda n: START + timedelta(minutes=n)),
)
def test_today_is_the_zones_over_changes_of_its_clock(zone: str, now: datetime) -> None:
    other = tz.gettz(zone)
    assert other is not None
    assert day_in(zone, now) == now.astimezone(other).date()


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        # The clock went forward at 01:00 UTC, and back at 01:00 UTC.
        ("Europe/Paris", datetime(2026, 3, 31, 21, 59, tzinfo=UTC), date(2026, 3, 31)),
        ("Europe/Paris", datetime(2026, 3, 31, 22, 0, tzinfo=UTC), date(2026, 4, 1)),
        ("Europe/Paris", datetime(2026, 10, 31, 22, 59, tzinfo=UTC), date(2026, 10, 31)),
        ("Europe/Paris", datetime(2026, 10, 31, 23, 0, tzinfo=UTC), date(2026, 11, 1)),
        ("Asia/Tokyo", datetime(2028, 2, 28, 15, 0, tzinfo=UTC), date(2028, 2, 29)),
        ("America/Los_Angeles", datetime(2027, 1, 1, 7, 59, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_a_period_begins_at_midnight_of_its_zone(zone: str, now: datetime, day: date) -> None:
    assert day_in(zone, now) == day


histories = st.lists(st.builds(Use, days, amounts, st.booleans()), max_size=60)


@given(histories, periods, days, st.floats(1e-3, 1e6))
def test_sums_are_exact(uses: list[Use], period: Period, day: date, amount: float) -> None:
    span = Span.of(period, day)
    found = State(budget(amount, period=period), span, ()).with_uses(uses)
    inside = [one for one in uses if span.first <= one.day < span.after]
    exact = {
        done: sum((Fraction(one.amount or 0) for one in inside if one.done is done), Fraction())
        for done in (True, False)
    }
    assert found.spent == float(exact[True])
    assert found.planned == float(exact[False])
    assert found.used == float(exact[True] + exact[False])
    assert found.without_figure == sum(one.amount is None for one in inside)
    assert found.left == amount * 1000 - found.used


@given(histories, periods, days, st.floats(1e-3, 1e6))
def test_the_burn_down_ends_with_what_is_left(
    uses: list[Use], period: Period, day: date, amount: float
) -> None:
    found = State(budget(amount, period=period), Span.of(period, day), ()).with_uses(uses)
    points = found.burn_down()
    assert len(points) <= 20
    assert (points[0].day, points[0].left) == (None, found.budget.limit)
    assert (points[-1].day, points[-1].left, points[-1].even) == (found.span.last, found.left, 0)
    for point in points[1:]:
        assert point.day is not None
        used = sum(
            (Fraction(one.amount or 0) for one in found.uses if one.day <= point.day), Fraction()
        )
        assert point.left == found.budget.limit - float(used)
    ends = [point.day for point in points[1:] if point.day]
    assert ends == sorted(set(ends))


def test_points_of_a_burn_down() -> None:
    def ends(period: Period, day: date) -> list[str]:
        points = State(budget(period=period), Span.of(period, day), ()).burn_down()
        return [one.day.isoformat()[5:] for one in points if one.day]

    assert ends(Period.MONTH, date(2026, 2, 1))[:2] == ["02-02", "02-04"]
    assert ends(Period.MONTH, date(2026, 1, 1))[-2:] == ["01-30", "01-31"]
    assert ends(Period.QUARTER, DAY)[:2] == ["10-07", "10-14"]
    assert ends(Period.YEAR, date(2028, 5, 1))[:3] == ["01-31", "02-29", "03-31"]


@given(st.lists(amounts, max_size=20), st.lists(amounts, max_size=3), st.lists(amounts, max_size=3))
def test_a_threshold_is_crossed_where_it_is_reached_and_was_not(
    base: list[float | None], old: list[float | None], new: list[float | None]
) -> None:
    found = state(*base, amount=1e6)
    before = [use(one) for one in old]
    after = [use(one) for one in new]
    crossed = crossing(found, before, after)
    limit = Fraction(found.budget.limit)

    def share(*more: float | None) -> Fraction:
        # A sum is rounded to the nearest float once, as the ledger's own figures are.
        exact = sum((Fraction(one or 0) for one in (*base, *more)), Fraction())
        return 100 * Fraction(float(exact)) / limit

    reached = [p for p in THRESHOLDS_PERCENT if share(*old) < p <= share(*new)]
    assert (crossed.percent if crossed else None) == (reached[-1] if reached else None)


@pytest.mark.parametrize(
    ("used", "more", "percent"),
    [
        (0, 9_999.9, None),
        (0, 10_000, 50),
        (10_000, 1, None),
        (10_000, 6_000, 80),
        (1_000, 19_000, 100),
        (19_999, 1, 100),
        (20_000, 500_000, None),
    ],
)
def test_thresholds_of_twenty_tonnes(used: float, more: float, percent: int | None) -> None:
    found = crossing(state(used), [], [use(more)])
    assert (found.percent if found else None) == percent


def test_what_counts_elsewhere_crosses_nothing() -> None:
    assert crossing(state(), [], [use(1e9, date(2026, 12, 1))]) is None


def test_the_forecast_goes_on_at_the_pace_until_today() -> None:
    span = Span.of(Period.MONTH, DAY)
    uses = (use(6000.0, date(2026, 11, 1), done=True), use(1000.0, date(2026, 11, 30)))
    found = State(budget(), span, uses)
    assert found.forecast(date(2026, 11, 15)) == 12_000
    assert found.forecast(date(2026, 11, 29)) == 7_000
    assert found.forecast(date(2026, 11, 30)) is None
    assert found.forecast(date(2026, 12, 1)) is None


def entry(**values: object) -> Entry:
    plain = Entry(channel_id="C1", owner_id="U1", name="x", counted_on=DAY)
    return replace(plain, **values)  # type: ignore[arg-type]


ESTIMATED = entry(
    energy_kwh=10_000.0, operational_kgco2e=4000.0, embodied_kgco2e=500.0, total_kgco2e=4500.0
)


@pytest.mark.parametrize(
    ("found", "kgco2e", "energy_kwh"),
    [
        (entry(), None, None),
        (ESTIMATED, 4500, 10_000),
        (replace(ESTIMATED, state=RunState.DONE), 4500, 10_000),
        # In proportion to the energy, where the emissions were not measured.
        (replace(ESTIMATED, measured_energy_kwh=5000.0), 2500, 5000),
        (replace(ESTIMATED, measured_energy_kwh=5000.0, measured_kgco2e=1000.0), 1500, 5000),
        (entry(measured_energy_kwh=5000.0, measured_kgco2e=1000.0), 1000, 5000),
        (entry(measured_energy_kwh=5000.0), None, 5000),
        (entry(total_kgco2e=7.0, measured_energy_kwh=5.0), 7, 5),
    ],
)
def test_what_was_measured_counts_else_the_estimate(
    found: Entry, kgco2e: float | None, energy_kwh: float | None
) -> None:
    assert Use.of(found, BudgetUnit.TONNES).amount == kgco2e
    assert Use.of(found, BudgetUnit.MWH).amount == energy_kwh
    assert Use.of(found, BudgetUnit.MWH).done == (found.state is RunState.DONE)


def test_before_it_was_measured_a_run_counted_with_its_estimate() -> None:
    measured = replace(ESTIMATED, measured_energy_kwh=5000.0, measured_kgco2e=1000.0)
    assert before_measured(measured) == ESTIMATED


def test_whose_runs_a_budget_counts() -> None:
    assert budget().counts("C1", "nlp")
    assert not budget().counts("C2", "nlp")
    assert budget(scope=Scope.WORKSPACE, scope_id="").counts("C2", "")
    project = budget(scope=Scope.PROJECT, scope_id="NLP")
    assert project.counts("C2", "nlp")
    assert not project.counts("C2", "")
