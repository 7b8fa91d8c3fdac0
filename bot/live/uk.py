"""The Carbon Intensity API of Great Britain's National Energy System Operator.

Half hours, national (``GB``) or of one of its 17 regions (``1`` to ``17``), forecast for 48 hours.
No key; CC BY 4.0. https://carbon-intensity.github.io/api-definitions/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from bot.i18n import text
from bot.live.fetching import Fetching
from bot.live.figures import Figure, Forecast, How, LiveError, Period
from estimator.live import MAX_INTENSITY, PUBLISHERS, LiveIntensity, LiveSource

NATIONAL: Final = "GB"
_SHORT_WAIT: Final = timedelta(minutes=5)

_Grams = Annotated[float, Field(ge=0, le=MAX_INTENSITY, allow_inf_nan=False)]


class _Intensity(BaseModel):
    """``actual`` is estimated afterwards, of the whole of Great Britain alone."""

    forecast: _Grams | None = None
    actual: _Grams | None = None


class _HalfHour(BaseModel):
    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    intensity: _Intensity


class _Region(BaseModel):
    data: list[_HalfHour]


class _National(BaseModel):
    data: list[_HalfHour]


class _Regional(BaseModel):
    """The documentation shows a list of one region; forecasts come with the region itself."""

    data: Annotated[list[_Region], Field(min_length=1, max_length=1)] | _Region


_NATIONAL: Final = TypeAdapter(_National)
_REGIONAL: Final = TypeAdapter(_Regional)


class UkGrid:
    """Great Britain's grid and its regions."""

    source: LiveSource = "neso"

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    async def now(self, zone: str, at: datetime) -> Figure:
        """The half hour that ``at`` is in: as estimated since it began, else as forecast."""
        path = "/intensity" if zone == NATIONAL else f"/regional/regionid/{int(zone)}"
        for half_hour in await self._half_hours(zone, path):
            known = half_hour.intensity
            grams = known.forecast if known.actual is None else known.actual
            how: How = "forecast" if known.actual is None else "estimated"
            if grams is not None and half_hour.start <= at < half_hour.end + _SHORT_WAIT:
                live = LiveIntensity(
                    gco2e_per_kwh=grams, at=half_hour.start, source=self.source, zone=zone
                )
                return Figure(live, half_hour.end.astimezone(UTC), how)
        raise self._nothing()

    async def forecast(self, zone: str, at: datetime) -> Forecast:
        """The 48 hours from ``at`` on."""
        path = f"/intensity/{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}/fw48h"
        if zone != NATIONAL:
            path = f"/regional{path}/regionid/{int(zone)}"
        periods = tuple(
            Period(h.start.astimezone(UTC), h.end.astimezone(UTC), h.intensity.forecast)
            for h in await self._half_hours(zone, path)
            if h.intensity.forecast is not None and at < h.end
        )
        if not periods:
            raise self._nothing()
        return Forecast(self.source, zone, tuple(sorted(periods, key=lambda p: p.start)))

    async def _half_hours(self, zone: str, path: str) -> list[_HalfHour]:
        answer = await self._fetching.json(path)
        try:
            return _in(answer, zone)
        except ValidationError:
            raise self._fetching.not_understood() from None

    def _nothing(self) -> LiveError:
        name = PUBLISHERS[self.source].name
        return LiveError(text("{source} has none for this half hour", source=name), _SHORT_WAIT)


def _in(answer: Any, zone: str) -> list[_HalfHour]:  # noqa: ANN401 - whatever it answered
    if zone == NATIONAL:
        return _NATIONAL.validate_python(answer).data
    found = _REGIONAL.validate_python(answer).data
    return (found[0] if isinstance(found, list) else found).data
