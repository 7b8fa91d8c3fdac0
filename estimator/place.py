"""Where a run takes place: a grid, or a cloud region that draws from one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from estimator.source import Factor


class Grid(BaseModel):
    """An electricity grid: a country, a part of one, or the world's average."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    scope: Literal["world", "country", "zone"]
    country: str | None = None
    """The country's grid, for a zone."""
    intensity_gco2e_per_kwh: Factor


class Region(BaseModel):
    """A region of a cloud provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    provider: str
    place: str
    country: str
    grid: str
    """Id of the grid that feeds it."""
    aliases: tuple[str, ...] = ()
    pue: Factor
    source_id: str
    note: str | None = None

    @property
    def name(self) -> str:
        """What an answer calls the region."""
        return f"{self.id} ({self.provider}, {self.place})"
