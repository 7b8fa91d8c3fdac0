"""What a workspace or a channel has set: defaults of its estimates, and how it is answered."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.i18n import LANGUAGES
from estimator import FactorSet
from estimator.spec import MAX_LIFETIME_YEARS, MIN_LIFETIME_YEARS

SLACK_ID = r"^[A-Z0-9]{1,32}$"


class Editors(StrEnum):
    """Who may change settings."""

    EVERYONE = "everyone"
    ADMINS = "admins"
    CHOSEN = "chosen"


Share = Annotated[float, Field(ge=0.01, le=1)]


class Calibration(BaseModel):
    """What measured runs say about defaults, and that somebody accepted it.

    Attributes:
        utilisation: mean power of a device as a share of its full power (0-1).
        low: 5 % point of the utilisation of a single run; ``high`` is the 95 % point.
        overhead: how much longer than planned runs take, as a share; ``None`` where they do not.
        runs: how many runs it comes from.
        on: the day on which it was proposed.
        whole: whether it was accepted for the whole workspace, from one channel's runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    utilisation: Share
    low: Share
    high: Share
    overhead: Annotated[float | None, Field(gt=0, le=100)] = None
    runs: Annotated[int, Field(ge=1)]
    on: date
    whole: bool = False

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> Self:
        if not self.low <= self.utilisation <= self.high:
            msg = "the range holds the value"
            raise ValueError(msg)
        return self


class Preferences(BaseModel):
    """Settings of a workspace or a channel; what is ``None`` is not set there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: Annotated[
        str | None, Field(max_length=80, description="The model that plain GPU means.")
    ] = None
    tpu: Annotated[
        str | None, Field(max_length=80, description="The model that plain TPU means.")
    ] = None
    location: Annotated[
        str | None, Field(max_length=80, description="Where a run is that names no place.")
    ] = None
    pue: Annotated[
        float | None, Field(ge=1.0, le=5.0, description="PUE of runs that name none.")
    ] = None
    lifetime_years: Annotated[
        float | None,
        Field(
            ge=MIN_LIFETIME_YEARS,
            le=MAX_LIFETIME_YEARS,
            description="Years over which manufacturing is spread, in runs that name none.",
        ),
    ] = None
    factors: Annotated[FactorSet | None, Field(description="The factor set of estimates.")] = None
    public: Annotated[
        bool | None, Field(description="Whether the channel sees an answer at once.")
    ] = None
    language: Annotated[
        str | None, Field(description="The language of answers; each member's own where not set.")
    ] = None
    time_zone: Annotated[str | None, Field(description="IANA name, such as Europe/Paris.")] = None
    calibration: Annotated[
        Calibration | None, Field(description="Defaults that measured runs gave.")
    ] = None
    editors: Annotated[Editors | None, Field(description="Who may change settings.")] = None
    chosen_editors: Annotated[
        tuple[Annotated[str, Field(pattern=SLACK_ID)], ...],
        Field(max_length=50, description="Members who may change settings, where they are chosen."),
    ] = ()

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, language: str | None) -> str | None:
        if language is not None and language not in LANGUAGES:
            msg = f"one of {', '.join(LANGUAGES)}"
            raise ValueError(msg)
        return language

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            msg = "an IANA time zone such as Europe/Paris"
            raise ValueError(msg)
        return zone

    def over(self, wider: Preferences) -> Self:
        """These settings, and what they leave open from wider ones."""
        own = {name: value for name, value in self if value is not None and value != ()}
        return type(self).model_validate({**dict(wider), **own})

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set."""
        return self == NOTHING_SET


NOTHING_SET = Preferences()
