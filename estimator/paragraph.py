"""An estimate as a paragraph for a paper or a model card, with the front matter of the latter.

The keys and the unit (grams) are those of Hugging Face's model cards,
https://huggingface.co/docs/hub/model-cards-co2. ``emissions`` is the operational figure, because
the tools that the page names (CodeCarbon, ML CO2 Impact) count electricity alone.
"""

from __future__ import annotations

import json

from estimator import figures
from estimator.errors import InvalidValue
from estimator.quantity import Quantity
from estimator.result import Estimate
from estimator.units import GRAMS_PER_KILOGRAM, month_name

_TRAINING_TYPE = {
    "training": "pre-training",
    "fine_tuning": "fine-tuning",
    "lora": "fine-tuning",
}
_NO_ASSUMPTION_OF_THE_RUN = frozenset({"assumed_factor", "counted_accelerators"})


def as_paragraph(estimate: Estimate) -> str:
    """Front matter and paragraph.

    Raises:
        InvalidValue: the factors are the article's, which illustrate and measure nothing.
    """
    operational, where = estimate.totals.operational_kgco2e, estimate.conditions
    if operational is None or where is None:
        raise InvalidValue(
            "format",
            "the article's figures illustrate, and belong in no report",
            "--factors sourced",
        )
    return f"{_front_matter(estimate, operational)}\n\n{_paragraph(estimate, operational)}"


def _hardware(estimate: Estimate) -> str:
    return ", ".join(f"{line.quantity:,} × {line.model}" for line in estimate.devices)


def _front_matter(estimate: Estimate, operational: Quantity) -> str:
    where = estimate.conditions
    share = estimate.totals.embodied_kgco2e.value * GRAMS_PER_KILOGRAM
    source = (
        f"estimated with carbon (data {estimate.catalogue_version}); operational, location-based; "
        f"manufacturing adds {figures.number(share)} g"
    )
    grams = operational.value * GRAMS_PER_KILOGRAM
    lines = [
        "---",
        "co2_eq_emissions:",
        f"  emissions: {float(f'{grams:.3g}'):.10g}",
        f"  source: {_quoted(source)}",
    ]
    if estimate.workload is None:
        lines.append("  # training_type: pre-training or fine-tuning, which was not said")
    elif estimate.workload.kind in _TRAINING_TYPE:
        lines.append(f"  training_type: {_quoted(_TRAINING_TYPE[estimate.workload.kind])}")
    if any(a.code == "default_location" for a in estimate.assumptions) or where is None:
        lines.append("  # geographical_location: not said; the world's mean grid was taken")
    else:
        lines.append(f"  geographical_location: {_quoted(where.location)}")
    if estimate.devices:
        lines.append(f"  hardware_used: {_quoted(_hardware(estimate))}")
    return "\n".join([*lines, "---"])


def _quoted(text: str) -> str:
    """A YAML string: JSON's are a subset."""
    return json.dumps(text, ensure_ascii=False)


def _paragraph(estimate: Estimate, operational: Quantity) -> str:
    totals, where = estimate.totals, estimate.conditions
    assert where is not None  # noqa: S101 - the caller has looked
    hours = sum(line.device_hours or 0.0 for line in estimate.devices)
    used = f"on {_hardware(estimate)} ({figures.number(hours)} device-hours) " if hours else ""
    year = f" of {where.intensity_year}" if where.intensity_year else ""
    if where.intensity_month is not None:
        year += f", taken to {month_name(where.intensity_month)}"
    mean = f"the mean carbon intensity{year} of"
    live = next((a for a in estimate.assumptions if a.code == "live_intensity"), None)
    if live is not None:
        mean = f"the carbon intensity at {live.words['at']} ({live.words['by']}) of"
    boundary = f", {where.intensity_boundary}" if where.intensity_boundary else ""
    metered = any(a.code == "metered_energy" for a in estimate.assumptions)
    how = (
        "The energy was metered"
        if metered
        else "We estimate the energy from device power, hosts, network and storage over these hours"
    )
    sentences = [
        (
            f"The run {used}uses {_energy(totals.energy_kwh)} of electricity, at a PUE of "
            f"{where.pue:g}."
        ),
        (
            f"With {mean} {where.location} "
            f"({where.intensity_gco2e_per_kwh:g} gCO2e/kWh{boundary}, location-based), this emits "
            f"{_mass(operational)}."
        ),
    ]
    if estimate.devices:
        sentences.append(
            f"The share of manufacturing the hardware, over {where.lifetime_years:g} years of "
            f"use, adds {_mass(totals.embodied_kgco2e)}, in total {_mass(totals.total_kgco2e)}."
        )
    sentences.append(
        f"{how}, with carbon (data version {estimate.catalogue_version}); ranges are 90 % "
        "intervals."
    )
    assumed = [a.text for a in estimate.assumptions if a.code not in _NO_ASSUMPTION_OF_THE_RUN]
    if assumed:
        sentences.append(f"Assumptions: {' '.join(assumed)}")
    return f"{' '.join(sentences)}\n\nSources: {_sources(estimate)}."


def _energy(kwh: Quantity) -> str:
    return figures.energy_range(kwh.value, kwh.low, kwh.high).replace("likely ", "")


def _mass(kg: Quantity) -> str:
    return figures.mass_range(kg.value, kg.low, kg.high).replace("likely ", "")


def _sources(estimate: Estimate) -> str:
    cited = {factor.source.id: factor.source for factor in estimate.sources}
    return "; ".join(
        f"{source.title} ({source.publisher}{f', {source.year}' if source.year else ''}), "
        f"{source.url}"
        for source in cited.values()
    )
