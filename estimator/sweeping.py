"""The same run in every place and on every accelerator.

An estimate factorises: the energy of the computers and the manufacturing hang on the accelerator
alone, PUE and carbon intensity on the place alone. So each accelerator is estimated once, each
place is looked up once, and a point is energy × PUE × intensity.

On another accelerator the same work is done. Tokens say what the work is. Where devices and hours
were given, the number of devices stays and the hours change by the ratio of dense 16-bit peaks,
times the ratio of the utilisations of that peak (MFU) where both models have one of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from estimator.accelerator import Accelerator
from estimator.catalogue import WORLD, Catalogue
from estimator.conditions import circumstances
from estimator.estimating import estimate
from estimator.ledger import Ledger
from estimator.result import Assumption, Estimate
from estimator.spec import (
    MAX_DURATION_H,
    MAX_QUANTITY,
    MIN_DURATION_H,
    DeviceQuantity,
    FactorSet,
    Precision,
    TrainingRun,
)
from estimator.units import GRAMS_PER_KILOGRAM

_USUAL: Final[tuple[Precision, ...]] = ("bf16", "fp16")


class SweepPoint(NamedTuple):
    """One run of a sweep: the figures that ``estimate(point.run)`` has, without intervals."""

    device: str
    """Id of the accelerator, or the run's own names where it has several or none."""
    location: str
    """Id of the region or grid; empty where the run names no place and none was asked for."""
    energy_kwh: float
    operational_kgco2e: float
    embodied_kgco2e: float
    total_kgco2e: float
    base: TrainingRun
    """The run on that accelerator, at the run's own place."""
    place_name: str | None
    assumption: Assumption | None
    """How the work was carried over to another accelerator; ``None`` for the run's own."""

    @property
    def run(self) -> TrainingRun:
        """The run that has these figures."""
        return self.base if self.place_name is None else self.base.moved_to(self.place_name)


@dataclass(frozen=True, slots=True)
class Moved:
    """A run on another accelerator, doing the same work."""

    run: TrainingRun
    assumption: Assumption


def sweep(
    run: TrainingRun,
    catalogue: Catalogue,
    locations: Iterable[str] | None = None,
    devices: Iterable[str] | None = None,
) -> tuple[SweepPoint, ...]:
    """The run in each place on each accelerator; none in the factor set ``article``.

    Args:
        run: the run, whose other fields stay as they are.
        catalogue: the factors to use.
        locations: names of regions and grids; ``None`` for all that there are.
        devices: names of accelerators; ``None`` for the run's own and all that can do its work,
            an empty list for the run's own alone. Those without a published 16-bit peak are left
            out, as are all but the run's own where the electricity was metered.

    Raises:
        UnknownName: a device or a location is not in the catalogue.
        AmbiguousName: a location fits several places.
        InvalidValue: the run itself cannot be computed.
    """
    if run.factors is FactorSet.ARTICLE:
        return ()
    if run.location is not None:
        # By its one name, so that the run's own place is told from the others.
        run = run.model_copy(update={"location": catalogue.location_name(run.location)})
    whole = estimate(run, catalogue)
    places = spots(run, catalogue, locations)
    points: list[SweepPoint] = []
    for device, base, result, assumption in _bases(run, whole, catalogue, devices):
        parts = result.breakdown
        assert parts is not None  # noqa: S101 - sourced estimates have one
        it_kwh = parts.accelerator_kwh + parts.host_kwh + parts.network_kwh + parts.storage_kwh
        embodied = result.totals.embodied_kgco2e.value
        metered = base.energy_kwh
        own_pue = result.conditions.pue if result.conditions and by_energy(base) else None
        for location, name, pue, intensity in places:
            energy = metered if metered is not None else it_kwh * pue
            operational = energy * intensity / GRAMS_PER_KILOGRAM
            # Less overhead leaves more of a metered energy to the devices, which ran longer then.
            made = embodied if own_pue is None else embodied * own_pue / pue
            points.append(
                SweepPoint(
                    device,
                    location,
                    energy,
                    operational,
                    made,
                    operational + made,
                    base,
                    name,
                    assumption,
                )
            )
    return tuple(points)


def by_energy(run: TrainingRun) -> bool:
    """Whether the time that a run took follows from its metered energy."""
    return run.energy_kwh is not None and run.duration_h is None and run.device_hours is None


Spot = tuple[str, str, float, float]
"""Id, name, PUE and carbon intensity (gCO2e/kWh) of a place."""


def spots(run: TrainingRun, catalogue: Catalogue, locations: Iterable[str] | None) -> list[Spot]:
    """PUE and carbon intensity of places for a run: by its year, and its PUE where it has one."""
    if locations is None:
        grids = (grid.name for grid in catalogue.grids.values() if grid.id != WORLD)
        names: Sequence[str] = (*catalogue.regions, *grids)
    else:
        names = tuple(dict.fromkeys(catalogue.location_name(name) for name in locations))
    found = []
    for name in names:
        where = circumstances(run.moved_to(name), catalogue, Ledger())
        found.append((where.place.id, name, where.pue, where.intensity))
    return found


