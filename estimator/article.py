"""The article's own table and formulas, exactly: factor × quantity, summed over the types."""

from __future__ import annotations

from estimator.catalogue import Catalogue
from estimator.errors import DeviceNotInFactorSet, InvalidValue
from estimator.ledger import EMBODIED, Ledger
from estimator.quantity import Quantity
from estimator.result import DeviceLine, Estimate, Totals
from estimator.spec import FactorSet, TrainingRun
from estimator.units import KILOGRAMS_PER_TONNE


def estimate_by_article(run: TrainingRun, catalogue: Catalogue) -> Estimate:
    """Energy and manufacturing by the article's table.

    Raises:
        DeviceNotInFactorSet: the article has no factor for a device.
        InvalidValue: the run is described by something else than numbers of devices.
    """
    ledger = Ledger()
    lines: list[DeviceLine] = []
    known = {name.casefold(): factors for name, factors in catalogue.article.items()}
    for entry in run.devices:
        factors = known.get(entry.device.casefold())
        if factors is None:
            raise DeviceNotInFactorSet(entry.device, "article", tuple(catalogue.article))
        if entry.quantity is None:
            raise InvalidValue(
                "factors",
                "the article counts devices, and knows no hours",
                "10 GPU factors article",
            )
        each_kg = ledger.use(factors.embodied_tco2e, EMBODIED) * KILOGRAMS_PER_TONNE
        energy = entry.quantity * ledger.use(factors.energy_kwh, ("energy_kwh",))
        embodied = Quantity.exact(entry.quantity * each_kg)
        lines.append(
            DeviceLine(
                device=factors.device,
                model=factors.device,
                name=factors.device,
                quantity=entry.quantity,
                duration_h=None,
                device_hours=None,
                power_w=None,
                utilisation=None,
                host_power_w=None,
                network_power_w=None,
                accelerator_kwh=None,
                host_kwh=None,
                network_kwh=None,
                facility_kwh=None,
                energy_kwh=Quantity.exact(energy),
                operational_kgco2e=None,
                embodied_kgco2e=embodied,
                embodied_full_kgco2e=embodied,
                embodied_each_kgco2e=each_kg,
                embodied_modelled=False,
            )
        )
    if not lines:
        raise InvalidValue("factors", "the article needs devices", "10 GPU factors article")
    ledger.assume(
        "no_operational_in_article",
        "factors",
        "The article turns no electricity into carbon: there is no operational figure, "
        "and the total is manufacturing alone. Its factors illustrate, they are not real.",
    )
    ignored = [word for word, value in _without_effect(run) if value is not None]
    if ignored:
        ledger.assume(
            "no_time_in_article",
            "factors",
            f"The article's factors are per device: {', '.join(ignored)} "
            "changes nothing in this factor set.",
            ignored=", ".join(ignored),
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
        breakdown=None,
        boundaries_kwh=None,
        conditions=None,
        devices=tuple(lines),
        workload=None,
        side=None,
        causes={},
        assumptions=tuple(ledger.assumptions),
        figures=ledger.figure_ids(),
        sources=tuple(ledger.factors.values()),
    )


def _without_effect(run: TrainingRun) -> list[tuple[str, object]]:
    return [
        ("duration", run.duration_h),
        ("location", run.location),
        ("year", run.year),
        ("month", run.month),
        ("live figure", run.live),
        ("utilisation", run.utilisation),
        ("PUE", run.pue),
        ("lifetime", run.lifetime_years),
        ("failed and trial runs", run.overhead),
        ("storage", run.storage_tb),
        ("data transfer", run.transfer_tb),
    ]
