"""What an estimate says: totals, a line per device, assumptions, and the factors behind them.

Plain frozen dataclasses: an estimate is made in a tenth of a millisecond, and most of that would
go into validating what we have just computed. ``estimator.record`` turns them into JSON and back,
where they are validated.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal

from estimator.quantity import Quantity
from estimator.source import Factor
from estimator.spec import FactorSet, Kind, Precision


@dataclass(frozen=True, slots=True)
class Totals:
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


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Where the energy goes (kWh); the five add up to the energy of the run."""

    accelerator_kwh: float
    host_kwh: float
    network_kwh: float
    storage_kwh: float
    facility_kwh: float
    """What the data centre draws on top of its computers."""

    @property
    def it_kwh(self) -> float:
        """All but that (kWh)."""
        return self.accelerator_kwh + self.host_kwh + self.network_kwh + self.storage_kwh


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The energy on the boundaries that reports draw (kWh)."""

    accelerator: Quantity
    """The accelerators alone."""
    accelerator_pue: Quantity
    """The accelerators alone, × PUE."""
    it: Quantity
    """Accelerators, hosts, network and storage."""
    facility: Quantity
    """All of that, × PUE: the energy of the run."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One type of device in the run. Powers are per device; energies are for all of them."""

    device: str
    """The name in the specification."""
    model: str
    """The model it was taken as."""
    name: str
    quantity: int
    """Accelerators, those in instances and slices counted one by one."""
    duration_h: float | None
    device_hours: float | None
    """Hours of all of them together, failed and trial runs included where they were named."""
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


@dataclass(frozen=True, slots=True)
class WorkloadLine:
    """How a model and its tokens became device-hours."""

    kind: Kind
    parameters: float
    """Parameters that one token passes through."""
    tokens: float
    flop_per_parameter_and_token: float
    operations_flop: float
    precision: Precision
    peak_tflops: float
    mfu: float
    device_hours: float
    """Device-hours of the workload alone, without failed and trial runs."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The circumstances the estimate was made for, given or assumed."""

    duration_h: float | None
    location: str
    """The location as an answer names it."""
    grid: str
    intensity_gco2e_per_kwh: float
    intensity_year: int | None
    intensity_month: int | None
    """The month that the intensity was taken to (1 to 12); ``None`` for the year's mean."""
    intensity_boundary: str | None
    """``lifecycle`` (fuel supply and plants included) or ``direct`` (the chimney alone)."""
    pue: float
    lifetime_years: float
    overhead: float
    """Failed and trial runs, as a share of the run."""


@dataclass(frozen=True, slots=True)
class SideFigures:
    """Shown beside the totals and never added to them; ``None`` where nobody publishes it."""

    water_l: float | None
    """Water used on site and by the power stations (L)."""
    primary_energy_mj: float | None
    operational_market_kgco2e: float | None
    """Emissions with the provider's purchases of clean energy counted: market-based."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The factor that widens a figure's interval most."""

    factor_id: str
    share: float
    """Its part of the figure's variance (0-1)."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that was not said and was therefore assumed, or that the reader should know.

    ``field`` names what to set to change it (a field of the specification, or ``device``).
    """

    code: str
    field: str
    text: str
    """What was assumed, in one English sentence."""
    value: int | float | str | None = None
    """The value used, where there is one."""
    words: dict[str, int | float | str] = dataclass_field(default_factory=dict)
    """The variable parts of the sentence, from which it can be said in another language."""

    def __hash__(self) -> int:
        """Of the sentence, which says it all: ``words`` is a dictionary, which has no hash."""
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer to a specification."""

    factors: FactorSet
    catalogue_version: str
    """Digest of the data that the figures were made from."""
    totals: Totals
    breakdown: Breakdown | None
    """``None`` in the factor set ``article``, which has one figure per device."""
    boundaries_kwh: Boundaries | None
    conditions: Conditions | None
    """``None`` in the factor set ``article``, whose factors know neither time nor place."""
    devices: tuple[DeviceLine, ...]
    workload: WorkloadLine | None
    side: SideFigures | None
    causes: dict[str, Cause]
    """By figure of ``totals``: the factor that its interval is mostly due to."""
    assumptions: tuple[Assumption, ...]
    figures: dict[str, tuple[str, ...]]
    """Ids of the factors behind each figure of ``totals``."""
    sources: tuple[Factor, ...]
    """Every factor used, with its value, basis and source."""
    schema_version: Literal[2] = 2
