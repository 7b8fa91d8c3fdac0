"""The days that a summary is about, and when it is due on the clocks of a time zone.

A local time that a clock skips is read with the offset before the change, and one that comes twice
is the first of the two, as RFC 5545 (section 3.3.5) has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

DAYS_OF_WEEK: Final = 7
MONTHS_OF_YEAR: Final = 12
LAST_DAY: Final = 28
"""The last day that every month has."""
_LABEL: Final = re.compile(
    r"(?P<year>\d{4})-(?:W(?P<week>\d{2})-(?P<weekday>[1-7])|Q(?P<quarter>[1-4])|(?P<month>\d{2}))"
)


class Report(StrEnum):
    """What is posted at regular times: a summary of the period before."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def months(self) -> int:
        """Months that it is about; none where it is about seven days."""
        return {Report.WEEKLY: 0, Report.MONTHLY: 1, Report.QUARTERLY: 3}[self]


def moment(day: date, at: time, zone: str) -> datetime:
    """When a clock of a time zone shows a time, in UTC."""
    return datetime.combine(day, at.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def day_in(zone: str, at: datetime) -> date:
    """Which day it is on the clocks of a time zone (IANA name)."""
    return at.astimezone(ZoneInfo(zone)).date()


def first_of(day: date, months: int) -> date:
    """The first day of the month, quarter or other part of a year that a day is in.

    Args:
        day: the day.
        months: how many the part has; 12 are divided by it.
    """
    return date(day.year, (day.month - 1) // months * months + 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Seven days in a row, not always from Monday on; or a month, or a quarter of a year.

    Attributes:
        first: its first day.
        report: the summary that is about it.
    """

    first: date
    report: Report = Report.WEEKLY

    def __post_init__(self) -> None:
        months = self.report.months
        if months and (self.first.day != 1 or (self.first.month - 1) % months):
            msg = f"no {self.report} period begins on {self.first}"
            raise ValueError(msg)

    @classmethod
    def before(cls, day: date, report: Report = Report.WEEKLY) -> Self:
        """The last one that is over when a day begins: for a week, the seven days before."""
        if not report.months:
            return cls(day - timedelta(DAYS_OF_WEEK), report)
        return cls(_shifted(first_of(day, report.months), -report.months), report)

    @classmethod
    def labelled(cls, label: str) -> Self:
        """The period of a label.

        Raises:
            ValueError: there is no such period.
        """
        found = _LABEL.fullmatch(label)
        if found is None:
            msg = f"no period: {label}"
            raise ValueError(msg)
        year = int(found["year"])
        if found["week"]:
            first = date.fromisocalendar(year, int(found["week"]), int(found["weekday"]))
            return cls(first, Report.WEEKLY)
        if found["quarter"]:
            return cls(date(year, 3 * int(found["quarter"]) - 2, 1), Report.QUARTERLY)
        return cls(date(year, int(found["month"]), 1), Report.MONTHLY)

    @property
    def label(self) -> str:
        """Its name in storage: ``2026-W47-1``, an ISO 8601 week date; ``2026-11``; ``2026-Q4``."""
        match self.report:
            case Report.WEEKLY:
                year, number, weekday = self.first.isocalendar()
                return f"{year:04}-W{number:02}-{weekday}"
            case Report.MONTHLY:
                return f"{self.first:%Y-%m}"
            case _:
                return f"{self.first:%Y}-Q{self.number}"

    @property
    def number(self) -> int | None:
        """Of the week (ISO 8601), month or quarter; ``None`` of a week not begun on a Monday."""
        if self.report.months:
            return (self.first.month - 1) // self.report.months + 1
        return self.first.isocalendar().week if self.first.weekday() == 0 else None

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(1)

    @property
    def after(self) -> date:
        """The day after it."""
        return self.earlier(-1).first

    def earlier(self, times: int) -> Self:
        """The one that lies so many times its length before."""
        months = self.report.months
        if months:
            first = _shifted(self.first, -times * months)
        else:
            first = self.first - timedelta(DAYS_OF_WEEK * times)
        return type(self)(first, self.report)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """When it begins and when it is over, on the clocks of a time zone."""
        return moment(self.first, time(), zone), moment(self.after, time(), zone)


def _shifted(first: date, months: int) -> date:
    """The first of the month that comes so many months after one."""
    year, month = divmod(first.year * MONTHS_OF_YEAR + first.month - 1 + months, MONTHS_OF_YEAR)
    return date(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class When:
    """A day and a time on the clocks of a time zone, every week, month or quarter.

    Attributes:
        report: what comes then.
        day: of the week, where 0 is Monday; or of the first month after the period, from 1 to 28.
        at: hours and minutes.
        zone: IANA name.
    """

    report: Report
    day: int
    at: time
    zone: str

    def due_on(self, period: Period) -> date:
        """The day on which a period is summed up."""
        return period.after + timedelta(self.day - 1 if self.report.months else 0)

    def due_of(self, period: Period) -> datetime:
        """When a period is summed up."""
        return moment(self.due_on(period), self.at, self.zone)

    def due_after(self, after: datetime) -> datetime:
        """The first time that comes after a moment."""
        # From the one before: where a clock skips midnight, its time may be still to come.
        period = self._last_before(self._local(after)).earlier(1)
        while self.due_of(period) <= after:
            period = period.earlier(-1)
        return self.due_of(period)

    def period_before(self, due_at: datetime) -> Period:
        """The period that is summed up at a due time."""
        local = self._local(due_at)
        # The nearest such day: a skipped midnight, or a zone whose rules were changed since, may
        # have moved the time to a neighbouring day.
        period = self._last_before(local)
        return min((period, period.earlier(-1)), key=lambda found: abs(self.due_on(found) - local))

    def _local(self, moment: datetime) -> date:
        return day_in(self.zone, moment)

    def _last_before(self, day: date) -> Period:
        """The last period that is summed up on a day or before."""
        if not self.report.months:
            day -= timedelta((day.weekday() - self.day) % DAYS_OF_WEEK)
        period = Period.before(day, self.report)
        return period if self.due_on(period) <= day else period.earlier(1)
