"""From a specification to an estimate. Pure: the same run and catalogue give the same figures."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from estimator.accelerator import Accelerator
from estimator.article import estimate_by_article
from estimator.catalogue import Catalogue
from estimator.conditions import Circumstances, circumstances
from estimator.embodied import amortised_kgco2e, device_embodied
from estimator.figures import number
from estimator.ledger import (
    AMORTISED,
    EMBODIED,
    ENERGY,
    Ledger,
    Part,
    Terms,
    cause,
    multiple,
    part_of,
    quantity,
)
from estimator.operational import (
    active_power_w,
    device_energy_kwh,
    facility_energy_kwh,
    mean_power_w,
    operational_kgco2e,
    storage_energy_kwh,
    transfer_energy_kwh,
)
from estimator.place import Region
from estimator.plan import (
    DEFAULT_DURATION_H,
    ONE_SERVER,
    Plan,
    PlanLine,
    host_embodied,
    host_power,
    note_longer_than_lifetime,
    plan,
    share_of_power,
)
from estimator.power_curve import curve_of
from estimator.quantity import Quantity
from estimator.result import (
    Assumption,
    Boundaries,
    Breakdown,
    Cause,
    DeviceLine,
    Estimate,
    SideFigures,
    Totals,
)
from estimator.source import Basis, Factor
from estimator.spec import FactorSet, TrainingRun
from estimator.uncertainty import EXACT, Cumulants, Moments, Points, inverse, points, product
from estimator.units import GRAMS_PER_KILOGRAM

NEGLIGIBLE_KWH: Final = 1e-9


def estimate(run: TrainingRun, catalogue: Catalogue) -> Estimate:
    """Energy and emissions of a training run.

    Args:
        run: what was said about the run.
        catalogue: the factors to use.

    Raises:
        UnknownName: a device or the location is not in the catalogue.
        AmbiguousName: the location fits several places.
        DeviceNotInFactorSet: the factor set ``article`` has no such device.
        InvalidValue: what was said cannot be computed, e.g. tokens on a device without a peak.
    """
    if run.factors is FactorSet.ARTICLE:
        return estimate_by_article(run, catalogue)
    return _Sourced(run, catalogue).estimate()


class Taken(NamedTuple):
    """What devices take in a run, without intervals."""

    it_kwh: float
    """At the computers, hosts and network included; before the PUE."""
    embodied_kgco2e: float
    """The share of their manufacturing, and of their servers'."""


def taken_by(run: TrainingRun, catalogue: Catalogue) -> Taken:
    """What the devices of a run take, wherever it is; not for a metered energy.

    Raises:
        UnknownName: a device is not in the catalogue.
        InvalidValue: what was said cannot be computed.
    """
    return _Sourced(run, catalogue).taken()


class _Energies(NamedTuple):
    """Powers of one line's devices (W), and the energies of all of them (kWh)."""

    power_w: float
    utilisation: float
    host_w: float
    network_w: float
    accelerator_kwh: float
    host_kwh: float
    network_kwh: float

    @property
    def it_kwh(self) -> float:
        return self.accelerator_kwh + self.host_kwh + self.network_kwh

    def times(self, hours: float) -> _Energies:
        """The same devices for so many times as long."""
        return self._replace(
            accelerator_kwh=self.accelerator_kwh * hours,
            host_kwh=self.host_kwh * hours,
            network_kwh=self.network_kwh * hours,
        )


class _Hours(NamedTuple):
    """How sure the hours are that follow from a metered energy."""

    spread: Moments
    """Of hours / the hours taken."""
    parts: list[Part]
    """The variance of the same, to first order."""


class _RunEnergy(NamedTuple):
    """Energy of the run, and how sure it is."""

    it_kwh: float
    energy_kwh: float
    modelled: Cumulants
    """Of the part of the energy that is a sum, which PUE and time are to be multiplied by."""
    points: Points
    """Of the same."""
    scale: float
    """What turns the sum into the energy: the PUE, where it is not in it already."""
    breakdown: Breakdown
    boundaries: Boundaries


