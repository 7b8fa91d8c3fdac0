"""The same run in every place and on every accelerator.

An estimate factorises: the energy of the computers and the manufacturing hang on the accelerator
alone, PUE and carbon intensity on the place alone. So what the work takes on each accelerator is
worked out once, each place is looked up once, and a point is energy × PUE × intensity.

On another accelerator the same work is done, see ``estimator.same_work``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from estimator.catalogue import WORLD, Catalogue
from estimator.conditions import circumstances
from estimator.estimating import Taken, estimate
from estimator.ledger import Ledger
from estimator.result import Assumption, Estimate
from estimator.same_work import Work
from estimator.spec import FactorSet, TrainingRun
from estimator.units import GRAMS_PER_KILOGRAM


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
    for device, base, taken, own_pue, assumption in _bases(run, whole, catalogue, devices):
        it_kwh, embodied = taken
        metered = base.energy_kwh
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


class _Base(NamedTuple):
    """The run on one accelerator, wherever it is."""

    device: str
    run: TrainingRun
    taken: Taken
    own_pue: float | None
    """What the time of a metered run was worked out with; ``None`` for any other."""
    assumption: Assumption | None


def _bases(
    run: TrainingRun, whole: Estimate, catalogue: Catalogue, devices: Iterable[str] | None
) -> list[_Base]:
    """The run on each accelerator; its own first."""
    own = own_model(whole)
    if devices is None:
        wanted: list[str] = list(catalogue.accelerators)
    else:
        wanted = list(dict.fromkeys(catalogue.device(n).accelerator.id for n in devices))
    found: list[_Base] = []
    if devices is None or not wanted or own in wanted:
        label = own or " + ".join(entry.device for entry in run.devices)
        own_pue = whole.conditions.pue if whole.conditions and by_energy(run) else None
        assert whole.breakdown is not None  # noqa: S101 - sourced estimates have one
        taken = Taken(whole.breakdown.it_kwh, whole.totals.embodied_kgco2e.value)
        found.append(_Base(label, run, taken, own_pue, None))
    work = Work(run, whole, catalogue)
    for model in wanted:
        target = catalogue.accelerators[model]
        if model == own or (moved := work.on(target)) is None:
            continue
        there = work.taken_on(target)
        assert there is not None  # noqa: S101 - it can be done there
        found.append(_Base(model, moved.run, there, None, moved.assumption))
    return found


def own_model(whole: Estimate) -> str | None:
    """The model that a run is on; ``None`` where there are several or none."""
    return whole.devices[0].model if len(whole.devices) == 1 else None
