"""Electricity Maps: hours, by zone, life cycle and with imports traced.

Needs a token, which goes into a header and nowhere else. What it may be asked (zones, forecasts) is
a matter of the account. https://app.electricitymaps.com/developer-hub/api/reference
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from bot.i18n import text
from bot.live.fetching import Fetching
from bot.live.figures import Figure, Forecast, LiveError, Period
from estimator.live import MAX_INTENSITY, PUBLISHERS, LiveIntensity, LiveSource

HORIZON_H: Final = 72
"""The longest forecast that it documents; an account may get less."""
HOUR: Final = timedelta(hours=1)
OLDEST: Final = timedelta(hours=3)
"""What was measured before then is not what the grid emits now."""

_Grams = Annotated[float, Field(ge=0, le=MAX_INTENSITY, allow_inf_nan=False)]


class _Answer(BaseModel):
    """``zone`` is checked: without one that it knows, the service takes that of the caller."""

    model_config = ConfigDict(alias_generator=to_camel)

    zone: str


class _Latest(_Answer):
    carbon_intensity: _Grams | None
    start: Annotated[AwareDatetime, Field(alias="datetime")]
    emission_factor_type: Literal["lifecycle"] = "lifecycle"
    is_estimated: bool | None = None


class _Hour(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    carbon_intensity: _Grams | None
    start: Annotated[AwareDatetime, Field(alias="datetime")]


class _Expected(_Answer):
    forecast: list[_Hour]


Shape = TypeVar("Shape", bound=_Answer)

_LATEST: Final = TypeAdapter(_Latest)
_EXPECTED: Final = TypeAdapter(_Expected)


def headers(token: SecretStr) -> dict[str, str]:
    """What proves who asks."""
    return {"auth-token": token.get_secret_value()}


class ElectricityMaps:
    """The zones of Electricity Maps."""

    source: LiveSource = "electricity-maps"

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    async def now(self, zone: str, at: datetime) -> Figure:
        """The newest hour that it has, where that is not too old."""
        answer = await self._asked("/carbon-intensity/latest", zone)
        found = self._understood(_LATEST, answer, zone)
        grams, start = found.carbon_intensity, found.start.astimezone(UTC)
        if grams is None or not at - OLDEST < start <= at:
            raise self._nothing()
        live = LiveIntensity(gco2e_per_kwh=grams, at=start, source=self.source, zone=zone)
        return Figure(live, start + HOUR, "estimated" if found.is_estimated else "measured")

    async def forecast(self, zone: str, at: datetime) -> Forecast:
        """The hours from ``at`` on, for as long as the account gets them."""
        answer = await self._asked(
            "/carbon-intensity/forecast",
            zone,
            {"horizonHours": str(HORIZON_H), "temporalGranularity": "hourly"},
        )
        found = self._understood(_EXPECTED, answer, zone)
        hours = sorted(found.forecast, key=lambda hour: hour.start)
        periods = tuple(
            Period(h.start.astimezone(UTC), h.start.astimezone(UTC) + HOUR, h.carbon_intensity)
            for h in hours
            if h.carbon_intensity is not None and at < h.start + HOUR
        )
        if not periods:
            raise self._nothing()
        return Forecast(self.source, zone, periods)

    async def _asked(self, path: str, zone: str, more: dict[str, str] | None = None) -> object:
        parameters = {
            "zone": zone,
            "emissionFactorType": "lifecycle",
            "disableCallerLookup": "true",
        }
        found: object = await self._fetching.json(path, {**parameters, **(more or {})})
        return found

    def _understood(self, shape: TypeAdapter[Shape], answer: object, zone: str) -> Shape:
        try:
            found = shape.validate_python(answer)
        except ValidationError:
            raise self._fetching.not_understood() from None
        if found.zone != zone:
            raise self._fetching.not_understood()
        return found

    def _nothing(self) -> LiveError:
        name = PUBLISHERS[self.source].name
        return LiveError(text("{source} has none for this hour", source=name), timedelta(minutes=5))
