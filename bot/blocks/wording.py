"""What an answer says in plain words: ranges, their main cause, and the arithmetic behind it."""

from __future__ import annotations

from typing import Final

from bot.language import to_text
from estimator import Estimate, FactorSet, Quantity, TrainingRun, figures, formats
from estimator.result import WorkloadLine

_SIZES: Final = {
    "TWh": 1e9,
    "GWh": 1e6,
    "MWh": 1e3,
    "kWh": 1.0,
    "Wh": 1e-3,
    "Mt": 1e9,
    "kt": 1e6,
    "t": 1e3,
    "kg": 1.0,
    "g": 1e-3,
}
"""Units of ``figures``, in kWh and kg."""

_CAUSES: Final = (
    ("grid.", "", "the carbon intensity of the electricity"),
    ("", "utilisation", "how hard the devices work"),
    ("", ".mfu", "how much of their peak the devices reach (the MFU)"),
    ("", "default_mfu", "how much of their peak the devices reach (the MFU)"),
    ("", "host_power_w", "the servers' own power: processors, memory, fans"),
    ("", "network_power_w", "the network's power"),
    ("", "pue", "the data centre's overhead (its PUE)"),
    ("", "lifetime_years", "how many years the devices are used"),
    ("", "storage_w_per_tb", "the power of storing data"),
    ("", "transfer_kwh_per_tb", "the electricity of moving data"),
    ("", "idle_share", "the power of devices that wait"),
    ("", "idle_power_w", "the power of devices that wait"),
    ("", "power_w", "the devices' power"),
)
"""Beginning and end of a factor's id, and what it is about. The first that fits counts."""
_MANUFACTURING: Final = "manufacturing, of which little is published"


def likely(quantity: Quantity, shown: str) -> str:
    """The 90 % interval in the unit of the figure as it is shown; empty where it is exact."""
    if quantity.low >= quantity.high:
        return ""
    size = _SIZES[shown.removesuffix(" CO2e").rpartition(" ")[2]]
    for digits in (2, figures.SIGNIFICANT):
        low, high = (figures.number(x / size, digits) for x in (quantity.low, quantity.high))
        if low != high:
            return f"(likely {low}–{high})"
    return ""


def figure_lines(estimate: Estimate) -> list[tuple[str, str, str]]:
    """Label, figure and range of what the answer is about, in the order that it is read."""
    totals = estimate.totals
    found: list[tuple[str, str, str]] = []
    article = estimate.factors is FactorSet.ARTICLE
    made = totals.embodied_kgco2e if estimate.devices else None
    for label, quantity in (
        ("Total", totals.total_kgco2e),
        ("Operational", totals.operational_kgco2e),
        ("Embodied" if article else "Embodied, the run's share", made),
    ):
        if quantity is None:
            why = "not in this factor set" if article else "not counted: no device was named"
            found.append((label, why, ""))
            continue
        shown = formats.mass_text(estimate, quantity.value)
        found.append((label, shown, likely(quantity, shown)))
    shown = formats.energy_text(estimate, totals.energy_kwh.value)
    found.append(("Energy", shown, likely(totals.energy_kwh, shown)))
    return found


def cause_line(run: TrainingRun, estimate: Estimate) -> str | None:
    """Which factor widens the total most, and what narrows it; ``None`` where nothing does."""
    cause = estimate.causes.get("total_kgco2e")
    if cause is None or estimate.totals.total_kgco2e.low >= estimate.totals.total_kgco2e.high:
        return None
    factor = cause.factor_id
    what = next(
        (
            words
            for start, end, words in _CAUSES
            if factor.startswith(start) and factor.endswith(end)
        ),
        _MANUFACTURING,
    )
    most = "Most of" if cause.share >= 0.5 else "The largest part of"
    how = _how_to_narrow(run, factor)
    return f"{most} the range comes from {what}." + (f" To narrow it, {how}." if how else "")


def _how_to_narrow(run: TrainingRun, factor: str) -> str:
    if factor.startswith("grid."):
        if run.location is None:
            return "say where: add `in France` or `in eu-west-1`"
        return "name the year: add `year 2023`" if run.year is None else ""
    if factor.endswith("utilisation"):
        return "measure it: add `at 60%`"
    if factor.endswith("mfu"):
        return "add yours: `mfu 0.4`"
    if factor.endswith("pue"):
        return "ask the data centre: add `pue 1.1`"
    if factor.endswith(("power_w", "idle_share", "per_tb")):
        return "meter a run like it and give its energy: `12 MWh`"
    return ""


def arithmetic(run: TrainingRun, estimate: Estimate) -> list[str]:
    """How what was typed became devices and hours, one line a step."""
    lines: list[str] = []
    if run.like is not None:
        lines.append(f"{run.like} = {to_text(run)}")
    lines += [a.text for a in estimate.assumptions if a.code == "counted_accelerators"]
    if estimate.workload is not None and estimate.devices:
        lines.append(workload_line(estimate.workload, estimate.devices[0].model))
    conditions = estimate.conditions
    if conditions is not None and conditions.overhead:
        lines.append(f"+ {100 * conditions.overhead:.4g} % for failed and trial runs")
    return lines


def workload_line(workload: WorkloadLine, model: str) -> str:
    """``6 × 70e9 × 15e12 = 6.3e24 FLOP → 6.68M H100-hours at 26.5 % MFU``."""
    return (
        f"{workload.flop_per_parameter_and_token:g} × {_power_of_ten(workload.parameters)} "
        f"× {_power_of_ten(workload.tokens)} = {_power_of_ten(workload.operations_flop)} FLOP → "
        f"{_count(workload.device_hours)} {model}-hours at {100 * workload.mfu:.3g} % MFU "
        f"({workload.precision})"
    )


def _power_of_ten(value: float) -> str:
    """A number with an exponent that is a multiple of three: ``70e9``."""
    exponent = int(f"{value:e}".partition("e")[2]) // 3 * 3
    return f"{value / 10.0**exponent:.4g}e{exponent}" if exponent else f"{value:.4g}"


def _count(value: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M")):
        if value >= size:
            return f"{figures.number(value / size)}{letter}"
    return figures.number(value)
