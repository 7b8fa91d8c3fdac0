"""What an answer says in plain words: ranges, their main cause, and the arithmetic behind it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from bot.asker import Asker
from bot.i18n import ENGLISH, Say, Text, estimates, text
from bot.language import to_text
from estimator import Estimate, Factor, FactorSet, Quantity, TrainingRun, figures, formats
from estimator.largest_cut import LargestCut
from estimator.result import Assumption, WorkloadLine
from estimator.units import HOURS_PER_DAY

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
    ("grid.", "", text("the carbon intensity of the electricity"), text("Carbon intensity")),
    ("", "utilisation", text("how hard the devices work"), text("Utilisation")),
    ("", "power_share", text("how hard the devices work"), text("Utilisation")),
    ("", ".mfu", text("how much of their peak the devices reach (the MFU)"), text("MFU")),
    ("", "default_mfu", text("how much of their peak the devices reach (the MFU)"), text("MFU")),
    (
        "",
        "host_power_w",
        text("the servers' own power: processors, memory, fans"),
        text("Servers' power"),
    ),
    ("", "network_power_w", text("the network's power"), text("Network's power")),
    ("", "pue", text("the data centre's overhead (its PUE)"), text("PUE")),
    ("", "lifetime_years", text("how many years the devices are used"), text("Lifetime")),
    ("", "storage_w_per_tb", text("the power of storing data"), text("Storing data")),
    ("", "transfer_kwh_per_tb", text("the electricity of moving data"), text("Moving data")),
    ("", "idle_share", text("the power of devices that wait"), text("Waiting devices")),
    ("", "idle_power_w", text("the power of devices that wait"), text("Waiting devices")),
    ("", "power_w", text("the devices' power"), text("Devices' power")),
)
"""Beginning and end of a factor's id, what it is about, and a name that fits under a bar.

The first that fits counts.
"""
_MANUFACTURING: Final = (
    text("manufacturing, of which little is published"),
    text("Manufacturing"),
)


_BASES: Final = {
    "measured": text("measured"),
    "published": text("published"),
    "assumed": text("assumed"),
}


def assumption(found: Assumption, say: Say) -> str:
    """What was assumed, in the asker's language."""
    return found.text if say.language == ENGLISH else say(estimates.assumption_text(found))


def place(grid: str) -> str:
    """The name of a grid as it is shown."""
    return grid


def age(year: int | None, say: Say, this_year: int) -> str:
    """How old a yearly mean is: ``2024 mean, 2 years old``; empty where its year is not known."""
    if year is None:
        return ""
    old = this_year - year
    if old <= 0:
        return say("{year} mean", year=year)
    return say.plural("{year} mean, {n} year old", "{year} mean, {n} years old", old, year=year)


def duration(hours: float, say: Say) -> str:
    """A duration in hours, with the days it makes where it is longer than one."""
    shown = say("{hours} h", hours=figures.number(hours, None))
    if hours <= HOURS_PER_DAY:
        return shown
    days = hours / HOURS_PER_DAY
    worded = figures.number(days, None if days.is_integer() else figures.SIGNIFICANT)
    return say("{hours} ({days})", hours=shown, days=say("{days} days", days=worded))


def factor(found: Factor, asker: Asker) -> str:
    """A factor with its unit, age, range and basis: ``700 W (TDP, published)``."""
    say = asker.say
    unit = "" if found.unit == "1" else f" {found.unit}"
    traits = [found.kind, age(found.year, say, asker.today.year), say(_BASES[found.basis.value])]
    if found.low is not None and found.high is not None:
        traits.append(say("sources give {low:g} to {high:g}", low=found.low, high=found.high))
    return say(
        "{value} ({traits})",
        value=f"{found.value:g}{unit}",
        traits=say.commas(trait for trait in traits if trait),
    )


def likely(quantity: Quantity, shown: str, say: Say) -> str:
    """The 90 % interval in the unit of the figure as it is shown; empty where it is exact."""
    if quantity.low >= quantity.high:
        return ""
    size = _SIZES[shown.removesuffix(" CO2e").rpartition(" ")[2]]
    for digits in (2, figures.SIGNIFICANT):
        low, high = (figures.number(x / size, digits) for x in (quantity.low, quantity.high))
        if low != high:
            return say("(likely {low}–{high})", low=low, high=high)
    return ""


def figure_line(label: str, figure: str, spread: str, say: Say) -> str:
    """A figure with its label, and its range where it has one."""
    if not spread:
        return f"{label} {figure}"
    return say("{label} {figure} {range}", label=label, figure=figure, range=spread)