Base = tuple[str, TrainingRun, Estimate, Assumption | None]


def _bases(
    run: TrainingRun, whole: Estimate, catalogue: Catalogue, devices: Iterable[str] | None
) -> list[Base]:
    """The run on each accelerator, with its estimate; its own first."""
    own = own_model(whole)
    if devices is None:
        wanted: list[str] = list(catalogue.accelerators)
    else:
        wanted = list(dict.fromkeys(catalogue.device(n).accelerator.id for n in devices))
    found: list[Base] = []
    if devices is None or not wanted or own in wanted:
        label = own or " + ".join(entry.device for entry in run.devices)
        found.append((label, run, whole, None))
    for model in wanted:
        if model == own:
            continue
        moved = on_accelerator(run, whole, catalogue.accelerators[model], catalogue)
        if moved is not None:
            result = estimate(moved.run, catalogue)
            found.append((model, moved.run, result, moved.assumption))
    return found


def own_model(whole: Estimate) -> str | None:
    """The model that a run is on; ``None`` where there are several or none."""
    return whole.devices[0].model if len(whole.devices) == 1 else None


def usual_peak_tflops(accelerator: Accelerator) -> float | None:
    """Dense peak in the usual 16-bit precision [TFLOP/s]; ``None`` where none is published."""
    for precision in _USUAL:
        if precision in accelerator.peak_tflops:
            return accelerator.peak_tflops[precision].value
    return None


def on_accelerator(
    run: TrainingRun, whole: Estimate, target: Accelerator, catalogue: Catalogue
) -> Moved | None:
    """The same work on another accelerator; ``None`` where it cannot be told how long it takes.

    Args:
        run: the run as it is.
        whole: its estimate.
        target: the accelerator to move it to.
        catalogue: the factors to use.
    """
    peak = usual_peak_tflops(target)
    if run.energy_kwh is not None or not whole.devices or peak is None:
        return None
    if run.workload is not None and run.device_hours is None and not _counted(run):
        return _workload_on(run, whole, target)
    quantity = sum(line.quantity for line in whole.devices)
    hours = by_mfu = 0.0
    known = target.mfu is not None
    for line in whole.devices:
        model = catalogue.accelerators[line.model]
        own_peak = usual_peak_tflops(model)
        if own_peak is None:
            return None
        known = known and model.mfu is not None
        held = line.device_hours or 0.0
        hours += held * own_peak / peak
        if model.mfu is not None and target.mfu is not None:
            by_mfu += held * own_peak * model.mfu.value / (peak * target.mfu.value)
    hours = by_mfu if known else hours
    before = sum(line.device_hours or 0.0 for line in whole.devices)
    # The engine adds failed and trial runs by itself.
    alone_h = hours / (1 + (run.overhead or 0.0))
    duration_h = alone_h / quantity
    if quantity > MAX_QUANTITY or not MIN_DURATION_H <= duration_h <= MAX_DURATION_H:
        return None
    changes: dict[str, object] = {
        "devices": (DeviceQuantity(device=target.id, quantity=quantity),),
        "workload": None,
        "device_hours": None,
        "duration_h": duration_h,
    }
    ratio = hours / before if before else 1.0
    how = "of peaks and of MFUs" if known else "of peaks, at the same share of the peak"
    text = (
        f"The same work on {target.id} takes {ratio:.3g} × the device-hours: by the ratio {how} "
        "in 16 bits."
    )
    words: dict[str, float | str] = {"model": target.id, "ratio": ratio, "mfu": int(known)}
    assumption = Assumption("same_work", "device", text, ratio, words)
    return Moved(run.model_copy(update=changes), assumption)


def _counted(run: TrainingRun) -> bool:
    """Whether hours follow from devices and time, though tokens were given too."""
    return run.duration_h is not None and run.devices[0].quantity is not None


def _workload_on(run: TrainingRun, whole: Estimate, target: Accelerator) -> Moved | None:
    workload = run.workload
    assert workload is not None  # noqa: S101 - the caller has looked
    if workload.precision is not None and workload.precision not in target.peak_tflops:
        return None
    entry = run.devices[0]
    # Instances and slices are counted in accelerators, so that the same number of them is taken.
    quantity = whole.devices[0].quantity if entry.quantity is not None else None
    if quantity is not None and quantity > MAX_QUANTITY:
        return None
    text = f"The same parameters and tokens on {target.id}."
    assumption = Assumption("same_work", "device", text, None, {"model": target.id})
    devices = (DeviceQuantity(device=target.id, quantity=quantity),)
    return Moved(run.model_copy(update={"devices": devices}), assumption)
