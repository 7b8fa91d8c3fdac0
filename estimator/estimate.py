"""From a specification to an estimate. Pure: the same run and catalogue give the same figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from estimator.catalogue import WORLD, Catalogue
from estimator.embodied import amortised_kgco2e, device_embodied
from estimator.errors import DeviceNotInFactorSet
from estimator.operational import (
    accelerator_energy_kwh,
    constant_energy_kwh,
    facility_energy_kwh,
    operational_kgco2e,
)
from estimator.place import Grid, Region
from estimator.quantity import Quantity
from estimator.result import Assumption, Conditions, DeviceLine, Estimate, Totals
from estimator.source import Basis, Factor
from estimator.spec import DeviceQuantity, FactorSet, TrainingRun
from estimator.units import KILOGRAMS_PER_TONNE

DEFAULT_DURATION_H: Final = 24.0
"""A run whose duration was not said is estimated for one day: the figure then reads as a rate."""


def estimate(run: TrainingRun, catalogue: Catalogue) -> Estimate:
    """Energy and emissions of a training run.

    Args:
        run: what was said about the run.
        catalogue: the factors to use.

    Raises:
        UnknownName: a device or the location is not in the catalogue.
        AmbiguousName: the location fits several places.
        DeviceNotInFactorSet: the factor set ``article`` has no such device.
    """
    if run.factors is FactorSet.ARTICLE:
        return _article(run, catalogue)
    return _sourced(run, catalogue)


@dataclass
class _Ledger:
    """Collects the factors behind each figure and the assumptions, in the order they are used."""

    figures: dict[str, dict[str, None]] = field(default_factory=dict)
    factors: dict[str, Factor] = field(default_factory=dict)
    assumptions: list[Assumption] = field(default_factory=list)

    def use(self, factor: Factor, *figures: str) -> float:
        self.factors[factor.id] = factor
        for figure in figures:
            self.figures.setdefault(figure, {})[factor.id] = None
        return factor.value

    def figure_ids(self) -> dict[str, tuple[str, ...]]:
        return {figure: tuple(ids) for figure, ids in self.figures.items()}


_ENERGY: Final = ("energy_kwh", "operational_kgco2e", "total_kgco2e")
_OPERATIONAL: Final = ("operational_kgco2e", "total_kgco2e")
_EMBODIED: Final = ("embodied_full_kgco2e", "embodied_kgco2e", "total_kgco2e")
_AMORTISED: Final = ("embodied_kgco2e", "total_kgco2e")


def _sourced(run: TrainingRun, catalogue: Catalogue) -> Estimate:
    ledger = _Ledger()
    models = [_model_name(entry, catalogue, ledger) for entry in run.devices]
    conditions = _conditions(run, catalogue, ledger)
    lines = tuple(
        _line(entry, model, run, conditions, catalogue=catalogue, ledger=ledger)
        for entry, model in zip(run.devices, models, strict=True)
    )
    ledger.use(catalogue.constants.lifetime_years, *_AMORTISED)
    _note_assumed_factors(ledger)
    energy = sum(line.energy_kwh.value for line in lines)
    operational = operational_kgco2e(energy, conditions.intensity_gco2e_per_kwh)
    embodied = sum(line.embodied_kgco2e.value for line in lines)
    full = sum(line.embodied_full_kgco2e.value for line in lines)
    return Estimate(
        factors=FactorSet.SOURCED,
        catalogue_version=catalogue.version,
        totals=Totals(
            energy_kwh=Quantity.exact(energy),
            operational_kgco2e=Quantity.exact(operational),
            embodied_kgco2e=Quantity.exact(embodied),
            embodied_full_kgco2e=Quantity.exact(full),
            total_kgco2e=Quantity.exact(operational + embodied),
        ),
        conditions=conditions,
        devices=lines,
        assumptions=tuple(ledger.assumptions),
        figures=ledger.figure_ids(),
        sources=tuple(ledger.factors.values()),
    )


def _model_name(entry: DeviceQuantity, catalogue: Catalogue, ledger: _Ledger) -> str:
    name = catalogue.device_name(entry.device)
    general = catalogue.general_names.get(name)
    if general is None:
        return name
    others = f" (not {', '.join(general.others)})" if general.others else ""
    ledger.assumptions.append(
        Assumption(
            code="default_model",
            field="device",
            text=f"{name} is taken as {general.means}{others}.",
            value=general.means,
        )
    )
    return general.means


def _conditions(run: TrainingRun, catalogue: Catalogue, ledger: _Ledger) -> Conditions:
    constants = catalogue.constants
    duration_h = run.duration_h
    if duration_h is None:
        duration_h = DEFAULT_DURATION_H
        ledger.assumptions.append(
            Assumption(
                code="default_duration",
                field="duration_h",
                text="No duration was given: one day (24 h) is taken.",
                value=duration_h,
            )
        )
    place: Region | Grid
    if run.location is None:
        place = catalogue.grids[WORLD]
        ledger.assumptions.append(
            Assumption(
                code="default_location",
                field="location",
                text="No location was given: the world's average electricity is taken "
                f"({place.intensity_gco2e_per_kwh.value:g} gCO2e/kWh).",
                value=place.name,
            )
        )
    else:
        place = catalogue.place_of(catalogue.location_name(run.location))
    grid = catalogue.grid_of(place)
    intensity = ledger.use(grid.intensity_gco2e_per_kwh, *_OPERATIONAL)
    pue = run.pue
    if pue is None:
        own = place.pue if isinstance(place, Region) else None
        pue = ledger.use(own or constants.default_pue, *_ENERGY)
        where = place.id if own else "an average data centre"
        if isinstance(place, Region) and own is None:
            where += f" (none is published for {place.id})"
        ledger.assumptions.append(
            Assumption(
                code="region_pue" if own else "default_pue",
                field="pue",
                text=f"No PUE was given: {pue:g} is taken for {where}.",
                value=pue,
            )
        )
    return Conditions(
        duration_h=duration_h,
        location=place.name,
        grid=grid.id,
        intensity_gco2e_per_kwh=intensity,
        intensity_year=grid.intensity_gco2e_per_kwh.year,
        intensity_boundary=grid.intensity_gco2e_per_kwh.kind,
        pue=pue,
        lifetime_years=constants.lifetime_years.value,
    )


def _line(  # noqa: PLR0913 - a line needs the run, its circumstances and the data
    entry: DeviceQuantity,
    model: str,
    run: TrainingRun,
    conditions: Conditions,
    *,
    catalogue: Catalogue,
    ledger: _Ledger,
) -> DeviceLine:
    accelerator, constants = catalogue.accelerators[model], catalogue.constants
    n, hours = entry.quantity, conditions.duration_h
    power_w = ledger.use(accelerator.power_w, *_ENERGY)
    utilisation = run.utilisation
    if utilisation is None:
        utilisation = ledger.use(accelerator.utilisation or constants.default_utilisation, *_ENERGY)
        _note_utilisation(model, utilisation, ledger, own=accelerator.utilisation is not None)
    host_w = ledger.use(accelerator.host_power_w or constants.host_power_w, *_ENERGY)
    network_w = ledger.use(constants.network_power_w, *_ENERGY)
    accelerator_kwh = accelerator_energy_kwh(n, power_w, utilisation, hours)
    host_kwh = constant_energy_kwh(n, host_w, hours)
    network_kwh = constant_energy_kwh(n, network_w, hours)
    it_kwh = accelerator_kwh + host_kwh + network_kwh
    facility_kwh = facility_energy_kwh(it_kwh, conditions.pue)
    energy_kwh = it_kwh + facility_kwh
    device = device_embodied(accelerator, constants)
    for factor in device.factors:
        ledger.use(factor, *_EMBODIED)
    if device.modelled:
        ledger.assumptions.append(
            Assumption(
                code="modelled_embodied",
                field="device",
                text=f"Nobody publishes the manufacturing of {model}: "
                f"{device.kgco2e:.0f} kgCO2e each is modelled from its die and memory.",
                value=device.kgco2e,
            )
        )
    host_kg = ledger.use(
        accelerator.host_embodied_kgco2e or constants.host_embodied_kgco2e, *_EMBODIED
    )
    each_kg = device.kgco2e + host_kg
    full_kg = n * each_kg
    return DeviceLine(
        device=catalogue.device_name(entry.device),
        model=model,
        name=accelerator.name,
        quantity=n,
        power_w=power_w,
        utilisation=utilisation,
        host_power_w=host_w,
        network_power_w=network_w,
        accelerator_kwh=accelerator_kwh,
        host_kwh=host_kwh,
        network_kwh=network_kwh,
        facility_kwh=facility_kwh,
        energy_kwh=Quantity.exact(energy_kwh),
        operational_kgco2e=Quantity.exact(
            operational_kgco2e(energy_kwh, conditions.intensity_gco2e_per_kwh)
        ),
        embodied_kgco2e=Quantity.exact(amortised_kgco2e(full_kg, hours, conditions.lifetime_years)),
        embodied_full_kgco2e=Quantity.exact(full_kg),
        embodied_each_kgco2e=each_kg,
        embodied_modelled=device.modelled,
    )


def _note_utilisation(model: str, utilisation: float, ledger: _Ledger, *, own: bool) -> None:
    who = model if own else "the devices"
    text = f"No utilisation was given: {utilisation * 100:g} % of full power is taken for {who}."
    if any(a.text == text for a in ledger.assumptions):
        return
    ledger.assumptions.append(
        Assumption(code="default_utilisation", field="utilisation", text=text, value=utilisation)
    )


def _note_assumed_factors(ledger: _Ledger) -> None:
    """List the factors that nobody states, with the reason that the data gives."""
    for factor in ledger.factors.values():
        if factor.basis is Basis.ASSUMED:
            why = f": {factor.note}" if factor.note else ""
            ledger.assumptions.append(
                Assumption(
                    code="assumed_factor",
                    field=factor.id,
                    text=f"{factor.id} = {factor.value:g} {factor.unit} is assumed{why}",
                    value=factor.value,
                )
            )


def _article(run: TrainingRun, catalogue: Catalogue) -> Estimate:
    ledger = _Ledger()
    lines: list[DeviceLine] = []
    known = {name.casefold(): factors for name, factors in catalogue.article.items()}
    for entry in run.devices:
        factors = known.get(entry.device.casefold())
        if factors is None:
            raise DeviceNotInFactorSet(entry.device, "article", tuple(catalogue.article))
        each_kg = ledger.use(factors.embodied_tco2e, *_EMBODIED) * KILOGRAMS_PER_TONNE
        energy = Quantity.exact(entry.quantity * ledger.use(factors.energy_kwh, "energy_kwh"))
        embodied = Quantity.exact(entry.quantity * each_kg)
        lines.append(
            DeviceLine(
                device=factors.device,
                model=factors.device,
                name=factors.device,
                quantity=entry.quantity,
                power_w=None,
                utilisation=None,
                host_power_w=None,
                network_power_w=None,
                accelerator_kwh=None,
                host_kwh=None,
                network_kwh=None,
                facility_kwh=None,
                energy_kwh=energy,
                operational_kgco2e=None,
                embodied_kgco2e=embodied,
                embodied_full_kgco2e=embodied,
                embodied_each_kgco2e=each_kg,
                embodied_modelled=False,
            )
        )
    ledger.assumptions.append(
        Assumption(
            code="no_operational_in_article",
            field="factors",
            text="The article turns no electricity into carbon: there is no operational figure, "
            "and the total is manufacturing alone. Its factors illustrate, they are not real.",
        )
    )
    ignored = [
        word
        for word, value in (
            ("duration", run.duration_h),
            ("location", run.location),
            ("utilisation", run.utilisation),
            ("PUE", run.pue),
        )
        if value is not None
    ]
    if ignored:
        ledger.assumptions.append(
            Assumption(
                code="no_time_in_article",
                field="factors",
                text=f"The article's factors are per device: {', '.join(ignored)} "
                "changes nothing in this factor set.",
            )
        )
    embodied_total = Quantity.exact(sum(line.embodied_kgco2e.value for line in lines))
    return Estimate(
        factors=FactorSet.ARTICLE,
        catalogue_version=catalogue.version,
        totals=Totals(
            energy_kwh=Quantity.exact(sum(line.energy_kwh.value for line in lines)),
            operational_kgco2e=None,
            embodied_kgco2e=embodied_total,
            embodied_full_kgco2e=embodied_total,
            total_kgco2e=embodied_total,
        ),
        conditions=None,
        devices=tuple(lines),
        assumptions=tuple(ledger.assumptions),
        figures=ledger.figure_ids(),
        sources=tuple(ledger.factors.values()),
    )
