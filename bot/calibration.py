"""From measured runs to the utilisation and the overhead that would have estimated them well.

Each measurement is held against the estimate on its own boundary: what a meter did not see is taken
off the estimate, never added to the measurement. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import fmean, stdev
from typing import Any, Final

from pydantic import ValidationError

from bot.ledger import Run
from bot.preferences import Calibration
from estimator import Catalogue, Estimate, EstimatorError, TrainingRun, estimate
from estimator.spec import MIN_UTILISATION

SECONDS_PER_HOUR: Final = 3600.0
FEWEST: Final = 3
"""Measured runs from which anything is proposed."""
MOST: Final = 200
"""Measured runs that are looked at, the newest."""
SHORTEST_H: Final = 0.1
"""A shorter measurement is mostly of the start."""
FULL: Final = 1.1
"""Share of full power above which the number of devices or the time cannot be right."""

# 95 % points of Student's t by degrees of freedom, from 2 on: 5 and 95 % enclose nine in ten.
_T: Final = (2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771)
_T_MANY: Final = ((14, 1.761), (16, 1.746), (20, 1.725), (30, 1.697), (60, 1.671), (120, 1.658))
_NORMAL: Final = 1.645


class Boundary(StrEnum):
    """What a measurement comprises."""

    ACCELERATORS = "accelerators"
    COMPUTERS = "computers"
    """Accelerators with their hosts, without network and data centre."""
    FACILITY = "facility"
    """What was billed: the data centre's overhead included."""


class Why(StrEnum):
    """Why a measured run says nothing about utilisation."""

    NO_DEVICES = "no_devices"
    NOT_ESTIMATED = "not_estimated"
    IDLES = "idles"
    NO_TIME = "no_time"
    NO_ACCELERATOR_MEASURED = "no_accelerator_measured"
    PART_MEASURED = "part_measured"
    TOO_SHORT = "too_short"
    BELOW_HOSTS = "below_hosts"
    ABOVE_FULL = "above_full"


