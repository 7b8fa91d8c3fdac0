"""What follows ``/carbon weekly``: when a channel hears its summary. Reads; changes nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from bot.i18n import Text, text


class Wish(StrEnum):
    """What somebody wants of the weekly summary."""

    SHOW = "show"
    ON = "on"
    OFF = "off"
    PREVIEW = "preview"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Read:
    """What was said; what is ``None`` was left open.

    Attributes:
        weekday: 0 is Monday.
        zone: IANA name.
    """

    wish: Wish
    weekday: int | None = None
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


EXAMPLE: Final = "/carbon weekly on Monday 09:00 Europe/Paris"

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
_LITTLE: Final = frozenset({"at", "on", "every", "每", "在", "的", ","})


def read(said: str) -> Read:
    """What somebody wants of the weekly summary.

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
                example=EXAMPLE,
            )
        )
    if wish is not Wish.ON:
        return Read(wish)
    return _when(rest)


def _when(rest: str) -> Read:
    weekday: int | None = None
    at: time | None = None
    zone: str | None = None
    words = _words(rest)
    while words:
        word = words.pop(0)
        if words and words[0].casefold() in {"am", "pm", "a.m.", "p.m."}:
            word += words.pop(0)
        found = _weekday(word)
        clock = _time(word)
        place = _zone(word)
        if word.casefold() in _LITTLE:
            continue
        if found is not None and weekday is None:
            weekday = found
        elif clock is not None and at is None:
            at = clock
        elif place is not None and zone is None:
            zone = place
        else:
            raise NotRead(
                text(
                    "“{word}” is no day of the week, time or time zone here. For example: "
                    "{example}",
                    word=word[:40],
                    example=EXAMPLE,
                )
            )
    return Read(Wish.ON, weekday, at, zone)


def _words(rest: str) -> list[str]:
    # A Chinese day and a time are often written together: 周一9点.
    apart = _CHINESE_DAY.sub(lambda day: f" {day[0]} ", rest)
    return apart.replace(",", " ").split()


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
