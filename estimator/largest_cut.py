"""The largest of a run's cuts, found without computing them all.

``cuts`` estimates every change; an answer that shows one has no time for that. Moving the run is
nearly always the largest cut, and what it leaves follows from the estimate that is there already:
electricity in proportion to PUE × carbon intensity, manufacturing as it was. Only where another
kind of change could save more are the others computed, and only where the time that the run took
follows from its metered energy, and so from the PUE, are all places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from estimator.catalogue import ByVersion, Catalogue
from estimator.conditions import circumstances
from estimator.estimating import estimate as estimated
from estimator.ledger import Ledger
from estimator.live import LiveIntensity
from estimator.place import Grid, Region, country_of
from estimator.plan import ONE_SERVER
from estimator.reduction import (
    WORTH,
    CutCode,
    Idea,
    accelerator_ideas,
    best_month,
    ideas,
    ideas_but_moving,
    move_said,
    no_cuts_because,
    own_place,
    tied_providers,
)
from estimator.result import Estimate
from estimator.spec import DeviceQuantity, TrainingRun
from estimator.sweeping import by_energy, spots
from estimator.units import GRAMS_PER_KILOGRAM
from estimator.workload import mfu_at_size


@dataclass(frozen=True, slots=True)
class LargestCut:
    """A changed run and what it saves, without intervals: ``cuts`` has those."""

    code: CutCode
    words: dict[str, float | str]
    text: str
    run: TrainingRun
    after_kgco2e: float
    saving_kgco2e: float
    saving_share: float
    """Saving over the total before (0-1)."""


class _Spot(NamedTuple):
    """A region: what a kWh at its computers emits, and what a metered one does."""

    per_it_kwh: float
    per_kwh: float
    region: Region


def largest_cut(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> LargestCut | None:
    """What would cut a run's emissions most: the first of ``cuts``; ``None`` where there are none.

    Args:
        run: the run.
        before: its estimate.
        catalogue: the factors that it was made with.
    """
    total = before.totals.total_kgco2e.value
    if no_cuts_because(run) is not None or total <= 0:
        return None
    if by_energy(run) and run.devices:
        return _best(ideas(run, before, catalogue), None, run, total, catalogue)
    moved = _moved(run, before, catalogue)
    if moved is not None and moved.saving_share >= _bound_of_others(run, before, catalogue):
        return moved
    return _best(ideas_but_moving(run, before, catalogue), moved, run, total, catalogue)


def _best(
    found: Iterable[Idea],
    best: LargestCut | None,
    run: TrainingRun,
    total: float,
    catalogue: Catalogue,
) -> LargestCut | None:
    """The change that saves most, and ``best`` where none saves more than that."""
    for idea in found:
        if idea.run == run:
            continue
        after = estimated(idea.run, catalogue).totals.total_kgco2e.value
        saving = total - after
        if saving < WORTH * total or (best is not None and saving <= best.saving_kgco2e):
            continue
        best = LargestCut(idea.code, idea.words, idea.text, idea.run, after, saving, saving / total)
    return best


def _moved(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> LargestCut | None:
    """The best region, by the rule of ``cuts``: further afield has to be worth it as well."""
    split, total = before.breakdown, before.totals.total_kgco2e.value
    assert split is not None  # noqa: S101 - sourced estimates have one
    own, tied = own_place(run, catalogue), tied_providers(before, catalogue)
    embodied = before.totals.embodied_kgco2e.value
    least, chosen = float("inf"), None
    for code, spot in _nearest_first(run, own, tied, catalogue):
        if run.energy_kwh is not None:
            after = run.energy_kwh * spot.per_kwh + embodied
        else:
            after = split.it_kwh * spot.per_it_kwh + embodied
        if after < least - WORTH * total:
            least, chosen = after, (code, spot)
    if chosen is None or total - least < WORTH * total:
        return None
    code, spot = chosen
    text, words = move_said(spot.region, spot.per_kwh * GRAMS_PER_KILOGRAM)
    changed = run.moved_to(spot.region.id).model_copy(update={"pue": None})
    saving = total - least
    return LargestCut(code, words, text, changed, least, saving, saving / total)


def _nearest_first(
    run: TrainingRun, own: Region | Grid | None, tied: set[str], catalogue: Catalogue
) -> Iterator[tuple[CutCode, _Spot]]:
    """The cleanest region of the same country, of the same provider, and of all."""
    country, provider = country_of(own), own.provider if isinstance(own, Region) else None
    groups: list[CutCode] = ["region_anywhere"]
    if provider is not None:
        groups.insert(0, "region_of_provider")
    if country is not None:
        groups.insert(0, "region_in_country")
    found: dict[CutCode, _Spot] = {}
    own_id = own.id if own is not None else ""
    for spot in _ranked(ByVersion(catalogue), run.year, run.month, run.energy_kwh is not None):
        region = spot.region
        if region.id == own_id or not tied <= {region.provider}:
            continue
        found.setdefault("region_anywhere", spot)
        if region.provider == provider:
            found.setdefault("region_of_provider", spot)
        if region.country == country:
            found.setdefault("region_in_country", spot)
        if len(found) == len(groups):
            break
    for code in groups:
        if code in found:
            yield code, found[code]


@lru_cache(maxsize=64)
def _ranked(
    key: ByVersion,
    year: int | None,
    month: int | None,
    metered: bool,  # noqa: FBT001 - a key
) -> tuple[_Spot, ...]:
    """Every region, the cleanest first; of equal ones the first in the data."""
    catalogue = key.catalogue
    probe = TrainingRun(energy_kwh=1.0, year=year, month=month)
    found = [
        _Spot(
            pue * intensity / GRAMS_PER_KILOGRAM,
            intensity / GRAMS_PER_KILOGRAM,
            catalogue.regions[place_id],
        )
        for place_id, _, pue, intensity in spots(probe, catalogue, catalogue.regions)
    ]
    return tuple(sorted(found, key=lambda spot: spot.per_kwh if metered else spot.per_it_kwh))


def _bound_of_others(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> float:
    """The most that any change but moving could save, as a share of the total."""
    bounds = [0.0]
    if run.duty_cycle is not None or run.storage_tb or run.transfer_tb:
        # Fewer idle devices, and less time in which data is kept: no cheap bound.
        return 1.0
    if run.overhead:
        bounds.append(run.overhead / (1 + run.overhead))
    lowest = catalogue.constants.default_pue.low
    if before.conditions is not None and lowest is not None:
        bounds.append(1 - lowest / before.conditions.pue)
    best = best_month(run, before, catalogue)
    if best is not None:
        own = circumstances(run, catalogue, Ledger()).month
        now = 1.0 if own is None else own.value
        bounds.append(1 - best.value / now)
    line, workload = before.workload, run.workload
    if line is not None and workload is not None:
        if workload.mfu is not None:
            return 1.0
        model = catalogue.accelerators[before.devices[0].model]
        factor = model.mfu or catalogue.constants.default_mfu
        exponent = catalogue.constants.mfu_size_exponent.value
        reached = mfu_at_size(factor.high or factor.value, line.parameters, exponent)
        bounds.append(1 - line.mfu / max(reached, line.mfu))
        bounds.append(1 - 1 / catalogue.constants.fp8_speed_up.value)
    if run.energy_kwh is None:
        # A mix of devices saves no more, as a share, than the one of them that saves most.
        key = ByVersion(catalogue)
        if workload is not None and run.device_hours is None:
            alone = {"overhead": None, "storage_tb": None, "transfer_tb": None}
            bounds.append(_accelerators_save(key, run.model_copy(update=alone)))
        else:
            where = (run.location, run.year, run.month, run.live, run.utilisation, run.pue)
            bounds += [
                _hour_saves(key, _Hour(line.model, line.quantity > ONE_SERVER, *where))
                for line in before.devices
            ]
    return max(bounds)


class _Hour(NamedTuple):
    """An hour on one device of a run, or on a cluster of them.

    What another accelerator saves, as a share, is the same for any number of hours, and for any
    number of devices but that a cluster has a network and busier devices than one server.
    """

    model: str
    in_cluster: bool
    location: str | None
    year: int | None
    month: int | None
    live: LiveIntensity | None
    utilisation: float | None
    pue: float | None


@lru_cache(maxsize=4096)
def _hour_saves(key: ByVersion, hour: _Hour) -> float:
    """The most that another accelerator saves of an hour, as a share of the total."""
    quantity = 8 * ONE_SERVER if hour.in_cluster else 1
    entry = DeviceQuantity(device=hour.model, quantity=quantity)
    run = TrainingRun(
        devices=(entry,),
        duration_h=1.0,
        location=hour.location,
        year=hour.year,
        month=hour.month,
        live=hour.live,
        utilisation=hour.utilisation,
        pue=hour.pue,
    )
    return _accelerators_save(key, run)


@lru_cache(maxsize=4096)
def _accelerators_save(key: ByVersion, run: TrainingRun) -> float:
    """The most that another accelerator saves, as a share of the total."""
    catalogue = key.catalogue
    before = estimated(run, catalogue)
    total = before.totals.total_kgco2e.value
    if total <= 0:
        return 1.0
    afters = [
        estimated(idea.run, catalogue).totals.total_kgco2e.value
        for idea in accelerator_ideas(run, before, catalogue)
    ]
    return 1 - min([total, *afters]) / total
