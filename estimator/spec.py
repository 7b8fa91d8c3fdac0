"""What somebody wants to know the emissions of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_QUANTITY: Final = 10_000_000
"""Devices of one type in a run. The largest announced clusters have about a million."""
MAX_DEVICE_TYPES: Final = 20
"""Types of device in a run: an answer that lists more is no longer read."""
MIN_DURATION_H: Final = 1 / 60
MAX_DURATION_H: Final = 10 * 365 * 24.0
"""Ten years, longer than any lifetime over which manufacturing is spread."""
MAX_PUE: Final = 3.0
MIN_UTILISATION: Final = 0.01


class FactorSet(StrEnum):
    """Which figures an estimate is made with."""

    SOURCED = "sourced"
    """Published data, each figure with its source (the default)."""
    ARTICLE = "article"
    """The illustrative table of the article that this project began from."""


class DeviceQuantity(BaseModel):
    """So many devices of one type.

    ``device`` is a model (``H100-SXM5-80GB``), or a general name (``H100``, ``GPU``) that stands
    for a default model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    device: Annotated[str, Field(min_length=1, max_length=60)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True)]


class TrainingRun(BaseModel):
    """A training run as somebody described it; ``None`` is what was not said.

    Devices named twice are added up, so that a run has one line per device.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    devices: Annotated[tuple[DeviceQuantity, ...], Field(min_length=1, max_length=MAX_DEVICE_TYPES)]
    duration_h: Annotated[float, Field(ge=MIN_DURATION_H, le=MAX_DURATION_H)] | None = None
    location: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    utilisation: Annotated[float, Field(ge=MIN_UTILISATION, le=1)] | None = None
    """Mean power of a device while it runs, as a share of its power at full load (0-1)."""
    pue: Annotated[float, Field(ge=1, le=MAX_PUE)] | None = None
    """Power usage effectiveness: energy of the data centre / energy of its computers (≥ 1)."""
    factors: FactorSet = FactorSet.SOURCED

    @field_validator("devices", mode="after")
    @classmethod
    def _merge_repeated(cls, devices: tuple[DeviceQuantity, ...]) -> tuple[DeviceQuantity, ...]:
        counts: dict[str, int] = {}
        for entry in devices:
            counts[entry.device] = counts.get(entry.device, 0) + entry.quantity
        if len(counts) == len(devices):
            return devices
        return tuple(DeviceQuantity(device=name, quantity=n) for name, n in counts.items())
