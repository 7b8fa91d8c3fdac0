"""An estimate as text: a table for terminals, Markdown for documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from estimator import figures
from estimator.equivalence import Comparison
from estimator.quantity import Quantity
from estimator.result import DeviceLine, Estimate
from estimator.source import Factor
from estimator.spec import FactorSet
from estimator.units import KILOGRAMS_PER_TONNE, month_name

if TYPE_CHECKING:
    from estimator.sci import Sci

HOW_TO_SET: Final = {
    "duration_h": "--duration 2w",
    "location": "--location France",
    "month": "--month May",
    "utilisation": "--utilisation 0.6",
    "pue": "--pue 1.1",
    "device": "--device with the full name of a model",
    "factors": "--factors sourced",
    "quantity": "--device 64xH100",
    "mfu": "--mfu 40%",
    "overhead": "--overhead 50%",
    "storage_tb": "--storage 100TB or --transfer 3TB",
}
"""What to write on the command line to change an assumption, by its field."""

Row = Sequence[str]


def headline(estimate: Estimate) -> list[tuple[str, str]]:
    """The totals as pairs of label and figure, in the order they are read."""
    totals, show = estimate.totals, _mass_of(estimate)
    operational = totals.operational_kgco2e
    return [
        ("Energy", energy_text(estimate, totals.energy_kwh.value)),
        ("Operational", show(operational.value) if operational else "not in this factor set"),
        ("Embodied (share of the run)", show(totals.embodied_kgco2e.value)),
        ("Embodied (in full)", show(totals.embodied_full_kgco2e.value)),
        ("Total", show(totals.total_kgco2e.value)),
    ]


def energy_text(estimate: Estimate, kwh: float) -> str:
    """An energy of this estimate; the article's own figures keep its unit and every digit."""
    if estimate.factors is FactorSet.ARTICLE:
        return f"{figures.number(kwh, None)} kWh"
    return figures.energy(kwh)


def _mass_of(estimate: Estimate) -> Callable[[float], str]:
    if estimate.factors is FactorSet.ARTICLE:
        return lambda kg: f"{figures.number(kg / KILOGRAMS_PER_TONNE, None)} t CO2e"
    return lambda kg: f"{figures.mass(kg)} CO2e"


def mass_text(estimate: Estimate, kgco2e: float) -> str:
    """Emissions of this estimate; the article's own figures keep its unit and every digit."""
    return _mass_of(estimate)(kgco2e)


def energy_range_text(estimate: Estimate, kwh: Quantity) -> str:
    """An energy of this estimate with its 90 % interval: ``22.1 MWh (likely 15–31)``."""
    if estimate.factors is FactorSet.ARTICLE:
        return energy_text(estimate, kwh.value)
    return figures.energy_range(kwh.value, kwh.low, kwh.high)


def mass_range_text(estimate: Estimate, kgco2e: Quantity) -> str:
    """Emissions of this estimate with their 90 % interval: ``6.20 t CO2e (likely 4.1–8.0)``."""
    if estimate.factors is FactorSet.ARTICLE:
        return mass_text(estimate, kgco2e.value)
    return figures.mass_range(kgco2e.value, kgco2e.low, kgco2e.high)


def figure_rows(estimate: Estimate) -> list[tuple[str, str]]:
    """The totals with their intervals, in the order of ``headline``."""
    totals = estimate.totals
    operational = totals.operational_kgco2e
    texts = (
        energy_range_text(estimate, totals.energy_kwh),
        mass_range_text(estimate, operational) if operational else "not in this factor set",
        mass_range_text(estimate, totals.embodied_kgco2e),
        mass_range_text(estimate, totals.embodied_full_kgco2e),
        mass_range_text(estimate, totals.total_kgco2e),
    )
    return [(label, text) for (label, _), text in zip(headline(estimate), texts, strict=True)]


_CAUSES: Final = (
    (r"grid\..*", "the location's carbon intensity"),
    (r"(region\..*\.pue|constant\.default_pue)", "the PUE"),
    (r".*(utilisation|power_share)", "the devices' utilisation"),
    (r".*mfu", "the MFU"),
    (r"constant\.lifetime_years", "the hardware's lifetime"),
    (r".*host_power_w", "the power of hosts"),
    (r"constant\.network_power_w", "the power of the network"),
    (r".*host_embodied_kgco2e", "the manufacturing of servers"),
    (r"constant\.(die|memory|board)_kgco2e.*", "the model of manufacturing"),
    (r".*\.(embodied_kgco2e|die_area_mm2|process_nm|memory_gb)", "the devices' manufacturing"),
    (r"constant\.storage_w_per_tb", "the power of storage"),
    (r"constant\.transfer_kwh_per_tb", "the energy of moving data"),
    (r".*power_w", "the devices' power"),
)
"""What a factor is called where it is the cause of most of an interval, by its id."""


