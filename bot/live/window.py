"""When a run emits least: the hours of a forecast with the lowest mean intensity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.live.figures import Period


@dataclass(frozen=True, slots=True)
class Window:
    """A time to run in, with the mean of the forecast over it [gCO2e/kWh]."""

    start: datetime
    end: datetime
    gco2e_per_kwh: float


def without_gaps(periods: Sequence[Period], now: datetime) -> tuple[Period, ...]:
    """The periods from ``now`` on, up to the first gap; the first one begins now.

    Empty where none of them has begun.
    """
    found: list[Period] = []
    for period in sorted(periods, key=lambda period: period.start):
        if period.end <= now or (found and period.start < found[-1].end):
            continue
        at = found[-1].end if found else now
        if period.start > at:
            break
        found.append(Period(max(period.start, now), period.end, period.gco2e_per_kwh))
    return tuple(found)


def mean(periods: Sequence[Period], start: datetime, end: datetime) -> float:
    """The mean intensity from ``start`` to ``end``, which the periods cover [gCO2e/kWh]."""
    weighted = 0.0
    for period in periods:
        overlap = min(period.end, end) - max(period.start, start)
        if overlap > timedelta():
            weighted += period.gco2e_per_kwh * overlap.total_seconds()
    return weighted / (end - start).total_seconds()


def best_window(periods: Sequence[Period], duration: timedelta) -> Window | None:
    """The cleanest time to run for so long; the earliest of those that are alike.

    The mean over a window changes linearly while neither of its ends passes from one period to the
    next: the best one begins or ends where a period does.

    Args:
        periods: a forecast without gaps.
        duration: how long the run takes.

    Returns:
        ``None`` where the forecast does not reach as far.
    """
    if not periods or periods[-1].end - periods[0].start < duration:
        return None
    first, last = periods[0].start, periods[-1].end - duration
    starts = {first, last}
    for period in periods:
        starts |= {period.start, period.end - duration}
    tried = [
        Window(start, start + duration, mean(periods, start, start + duration))
        for start in sorted(starts)
        if first <= start <= last
    ]
    best = min(window.gco2e_per_kwh for window in tried)
    # Sums of the same periods in another order differ in the last bits.
    return next(window for window in tried if window.gco2e_per_kwh <= best + 1e-9)
