"""The estimator against published runs, by what is known of a run. Pure: no files, no clock.

Every comparison is made from inputs that the publication gives and never from the answer that it is
compared with, on the boundary that the publication draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from estimator.catalogue import Catalogue
from estimator.estimating import estimate
from estimator.operational import operational_kgco2e
from estimator.other_tools import LlmCarbonRow, tdp_times_hours_kwh
from estimator.published_run import (
    HOURS_OF_MORE_THAN_THE_RUN,
    EnergyBasis,
    EnergyBoundary,
    PublishedRun,
    Split,
    device_family,
)
from estimator.quantity import Quantity
from estimator.result import Estimate
from estimator.source import Factor
from estimator.spec import DeviceQuantity, TrainingRun, Workload
from estimator.units import WATTS_PER_KILOWATT

WITHOUT_SWITCHES: Final = frozenset(
    {"patterson-2021", "mlperf-training-4.0", "mlperf-training-4.1", "mlperf-training-5.0"}
)
"""Texts whose energy covers servers and their network cards, and not the switches between them."""

DATA_SHEET_W: Final = {"TPU-v3": 450.0}
"""TDP of devices whose ``power_w`` is a measured one (Patterson et al. 2021, Table 3)."""

CONSTANT_W: Final = 250.0
"""A power per device that knows nothing, which any model has to beat."""

PERCENTILE: Final = 0.85

LONGER_TRAINED: Final = {
    **HOURS_OF_MORE_THAN_THE_RUN,
    "llama-3.2-3b": "pruned and distilled: its teachers' work is not in parameters times tokens",
}
"""Runs whose device-hours do not follow from parameters and tokens, and why."""

STATED_PLACES: Final = {
    "meena": "US-SRSO",
    "gshard-600b": "US-SRVC",
    "switch-1500b": "US-SRSO",
    "evolved-transformer-nas": "US-SRSO",
    "transformer-big-tpu-v2": "us-central1",
    "evolved-transformer-tpu-v2": "us-central1",
    "olmo-2-7b": "US-ERCT",
}
"""Grids of the places that the texts name in words: Georgia, North Carolina, Iowa, Austin."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of a run as reported, and ours with its 90 % interval, in one unit."""

    run: PublishedRun
    what: str
    """The figure that is compared, with its unit."""
    reported: float
    ours: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Ours over the report, less one."""
        return self.ours / self.reported - 1

    @property
    def covered(self) -> bool:
        """Whether the interval holds the reported figure."""
        return self.low <= self.reported <= self.high

    @property
    def width(self) -> float:
        """Upper end of the interval over the lower one."""
        return self.high / self.low


@dataclass(frozen=True, slots=True)
class Summary:
    """What a set of comparisons comes to."""

    count: int
    median_error: float
    """Of the errors without their signs."""
    percentile_error: float
    """The 85th percentile, interpolated between the two rows that it lies between."""
    percentile_row_error: float
    """The error of the upper of these two rows, which at least 85 % of the rows do not exceed."""
    coverage: float
    median_width: float


def summary(rows: Sequence[Comparison]) -> Summary:
    """Median and 85th percentile of the error, coverage and width of a set."""
    errors = sorted(abs(row.error) for row in rows)
    return Summary(
        len(rows),
        median(errors),
        _percentile(errors),
        errors[math.ceil(PERCENTILE * len(errors)) - 1],
        sum(row.covered for row in rows) / len(rows),
        median(row.width for row in rows),
    )


def _percentile(ordered: Sequence[float]) -> float:
    at = PERCENTILE * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def of_split(rows: Iterable[Comparison], split: Split) -> list[Comparison]:
    """The rows of the set to fit or of the set to test."""
    return [row for row in rows if row.run.split == split]


def by_family(rows: Iterable[Comparison]) -> dict[str, list[Comparison]]:
    """The rows by family of device, in alphabetical order."""
    found: dict[str, list[Comparison]] = {}
    for row in sorted(rows, key=lambda row: (device_family(row.run.device), row.run.id)):
        found.setdefault(device_family(row.run.device), []).append(row)
    return found


def arithmetic(catalogue: Catalogue) -> list[Comparison]:
    """Device-hours with the reported power, PUE and grid: only the arithmetic is ours.

    Where device-hours or power are not published, the emissions are of the reported energy.
    """
    found: list[Comparison] = []
    for run in _in_order(catalogue):
        energy_kwh, emissions_kg = _as_reported(run, catalogue)
        if energy_kwh is not None and run.energy_kwh is not None:
            found.append(_certain(run, "energy (kWh)", run.energy_kwh, energy_kwh))
        if emissions_kg is not None and run.operational_kgco2e:
            found.append(_certain(run, "emissions (kgCO2e)", run.operational_kgco2e, emissions_kg))
    return found


def _as_reported(run: PublishedRun, catalogue: Catalogue) -> tuple[float | None, float | None]:
    """Energy [kWh] and emissions [kgCO2e] from what the text says of power, PUE and grid."""
    if run.energy_kwh is None:
        return None, None
    located = catalogue
    if run.grid_gco2e_per_kwh is not None:
        known = _exactly(catalogue.unknown_location, run.grid_gco2e_per_kwh)
        located = _changed(catalogue, unknown_location=known)
    inside = run.energy_boundary in {EnergyBoundary.ACCELERATOR_PUE, EnergyBoundary.FACILITY}
    energy_kwh = None
    if run.device_hours and run.power_w_per_device and (run.pue or not inside):
        found = estimate(
            TrainingRun(
                devices=(DeviceQuantity(device=_stand_in(catalogue)),),
                device_hours=run.device_hours,
                pue=run.pue or 1.0,
            ),
            _with_power(located, run.power_w_per_device),
        )
        energy_kwh = found.boundaries_kwh.facility.value if found.boundaries_kwh else None
        if not inside and found.boundaries_kwh:
            energy_kwh = found.boundaries_kwh.it.value
    else:
        found = estimate(TrainingRun(energy_kwh=with_reported_pue_kwh(run)), located)
    emissions = found.totals.operational_kgco2e
    if run.grid_gco2e_per_kwh is None or emissions is None:
        return energy_kwh, None
    return energy_kwh, emissions.value


def _stand_in(catalogue: Catalogue) -> str:
    return next(iter(catalogue.accelerators))


def _with_power(catalogue: Catalogue, power_w: float) -> Catalogue:
    """The catalogue in which a device draws exactly this power, host and network nothing."""
    name = _stand_in(catalogue)
    device = catalogue.accelerators[name]
    changed = replace(
        device,
        power_w=_exactly(device.power_w, power_w),
        utilisation=_exactly(device.power_w, 1.0),
        host_power_w=_exactly(device.power_w, 0.0),
    )
    accelerators = {**catalogue.accelerators, name: changed}
    return _changed(without_switches(catalogue), accelerators=accelerators)


def _changed(catalogue: Catalogue, **fields: object) -> Catalogue:
    """A copy with other figures under the same names, so that the indexes of names stay."""
    changed = copy(catalogue)
    for name, value in fields.items():
        object.__setattr__(changed, name, value)
    return changed


def _exactly(factor: Factor, value: float) -> Factor:
    return replace(factor, value=value, low=None, high=None)


def without_switches(catalogue: Catalogue) -> Catalogue:
    """The catalogue without the power of the network, for reports that leave it out."""
    none = _exactly(catalogue.constants.network_power_w, 0.0)
    return _changed(catalogue, constants=replace(catalogue.constants, network_power_w=none))


def with_reported_pue_kwh(run: PublishedRun) -> float:
    """The reported energy, times the reported PUE where it is not in it [kWh]."""
    bare = run.energy_boundary in {EnergyBoundary.ACCELERATOR, EnergyBoundary.IT}
    return (run.energy_kwh or 0.0) * ((run.pue or 1.0) if bare else 1.0)


def device_and_hours(catalogue: Catalogue) -> list[Comparison]:
    """Devices and hours alone, against runs whose energy was measured."""
    found: list[Comparison] = []
    for run in _in_order(catalogue):
        if run.measured and run.device_hours and run.energy_kwh:
            kwh = on_boundary(run, _from_hours(run, catalogue))
            found.append(_compared(run, "energy (kWh)", run.energy_kwh, kwh))
    return found


def _from_hours(run: PublishedRun, catalogue: Catalogue, **said: object) -> Estimate:
    device = DeviceQuantity(device=run.device, quantity=run.device_count)
    known = {"devices": (device,), "device_hours": run.device_hours, **said}
    return estimate(TrainingRun.model_validate(known), own_boundary(run, catalogue))


def own_boundary(run: PublishedRun, catalogue: Catalogue) -> Catalogue:
    """The catalogue for a run, without switches where its text leaves them out."""
    bare = WITHOUT_SWITCHES.intersection(run.source_ids)
    return without_switches(catalogue) if bare else catalogue


def on_boundary(run: PublishedRun, found: Estimate) -> Quantity:
    """Our energy on the boundary that the report draws [kWh]."""
    boundaries = found.boundaries_kwh
    assert boundaries is not None  # noqa: S101 - sourced factors always have them
    return {
        None: boundaries.facility,
        EnergyBoundary.ACCELERATOR: boundaries.accelerator,
        EnergyBoundary.ACCELERATOR_PUE: boundaries.accelerator_pue,
        EnergyBoundary.IT: boundaries.it,
        EnergyBoundary.FACILITY: boundaries.facility,
    }[run.energy_boundary]


def data_sheet_w(run: PublishedRun, catalogue: Catalogue) -> float:
    """The device's TDP [W]."""
    device = catalogue.device(run.device).accelerator
    return DATA_SHEET_W.get(device.id, device.power_w.value)