def cause_text(estimate: Estimate, figure: str) -> str | None:
    """Which factor a figure's interval is due to: ``most of it from the PUE``.

    ``figure`` is a field of ``Totals``; ``None`` where the figure has no interval.
    """
    cause = estimate.causes.get(figure)
    if cause is None:
        return None
    known = (words for pattern, words in _CAUSES if re.fullmatch(pattern, cause.factor_id))
    name = next(known, cause.factor_id)
    if any(a.code == "default_location" for a in estimate.assumptions) and "location" in name:
        name = "the location, which is not known"
    part = "most of it" if cause.share >= 0.5 else "the largest part of it"
    return f"{part} from {name}"


_FIGURES: Final = {
    "energy_kwh": "Energy",
    "operational_kgco2e": "Operational",
    "embodied_kgco2e": "Embodied (share)",
    "total_kgco2e": "Total",
}


def certainty_texts(estimate: Estimate) -> list[str]:
    """What each interval means and is due to; empty where there is none."""
    causes = [
        f"{name}: {cause}"
        for figure, name in _FIGURES.items()
        if (cause := cause_text(estimate, figure)) is not None
    ]
    if not causes:
        return []
    return ["Likely: the 90 % interval. What widens it:", *causes]


def breakdown_rows(estimate: Estimate) -> list[tuple[str, str]]:
    """Where the energy goes; empty in a factor set that does not tell."""
    parts = estimate.breakdown
    if parts is None:
        return []
    pue = f" (PUE {estimate.conditions.pue:g})" if estimate.conditions else ""
    rows = (
        ("Accelerators", parts.accelerator_kwh),
        ("Hosts", parts.host_kwh),
        ("Network", parts.network_kwh),
        ("Storage", parts.storage_kwh),
        (f"Data centre{pue}", parts.facility_kwh),
    )
    return [(name, figures.energy(kwh)) for name, kwh in rows if kwh]


def boundary_rows(estimate: Estimate) -> list[tuple[str, str]]:
    """The energy on each boundary that reports draw; the last is the energy above."""
    found = estimate.boundaries_kwh
    if found is None:
        return []
    rows = (
        ("Accelerators alone", found.accelerator),
        ("Accelerators × PUE", found.accelerator_pue),
        ("All computers, without PUE", found.it),
        ("Whole data centre (the energy above)", found.facility),
    )
    return [(name, energy_range_text(estimate, kwh)) for name, kwh in rows]


def grid_text(estimate: Estimate, today_year: int | None = None) -> str | None:
    """The grid with its intensity and age: ``France: 44 gCO2e/kWh (2024 mean, 2 years old)``."""
    where = estimate.conditions
    if where is None:
        return None
    traits = [where.intensity_boundary, age_text(where.intensity_year, today_year)]
    if where.intensity_month is not None:
        traits.append(f"in {month_name(where.intensity_month)}")
    told = ", ".join(trait for trait in traits if trait)
    return f"{where.location}: {where.intensity_gco2e_per_kwh:g} gCO2e/kWh ({told})"


def age_text(year: int | None, today_year: int | None) -> str | None:
    """How old a yearly mean is: ``2024 mean, 2 years old``."""
    if year is None:
        return None
    age = 0 if today_year is None else today_year - year
    if age <= 0:
        return f"{year} mean"
    return f"{year} mean, {age} year{'s' if age > 1 else ''} old"


def side_rows(estimate: Estimate) -> list[tuple[str, str]]:
    """Figures beside the totals, never added to them; those that nobody publishes are left out."""
    side = estimate.side
    if side is None:
        return []
    rows: list[tuple[str, str]] = []
    if side.water_l is not None:
        rows.append(("Water", f"{figures.number(side.water_l)} L"))
    if side.primary_energy_mj is not None:
        rows.append(("Primary energy", f"{figures.number(side.primary_energy_mj)} MJ"))
    if side.operational_market_kgco2e is not None:
        kg = side.operational_market_kgco2e
        rows.append(("Operational, market-based", f"{figures.mass(kg)} CO2e"))
    return rows


def comparison_text(comparison: Comparison) -> str:
    """A comparison with its source: ``540 km in an average British car (Publisher, 2025)``."""
    source = comparison.factor.source
    year = f", {source.year}" if source.year else ""
    return f"{figures.number(comparison.count, 2)} {comparison.name} ({source.publisher}{year})"


def sci_text(found: Sci) -> str:
    """The SCI with its functional unit: ``0.41 g CO2e (likely 0.2–0.7) per million tokens``."""
    each = found.kgco2e
    return f"{figures.mass_range(each.value, each.low, each.high)} per {found.name}"


