"""What an estimate says: totals, a line per device, assumptions, and the factors behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from estimator.quantity import Quantity
from estimator.source import Factor
from estimator.spec import FactorSet


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Totals(_Frozen):
    """The figures of the whole run.

    ``embodied_kgco2e`` is the share of manufacturing that the run uses up, which the total adds;
    ``embodied_full_kgco2e`` is the manufacturing of the devices in full. In the factor set
    ``article`` both are the article's figure, and ``operational_kgco2e`` is ``None``, because the
    article turns no electricity into carbon.
    """

    energy_kwh: Quantity
    operational_kgco2e: Quantity | None
    embodied_kgco2e: Quantity
    embodied_full_kgco2e: Quantity
    total_kgco2e: Quantity


class DeviceLine(_Frozen):
    """One type of device in the run. Powers are per device; energies are for all of them."""

    device: str
    """The name in the specification."""
    model: str
    """The model it was taken as."""
    name: str
    quantity: int
    power_w: float | None
    utilisation: float | None
    host_power_w: float | None
    network_power_w: float | None
    accelerator_kwh: float | None
    host_kwh: float | None
    network_kwh: float | None
    facility_kwh: float | None
    energy_kwh: Quantity
    operational_kgco2e: Quantity | None
    embodied_kgco2e: Quantity
    embodied_full_kgco2e: Quantity
    embodied_each_kgco2e: float
    """Manufacturing of one device with its share of the server."""
    embodied_modelled: bool
    """Whether manufacturing was modelled from die and memory, for want of a published figure."""


class Conditions(_Frozen):
    """The circumstances the estimate was made for, given or assumed."""

    duration_h: float
    location: str
    """The location as an answer names it."""
    grid: str
    intensity_gco2e_per_kwh: float
    intensity_year: int | None
    intensity_boundary: str | None
    """``lifecycle`` (fuel supply and plants included) or ``direct`` (the chimney alone)."""
    pue: float
    lifetime_years: float


class Assumption(_Frozen):
    """Something that was not said and was therefore assumed.

    ``field`` names what to set to change it (a field of the specification, or ``device``).
    """

    code: Literal[
        "default_duration",
        "default_location",
        "default_utilisation",
        "default_pue",
        "default_model",
        "region_pue",
        "assumed_factor",
        "modelled_embodied",
        "no_time_in_article",
        "no_operational_in_article",
    ]
    field: str
    text: str
    """What was assumed, in one English sentence."""
    value: float | str | None = None
    """The value used, where there is one."""


class Estimate(_Frozen):
    """The answer to a specification."""

    schema_version: Literal[1] = 1
    factors: FactorSet
    catalogue_version: str
    """Digest of the data that the figures were made from."""
    totals: Totals
    conditions: Conditions | None
    """``None`` in the factor set ``article``, whose factors know neither time nor place."""
    devices: tuple[DeviceLine, ...]
    assumptions: tuple[Assumption, ...]
    figures: dict[str, tuple[str, ...]]
    """Ids of the factors behind each figure of ``totals``."""
    sources: tuple[Factor, ...]
    """Every factor used, with its value, basis and source."""
