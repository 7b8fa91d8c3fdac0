"""From a specification to what runs: which accelerators, how many, and for how many hours."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

from estimator.accelerator import Accelerator
from estimator.catalogue import Catalogue, Constants
from estimator.ledger import ENERGY, Ledger
from estimator.power_curve import curve_of, power_share
from estimator.result import Assumption, WorkloadLine
from estimator.source import Factor
from estimator.spec import DeviceQuantity, TrainingRun
from estimator.units import HOURS_PER_YEAR
from estimator.workload import (
    FLOP_PER_PARAMETER_AND_TOKEN,
    device_hours,
    mfu_at_size,
    operations_flop,
    peak_of,
)

DEFAULT_DURATION_H: Final = 24.0
"""A run whose duration was not said is estimated for one day: the figure then reads as a rate."""
DEFAULT_CAMPAIGN_H: Final = 30 * 24.0
"""Device-hours whose number of devices was not said are spread over thirty days."""
ONE_SERVER: Final = 8
"""Accelerators of the usual server; more of them need a cluster and its network."""
DISAGREEMENT: Final = 3.0
"""How far hours and tokens may lie apart before the answer says so."""


class PlanLine(NamedTuple):
    """So many accelerators of one model for so long."""

    named: str
    """The name in the specification."""
    accelerator: Accelerator
    quantity: int
    duration_h: float | None
    device_hours: float
    """Hours of all of them together, failed and trial runs included."""


def usual_utilisation(device: Accelerator, quantity: int, constants: Constants) -> Factor:
    """The utilisation of so many devices of one model where none was given."""
    if device.utilisation is not None:
        return device.utilisation
    small = quantity <= ONE_SERVER
    return constants.small_run_utilisation if small else constants.default_utilisation


def share_of_power(
    run: TrainingRun, device: Accelerator, quantity: int, found: Catalogue
) -> Factor:
    """The share of its full power that a device draws: at the load that was said, or the usual."""
    if run.utilisation is None:
        return usual_utilisation(device, quantity, found.constants)
    return power_share(device, run.utilisation, curve_of(device, found.load_curves))


def host_power(device: Accelerator, constants: Constants) -> Factor:
    """The power of a device's share of its computer [W]."""
    if device.host_power_w is not None:
        return device.host_power_w
    workstation = device.host == "workstation"
    return constants.workstation_host_power_w if workstation else constants.host_power_w


def host_embodied(device: Accelerator, constants: Constants) -> Factor:
    """The manufacturing of a device's share of its server [kgCO2e]."""
    return device.host_embodied_kgco2e or constants.host_embodied_kgco2e


class Plan(NamedTuple):
    """What runs."""

    lines: tuple[PlanLine, ...]
    workload: WorkloadLine | None
    duration_h: float | None
    """``None`` where only the electricity was given: the lines, if any, are for one hour."""


def plan(run: TrainingRun, catalogue: Catalogue, ledger: Ledger) -> Plan:
    """Work out devices and hours, and note every assumption on the way.

    Raises:
        UnknownName: a device is not in the catalogue.
        InvalidValue: a slice cannot exist, or a workload's device has no known peak.
    """
    named = [
        (entry, *_accelerator(entry, catalogue, ledger, said_in_workload=run.workload is not None))
        for entry in run.devices
    ]
    scale = 1.0 + (run.overhead or 0.0)
    if run.energy_kwh is not None and run.duration_h is None and run.device_hours is None:
        return Plan(_for_an_hour(named), None, None)
    if run.workload is None and run.device_hours is None:
        return _by_duration(run, named, scale, ledger)
    entry, accelerator, count = named[0]
    workload = None
    hours = run.device_hours
    if run.workload is not None:
        workload = _workload(run, accelerator, catalogue, ledger)
        if hours is None and (count is None or run.duration_h is None):
            hours = workload.device_hours
    if hours is None:
        found = _by_duration(run, named, scale, ledger)
        hours = found.lines[0].device_hours / scale
    if workload is not None:
        _compare(hours, workload, ledger)
    duration_h = run.duration_h
    if count is None and duration_h is None:
        count = max(1, math.ceil(hours / DEFAULT_CAMPAIGN_H))
        ledger.assume(
            "default_quantity",
            "quantity",
            f"The number of devices was not given: {count:,}, which need "
            f"{hours / count / 24:.3g} days, are taken. It changes nothing but the embodied "
            "figure in full.",
            count,
            quantity=count,
            days=hours / count / 24,
        )
    if count is None:
        count = max(1, math.ceil(hours / (duration_h or DEFAULT_CAMPAIGN_H)))
    lifetime_years = run.lifetime_years or catalogue.constants.lifetime_years.value
    note_longer_than_lifetime(hours / count, count, lifetime_years, ledger)
    line = PlanLine(entry.device, accelerator, count, hours / count, hours * scale)
    return Plan((line,), workload, hours / count)