class Beside(NamedTuple):
    """What an answer in text carries besides the estimate."""

    today_year: int | None = None
    """From which the age of a factor follows."""
    comparisons: tuple[Comparison, ...] = ()
    sci: Sci | None = None


_NOTHING_BESIDE: Final = Beside()


def _sections(estimate: Estimate, beside: Beside) -> list[tuple[str, list[tuple[str, str]]]]:
    """The parts of an answer that are pairs of label and figure, each under its title."""
    about = [("About as much as", comparison_text(c)) for c in beside.comparisons]
    if beside.sci is not None:
        about.append(("SCI (ISO/IEC 21031)", sci_text(beside.sci)))
    grid = grid_text(estimate, beside.today_year)
    sections = [
        ("Where the energy goes:", breakdown_rows(estimate)),
        ("The energy on other boundaries:", boundary_rows(estimate)),
        ("Grid (location-based):", [("Carbon intensity", grid)] if grid else []),
        ("Beside the total, not added to it:", side_rows(estimate)),
        ("In other words:", about),
    ]
    return [(title, rows) for title, rows in sections if rows]


def device_row(estimate: Estimate, line: DeviceLine) -> list[str]:
    """One line of the per-device table."""
    operational = line.operational_kgco2e
    return [
        f"{figures.number(line.quantity, None)} × {line.model}",
        energy_text(estimate, line.energy_kwh.value),
        mass_text(estimate, operational.value) if operational else "-",
        mass_text(estimate, line.embodied_kgco2e.value),
    ]


DEVICE_HEADER: Final = ("Devices", "Energy", "Operational", "Embodied")


def factor_text(factor: Factor, today_year: int | None = None) -> str:
    """A factor with its unit, age, range and basis: ``700 W (TDP, published)``."""
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    year = str(factor.year) if factor.year else None
    if today_year is not None:
        year = age_text(factor.year, today_year)
    traits = [factor.kind, year, factor.basis.value]
    if factor.low is not None and factor.high is not None:
        traits.append(f"sources give {factor.low:g} to {factor.high:g}")
    return f"{factor.value:g}{unit} ({', '.join(t for t in traits if t)})"


def source_text(factor: Factor) -> str:
    """The source of a factor as a citation without its address."""
    source = factor.source
    year = f", {source.year}" if source.year else ""
    read = ", as cited elsewhere" if source.read == "secondary" else ""
    return f"{source.title} ({source.publisher}{year}{read})"


def as_table(estimate: Estimate, beside: Beside = _NOTHING_BESIDE) -> str:
    """The estimate for a terminal."""
    rows = [DEVICE_HEADER, *(device_row(estimate, line) for line in estimate.devices)]
    certainty = certainty_texts(estimate)
    parts = [columns(figure_rows(estimate)), *certainty[:1]]
    parts += [f"  - {text}" for text in certainty[1:]]
    if estimate.devices:
        parts.append(columns(rows))
    for title, pairs in _sections(estimate, beside):
        parts += [title, columns([(f"  {label}", text) for label, text in pairs])]
    parts += [
        "Assumed:",
        *(f"  - {text}" for text in assumption_texts(estimate)),
        "Factors and sources:",
        *(
            f"  - {f.id} = {factor_text(f, beside.today_year)}: {source_text(f)}, {f.source.url}"
            for f in estimate.sources
        ),
    ]
    return "\n".join(parts)


def as_markdown(estimate: Estimate, beside: Beside = _NOTHING_BESIDE) -> str:
    """The estimate for a document."""
    parts = [markdown_table(("Figure", "Estimate"), figure_rows(estimate)), ""]
    certainty = certainty_texts(estimate)
    if certainty:
        parts += [certainty[0], "", *(f"- {text}" for text in certainty[1:]), ""]
    if estimate.devices:
        rows = [device_row(estimate, line) for line in estimate.devices]
        parts += [markdown_table(DEVICE_HEADER, rows), ""]
    for title, pairs in _sections(estimate, beside):
        parts += [title, "", *(f"- {label}: {text}" for label, text in pairs), ""]
    parts += [
        "Assumed:",
        "",
        *(f"- {text}" for text in assumption_texts(estimate)),
        "",
        "Factors and sources:",
        "",
        *(
            f"- `{f.id}` = {factor_text(f, beside.today_year)}: [{source_text(f)}]({f.source.url})"
            for f in estimate.sources
        ),
    ]
    return "\n".join(parts)


def assumption_texts(estimate: Estimate) -> list[str]:
    """Each assumption with the flag that changes it."""
    return [
        f"{a.text} Set it with {HOW_TO_SET[a.field]}." if a.field in HOW_TO_SET else a.text
        for a in estimate.assumptions
    ]


def columns(rows: Sequence[Row]) -> str:
    """Rows with their columns aligned, for a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(header: Row, rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
