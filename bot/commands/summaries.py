"""What follows ``/carbon weekly``, ``monthly`` and ``quarterly``: when a channel hears a summary.

Reads; changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from bot.i18n import Text, text
from bot.periods import LAST_DAY, Report


class Wish(StrEnum):
    """What somebody wants of a summary."""

    SHOW = "show"
    ON = "on"
    OFF = "off"
    PREVIEW = "preview"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Read:
    """What was said; what is ``None`` was left open.

    Attributes:
        day: of the week, where 0 is Monday; of the month in a summary of months.
        zone: IANA name.
    """

    wish: Wish
    day: int | None = None
    at: time | None = None
    zone: str | None = None


class NotRead(Exception):
    """What was said cannot be understood.

    Attributes:
        why: what is wrong, and how it is said.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


EXAMPLES: Final[Mapping[Report, str]] = {
    Report.WEEKLY: "/carbon weekly on Monday 09:00 Europe/Paris",
    Report.MONTHLY: "/carbon monthly on 1st 09:00 Europe/Paris",
    Report.QUARTERLY: "/carbon quarterly on 1st 09:00 Europe/Paris",
}

_WISHES: Final = {
    "": Wish.SHOW,
    "on": Wish.ON,
    "开": Wish.ON,
    "开启": Wish.ON,
    "打开": Wish.ON,
    "off": Wish.OFF,
    "关": Wish.OFF,
    "关闭": Wish.OFF,
    "preview": Wish.PREVIEW,
    "预览": Wish.PREVIEW,
    "now": Wish.NOW,
    "现在": Wish.NOW,
    "立即": Wish.NOW,
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_DAY: Final = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_CHINESE_DAYS: Final = "一二三四五六日"
_TIME: Final = re.compile(
    r"(?P<half>上午|早上|下午|晚上)?\s*(?P<hour>\d{1,2})"
    r"(?:(?:[:.](?P<minute>\d{2}))|(?:点|时)(?:(?P<chinese>\d{1,2})分?|(?P<thirty>半))?)?"
    r"\s*(?P<meridiem>am|pm|a\.m\.|p\.m\.)?"
)
_MONTH_DAY: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.IGNORECASE)
_CHINESE_MONTH_DAY: Final = re.compile(r"(\d{1,2}|[一二三四五六七八九十]{1,3})[日号]")
_CHINESE_NUMBERS: Final = [
    ("", "十", "二十", "三十")[number // 10] + ("", *"一二三四五六七八九")[number % 10]
    for number in range(32)
]
_LITTLE: Final = frozenset({"at", "on", "every", "每", "在", "的", ","})
_LITTLE_OF_MONTHS: Final = frozenset({"the", "of", "month", "quarter", "每月", "每季", "每季度"})


def read(said: str, report: Report) -> Read:
    """What somebody wants of a summary.

    Args:
        said: what follows the name of the summary.
        report: which one.

    Raises:
        NotRead: it cannot be understood.
    """
    plain = unicodedata.normalize("NFKC", said).strip()
    first, _, rest = plain.partition(" ")
    wish = _WISHES.get(first.casefold())
    if wish is None:
        raise NotRead(
            text(
                "“{word}” is none of on, off, preview and now. For example: {example}",
                word=first[:40],
                example=EXAMPLES[report],
            )
        )
    if wish is not Wish.ON:
        return Read(wish)
    return _when(rest, report)


def _when(rest: str, report: Report) -> Read:
    day: int | None = None
    at: time | None = None
    zone: str | None = None
    words = _words(rest, report)
    little = _LITTLE | _LITTLE_OF_MONTHS if report.months else _LITTLE
    while words:
        word = words.pop(0)
        if words and words[0].casefold() in {"am", "pm", "a.m.", "p.m."}:
            word += words.pop(0)
        found = _month_day(word) if report.months else _weekday(word)
        clock = _time(word)
        place = _zone(word)
        if word.casefold() in little:
            continue
        if found is not None and day is None:
            day = found
        elif clock is not None and at is None:
            at = clock
        elif place is not None and zone is None:
            zone = place
        else:
            raise NotRead(_not_read(word, report))
    if report.months and day is not None and not 1 <= day <= LAST_DAY:
        raise NotRead(
            text(
                "Not every month has a day {day}; take one from 1 to {last}. For example: "
                "{example}",
                day=day,
                last=LAST_DAY,
                example=EXAMPLES[report],
            )
        )
    return Read(Wish.ON, day, at, zone)


def _not_read(word: str, report: Report) -> Text:
    if report.months:
        return text(
            "“{word}” is no day of the month, time or time zone here. For example: {example}",
            word=word[:40],
            example=EXAMPLES[report],
        )
    return text(
        "“{word}” is no day of the week, time or time zone here. For example: {example}",
        word=word[:40],
        example=EXAMPLES[report],
    )


def _words(rest: str, report: Report) -> list[str]:
    # A Chinese day and a time are often written together: 周一9点, 1日9点.
    day = _CHINESE_MONTH_DAY if report.months else _CHINESE_DAY
    apart = day.sub(lambda found: f" {found[0]} ", rest).replace(",", " ")
    return re.sub(r"\bday\s+(?=\d)", "", apart, flags=re.IGNORECASE).split()


def _weekday(word: str) -> int | None:
    chinese = _CHINESE_DAY.fullmatch(word)
    if chinese:
        return _CHINESE_DAYS.index(chinese[1].replace("天", "日"))
    wanted = word.casefold().rstrip(".")
    if len(wanted) < 2:
        return None
    # Mon, Tues, Thursdays.
    fitting = [n for n, day in enumerate(_DAYS) if f"{day}s".startswith(wanted)]
    return fitting[0] if len(fitting) == 1 else None


def _month_day(word: str) -> int | None:
    chinese = _CHINESE_MONTH_DAY.fullmatch(word)
    if chinese and not chinese[1].isdecimal():
        return _CHINESE_NUMBERS.index(chinese[1]) if chinese[1] in _CHINESE_NUMBERS else None
    found = chinese or _MONTH_DAY.fullmatch(word)
    return int(found[1]) if found else None


def _time(word: str) -> time | None:
    found = _TIME.fullmatch(word.casefold())
    if found is None:
        return None
    hour = int(found["hour"])
    minute = 30 if found["thirty"] else int(found["minute"] or found["chinese"] or 0)
    half = found["half"] or (found["meridiem"] or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        return None
    if half in {"pm", "下午", "晚上"} and hour < 12:
        hour += 12
    elif half in {"am", "上午", "早上"} and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    return time(hour, minute)


def _zone(word: str) -> str | None:
    return _zones().get(word.casefold())


@cache
def _zones() -> dict[str, str]:
    """Time zones by their name, and by their city where it is one place's alone."""
    names = sorted(available_timezones())
    cities: dict[str, list[str]] = {}
    for name in names:
        if "/" in name and name.split("/", maxsplit=1)[0] not in {"Etc", "posix", "right", "US"}:
            cities.setdefault(name.rsplit("/", maxsplit=1)[-1].casefold(), []).append(name)
    found = {city: zones[0] for city, zones in cities.items() if len(zones) == 1}
    return found | {name.casefold(): name for name in names} | _CHINESE_ZONES


_CHINESE_ZONES: Final = {
    "北京时间": "Asia/Shanghai",
    "北京": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong",
    "台北": "Asia/Taipei",
    "新加坡": "Asia/Singapore",
    "东京": "Asia/Tokyo",
    "巴黎": "Europe/Paris",
    "伦敦": "Europe/London",
    "纽约": "America/New_York",
}
