"""Due times and periods, against an independent calendar library, over all time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import available_timezones

import pytest
from dateutil import rrule, tz  # type: ignore[import-untyped]
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from dateutil.tz import tzfile  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import Period, Report, When, moment

ZONES = sorted(zone for zone in available_timezones() if zone != "localtime")
CHANGING = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Scoresbysund",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Paris",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Norfolk",
)
LENGTHS: Final = {
    Report.WEEKLY: relativedelta(days=7),
    Report.MONTHLY: relativedelta(months=1),
    Report.QUARTERLY: relativedelta(months=3),
}
LONGEST_DAYS: Final = {Report.WEEKLY: 7, Report.MONTHLY: 31, Report.QUARTERLY: 92}
RULES: Final = {
    Report.WEEKLY: {"freq": rrule.WEEKLY},
    Report.MONTHLY: {"freq": rrule.MONTHLY},
    Report.QUARTERLY: {"freq": rrule.MONTHLY, "interval": 3},
}
moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
whens = st.builds(
    When, st.just(Report.WEEKLY), st.integers(0, 6), clocks, st.sampled_from(ZONES)
) | st.builds(
    When,
    st.sampled_from([Report.MONTHLY, Report.QUARTERLY]),
    st.integers(1, 28),
    clocks,
    st.sampled_from(ZONES),
)
periods = st.builds(Period.before, days, st.sampled_from(Report))


@given(whens, moments)
def test_a_due_time_is_the_next_of_its_day(when: When, after: datetime) -> None:
    due_at = when.due_after(after)
    # A zone that loses a whole day has no such day: one more, and what clocks move by.
    longest = timedelta(days=LONGEST_DAYS[when.report] + 1, hours=2)
    assert after < due_at <= after + longest
    period = when.period_before(due_at)
    assert period.report is when.report
    day = when.due_on(period)
    if when.report is Report.WEEKLY:
        assert day == period.after
        assert day.weekday() == when.day
    else:
        assert day.day == when.day
        assert period.after == day.replace(day=1)
    assert when.due_of(period) == due_at


@given(whens, moments, st.integers(2, 12))
def test_due_times_follow_each_other_and_no_period_is_left_out(
    when: When, after: datetime, number: int
) -> None:
    period = when.period_before(when.due_after(after))
    due_at = when.due_of(period)
    for _ in range(number):
        following = when.due_after(due_at)
        assert when.period_before(following).first == period.after
        period, due_at = when.period_before(following), following


@pytest.mark.parametrize("zone", CHANGING)
@pytest.mark.parametrize("report", Report)
@pytest.mark.parametrize("day", [1, 5, 28])
def test_ten_years_of_due_times_are_those_of_another_calendar(
    zone: str, report: Report, day: int
) -> None:
    """From a Wednesday, a Sunday and a Tuesday on; before, in and after the hours of changes."""
    rules = tz.gettz(zone)
    assert rules is not None
    for hour, minute in ((0, 30), (2, 30), (9, 0)):
        first = datetime(2020, 1, day, hour, minute)  # noqa: DTZ001 - on local clocks
        expected = [
            tz.resolve_imaginary(local.replace(tzinfo=rules)).astimezone(UTC)
            for local in rrule.rrule(
                dtstart=first,
                until=datetime(2030, 1, 1),  # noqa: DTZ001 - same
                **RULES[report],
            )
        ]
        nominal = first.day if report.months else first.weekday()
        when = When(report, nominal, first.time(), zone)
        found = [when.due_after(expected[0] - timedelta(seconds=1))]
        while len(found) < len(expected):
            found.append(when.due_after(found[-1]))
        assert found == expected


def changes(rules: tzfile) -> list[date]:
    """The days of ten years on which the clocks of a zone change."""
    found = []
    offset = rules.utcoffset(datetime(2020, 1, 1))  # noqa: DTZ001 - on local clocks
    for number in range(1, 3653):
        morning = datetime(2020, 1, 1) + timedelta(number)  # noqa: DTZ001 - same
        if rules.utcoffset(morning) != offset:
            offset = rules.utcoffset(morning)
            found.append((morning - timedelta(1)).date())
    return found


@pytest.mark.parametrize("zone", CHANGING)
def test_every_change_of_the_clocks_in_ten_years_is_that_of_another_calendar(zone: str) -> None:
    rules = tz.gettz(zone)
    assert rules is not None
    for day in changes(rules):
        for number in range(48):
            at = time(number // 2, number % 2 * 30)
            expected = tz.resolve_imaginary(datetime.combine(day, at, rules)).astimezone(UTC)
            whens = [When(Report.WEEKLY, day.weekday(), at, zone)]
            if day.day <= 28:
                whens.append(When(Report.MONTHLY, day.day, at, zone))
            if day.day <= 28 and day.month in {1, 4, 7, 10}:
                whens.append(When(Report.QUARTERLY, day.day, at, zone))
            for when in whens:
                assert when.due_after(expected - timedelta(minutes=1)) == expected
                assert when.due_on(when.period_before(expected)) == day


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "Europe/Paris", "2026-03-29T01:30:00+00:00"),  # skipped
        (date(2026, 10, 25), time(2, 30), "Europe/Paris", "2026-10-25T00:30:00+00:00"),  # twice
        (date(2024, 2, 29), time(9), "Asia/Shanghai", "2024-02-29T01:00:00+00:00"),
        (date(2026, 11, 1), time(1, 30), "America/New_York", "2026-11-01T05:30:00+00:00"),
        (date(2024, 9, 8), time(0), "America/Santiago", "2024-09-08T04:00:00+00:00"),  # midnight
    ],
)
def test_a_local_time_that_is_skipped_or_comes_twice(
    day: date, at: time, zone: str, expected: str
) -> None:
    assert moment(day, at, zone).isoformat() == expected


@given(days, st.sampled_from(Report))
def test_the_last_period_is_over_when_the_day_begins(day: date, report: Report) -> None:
    period = Period.before(day, report)
    assert period.after <= day < period.after + LENGTHS[report]
    assert period.after == period.first + LENGTHS[report]
    assert period.last == period.after - timedelta(days=1)
    assert Period.labelled(period.label) == period


@given(days, st.sampled_from([Report.MONTHLY, Report.QUARTERLY]))
def test_months_and_quarters_are_those_of_another_calendar(day: date, report: Report) -> None:
    months = [1, 4, 7, 10] if report is Report.QUARTERLY else [*range(1, 13)]
    start = datetime.combine(day, time()) - relativedelta(months=7, day=1)
    firsts = [
        found.date()
        for found in rrule.rrule(rrule.MONTHLY, start, bymonthday=1, bymonth=months, count=24)
    ]
    begun = max(first for first in firsts if first <= day)
    period = Period.before(day, report)
    assert period.after == begun
    assert period.first == firsts[firsts.index(begun) - 1]
    assert period.number == months.index(period.first.month) + 1


@given(days)
def test_a_week_has_seven_days_and_its_iso_label(day: date) -> None:
    week = Period.before(day)
    assert week.after == day
    assert (week.last - week.first).days == 6
    assert week.label == f"{week.first:%G-W%V-%u}"


@given(periods, st.sampled_from(ZONES), st.integers(-30, 30))
def test_periods_follow_each_other_without_a_gap(period: Period, zone: str, times: int) -> None:
    assert period.bounds(zone)[0] == period.earlier(1).bounds(zone)[1]
    assert period.earlier(times).earlier(-times) == period
    assert period.earlier(times).first == period.first - LENGTHS[period.report] * times


def test_the_first_and_the_53rd_week() -> None:
    assert Period(date(2026, 12, 28)).label == "2026-W53-1"
    assert Period(date(2026, 12, 28)).number == 53
    assert Period(date(2025, 12, 29)).number == 1
    assert Period(date(2025, 12, 30)).number is None


def test_a_leap_day_is_in_its_month_and_quarter() -> None:
    february = Period.labelled("2028-02")
    assert (february.last, february.after) == (date(2028, 2, 29), date(2028, 3, 1))
    assert Period.labelled("2100-02").last == date(2100, 2, 28)
    assert (Period.labelled("2028-Q1").after - date(2028, 1, 1)).days == 91


@pytest.mark.parametrize(
    "label",
    ["", "2026-W54-1", "2026-W47-8", "2026-W47", "2026-00", "2026-13", "2026-Q0", "2026-Q5", "26"],
)
def test_what_is_no_period(label: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Period.labelled(label)


@pytest.mark.parametrize(
    ("first", "report"),
    [(date(2026, 10, 2), Report.MONTHLY), (date(2026, 11, 1), Report.QUARTERLY)],
)
def test_a_month_begins_on_the_first_and_a_quarter_with_its_month(
    first: date, report: Report
) -> None:
    with pytest.raises(ValueError, match="begins on"):
        Period(first, report)
