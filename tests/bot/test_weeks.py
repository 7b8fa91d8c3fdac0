"""Due times and weeks, against an independent calendar library, over all time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from dateutil import rrule, tz  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from bot.weeks import Week, When, moment

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
moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
whens = st.builds(
    When,
    st.integers(0, 6),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(ZONES),
)


@given(whens, moments)
def test_a_due_time_is_the_next_of_its_weekday(when: When, after: datetime) -> None:
    due_at = when.due_after(after)
    # A zone that loses a whole day has no such week: eight days, and what clocks move by.
    assert after < due_at <= after + timedelta(days=8, hours=2)
    week = when.week_before(due_at)
    assert week.after.weekday() == when.weekday
    assert when.due_of(week) == due_at


@given(whens, moments, st.integers(2, 12))
def test_due_times_follow_each_other_a_week_apart_and_none_is_left_out(
    when: When, after: datetime, number: int
) -> None:
    week = when.week_before(when.due_after(after))
    due_at = when.due_of(week)
    for _ in range(number):
        following = when.due_after(due_at)
        assert when.week_before(following).first == week.after
        week, due_at = when.week_before(following), following


@pytest.mark.parametrize("zone", CHANGING)
def test_ten_years_of_due_times_are_those_of_another_calendar(zone: str) -> None:
    """Half past midnight, two and nine: before, in and after the hours that clocks change in."""
    rules = tz.gettz(zone)
    assert rules is not None
    for hour, minute in ((0, 30), (2, 30), (9, 0)):
        when = When(6, time(hour, minute), zone)
        expected = [
            tz.resolve_imaginary(local.replace(tzinfo=rules)).astimezone(UTC)
            for local in rrule.rrule(
                rrule.WEEKLY,
                dtstart=datetime(2020, 1, 5, hour, minute),  # noqa: DTZ001 - on local clocks
                until=datetime(2030, 1, 1),  # noqa: DTZ001 - same
            )
        ]
        found = [when.due_after(expected[0] - timedelta(seconds=1))]
        while len(found) < len(expected):
            found.append(when.due_after(found[-1]))
        assert found == expected


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


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_week_has_seven_days_and_one_label(day: date) -> None:
    week = Week.before(day)
    assert week.after == day
    assert (week.last - week.first).days == 6
    assert Week.labelled(week.label) == week
    assert week.label == f"{week.first:%G-W%V-%u}"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_weeks_follow_each_other_without_a_gap(day: date, zone: str) -> None:
    week = Week(day)
    assert week.bounds(zone)[0] == week.earlier(1).bounds(zone)[1]


def test_the_first_and_the_53rd_week() -> None:
    assert Week(date(2026, 12, 28)).label == "2026-W53-1"
    assert Week(date(2026, 12, 28)).number == 53
    assert Week(date(2025, 12, 29)).number == 1
    assert Week(date(2025, 12, 30)).number is None


@pytest.mark.parametrize("label", ["", "2026-W54-1", "2026-W47-8", "2026-W47"])
def test_what_is_no_week(label: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Week.labelled(label)
