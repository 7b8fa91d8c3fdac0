"""The seven days that a summary is about, and when it is due on the clocks of a time zone.

A local time that a clock skips is read with the offset before the change, and one that comes twice
is the first of the two, as RFC 5545 (section 3.3.5) has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

DAYS: Final = 7
_LABEL: Final = re.compile(r"(\d{4})-W(\d{2})-([1-7])")


def moment(day: date, at: time, zone: str) -> datetime:
    """When a clock of a time zone shows a time, in UTC."""
    return datetime.combine(day, at.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """Seven days in a row, not always from Monday on.

    Attributes:
        first: its first day.
    """

    first: date

    @classmethod
    def before(cls, day: date) -> Self:
        """The seven whole days before a day."""
        return cls(day - timedelta(DAYS))

    @classmethod
    def labelled(cls, label: str) -> Self:
        """The week of a label.

        Raises:
            ValueError: there is no such week.
        """
        found = _LABEL.fullmatch(label)
        if found is None:
            msg = f"no week: {label}"
            raise ValueError(msg)
        return cls(date.fromisocalendar(int(found[1]), int(found[2]), int(found[3])))

    @property
    def label(self) -> str:
        """The ISO 8601 week date of its first day: ``2026-W47-1``."""
        year, number, weekday = self.first.isocalendar()
        return f"{year:04}-W{number:02}-{weekday}"

    @property
    def number(self) -> int | None:
        """Its ISO number; ``None`` where it does not begin on a Monday."""
        return self.first.isocalendar().week if self.first.weekday() == 0 else None

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first + timedelta(DAYS - 1)

    @property
    def after(self) -> date:
        """The day after it."""
        return self.first + timedelta(DAYS)

    def earlier(self, weeks: int) -> Week:
        """The week that lies so many weeks before."""
        return Week(self.first - timedelta(DAYS * weeks))

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """When it begins and when it is over, on the clocks of a time zone."""
        return moment(self.first, time(), zone), moment(self.after, time(), zone)


@dataclass(frozen=True, slots=True)
class When:
    """A day of the week and a time on the clocks of a time zone.

    Attributes:
        weekday: 0 is Monday.
        at: hours and minutes.
        zone: IANA name.
    """

    weekday: int
    at: time
    zone: str

    def due_after(self, after: datetime) -> datetime:
        """The first time that comes after a moment."""
        local = after.astimezone(ZoneInfo(self.zone)).date()
        # From the day before: where a clock skips midnight, that day's time may be still to come.
        day = local - timedelta(DAYS) + timedelta((self.weekday - local.weekday()) % DAYS)
        while moment(day, self.at, self.zone) <= after:
            day += timedelta(DAYS)
        return moment(day, self.at, self.zone)

    def week_before(self, due_at: datetime) -> Week:
        """The week that is summed up at a due time."""
        local = due_at.astimezone(ZoneInfo(self.zone)).date()
        # The nearest such weekday: a skipped midnight, or a zone whose rules were changed since,
        # may have moved the time to a neighbouring day.
        off = (local.weekday() - self.weekday + 3) % DAYS - 3
        return Week.before(local - timedelta(off))

    def due_of(self, week: Week) -> datetime:
        """When a week is summed up."""
        return moment(week.after, self.at, self.zone)
