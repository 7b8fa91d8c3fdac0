"""What a live source tells of a grid, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.i18n import Text
from estimator.live import LiveIntensity, LiveSource

How = Literal["measured", "estimated", "forecast"]
"""How the source came by a figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a grid emits now.

    Attributes:
        live: the figure with its time, source and zone.
        until: the end of the time that it is of.
        how: how the source came by it.
    """

    live: LiveIntensity
    until: datetime
    how: How


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a forecast, from ``start`` up to ``end`` [gCO2e/kWh]."""

    start: datetime
    end: datetime
    gco2e_per_kwh: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a grid is going to emit, as its source expects: periods in their order."""

    source: LiveSource
    zone: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class NoFigure:
    """Why there is no live figure, as a part of a sentence."""

    why: Text


class LiveError(Exception):
    """A source gives no figure.

    Attributes:
        why: why not, as a part of a sentence.
        again_after: how long to ask it nothing more about this.
    """

    def __init__(self, why: Text, again_after: timedelta) -> None:
        super().__init__(str(why))
        self.why = why
        self.again_after = again_after


class Live(Protocol):
    """A source of live figures, by what it calls the grids."""

    @property
    def source(self) -> LiveSource:
        """Which one it is."""
        ...

    async def now(self, zone: str, at: datetime) -> Figure:
        """What a grid emits at the moment ``at``.

        Raises:
            LiveError: it does not say.
        """
        ...

    async def forecast(self, zone: str, at: datetime) -> Forecast:
        """What a grid is going to emit from ``at`` on.

        Raises:
            LiveError: it does not say.
        """
        ...