def figure_lines(estimate: Estimate, say: Say) -> list[tuple[str, str, str]]:
    """Label, figure and range of what the answer is about, in the order that it is read."""
    totals = estimate.totals
    found: list[tuple[str, str, str]] = []
    article = estimate.factors is FactorSet.ARTICLE
    made = totals.embodied_kgco2e if estimate.devices else None
    for label, quantity in (
        (say("Total"), totals.total_kgco2e),
        (say("Operational"), totals.operational_kgco2e),
        (say("Embodied") if article else say("Embodied, the run's share"), made),
    ):
        if quantity is None:
            why = (
                say("not in this factor set")
                if article
                else say("not counted: no device was named")
            )
            found.append((label, why, ""))
            continue
        shown = formats.mass_text(estimate, quantity.value)
        found.append((label, shown, likely(quantity, shown, say)))
    shown = formats.energy_text(estimate, totals.energy_kwh.value)
    found.append((say("Energy"), shown, likely(totals.energy_kwh, shown, say)))
    return found


def cause_line(run: TrainingRun, estimate: Estimate, say: Say) -> str | None:
    """Which factor widens the total most, and what narrows it; ``None`` where nothing does."""
    cause = estimate.causes.get("total_kgco2e")
    if cause is None or estimate.totals.total_kgco2e.low >= estimate.totals.total_kgco2e.high:
        return None
    factor = cause.factor_id
    what, _ = cause_words(factor)
    if cause.share >= 0.5:
        line = say("Most of the range comes from {cause}.", cause=what)
    else:
        line = say("The largest part of the range comes from {cause}.", cause=what)
    how = _how_to_narrow(run, factor)
    return say.sentences([line, say("To narrow it, {how}.", how=how)]) if how else line


def percent(share: float) -> str:
    """A share in percent, with as many digits as it is worth."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.095 else f"{100 * share:.1f} %"


def largest_cut_line(cut: LargestCut | None, say: Say) -> str | None:
    """What would lower the total most; ``None`` where nothing would."""
    if cut is None:
        return None
    return say(
        "Largest cut: {what} (−{share}, saves {mass} CO2e).",
        what=cut.text if say.language == ENGLISH else estimates.cut_text(cut),
        share=percent(cut.saving_share),
        mass=figures.mass(cut.saving_kgco2e),
    )


@lru_cache(maxsize=1024)
def cause_words(factor_id: str) -> tuple[Text, Text]:
    """What a factor that widens a range is about, and a name of it that fits under a bar."""
    found = (
        (words, name)
        for start, end, words, name in _CAUSES
        if factor_id.startswith(start) and factor_id.endswith(end)
    )
    return next(found, _MANUFACTURING)


def _how_to_narrow(run: TrainingRun, factor: str) -> Text | None:
    if factor.startswith("grid."):
        if run.location is None:
            return text("say where: add `in France` or `in eu-west-1`")
        return text("name the year: add `year 2023`") if run.year is None else None
    if factor.endswith("utilisation"):
        return text("measure it: add `at 60%`")
    if factor.endswith("mfu"):
        return text("add yours: `mfu 0.4`")
    if factor.endswith("pue"):
        return text("ask the data centre: add `pue 1.1`")
    if factor.endswith("lifetime_years"):
        return text("say how long yours are in service: add `lifetime 5 years`")
    if factor.endswith(("power_w", "power_share", "idle_share", "per_tb")):
        return text("meter a run like it and give its energy: `12 MWh`")
    return None


def arithmetic(run: TrainingRun, estimate: Estimate, say: Say) -> list[str]:
    """How what was typed became devices and hours, one line a step."""
    lines: list[str] = []
    if run.like is not None:
        lines.append(f"{run.like} = {to_text(run)}")
    lines += [a.text for a in estimate.assumptions if a.code == "counted_accelerators"]
    if estimate.workload is not None and estimate.devices:
        lines.append(workload_line(estimate.workload, estimate.devices[0].model, say))
    conditions = estimate.conditions
    if conditions is not None and conditions.overhead:
        share = f"{100 * conditions.overhead:.4g} %"
        lines.append(say("+ {share} for failed and trial runs", share=share))
    return lines


def workload_line(workload: WorkloadLine, model: str, say: Say) -> str:
    """``6 × 70e9 × 15e12 = 6.3e24 FLOP → 6.68M H100-hours at 26.5 % MFU``."""
    return say(
        "{each:g} × {parameters} × {tokens} = {operations} FLOP → "
        "{hours} {model}-hours at {mfu:.3g} % MFU ({precision})",
        each=workload.flop_per_parameter_and_token,
        parameters=_power_of_ten(workload.parameters),
        tokens=_power_of_ten(workload.tokens),
        operations=_power_of_ten(workload.operations_flop),
        hours=_count(workload.device_hours),
        model=model,
        mfu=100 * workload.mfu,
        precision=workload.precision,
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
