"""A grid's carbon intensity at one time, as somebody who watches it live gives it.

The estimator fetches nothing. A live figure comes with the specification, so that what was
estimated with it can be estimated again, to the last bit, when the figure is long gone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from estimator.source import Basis, Factor, Source

MAX_INTENSITY: Final = 5_000.0
"""gCO2e/kWh. The dirtiest power stations that burn lignite stay below 1,500."""
LIVE: Final = "live."
"""What the ids of such factors begin with."""

LiveSource = Literal["neso", "electricity-maps"]


class Publisher(NamedTuple):
    """Who publishes live figures, and what they count."""

    name: str
    title: str
    publisher: str
    url: str
    licence: str
    boundary: str
    """``lifecycle`` (fuel supply and plants included) or ``direct`` (the chimney alone)."""
    method: str


PUBLISHERS: Final[dict[LiveSource, Publisher]] = {
    "neso": Publisher(
        "UK Carbon Intensity API",
        "Carbon Intensity API",
        "National Energy System Operator",
        "https://carbonintensity.org.uk/",
        "CC-BY-4.0",
        "direct",
        "CO2 of generation alone, imports and losses of the network counted; "
        "no fuel supply, no building of plants",
    ),
    "electricity-maps": Publisher(
        "Electricity Maps",
        "Carbon intensity, latest hour",
        "Electricity Maps",
        "https://www.electricitymaps.com/",
        "terms of the account that the figure was fetched with",
        "lifecycle",
        "life cycle, of the electricity consumed: imports traced to where they were generated",
    ),
}


class LiveIntensity(BaseModel):
    """A grid's carbon intensity at one time.

    ``zone`` is what the source calls the grid; ``at`` the beginning of the half hour or hour that
    the figure is of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gco2e_per_kwh: Annotated[float, Field(ge=0, le=MAX_INTENSITY, allow_inf_nan=False)]
    at: AwareDatetime
    source: LiveSource
    zone: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,19}$")]

    @field_validator("at")
    @classmethod
    def _in_utc_by_the_minute(cls, at: datetime) -> datetime:
        return at.astimezone(UTC).replace(second=0, microsecond=0)

    @property
    def stamp(self) -> str:
        """The time as a command has it: ``2026-11-24T16:30Z``."""
        return f"{self.at:%Y-%m-%dT%H:%MZ}"


def live_factor(found: LiveIntensity) -> Factor:
    """A live figure as a factor. No source says how far off it may be, so that it has no range."""
    by = PUBLISHERS[found.source]
    return Factor(
        id=f"{LIVE}{found.source}.{found.zone}.{found.stamp}",
        value=found.gco2e_per_kwh,
        unit="gCO2e/kWh",
        basis=Basis.PUBLISHED,
        source=Source(
            id=f"{LIVE}{found.source}",
            title=by.title,
            publisher=by.publisher,
            year=found.at.year,
            url=by.url,
            licence=by.licence,
            read="primary",
        ),
        kind=by.boundary,
        note=f"{found.stamp}, zone {found.zone}; {by.method}",
    )