def note_longer_than_lifetime(
    duration_h: float, count: int, lifetime_years: float, ledger: Ledger
) -> None:
    """Say it where a run takes longer than its devices live."""
    years = duration_h / HOURS_PER_YEAR
    if years > lifetime_years:
        ledger.assume(
            "longer_than_lifetime",
            "quantity",
            f"{count:,} of them would need {years:.3g} years, longer than "
            "devices live: name more. The embodied share counts the replacements.",
            years,
            quantity=count,
            years=years,
        )


Named = tuple[DeviceQuantity, Accelerator, int | None]


def _for_an_hour(named: list[Named]) -> tuple[PlanLine, ...]:
    """Devices of a metered run; how long they ran follows from what they draw."""
    return tuple(
        PlanLine(entry.device, accelerator, count, 1.0, float(count))
        for entry, accelerator, count in named
        if count is not None
    )


def _accelerator(
    entry: DeviceQuantity, catalogue: Catalogue, ledger: Ledger, *, said_in_workload: bool
) -> tuple[Accelerator, int | None]:
    """The accelerator behind a name, and how many of them were said."""
    found = catalogue.device(entry.device)
    count = entry.quantity
    if found.per_unit is not None:
        units = count if count is not None else None if said_in_workload else 1
        if units is not None:
            count = units * found.per_unit
        several = units not in {None, 1}
        text = f"{units:,} × ({found.echo}): {count:,} in all" if several else found.echo
        ledger.assume(
            "counted_accelerators",
            "device",
            f"{text}.",
            found.per_unit,
            echo=found.echo,
            units=units or 1,
            count=count or found.per_unit,
        )
    if found.general is not None:
        general = found.general
        ledger.note(_default_model(general.name, general.means, general.others))
    return found.accelerator, count


@lru_cache(maxsize=256)  # most answers carry this sentence
def _default_model(name: str, means: str, others: tuple[str, ...]) -> Assumption:
    listed = ", ".join(others)
    text = f"{name} is taken as {means}{f' (not {listed})' if others else ''}."
    words: dict[str, int | float | str] = {"name": name, "model": means, "others": listed}
    return Assumption("default_model", "device", text, means, words)


def _by_duration(run: TrainingRun, named: list[Named], scale: float, ledger: Ledger) -> Plan:
    duration_h = run.duration_h
    if duration_h is None:
        duration_h = DEFAULT_DURATION_H
        ledger.assume(
            "default_duration",
            "duration_h",
            "No duration was given: one day (24 h) is taken.",
            duration_h,
        )
    lines = tuple(
        PlanLine(entry.device, accelerator, count, duration_h, count * duration_h * scale)
        for entry, accelerator, count in named
        if count is not None
    )
    return Plan(lines, None, duration_h)


def _workload(
    run: TrainingRun, accelerator: Accelerator, catalogue: Catalogue, ledger: Ledger
) -> WorkloadLine:
    workload = run.workload
    assert workload is not None  # noqa: S101 - the caller has looked
    peak = peak_of(accelerator, workload.precision)
    ledger.use(peak.tflops, ENERGY)
    mfu = workload.mfu
    if mfu is None:
        factor = accelerator.mfu or catalogue.constants.default_mfu
        mfu = mfu_at_size(
            ledger.use(factor, ENERGY),
            workload.active_parameters or workload.parameters,
            ledger.use(catalogue.constants.mfu_size_exponent, ENERGY),
        )
        ledger.assume(
            "default_mfu",
            "mfu",
            f"No MFU was given: {100 * mfu:.3g} % of the peak of {accelerator.id} in "
            f"{peak.precision} ({peak.tflops.value:g} TFLOP/s) is taken.",
            mfu,
            mfu=mfu,
            model=accelerator.id,
            precision=peak.precision,
            peak=peak.tflops.value,
        )
    flop = operations_flop(workload)
    return WorkloadLine(
        kind=workload.kind,
        parameters=workload.active_parameters or workload.parameters,
        tokens=workload.tokens,
        flop_per_parameter_and_token=FLOP_PER_PARAMETER_AND_TOKEN[workload.kind],
        operations_flop=flop,
        precision=peak.precision,
        peak_tflops=peak.tflops.value,
        mfu=mfu,
        device_hours=device_hours(flop, peak.tflops.value, mfu),
    )


def _compare(hours: float, workload: WorkloadLine, ledger: Ledger) -> None:
    """Say it where the hours given and the tokens given do not belong together."""
    ratio = hours / workload.device_hours
    if 1 / DISAGREEMENT <= ratio <= DISAGREEMENT:
        return
    ledger.assume(
        "hours_and_tokens_disagree",
        "workload",
        f"Hours and tokens disagree: {hours:,.6g} device-hours were given, and the tokens need "
        f"{workload.device_hours:,.3g} at {100 * workload.mfu:.3g} % MFU. The hours are used.",
        ratio,
        given=hours,
        needed=workload.device_hours,
        mfu=workload.mfu,
    )
