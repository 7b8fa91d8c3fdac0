"""An estimate as text: JSON for programs, a table for terminals, Markdown for documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from estimator import figures
from estimator.record import estimate_json
from estimator.result import DeviceLine, Estimate
from estimator.source import Factor
from estimator.spec import FactorSet
from estimator.units import KILOGRAMS_PER_TONNE

HOW_TO_SET: Final = {
    "duration_h": "--duration 2w",
    "location": "--location France",
    "utilisation": "--utilisation 0.6",
    "pue": "--pue 1.1",
    "device": "--device with the full name of a model",
    "factors": "--factors sourced",
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


def factor_text(factor: Factor) -> str:
    """A factor with its unit, range and basis: ``700 W (TDP, published)``."""
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    traits = [factor.kind, str(factor.year) if factor.year else None, factor.basis.value]
    if factor.low is not None and factor.high is not None:
        traits.append(f"sources give {factor.low:g} to {factor.high:g}")
    return f"{factor.value:g}{unit} ({', '.join(t for t in traits if t)})"


def source_text(factor: Factor) -> str:
    """The source of a factor as a citation without its address."""
    source = factor.source
    year = f", {source.year}" if source.year else ""
    read = ", as cited elsewhere" if source.read == "secondary" else ""
    return f"{source.title} ({source.publisher}{year}{read})"


def as_json(estimate: Estimate) -> str:
    """The estimate as JSON; ``python -m estimator schema`` prints its JSON Schema."""
    return estimate_json(estimate)


def as_table(estimate: Estimate) -> str:
    """The estimate for a terminal."""
    rows = [DEVICE_HEADER, *(device_row(estimate, line) for line in estimate.devices)]
    parts = [
        columns([(label, figure) for label, figure in headline(estimate)]),
        columns(rows),
        "Assumed:",
        *(f"  - {text}" for text in assumption_texts(estimate)),
        "Factors and sources:",
        *(
            f"  - {f.id} = {factor_text(f)}: {source_text(f)}, {f.source.url}"
            for f in estimate.sources
        ),
    ]
    return "\n".join(parts)


def as_markdown(estimate: Estimate) -> str:
    """The estimate for a document."""
    parts = [
        markdown_table(("Figure", "Estimate"), headline(estimate)),
        "",
        markdown_table(DEVICE_HEADER, [device_row(estimate, d) for d in estimate.devices]),
        "",
        "Assumed:",
        "",
        *(f"- {text}" for text in assumption_texts(estimate)),
        "",
        "Factors and sources:",
        "",
        *(
            f"- `{f.id}` = {factor_text(f)}: [{source_text(f)}]({f.source.url})"
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
