"""What somebody wants to know the emissions of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from estimator.live import LiveIntensity

MAX_QUANTITY: Final = 10_000_000
"""Devices of one type in a run. The largest announced clusters have about a million."""
MAX_DEVICE_TYPES: Final = 20
"""Types of device in a run: an answer that lists more is no longer read."""
MIN_DURATION_H: Final = 1 / 60
MAX_DURATION_H: Final = 10 * 365 * 24.0
"""Ten years, longer than any lifetime over which manufacturing is spread."""
MIN_ENERGY_KWH: Final = 0.001
MAX_PUE: Final = 3.0
MIN_UTILISATION: Final = 0.01
MIN_LIFETIME_YEARS: Final = 0.5
MAX_LIFETIME_YEARS: Final = 20.0
MAX_OVERHEAD: Final = 100.0
"""Failed and trial runs, as a multiple of the run itself."""

Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4"]
"""A number format that an accelerator computes in."""

Kind = Literal["training", "fine_tuning", "lora", "inference"]
"""What a model's parameters and tokens are used for; it decides the operations per token."""


class FactorSet(StrEnum):
    """Which figures an estimate is made with."""

    SOURCED = "sourced"
    """Published data, each figure with its source (the default)."""
    ARTICLE = "article"
    """The illustrative table of the article that this project began from."""


class DeviceQuantity(BaseModel):
    """So many devices of one type.

    ``device`` is a model (``H100-SXM5-80GB``), a general name (``H100``, ``GPU``) that stands for a
    default model, a cloud instance (``p5.48xlarge``), or a TPU slice (``v3-8``), of which the
    accelerators in it are counted. ``quantity`` is ``None`` where it follows from the rest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    device: Annotated[str, Field(min_length=1, max_length=60)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True)] | None = None


class Workload(BaseModel):
    """A model and the tokens it sees, from which the time on a device follows.

    ``parameters`` and ``active_parameters`` (those that one token passes through, in a mixture of
    experts) and ``tokens`` are counts; ``mfu`` is the model FLOPs utilisation [0-1].
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: Annotated[float, Field(ge=1e3, le=1e16)]
    tokens: Annotated[float, Field(ge=1, le=1e18)]
    active_parameters: Annotated[float, Field(ge=1e3, le=1e16)] | None = None
    mfu: Annotated[float, Field(ge=0.001, le=1)] | None = None
    precision: Precision | None = None
    kind: Kind = "training"

    @model_validator(mode="after")
    def _active_are_a_part(self) -> Self:
        if self.active_parameters is not None and self.active_parameters > self.parameters:
            msg = "active parameters are a part of the parameters, and cannot be more"
            raise ValueError(msg)
        return self


class TrainingRun(BaseModel):
    """A training run as somebody described it; ``None`` is what was not said.

    How much is run is said by devices and a duration, by ``device_hours`` of one device, by a
    ``workload`` on one device, or by the electricity itself (``energy_kwh``). Devices named twice
    are added up, so that a run has one line per device.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    devices: Annotated[tuple[DeviceQuantity, ...], Field(max_length=MAX_DEVICE_TYPES)] = ()
    duration_h: Annotated[float, Field(ge=MIN_DURATION_H, le=MAX_DURATION_H)] | None = None
    device_hours: Annotated[float, Field(ge=MIN_DURATION_H, le=1e12)] | None = None
    """Hours of all devices together (100 devices for 5 h: 500), on the one device named."""
    workload: Workload | None = None
    energy_kwh: Annotated[float, Field(ge=MIN_ENERGY_KWH, le=1e12)] | None = None
    """Electricity of the run as measured or billed, the data centre included (kWh)."""
    location: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    year: Annotated[int, Field(ge=2000, le=2100)] | None = None
    """Year whose grid is meant; ``None`` is the newest known."""
    month: Annotated[int, Field(ge=1, le=12, strict=True)] | None = None
    """Month in which the run takes place, 1 to 12; ``None`` is the mean of the year."""
    live: LiveIntensity | None = None
    """What the grid emits at one time, instead of the mean of a year."""
    utilisation: Annotated[float, Field(ge=MIN_UTILISATION, le=1)] | None = None
    """Share of the time in which a device computes (GPU-Util of nvidia-smi), 0-1; a load curve says
    what it then draws."""
    duty_cycle: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the time in which the devices work; they idle in the rest (inference serving)."""
    pue: Annotated[float, Field(ge=1, le=MAX_PUE)] | None = None
    """Power usage effectiveness: energy of the data centre / energy of its computers (≥ 1)."""
    lifetime_years: Annotated[float | None, Field(ge=MIN_LIFETIME_YEARS, le=MAX_LIFETIME_YEARS)] = (
        None
    )
    """Years that the devices are in service, over which their manufacturing is spread."""
    overhead: Annotated[float, Field(ge=0, le=MAX_OVERHEAD)] | None = None
    """Failed runs, trials and ablations on top of the run, as a share of it (0.5: half more)."""
    storage_tb: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Data kept on disks during the run (TB)."""
    transfer_tb: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Data moved over networks outside the cluster (TB)."""
    factors: FactorSet = FactorSet.SOURCED
    like: Annotated[str, Field(max_length=80)] | None = None
    """The published run that this one was taken from."""

    @field_validator("devices", mode="after")
    @classmethod
    def _merge_repeated(cls, devices: tuple[DeviceQuantity, ...]) -> tuple[DeviceQuantity, ...]:
        if len({entry.device for entry in devices}) == len(devices):
            return devices
        counts: dict[str, int | None] = {}
        for entry in devices:
            before = counts.get(entry.device, 0)
            counts[entry.device] = (
                None if before is None or entry.quantity is None else before + entry.quantity
            )
        return tuple(DeviceQuantity(device=name, quantity=n) for name, n in counts.items())

    @model_validator(mode="after")
    def _amount_is_said_once(self) -> Self:
        one = len(self.devices) == 1
        if not self.devices and self.energy_kwh is None:
            msg = "name at least one device, or give the energy"
            raise ValueError(msg)
        if (self.device_hours is not None or self.workload is not None) and not one:
            msg = "device-hours and a workload are for exactly one type of device"
            raise ValueError(msg)
        counted = self.device_hours is not None or self.workload is not None
        if not counted and any(entry.quantity is None for entry in self.devices):
            msg = "say how many of each device"
            raise ValueError(msg)
        quantity = self.devices[0].quantity if one else None
        if self.device_hours and self.duration_h and quantity:
            msg = "give two of quantity, duration and device-hours; the third follows"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _live_is_of_one_time(self) -> Self:
        if self.live is None:
            return self
        if self.location is None:
            msg = "a live figure is that of a place: name it"
            raise ValueError(msg)
        if self.year is not None or self.month is not None:
            msg = "give a live figure, or a year and month, and not both"
            raise ValueError(msg)
        return self

    def moved_to(self, location: str) -> Self:
        """The run in another place, where the live figure of this one says nothing."""
        if location == self.location:
            return self
        return self.model_copy(update={"location": location, "live": None})
