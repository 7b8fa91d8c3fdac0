"""Where a run takes place: a grid, or a cloud region that draws from one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from estimator.source import STRICT, Factor
from estimator.uncertainty import Z90

SHARED: Final = "?"
"""Marks an alias that another place has too."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """An electricity grid: a country, a part of one, or the world's average."""

    __pydantic_config__ = STRICT

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    """Other names; one that begins with ``?`` is also that of another place, and is refused."""
    scope: Literal["world", "country", "zone"]
    country: str | None = None
    """The country's grid, for a zone."""
    intensity_gco2e_per_kwh: Factor
    """The newest figure; ``kind`` names its boundary."""
    history: Mapping[int, Factor] = field(default_factory=dict)
    """Figures of earlier years, for runs of the past."""
    months: Mapping[int, Factor] = field(default_factory=dict)
    """Intensity of each month (1 to 12) over the mean of its year, where it is known."""
    consumption_gco2e_per_kwh: Factor | None = None
    """With imports counted, where the main figure is of generation alone."""
    water_l_per_kwh: Factor | None = None
    """Water that power stations consume per kWh of the grid's electricity."""
    primary_energy_mj_per_kwh: Factor | None = None

    @property
    def own_names(self) -> tuple[str, ...]:
        """Aliases that are no other place's."""
        return tuple(name for name in self.aliases if not name.startswith(SHARED))

    @property
    def shared_names(self) -> tuple[str, ...]:
        """Names that are also those of another place: ``Georgia``."""
        return tuple(name[1:] for name in self.aliases if name.startswith(SHARED))


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region of a cloud provider."""

    __pydantic_config__ = STRICT

    id: str
    provider: str
    place: str
    country: str
    grid: str
    """Id of the grid that feeds it."""
    aliases: tuple[str, ...] = ()
    pue: Factor | None = None
    """``None`` where the provider publishes none."""
    wue_l_per_kwh: Factor | None = None
    """Water used on site per kWh of the machines' electricity."""
    cfe_share: Factor | None = None
    """Share (0 to 1) of the electricity used here that carbon-free energy matches, by the hour."""
    market_gco2e_per_kwh: Factor | None = None
    """With the provider's purchases of energy counted over the year; not what the grid emits."""
    source_id: str
    note: str | None = None

    @property
    def name(self) -> str:
        """What an answer calls the region."""
        return f"{self.id} ({self.provider}, {self.place})"


def intensity_for(grid: Grid, year: int) -> tuple[Factor, bool]:
    """The grid's carbon intensity in a year, and whether another year stands in for it.

    The year itself where there is a figure, else the nearest earlier year, else the first year that
    there is. The factor's ``year`` says which it is.
    """
    newest = grid.intensity_gco2e_per_kwh
    known = dict(grid.history)
    if newest.year is None:
        return newest, True
    known[newest.year] = newest
    earlier = [y for y in known if y <= year]
    taken = max(earlier) if earlier else min(known)
    return known[taken], taken != year


def ranged(intensity: Factor, consumption: Factor | None, spread: Factor) -> Factor:
    """An intensity with its range: what neighbouring years and the count of imports make of it.

    Args:
        intensity: the figure.
        consumption: the same grid's figure with imports counted, where there is one.
        spread: the ratio that a year has to the year before; its range is used.
    """
    low = intensity.value * (spread.low or spread.value)
    high = intensity.value * (spread.high or spread.value)
    if consumption is not None:
        low, high = min(low, consumption.value), max(high, consumption.value)
    if high == 0:
        return intensity
    return replace(intensity, low=low, high=high)


def in_month(intensity: Factor, month: Factor) -> Factor:
    """A year's intensity as it is in one month, with the ranges of both.

    Args:
        intensity: the mean of the year.
        month: the month's intensity over the mean of its year.
    """
    value = intensity.value * month.value
    if value == 0:
        return intensity
    # A product of lognormal factors is one: medians multiply, variances of the logarithm add up.
    median = value * intensity.median_ratio * month.median_ratio
    width = Z90 * math.hypot(intensity.log_width, month.log_width)
    low, high = median * math.exp(-width), median * math.exp(width)
    return replace(intensity, value=value, low=min(low, value), high=max(high, value))


def country_of(place: Region | Grid | None) -> str | None:
    """Id of the country that a place is in; ``None`` for the world."""
    if isinstance(place, Region):
        return place.country
    if place is None or place.scope == "world":
        return None
    return place.id if place.scope == "country" else place.country