def tdp_rows(rows: Iterable[Comparison], catalogue: Catalogue) -> list[Comparison]:
    """The same rows by TDP × hours."""
    return _restated(
        rows,
        lambda run: tdp_times_hours_kwh(data_sheet_w(run, catalogue), run.device_hours or 0.0),
    )


def tdp_and_pue_rows(rows: Iterable[Comparison], catalogue: Catalogue) -> list[Comparison]:
    """The same rows by TDP × hours × the reported PUE, where the boundary holds it."""

    def energy_kwh(run: PublishedRun) -> float:
        inside = run.energy_boundary in {EnergyBoundary.ACCELERATOR_PUE, EnergyBoundary.FACILITY}
        watts = data_sheet_w(run, catalogue) * ((run.pue or 1.0) if inside else 1.0)
        return tdp_times_hours_kwh(watts, run.device_hours or 0.0)

    return _restated(rows, energy_kwh)


def constant_rows(rows: Iterable[Comparison]) -> list[Comparison]:
    """The same rows by 250 W per device."""
    return _restated(rows, lambda run: CONSTANT_W * (run.device_hours or 0.0) / WATTS_PER_KILOWATT)


def _restated(
    rows: Iterable[Comparison], energy_kwh: Callable[[PublishedRun], float]
) -> list[Comparison]:
    return [_certain(row.run, row.what, row.reported, energy_kwh(row.run)) for row in rows]


