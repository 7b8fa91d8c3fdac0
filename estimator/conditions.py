"""Where and how a run takes place: grid and its year, PUE; given, or assumed and said."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from estimator.catalogue import WORLD, Catalogue
from estimator.ledger import ENERGY, OPERATIONAL, Ledger
from estimator.live import PUBLISHERS, LiveIntensity, live_factor
from estimator.place import Grid, Region, in_month, intensity_for, ranged
from estimator.plan import Plan
from estimator.result import Assumption, Conditions
from estimator.source import Factor
from estimator.spec import TrainingRun
from estimator.units import month_name


class Circumstances(NamedTuple):
    """The place of a run with the figures that it has."""

    place: Region | Grid
    grid: Grid
    intensity: float
    intensity_factor: Factor
    """Of the year, or of its month where there is one."""
    yearly: Factor
    month: Factor | None
    """What ``yearly`` was multiplied by; ``None`` for the mean of the year."""
    pue: float
    pue_factor: Factor | None
    """``None`` where the PUE was given."""

    def conditions(self, found: Plan, run: TrainingRun, lifetime_years: float) -> Conditions:
        """The circumstances as the answer lists them."""
        return Conditions(
            duration_h=found.duration_h,
            location=self.place.name,
            grid=self.grid.id,
            intensity_gco2e_per_kwh=self.intensity,
            intensity_year=self.intensity_factor.year,
            intensity_month=None if self.month is None else run.month,
            intensity_boundary=self.intensity_factor.kind,
            pue=self.pue,
            lifetime_years=lifetime_years,
            overhead=run.overhead or 0.0,
        )


def circumstances(run: TrainingRun, catalogue: Catalogue, ledger: Ledger) -> Circumstances:
    """Find the grid, its carbon intensity and the PUE, and note what was assumed.

    Raises:
        UnknownName: the location is not in the catalogue.
        AmbiguousName: the location fits several places.
    """
    place, grid, intensity = _intensity(run, catalogue, ledger)
    ledger.use(intensity, OPERATIONAL)
    month = _month(run, grid, ledger)
    of_time = intensity if month is None else in_month(intensity, month)
    pue, factor = _pue(run, place, catalogue, ledger)
    return Circumstances(place, grid, of_time.value, of_time, intensity, month, pue, factor)


def _intensity(
    run: TrainingRun, catalogue: Catalogue, ledger: Ledger
) -> tuple[Region | Grid, Grid, Factor]:
    if run.location is None:
        world = catalogue.grids[WORLD]
        factor = catalogue.unknown_location
        ledger.assume(
            "default_location",
            "location",
            "No location was given: the world's average electricity is taken "
            f"({factor.value:g} gCO2e/kWh).",
            world.name,
            intensity=factor.value,
        )
        if run.year is not None:
            found, other = intensity_for(world, run.year)
            _note_year(run.year, found, ledger, stands_in=other)
            # Whatever the year, the run may be in any country.
            scale = found.value / factor.value
            low, high = (factor.low or 0) * scale, (factor.high or 0) * scale
            factor = replace(found, low=low, high=high)
        return world, world, factor
    place = catalogue.place_of(catalogue.location_name(run.location))
    grid = catalogue.grid_of(place)
    if run.live is not None:
        _note_live(run.live, grid, ledger)
        return place, grid, live_factor(run.live)
    factor = grid.intensity_gco2e_per_kwh
    if isinstance(place, Region) and grid.scope == "country" and catalogue.has_zones(grid.id):
        ledger.assume(
            "wider_grid",
            "location",
            f"No figure of the grid that feeds {place.id} is known: {grid.name}'s mean is taken.",
            grid.id,
            place=place.id,
            grid=grid.name,
        )
    if run.year is not None:
        found, other = intensity_for(grid, run.year)
        _note_year(run.year, found, ledger, stands_in=other)
        if found is not factor:
            factor = ranged(found, None, catalogue.constants.grid_spread)
    return place, grid, factor


def _note_live(live: LiveIntensity, grid: Grid, ledger: Ledger) -> None:
    yearly, by = grid.intensity_gco2e_per_kwh, PUBLISHERS[live.source]
    ledger.assume(
        "live_intensity",
        "live",
        f"All of the run is taken at a live figure: {live.gco2e_per_kwh:g} gCO2e/kWh at "
        f"{live.stamp} in zone {live.zone} ({by.name}; {by.method}), not the year's mean of "
        f"{yearly.value:g}. How far off it may be is not published, and not in the range.",
        live.gco2e_per_kwh,
        intensity=live.gco2e_per_kwh,
        at=live.stamp,
        zone=live.zone,
        source=live.source,
        by=by.name,
        yearly=yearly.value,
    )


def _note_year(wanted: int, factor: Factor, ledger: Ledger, *, stands_in: bool) -> None:
    if stands_in:
        ledger.assume(
            "other_year",
            "year",
            f"No figure for {wanted} is known: the mean of {factor.year} is taken.",
            factor.year,
            wanted=wanted,
            year=factor.year or 0,
        )


def _month(run: TrainingRun, grid: Grid, ledger: Ledger) -> Factor | None:
    if run.month is None:
        return None
    factor = grid.months.get(run.month) if run.location is not None else None
    if factor is None:
        ledger.assume(
            "no_months",
            "month",
            f"No figures by the month are known for {grid.name}: the mean of the year is taken.",
            None,
            grid=grid.name,
        )
        return None
    ratio = ledger.use(factor, OPERATIONAL)
    ledger.assume(
        "month",
        "month",
        f"All of the run is taken to be in {month_name(run.month)}, when a kWh in "
        f"{grid.name} has {ratio:.3g} × the emissions of the year's mean.",
        ratio,
        month=run.month,
        grid=grid.name,
        ratio=ratio,
    )
    return factor


def _pue(
    run: TrainingRun, place: Region | Grid, catalogue: Catalogue, ledger: Ledger
) -> tuple[float, Factor | None]:
    if run.pue is not None:
        return run.pue, None
    own = place.pue if isinstance(place, Region) else None
    if own is not None:
        code, factor, where = "region_pue", own, place.id
    else:
        code, factor = "default_pue", catalogue.constants.default_pue
        where = "a large data centre"
        if isinstance(place, Region):
            where += f" (none is published for {place.id})"
    pue = ledger.use(factor, ENERGY)
    ledger.note(_usual_pue(code, pue, where, place.id))
    return pue, factor


@lru_cache(maxsize=256)  # most answers carry this sentence
def _usual_pue(code: str, pue: float, where: str, place: str) -> Assumption:
    text = f"No PUE was given: {pue:g} is taken for {where}."
    return Assumption(code, "pue", text, pue, {"pue": pue, "where": where, "place": place})