class _Sourced:
    """One estimate by sourced factors, step by step."""

    def __init__(self, run: TrainingRun, catalogue: Catalogue) -> None:
        self.run = run
        self.catalogue = catalogue
        self.constants = catalogue.constants
        self.ledger = Ledger()
        # The same factor can stand in several lines, so terms are collected over all of them.
        self.accelerator = Terms()
        self.rest = Terms()
        self.embodied = Terms()
        self.time: Factor | None = None
        """The MFU, where the hours hang on an assumed one: all of the run scales with 1 / MFU."""
        self.lifetime = None if run.lifetime_years else self.constants.lifetime_years
        """How long devices are in service; ``None`` where the run says it."""
        self.lifetime_years = run.lifetime_years or self.constants.lifetime_years.value
        self.hours: _Hours | None = None
        """Where they follow from a metered energy, and are as unsure as the devices' power."""

    def estimate(self) -> Estimate:
        run, ledger = self.run, self.ledger
        found = plan(run, self.catalogue, ledger)
        if found.workload is not None and run.workload and run.device_hours is None:
            self.time = self._assumed_mfu(found.lines[0])
        where = circumstances(run, self.catalogue, ledger)
        spent = [self._energies(line) for line in found.lines]
        if found.lines and found.duration_h is None and run.energy_kwh is not None:
            found, spent = self._metered_hours(found, spent, run.energy_kwh, where)
        each_kg = [self._embodied_each(line) for line in found.lines]
        energy = self._energy(found, spent, where)
        totals, share = self._totals(found, each_kg, energy, where)
        self._note_what_is_not_counted()
        self._note_assumed_factors()
        return Estimate(
            factors=FactorSet.SOURCED,
            catalogue_version=self.catalogue.version,
            totals=totals,
            breakdown=energy.breakdown,
            boundaries_kwh=energy.boundaries,
            conditions=where.conditions(found, run, self.lifetime_years),
            devices=tuple(
                [
                    self._line(line, energies, kg, where, totals if len(spent) == 1 else None)
                    for line, energies, kg in zip(found.lines, spent, each_kg, strict=True)
                ]
            ),
            workload=found.workload,
            side=self._side(where, energy.it_kwh, energy.energy_kwh),
            causes=self._causes(where, totals, energy, share),
            assumptions=tuple(ledger.assumptions),
            figures=ledger.figure_ids(),
            sources=tuple(ledger.factors.values()),
        )

    def taken(self) -> Taken:
        lines = plan(self.run, self.catalogue, self.ledger).lines
        return Taken(
            sum(self._energies(line).it_kwh for line in lines),
            sum(
                amortised_kgco2e(self._embodied_each(line), line.device_hours, self.lifetime_years)
                for line in lines
            ),
        )

    def _assumed_mfu(self, line: PlanLine) -> Factor | None:
        workload = self.run.workload
        known = workload is None or workload.mfu is not None
        counted = self.run.duration_h is not None and self.run.devices[0].quantity is not None
        return None if known or counted else line.accelerator.mfu or self.constants.default_mfu

    def _energies(self, line: PlanLine) -> _Energies:
        run, constants, ledger = self.run, self.constants, self.ledger
        device, hours = line.accelerator, line.device_hours
        full_w = ledger.use(device.power_w, ENERGY)
        share = share_of_power(run, device, line.quantity, self.catalogue)
        utilisation = ledger.use(share, ENERGY)
        if run.utilisation is None:
            own = device.id if share is device.utilisation else ""
            ledger.note(_default_utilisation(utilisation, own))
        else:
            self._note_load(device, run.utilisation, utilisation)
        drawn_w = active_power_w(full_w, utilisation)
        if run.duty_cycle is not None:
            drawn_w = mean_power_w(drawn_w, self._idle_w(device, full_w), run.duty_cycle)
        host = host_power(device, constants)
        host_w = ledger.use(host, ENERGY)
        accelerator_kwh = device_energy_kwh(drawn_w, hours)
        host_kwh = device_energy_kwh(host_w, hours)
        network_w = network_kwh = 0.0
        self.accelerator.add(accelerator_kwh, device.power_w, share)
        self.rest.add(host_kwh, host)
        # One server needs no switches, and the chips of a TPU pod link each other.
        if line.quantity > ONE_SERVER and device.kind != "TPU":
            network = constants.network_power_w
            network_w = ledger.use(network, ENERGY)
            network_kwh = device_energy_kwh(network_w, hours)
            self.rest.add(network_kwh, network)
        return _Energies(
            full_w, utilisation, host_w, network_w, accelerator_kwh, host_kwh, network_kwh
        )

    def _note_load(self, device: Accelerator, load: float, share: float) -> None:
        curve = curve_of(device, self.catalogue.load_curves)
        if curve.model is not None:
            whose = f"as measured on {device.id}"
        elif curve.vendor is not None:
            whose = f"as GPUs of {curve.vendor} that were measured do"
        else:
            whose = "on a straight line from idle to full power, as nobody has measured it"
        self.ledger.assume(
            "load_curve",
            "utilisation",
            f"At a utilisation of {100 * load:.3g} %, {device.id} draws {100 * share:.3g} % of its "
            f"full power, {whose}.",
            share,
            model=device.id,
            load=load,
            share=share,
            vendor=curve.vendor or "",
            own=int(curve.model is not None),
        )

    def _metered_hours(
        self, an_hour: Plan, spent: list[_Energies], metered_kwh: float, where: Circumstances
    ) -> tuple[Plan, list[_Energies]]:
        """Devices and energies of a metered run, from what the devices draw in an hour."""
        each_h = points(self.accelerator.cumulants().plus(self.rest.cumulants()))
        kwh = sum(energies.it_kwh for energies in spent) * where.pue
        drawn = quantity(kwh, each_h, where.pue, where.pue_factor)
        hours = metered_kwh / kwh
        parts = multiple(self.accelerator.parts() + self.rest.parts(), where.pue)
        if where.pue_factor is not None:
            parts.append(part_of(where.pue_factor, kwh))
        self.hours = _Hours(inverse(kwh, drawn.low, drawn.high), multiple(parts, 1 / kwh))
        lines = tuple(
            line._replace(duration_h=hours, device_hours=line.device_hours * hours)
            for line in an_hour.lines
        )
        count = sum(line.quantity for line in lines)
        days, least, most = (metered_kwh / power / 24 for power in (kwh, drawn.high, drawn.low))
        self.ledger.assume(
            "metered_duration",
            "duration_h",
            f"No duration was given: {count:,} devices that draw {number(kwh)} kW with their "
            "servers and the data centre's overhead use this energy in "
            f"{number(days)} days ({number(least)} to {number(most)}). Manufacturing is counted "
            "for that time.",
            hours,
            quantity=count,
            power_kw=kwh,
            days=days,
            low_days=least,
            high_days=most,
        )
        note_longer_than_lifetime(hours, count, self.lifetime_years, self.ledger)
        return an_hour._replace(lines=lines, duration_h=hours), [e.times(hours) for e in spent]

    def _idle_w(self, device: Accelerator, full_w: float) -> float:
        if device.idle_power_w is not None:
            return self.ledger.use(device.idle_power_w, ENERGY)
        share = self.ledger.use(self.constants.idle_share, ENERGY)
        self.ledger.assume(
            "default_idle_power",
            "duty_cycle",
            f"Nobody publishes the idle power of {device.id}: {100 * share:.3g} % of its full "
            "power is taken.",
            share,
            model=device.id,
            share=share,
        )
        return full_w * share

    def _energy(self, found: Plan, spent: list[_Energies], where: Circumstances) -> _RunEnergy:
        run, constants = self.run, self.constants
        accelerator_kwh = host_kwh = network_kwh = 0.0
        for line in spent:
            accelerator_kwh += line.accelerator_kwh
            host_kwh += line.host_kwh
            network_kwh += line.network_kwh
        storage_kwh = 0.0
        if run.storage_tb:
            kept_h = found.duration_h or DEFAULT_DURATION_H
            factor = constants.storage_w_per_tb
            storage_kwh = storage_energy_kwh(
                run.storage_tb, self.ledger.use(factor, ENERGY), kept_h
            )
            self.rest.add(storage_kwh, factor)
        if run.transfer_tb:
            factor = constants.transfer_kwh_per_tb
            moved_kwh = transfer_energy_kwh(run.transfer_tb, self.ledger.use(factor, ENERGY))
            self.rest.add(moved_kwh, factor)
            network_kwh += moved_kwh
        it_kwh = accelerator_kwh + host_kwh + network_kwh + storage_kwh
        if run.energy_kwh is not None:
            return self._metered(
                run.energy_kwh, where, (accelerator_kwh, host_kwh, network_kwh, storage_kwh)
            )
        pue, pue_factor = where.pue, where.pue_factor
        time = self.time.inverted if self.time else None
        accelerator = self.accelerator.cumulants()
        it = accelerator.plus(self.rest.cumulants())
        accelerators_alone, all_it = points(accelerator), points(it)
        return _RunEnergy(
            it_kwh,
            it_kwh * pue,
            it,
            all_it,
            pue,
            Breakdown(
                accelerator_kwh,
                host_kwh,
                network_kwh,
                storage_kwh,
                facility_energy_kwh(it_kwh, pue),
            ),
            Boundaries(
                quantity(accelerator_kwh, accelerators_alone, 1.0, time),
                quantity(accelerator_kwh * pue, accelerators_alone, pue, pue_factor, time),
                quantity(it_kwh, all_it, 1.0, time),
                quantity(it_kwh * pue, all_it, pue, pue_factor, time),
            ),
        )

    def _metered(
        self, metered_kwh: float, where: Circumstances, parts: tuple[float, float, float, float]
    ) -> _RunEnergy:
        """A metered energy, split as the model would split it (all to hosts without devices)."""
        modelled, it_kwh = sum(parts), metered_kwh / where.pue
        # Less than a microwatt-hour is nothing to take proportions from.
        modelled = modelled if modelled > NEGLIGIBLE_KWH else 0.0
        scale = it_kwh / modelled if modelled else 0.0
        accelerator, host, network, storage = (part * scale for part in parts)
        missing = "duration was given" if self.run.devices else "device was named"
        self.ledger.assume(
            "metered_energy",
            "energy",
            "The energy is taken as metered for the whole data centre"
            + (
                "; its parts are in the proportion that the model gives them."
                if modelled
                else f". No {missing}: manufacturing is not counted."
            ),
            metered_kwh,
            split=int(bool(modelled)),
            missing=missing,
        )
        if not modelled:
            host = it_kwh
        self.accelerator, self.rest = Terms(), Terms()
        return _RunEnergy(
            it_kwh,
            metered_kwh,
            Cumulants(metered_kwh, 0.0, 0.0),
            Points(metered_kwh, metered_kwh, metered_kwh),
            1.0,
            Breakdown(accelerator, host, network, storage, metered_kwh - it_kwh),
            Boundaries(
                Quantity.exact(accelerator),
                Quantity.exact(accelerator * where.pue),
                Quantity.exact(it_kwh),
                Quantity.exact(metered_kwh),
            ),
        )

    def _embodied_each(self, line: PlanLine) -> float:
        device, ledger = line.accelerator, self.ledger
        made = device_embodied(device, self.constants)
        for amount, factors in made.terms:
            for factor in factors:
                ledger.use(factor, EMBODIED)
            self.embodied.add(line.quantity * amount, *factors)
        if made.modelled:
            ledger.assume(
                "modelled_embodied",
                "device",
                f"Nobody publishes the manufacturing of {device.id}: "
                f"{made.kgco2e:.0f} kgCO2e each is modelled from its die and memory.",
                made.kgco2e,
                model=device.id,
                kgco2e=made.kgco2e,
            )
        host = host_embodied(device, self.constants)
        host_kg = ledger.use(host, EMBODIED)
        self.embodied.add(line.quantity * host_kg, host)
        return made.kgco2e + host_kg

    def _totals(
        self, found: Plan, each_kg: list[float], energy: _RunEnergy, where: Circumstances
    ) -> tuple[Totals, float]:
        """The totals, and the share of the full manufacturing that the run uses up."""
        lifetime = self.lifetime
        if found.lines and lifetime is not None:
            self.ledger.use(lifetime, AMORTISED)
        time = self.time.inverted if self.time else None
        full = used = 0.0
        for line, kg in zip(found.lines, each_kg, strict=True):
            full += line.quantity * kg
            used += amortised_kgco2e(kg, line.device_hours, self.lifetime_years)
        share = used / full if full else 0.0
        made = self.embodied.cumulants()
        kg_per_kwh = where.intensity / GRAMS_PER_KILOGRAM
        operational = operational_kgco2e(energy.energy_kwh, where.intensity)
        kg_per_it = energy.scale * kg_per_kwh
        # The metered energy has the PUE in it already.
        pue = where.pue_factor if self.run.energy_kwh is None else None
        grid = where.intensity_factor
        time_spread = EXACT if self.hours is None else self.hours.spread
        both = product(energy.modelled, kg_per_it, grid.spread, pue.spread if pue else EXACT).plus(
            product(made, share, time_spread, lifetime.inverse_spread if lifetime else EXACT)
        )
        of_made = points(made)
        of_used = of_made if self.hours is None else points(product(made, 1.0, time_spread))
        return (
            Totals(
                energy_kwh=energy.boundaries.facility,
                operational_kgco2e=quantity(operational, energy.points, kg_per_it, pue, grid, time),
                embodied_kgco2e=quantity(
                    used, of_used, share, lifetime.inverted if lifetime else None, time
                ),
                embodied_full_kgco2e=quantity(full, of_made),
                total_kgco2e=quantity(operational + used, points(both), 1.0, time),
            ),
            share,
        )

    def _line(
        self,
        line: PlanLine,
        spent: _Energies,
        each_kg: float,
        where: Circumstances,
        totals: Totals | None,
    ) -> DeviceLine:
        """One device's line; with one device, its figures are those of the run."""
        it_kwh = spent.accelerator_kwh + spent.host_kwh + spent.network_kwh
        energy_kwh = it_kwh * where.pue
        scale = 1.0
        if self.run.energy_kwh is not None:
            scale = totals.energy_kwh.value / energy_kwh if totals else 1.0
        if totals is not None and not (self.run.storage_tb or self.run.transfer_tb):
            energy = totals.energy_kwh
            operational = totals.operational_kgco2e
            embodied, full = totals.embodied_kgco2e, totals.embodied_full_kgco2e
        else:
            full_kg = line.quantity * each_kg
            energy = Quantity.exact(energy_kwh)
            operational = Quantity.exact(operational_kgco2e(energy_kwh, where.intensity))
            embodied = Quantity.exact(
                amortised_kgco2e(each_kg, line.device_hours, self.lifetime_years)
            )
            full = Quantity.exact(full_kg)
        return DeviceLine(
            device=line.named,
            model=line.accelerator.id,
            name=line.accelerator.name,
            quantity=line.quantity,
            duration_h=line.duration_h,
            device_hours=line.device_hours,
            power_w=spent.power_w,
            utilisation=spent.utilisation,
            host_power_w=spent.host_w,
            network_power_w=spent.network_w,
            accelerator_kwh=spent.accelerator_kwh * scale,
            host_kwh=spent.host_kwh * scale,
            network_kwh=spent.network_kwh * scale,
            facility_kwh=facility_energy_kwh(it_kwh, where.pue) * scale,
            energy_kwh=energy,
            operational_kgco2e=operational,
            embodied_kgco2e=embodied,
            embodied_full_kgco2e=full,
            embodied_each_kgco2e=each_kg,
            embodied_modelled=line.accelerator.embodied_kgco2e is None,
        )

    def _side(self, where: Circumstances, it_kwh: float, energy_kwh: float) -> SideFigures:
        grid, place = where.grid, where.place
        water = primary = market = None
        if grid.water_l_per_kwh is not None:
            on_site = place.wue_l_per_kwh if isinstance(place, Region) else None
            wue = on_site or self.constants.wue_l_per_kwh
            water = energy_kwh * grid.water_l_per_kwh.value + it_kwh * wue.value
            self.ledger.use(grid.water_l_per_kwh, ("water_l",))
            self.ledger.use(wue, ("water_l",))
        if grid.primary_energy_mj_per_kwh is not None:
            factor = grid.primary_energy_mj_per_kwh
            primary = energy_kwh * self.ledger.use(factor, ("primary_energy_mj",))
        if isinstance(place, Region) and place.market_gco2e_per_kwh is not None:
            factor = place.market_gco2e_per_kwh
            market = operational_kgco2e(
                energy_kwh, self.ledger.use(factor, ("operational_market_kgco2e",))
            )
        return SideFigures(water, primary, market)

    def _causes(
        self, where: Circumstances, totals: Totals, energy: _RunEnergy, share: float
    ) -> dict[str, Cause]:
        """By figure, the factor that gives its interval most of its width, to first order."""
        energy_kwh, grid = energy.energy_kwh, where.intensity_factor
        kg_per_kwh = where.intensity / GRAMS_PER_KILOGRAM
        used_kg, total_kg = totals.embodied_kgco2e.value, totals.total_kgco2e.value
        power = multiple(self.accelerator.parts() + self.rest.parts(), where.pue)
        if where.pue_factor is not None and self.run.energy_kwh is None:
            power.append(part_of(where.pue_factor, energy_kwh))
        operational_kg = energy_kwh * kg_per_kwh
        electricity = [*multiple(power, kg_per_kwh), part_of(grid, operational_kg)]
        full = self.embodied.parts()
        made = multiple(full, share)
        if self.lifetime is not None:
            made.append(part_of(self.lifetime, used_kg))
        if self.hours is not None:
            made += multiple(self.hours.parts, used_kg)
        both = electricity + made
        if self.time is not None:
            # All but the manufacturing in full scales with the time that the run takes.
            power.append(part_of(self.time, energy_kwh))
            electricity.append(part_of(self.time, operational_kg))
            made.append(part_of(self.time, used_kg))
            both.append(part_of(self.time, total_kg))
        found = {
            "energy_kwh": cause(power),
            "operational_kgco2e": cause(electricity),
            "embodied_kgco2e": cause(made),
            "embodied_full_kgco2e": cause(full),
            "total_kgco2e": cause(both),
        }
        return {figure: widest for figure, widest in found.items() if widest is not None}

    def _note_what_is_not_counted(self) -> None:
        run, suggestion = self.run, self.constants.overhead_suggestion
        if run.energy_kwh is not None:
            return  # a meter counts what there was
        if run.overhead is None:
            self.ledger.note(_overhead_off(suggestion))
        if run.storage_tb is None and run.transfer_tb is None:
            self.ledger.note(_STORAGE_OFF)

    def _note_assumed_factors(self) -> None:
        """List the factors that nobody states, with the reason that the data gives."""
        assumed = Basis.ASSUMED
        for factor in self.ledger.factors.values():
            if factor.basis is assumed:
                self.ledger.note(_assumed(factor))