def from_tokens(catalogue: Catalogue) -> list[Comparison]:
    """Parameters, tokens and device alone: the measured energy, or else the device-hours."""
    found: list[Comparison] = []
    for run in _in_order(catalogue):
        if run.parameters is None or run.tokens is None or run.id in LONGER_TRAINED:
            continue
        measured = run.measured and run.energy_kwh
        if catalogue.find_device(run.device) is None or not (measured or run.device_hours):
            continue
        spec = TrainingRun(
            devices=(DeviceQuantity(device=run.device),),
            workload=Workload(
                parameters=run.parameters,
                active_parameters=run.active_parameters,
                tokens=run.tokens,
            ),
        )
        answer = estimate(spec, own_boundary(run, catalogue))
        if measured:
            kwh = on_boundary(run, answer)
            found.append(_compared(run, "energy (kWh)", run.energy_kwh or 0.0, kwh))
            continue
        hours, line = run.device_hours or 0.0, answer.devices[0]
        spread = _mfu_spread(line.device_hours or 0.0, run, catalogue)
        found.append(_compared(run, "device-hours", hours, spread))
    return found


def _mfu_spread(hours: float, run: PublishedRun, catalogue: Catalogue) -> Quantity:
    """Device-hours with the range that the assumed MFU gives them."""
    mfu = catalogue.device(run.device).accelerator.mfu or catalogue.constants.default_mfu
    high, low = mfu.high or mfu.value, mfu.low or mfu.value
    return Quantity(hours, hours * mfu.value / high, hours * mfu.value / low)


def place_of(run: PublishedRun) -> str | None:
    """The location that the text names, as the catalogue knows it."""
    return run.location or STATED_PLACES.get(run.id)