@dataclass(frozen=True, slots=True)
class Measured:
    """A run of which something was measured.

    Attributes:
        document: what CodeCarbon told of it; ``None`` where a person entered the energy.
        duration_s: how long CodeCarbon measured.
    """

    run: Run
    document: Mapping[str, Any] | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A measured run beside its estimate, on the boundary of its measurement. Energies in kWh.

    Attributes:
        measured_kwh: what was measured, CodeCarbon's own PUE taken off.
        full_kwh: the accelerators at full power for that time.
        rest_kwh: what else is within the boundary.
        factor: what both are multiplied by: the PUE, or 1.
        assumed_kwh: the estimate with today's defaults.
        stretch: how many times as long as planned it ran; ``None`` where that is not known.
    """

    run: Run
    boundary: Boundary
    measured_kwh: float
    full_kwh: float
    rest_kwh: float
    factor: float
    assumed_kwh: float
    stretch: float | None

    @property
    def utilisation(self) -> float:
        """The share of full power that fits the measurement."""
        return (self.measured_kwh / self.factor - self.rest_kwh) / self.full_kwh

    def estimated_kwh(self, utilisation: float) -> float:
        """The estimate with a utilisation."""
        return (self.full_kwh * utilisation + self.rest_kwh) * self.factor


@dataclass(frozen=True, slots=True)
class Left:
    """A measured run that says nothing about utilisation, and why."""

    run: Run
    why: Why


@dataclass(frozen=True, slots=True)
class Proposal:
    """Defaults that would have estimated measured runs well.

    Attributes:
        mean_low: low end of the mean's 90 % interval; the range of a single run is in
            ``calibration``.
    """

    calibration: Calibration
    mean_low: float
    mean_high: float
    cases: tuple[Case, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class TooFew:
    """Fewer measured runs than a proposal needs."""

    cases: tuple[Case, ...]
    left: tuple[Left, ...]


def propose(measured: Iterable[Measured], catalogue: Catalogue, today: date) -> Proposal | TooFew:
    """What measured runs say about the defaults.

    Args:
        measured: the runs.
        catalogue: what they are estimated with today.
        today: the day of the proposal.
    """
    found = [case_of(one, catalogue) for one in measured]
    cases = tuple(one for one in found if isinstance(one, Case))
    left = tuple(one for one in found if isinstance(one, Left))
    if len(cases) < FEWEST:
        return TooFew(cases, left)
    logs = [math.log(case.utilisation) for case in cases]
    mean, (mean_low, mean_high), (low, high) = _spread(logs)
    utilisation = _share(mean)
    calibration = Calibration(
        utilisation=utilisation,
        # Outwards: no range becomes narrower by being written down.
        low=max(MIN_UTILISATION, min(utilisation, math.floor(round(low * 100, 6)) / 100)),
        high=min(1.0, max(utilisation, math.ceil(round(high * 100, 6)) / 100)),
        overhead=_overhead(cases),
        runs=len(cases),
        on=today,
    )
    return Proposal(calibration, min(mean_low, utilisation), min(mean_high, 1.0), cases, left)


def case_of(measured: Measured, catalogue: Catalogue) -> Case | Left:
    """A measured run beside its estimate, or why it cannot be held against one."""
    run = measured.run
    try:
        spec = TrainingRun.model_validate(run.entry.spec or {})
    except ValidationError:
        return Left(run, Why.NO_DEVICES if not run.entry.spec else Why.NOT_ESTIMATED)
    if not spec.devices or spec.energy_kwh is not None:
        return Left(run, Why.NO_DEVICES)
    if spec.duty_cycle is not None:
        return Left(run, Why.IDLES)
    try:
        if measured.document is None or measured.duration_s is None:
            return _by_hand(run, spec, catalogue)
        return _metered(run, spec, measured.document, measured.duration_s, catalogue)
    except (EstimatorError, ArithmeticError):
        return Left(run, Why.NOT_ESTIMATED)


def _by_hand(run: Run, spec: TrainingRun, catalogue: Catalogue) -> Case | Left:
    """What a person entered is what was billed, and the run is taken to have run as planned."""
    if not _is_timed(spec):
        return Left(run, Why.NO_TIME)
    assumed = _with_defaults(spec, catalogue)
    parts = assumed.breakdown
    assert parts is not None  # noqa: S101 - runs of the ledger are estimated by sourced factors
    return _plausible(
        Case(
            run,
            Boundary.FACILITY,
            run.entry.measured_energy_kwh or 0.0,
            _full_kwh(assumed),
            parts.host_kwh + parts.network_kwh + parts.storage_kwh,
            assumed.conditions.pue if assumed.conditions else 1.0,
            assumed.totals.energy_kwh.value,
            None,
        )
    )


def _metered(
    run: Run,
    spec: TrainingRun,
    document: Mapping[str, Any],
    duration_s: float,
    catalogue: Catalogue,
) -> Case | Left:
    """What CodeCarbon measured: for its own time, and without a data centre but for its PUE."""
    hours = duration_s / SECONDS_PER_HOUR
    if hours < SHORTEST_H:
        return Left(run, Why.TOO_SHORT)
    planned = estimate(spec, catalogue)
    devices = sum(line.quantity for line in planned.devices)
    stretch = _stretch(planned, hours) if _is_timed(spec) else None
    counted = any(entry.quantity is None for entry in spec.devices)
    seen = _figure(document, "gpu_count")
    accelerators_kwh = _figure(document, "gpu_energy")
    if accelerators_kwh == 0 or seen == 0:
        return Left(run, Why.NO_ACCELERATOR_MEASURED)
    if counted:
        # How many of them was left open: as many as were measured.
        if seen is None:
            return Left(run, Why.PART_MEASURED)
        only = spec.devices[0].model_copy(update={"quantity": round(seen)})
        spec = spec.model_copy(update={"devices": (only,)})
    elif seen is not None and round(seen) != devices:
        return Left(run, Why.PART_MEASURED)
    alone = {"duration_h": hours, "device_hours": None, "workload": None, "overhead": None}
    assumed = _with_defaults(spec.model_copy(update=alone), catalogue)
    parts = assumed.breakdown
    assert parts is not None  # noqa: S101 - as above
    own_pue = max(_figure(document, "pue") or 1.0, 1.0)
    if accelerators_kwh is not None:
        boundary, measured_kwh, rest_kwh = Boundary.ACCELERATORS, accelerators_kwh, 0.0
    else:
        boundary, rest_kwh = Boundary.COMPUTERS, parts.host_kwh
        measured_kwh = run.entry.measured_energy_kwh or 0.0
    return _plausible(
        Case(
            run,
            boundary,
            measured_kwh / own_pue,
            _full_kwh(assumed),
            rest_kwh,
            1.0,
            parts.accelerator_kwh + rest_kwh,
            None if counted else stretch,
        )
    )


def _is_timed(spec: TrainingRun) -> bool:
    """Whether somebody said how long the run takes; else its hours are modelled or assumed."""
    if spec.device_hours is not None:
        return True
    counted = all(entry.quantity is not None for entry in spec.devices)
    return spec.duration_h is not None and counted


def _stretch(planned: Estimate, hours: float) -> float | None:
    duration_h = planned.conditions.duration_h if planned.conditions else None
    return hours / duration_h if duration_h else None


def _with_defaults(spec: TrainingRun, catalogue: Catalogue) -> Estimate:
    return estimate(spec.model_copy(update={"utilisation": None}), catalogue)


def _full_kwh(found: Estimate) -> float:
    """What the accelerators would draw at full power. Of the time alone: a share of it is power."""
    return sum((line.accelerator_kwh or 0.0) / (line.utilisation or 1.0) for line in found.devices)


def _plausible(case: Case) -> Case | Left:
    if case.utilisation < MIN_UTILISATION:
        return Left(case.run, Why.BELOW_HOSTS)
    return Left(case.run, Why.ABOVE_FULL) if case.utilisation > FULL else case


def _overhead(cases: Sequence[Case]) -> float | None:
    """How much longer than planned runs took, where that is more than chance."""
    stretches = [math.log(case.stretch) for case in cases if case.stretch]
    if len(stretches) < FEWEST:
        return None
    mean, (low, _), _ = _spread(stretches)
    return round(mean - 1, 2) if low > 1 and mean >= 1.01 else None


def _spread(logs: Sequence[float]) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Geometric mean, its 90 % interval, and the 90 % interval of one more such value."""
    number = len(logs)
    middle, deviation, t = fmean(logs), stdev(logs), _t(number - 1)
    of_mean = t * deviation / math.sqrt(number)
    of_one = t * deviation * math.sqrt(1 + 1 / number)
    return (
        math.exp(middle),
        (math.exp(middle - of_mean), math.exp(middle + of_mean)),
        (math.exp(middle - of_one), math.exp(middle + of_one)),
    )