# Sentences that most answers carry are made once.

_STORAGE_OFF: Final = Assumption(
    "storage_off", "storage_tb", "Storing and moving data is not counted: no amount was given."
)


@lru_cache(maxsize=256)
def _assumed(factor: Factor) -> Assumption:
    why = f": {factor.note}" if factor.note else ""
    text = f"{factor.id} = {factor.value:g} {factor.unit} is assumed{why}"
    words: dict[str, int | float | str] = {
        "factor": factor.id,
        "unit": factor.unit,
        "note": factor.note or "",
    }
    return Assumption("assumed_factor", factor.id, text, factor.value, words)


@lru_cache(maxsize=16)
def _overhead_off(suggestion: Factor) -> Assumption:
    share, source = suggestion.value, suggestion.source
    return Assumption(
        "overhead_off",
        "overhead",
        "Failed runs and trials are not counted: OLMo's development added "
        f"{100 * share:g} % ({source.publisher}, {source.year}).",
        share,
        {"suggestion": share, "publisher": source.publisher, "year": str(source.year)},
    )


@lru_cache(maxsize=256)
def _default_utilisation(utilisation: float, model: str) -> Assumption:
    """For a model of which the utilisation is known, or for any (``""``)."""
    return Assumption(
        "default_utilisation",
        "utilisation",
        f"No utilisation was given: {utilisation * 100:g} % of full power is taken for "
        f"{model or 'the devices'}.",
        utilisation,
        {"utilisation": utilisation, "model": model},
    )