def is_log(run: PublishedRun) -> bool:
    """Whether a run's carbon is a log's of CodeCarbon, with an intensity from the tool's table."""
    return "energy_consumed" in run.quote


def grid_alone(catalogue: Catalogue) -> list[Comparison]:
    """Operational carbon of the reported electricity: location and year, location-based reports."""
    found: list[Comparison] = []
    for run in _location_based(catalogue):
        spec = TrainingRun(
            energy_kwh=with_reported_pue_kwh(run), location=place_of(run), year=run.year
        )
        carbon = estimate(spec, catalogue).totals.operational_kgco2e
        if carbon is not None and run.operational_kgco2e:
            found.append(_compared(run, "emissions (kgCO2e)", run.operational_kgco2e, carbon))
    return found


def hours_and_place(catalogue: Catalogue) -> list[Comparison]:
    """Operational carbon from devices, hours, location and year, where the energy was measured."""
    found: list[Comparison] = []
    for run in _location_based(catalogue):
        if not (run.measured and run.device_hours and run.operational_kgco2e):
            continue
        answer = _from_hours(run, catalogue, location=place_of(run), year=run.year)
        carbon = carbon_on_boundary(run, answer)
        found.append(_compared(run, "emissions (kgCO2e)", run.operational_kgco2e, carbon))
    return found


def carbon_on_boundary(run: PublishedRun, found: Estimate) -> Quantity:
    """Our operational carbon of the energy that the report counts [kgCO2e].

    Where a report counts less than the data centre, the ranges of that energy and of the grid are
    multiplied: their widths add up as squares, in logarithms.
    """
    carbon = found.totals.operational_kgco2e
    assert carbon is not None  # noqa: S101 - sourced factors always have it
    if run.energy_boundary in {None, EnergyBoundary.FACILITY}:
        return carbon
    kwh = on_boundary(run, found)
    (grid,) = (f for f in found.sources if f.unit == "gCO2e/kWh" and f.id.startswith("grid."))
    value = operational_kgco2e(kwh.value, grid.value)
    below = math.hypot(
        math.log(kwh.value / kwh.low), math.log(grid.value / (grid.low or grid.value))
    )
    above = math.hypot(
        math.log(kwh.high / kwh.value), math.log((grid.high or grid.value) / grid.value)
    )
    return Quantity(value, value * math.exp(-below), value * math.exp(above))


def _location_based(catalogue: Catalogue) -> list[PublishedRun]:
    return [
        run
        for run in _in_order(catalogue)
        if run.emission_basis == "location" and place_of(run) and run.energy_kwh
    ]


def circular(catalogue: Catalogue) -> list[Comparison]:
    """Runs whose energy is a computed one, from device and hours; they test nothing."""
    found: list[Comparison] = []
    for run in _in_order(catalogue):
        if run.energy_basis in {EnergyBasis.TDP, EnergyBasis.MODELLED} and run.device_hours:
            if run.energy_kwh is None or catalogue.find_device(run.device) is None:
                continue
            kwh = on_boundary(run, _from_hours(run, catalogue))
            found.append(_compared(run, "energy (kWh)", run.energy_kwh, kwh))
    return found


def llmcarbon_forecast(row: LlmCarbonRow, catalogue: Catalogue) -> tuple[Quantity, Quantity]:
    """Energy [kWh] and, at the reported intensity, emissions [kgCO2e] without its efficiency.

    From parameters, tokens and device; our MFU, power, host and PUE.
    """
    spec = TrainingRun(
        devices=(DeviceQuantity(device=row.device, quantity=row.device_count),),
        workload=Workload(parameters=row.parameters, tokens=row.tokens),
    )
    kwh = estimate(spec, without_switches(catalogue)).totals.energy_kwh
    at = row.grid_gco2e_per_kwh
    low, value, high = (operational_kgco2e(x, at) for x in (kwh.low, kwh.value, kwh.high))
    return kwh, Quantity(value, low, high)


def _in_order(catalogue: Catalogue) -> list[PublishedRun]:
    return sorted(catalogue.runs.values(), key=lambda run: run.id)


def _compared(run: PublishedRun, what: str, reported: float, ours: Quantity) -> Comparison:
    return Comparison(run, what, reported, ours.value, ours.low, ours.high)


def _certain(run: PublishedRun, what: str, reported: float, ours: float) -> Comparison:
    return Comparison(run, what, reported, ours, ours, ours)