def _t(freedom: int) -> float:
    if freedom - 2 < len(_T):
        return _T[freedom - 2]
    # Of the next lower number in the table: a little too wide rather than too narrow.
    fitting = [t for number, t in _T_MANY if number <= freedom]
    return fitting[-1] if fitting else _NORMAL


def _share(value: float) -> float:
    return min(1.0, max(MIN_UTILISATION, round(value, 2)))


def _figure(document: Mapping[str, Any], name: str) -> float | None:
    """A figure of CodeCarbon's; its CSV has them as text."""
    try:
        found = float(document[name])
    except (KeyError, TypeError, ValueError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


FILE: Final = "calibration.toml"


def factor_file(calibration: Calibration, catalogue: Catalogue) -> str:
    """A calibration as a factor file: every utilisation of the catalogue is the measured one."""
    names = ["constant.default_utilisation", "constant.small_run_utilisation"]
    names += sorted(
        f"{key}.utilisation"
        for key, model in catalogue.accelerators.items()
        if model.utilisation is not None
    )
    note = f"Geometric mean of {calibration.runs} measured runs; low and high of a single run."
    source = (
        f'{{ title = "Measured runs in the ledger, {calibration.on.isoformat()}", '
        f'publisher = "this workspace", year = {calibration.on.year}, '
        'url = "docs/ledger.md#calibration", licence = "own measurements" }'
    )
    tables = [
        f'["{name}"]\nvalue = {calibration.utilisation!r}\nlow = {calibration.low!r}\n'
        f'high = {calibration.high!r}\nunit = "1"\nbasis = "measured"\nnote = "{note}"\n'
        f"source = {source}\n"
        for name in names
    ]
    return "\n".join(tables)
