"""How weeks, months and quarters are named, and when their summaries come, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.i18n import Say, Text, text
from bot.i18n.estimates import MONTHS
from bot.periods import Period, Report, When

_WEEKDAYS: Final = (
    text("Monday"),
    text("Tuesday"),
    text("Wednesday"),
    text("Thursday"),
    text("Friday"),
    text("Saturday"),
    text("Sunday"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said otherwise of a week, a month and a quarter.

    Attributes:
        summary: what the summary is called.
        before: the comparison with the period before.
        mean: the comparison with the mean of those before.
        chart: the title of the chart.
        listed: the figures of the chart.
        every: how it comes by itself.
    """

    summary: Text
    before: Text
    mean: Text
    chart: Text
    listed: Text
    every: Text


WORDS: Final[Mapping[Report, Words]] = {
    Report.WEEKLY: Words(
        summary=text("weekly summary"),
        before=text("Against the seven days before ({before}): {change}."),
        mean=text("Against the mean of the four weeks before ({before}): {change}."),
        chart=text("Logged runs per week"),
        listed=text("Weeks, by their first day: {listed}."),
        every=text("Every week by itself: {command}."),
    ),
    Report.MONTHLY: Words(
        summary=text("monthly summary"),
        before=text("Against the month before ({before}): {change}."),
        mean=text("Against the mean of the three months before ({before}): {change}."),
        chart=text("Logged runs per month, {first} to {last}"),
        listed=text("Months: {listed}."),
        every=text("Every month by itself: {command}."),
    ),
    Report.QUARTERLY: Words(
        summary=text("quarterly summary"),
        before=text("Against the quarter before ({before}): {change}."),
        mean=text("Against the mean of the four quarters before ({before}): {change}."),
        chart=text("Logged runs per quarter"),
        listed=text("Quarters: {listed}."),
        every=text("Every quarter by itself: {command}."),
    ),
}


def title(period: Period, total: str, say: Say) -> str:
    """A period with what was emitted in it."""
    match period.report:
        case Report.WEEKLY:
            return say("Last seven days: {total} CO2e", total=total)
        case Report.MONTHLY:
            return say(
                "{month} {year}: {total} CO2e",
                month=_month(period),
                year=_year(period),
                total=total,
            )
        case _:
            return say(
                "Q{number} {year}: {total} CO2e",
                number=period.number or 0,
                year=_year(period),
                total=total,
            )


def nothing(period: Period, say: Say) -> str:
    """A period in which nothing happened."""
    match period.report:
        case Report.WEEKLY:
            return say("No run and no estimate in the last seven days")
        case Report.MONTHLY:
            return say(
                "No run and no estimate in {month} {year}", month=_month(period), year=_year(period)
            )
        case _:
            return say(
                "No run and no estimate in Q{number} {year}",
                number=period.number or 0,
                year=_year(period),
            )


def dates(period: Period, zone: str, say: Say) -> str:
    """The days of a period."""
    first, last = period.first.isoformat(), period.last.isoformat()
    if period.report is Report.WEEKLY and period.number is not None:
        return say(
            "{first} to {last} (week {number}), time zone {zone}",
            first=first,
            last=last,
            number=period.number,
            zone=zone,
        )
    return say("{first} to {last}, time zone {zone}", first=first, last=last, zone=zone)


def name(period: Period) -> str:
    """A period in a list: the first day of a week, ``2026-11``, ``2026-Q4``."""
    return period.first.isoformat() if period.report is Report.WEEKLY else period.label


def short_name(period: Period) -> str:
    """The same under a bar of the chart, which leaves a phone room for all of them."""
    match period.report:
        case Report.WEEKLY:
            return f"{period.first:%m-%d}"
        case Report.MONTHLY:
            return f"{period.first.month}"
        case _:
            return period.label[2:]


def times(when: When, say: Say) -> str:
    """When a summary comes."""
    at = f"{when.at:%H:%M}"
    match when.report:
        case Report.WEEKLY:
            return say(
                "every {day} at {time} ({zone})", day=_WEEKDAYS[when.day], time=at, zone=when.zone
            )
        case Report.MONTHLY:
            return say(
                "on day {day} of every month at {time} ({zone})",
                day=when.day,
                time=at,
                zone=when.zone,
            )
        case _:
            return say(
                "on day {day} of January, April, July and October at {time} ({zone})",
                day=when.day,
                time=at,
                zone=when.zone,
            )


def _month(period: Period) -> Text:
    return MONTHS[period.first.month - 1]


def _year(period: Period) -> str:
    return f"{period.first.year}"
