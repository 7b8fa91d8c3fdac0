"""The working of an estimate: every step as a calculation that a reader can repeat by hand.

Each line is ``name: a × b ÷ c = d``, with the numbers that the engine used and five digits of each,
so that what stands on the right follows from what stands on the left.
"""

from __future__ import annotations

from typing import Final

from bot.asker import Asker
from bot.blocks import parts, wording
from bot.i18n import Say, text
from bot.message import Block, Message
from estimator import Estimate, Factor, FactorSet, Quantity, TrainingRun, figures
from estimator.embodied import device_embodied
from estimator.plan import DEFAULT_DURATION_H, host_embodied
from estimator.result import Conditions, DeviceLine
from estimator.units import GRAMS_PER_KILOGRAM, HOURS_PER_YEAR, KILOGRAMS_PER_TONNE

DIGITS: Final = 5
_NEGLIGIBLE: Final = 1e-9
_BUDGET: Final = 11_000
"""Characters of a message, below Slack's own bound of about 13,200."""
_BLOCKS: Final = 45
"""Blocks of a message, below Slack's own bound of 50."""
_FIGURES: Final = {
    "energy_kwh": text("Energy"),
    "operational_kgco2e": text("Operational"),
    "embodied_kgco2e": text("Embodied"),
    "total_kgco2e": text("Total"),
}


def working_message(run: TrainingRun, estimate: Estimate, asker: Asker, *, command: str) -> Message:
    """Every step of an estimate, with its numbers, formulas and the sources of its factors.

    Args:
        run: the specification.
        estimate: its estimate.
        asker: whose language to use, and today's date.
        command: the command that says the run.
    """
    say = asker.say
    chapters = _chapters(run, estimate, asker)
    sources = [_source(factor, asker) for factor in estimate.sources]
    blocks: list[Block] = [
        parts.header(say("The working")),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
    ]
    used = 0
    shown = [*chapters, (say("Factors"), sources)]
    for piece in (piece for title, lines in shown for piece in _pieces(title, lines)):
        used += len(piece)
        if used > _BUDGET or len(blocks) > _BLOCKS:
            more = say("The rest is in the record: *…*, *Record (JSON)*.")
            blocks.append(parts.context(more))
            break
        blocks.append(parts.section(piece))
    plain = "; ".join(" ".join(lines) for _, lines in chapters)
    text_shown = say("The working of /carbon {command}: {steps}", command=command, steps=plain)
    return Message(parts.cut(parts.escape(text_shown), parts.TEXT_LIMIT), tuple(blocks))


def _pieces(title: str, lines: list[str]) -> list[str]:
    """A chapter as sections, each within Slack's limit and never cut inside a line."""
    found: list[str] = []
    piece = parts.bold(title)
    for line in lines:
        shown = parts.cut(line, parts.SECTION_LIMIT - 100)
        if len(piece) + len(shown) + 1 > parts.SECTION_LIMIT:
            found.append(piece)
            piece = shown
        else:
            piece = f"{piece}\n{shown}"
    return [*found, piece] if lines else []


def _chapters(run: TrainingRun, estimate: Estimate, asker: Asker) -> list[tuple[str, list[str]]]:
    say, conditions = asker.say, estimate.conditions
    if estimate.factors is FactorSet.ARTICLE or conditions is None:
        return [(say("By the article's table"), _by_article(estimate)), _totals(estimate, say)]
    found = [(say("Devices and hours"), _hours(run, estimate, say))]
    found += [
        (say("Energy of {model}", model=line.model), _device(line, run, say))
        for line in estimate.devices
    ]
    found.append((say("Energy of the run"), _energy(run, estimate, conditions, say)))
    found.append((say("Operational emissions"), _operational(estimate, conditions, say)))
    if estimate.devices:
        found.append((say("Embodied emissions"), _embodied(estimate, conditions, asker)))
    found.append(_totals(estimate, say))
    assumed = [f"• {parts.escape(wording.assumption(a, say))}" for a in estimate.assumptions]
    found.append((say("Assumed, and left out"), assumed))
    return [(title, lines) for title, lines in found if lines]


def _hours(run: TrainingRun, estimate: Estimate, say: Say) -> list[str]:
    lines = [parts.escape(line) for line in wording.arithmetic(run, estimate, say)]
    for line in estimate.devices:
        if line.duration_h is None or line.device_hours is None:
            continue
        overhead = 1 + (estimate.conditions.overhead if estimate.conditions else 0.0)
        extra = f" × {_n(overhead)}" if overhead != 1 else ""
        expected = line.quantity * line.duration_h * overhead
        if abs(expected - line.device_hours) <= 1e-6 * expected:
            left = f"{_n(line.quantity)} × {_n(line.duration_h)} h{extra}"
            lines.append(f"{parts.escape(line.model)}: {left} = {_n(line.device_hours)} h")
        else:
            hours = _n(line.device_hours)
            lines.append(say("{model}: {hours} h", model=parts.escape(line.model), hours=hours))
    return lines


def _device(line: DeviceLine, run: TrainingRun, say: Say) -> list[str]:
    hours, power, share = line.device_hours, line.power_w, line.utilisation
    if not hours or power is None or share is None or line.accelerator_kwh is None:
        return []
    lines: list[str] = []
    wanted = hours * power * share / 1000
    if run.energy_kwh is None and abs(wanted - line.accelerator_kwh) <= 1e-6 * wanted:
        left = f"{_n(hours)} h × {_n(power)} W × {_n(100 * share)} % ÷ 1,000"
    else:
        left = f"{_n(hours)} h × {_n(1000 * line.accelerator_kwh / hours)} W ÷ 1,000"
    kwh = _n(line.accelerator_kwh)
    lines.append(say("accelerators: {left} = {kwh} kWh", left=left, kwh=kwh))
    if line.host_kwh:
        left = f"{_n(hours)} h × {_n(1000 * line.host_kwh / hours)} W ÷ 1,000"
        lines.append(say("servers: {left} = {kwh} kWh", left=left, kwh=_n(line.host_kwh)))
    if line.network_kwh:
        left = f"{_n(hours)} h × {_n(1000 * line.network_kwh / hours)} W ÷ 1,000"
        lines.append(say("network: {left} = {kwh} kWh", left=left, kwh=_n(line.network_kwh)))
    return lines


def _energy(run: TrainingRun, estimate: Estimate, conditions: Conditions, say: Say) -> list[str]:
    total, split = estimate.totals.energy_kwh.value, estimate.breakdown
    if run.energy_kwh is not None or split is None:
        return [say("as given: {kwh} kWh", kwh=_n(total))]
    shares = (
        split.accelerator_kwh,
        split.host_kwh,
        split.network_kwh,
        split.storage_kwh,
    )
    inside = sum(shares)
    lines = _data(run, estimate, conditions, say)
    left = " + ".join(_n(kwh) for kwh in shares if kwh > _NEGLIGIBLE)
    lines.append(say("computers: {left} = {kwh} kWh", left=left, kwh=_n(inside)))
    if abs(inside * conditions.pue - total) <= 1e-6 * total:
        left = f"{_n(inside)} kWh × {_n(conditions.pue)}"
    else:
        # What is moved outside the data centre has no PUE.
        left = f"{_n(inside)} + {_n(total - inside)}"
    lines.append(say("with the data centre (PUE): {left} = {kwh} kWh", left=left, kwh=_n(total)))
    return lines


def _data(run: TrainingRun, estimate: Estimate, conditions: Conditions, say: Say) -> list[str]:
    """Data that is kept and moved; what is moved is part of the network's electricity."""
    factors = {factor.id: factor.value for factor in estimate.sources}
    lines: list[str] = []
    if run.storage_tb:
        watts = factors["constant.storage_w_per_tb"]
        hours = conditions.duration_h or DEFAULT_DURATION_H
        left = f"{_n(run.storage_tb)} TB × {_n(watts)} W × {_n(hours)} h ÷ 1,000"
        kwh = _n(run.storage_tb * watts * hours / 1000)
        lines.append(say("storing data: {left} = {kwh} kWh", left=left, kwh=kwh))
    if run.transfer_tb:
        each = factors["constant.transfer_kwh_per_tb"]
        left = f"{_n(run.transfer_tb)} TB × {_n(each)} kWh"
        kwh = _n(run.transfer_tb * each)
        lines.append(say("moving data, in the network: {left} = {kwh} kWh", left=left, kwh=kwh))
    return lines


def _operational(estimate: Estimate, conditions: Conditions, say: Say) -> list[str]:
    operational = estimate.totals.operational_kgco2e
    if operational is None:
        return []
    energy = estimate.totals.energy_kwh.value
    left = f"{_n(energy)} kWh × {_n(conditions.intensity_gco2e_per_kwh)} g ÷ 1,000"
    assert GRAMS_PER_KILOGRAM == 1000  # noqa: S101 - the line above says so
    lines = [
        say(
            "{place}, location-based: {left} = {kg} kg CO2e",
            place=parts.escape(conditions.location),
            left=left,
            kg=_n(operational.value),
        )
    ]
    side = estimate.side
    if side is not None and side.operational_market_kgco2e is not None:
        kg = _n(side.operational_market_kgco2e)
        lines.append(say("market-based, beside it: {kg} kg CO2e", kg=kg))
    return lines


def _embodied(estimate: Estimate, conditions: Conditions, asker: Asker) -> list[str]:
    say = asker.say
    models = dict.fromkeys(line.model for line in estimate.devices)
    lines = [made for model in models for made in _made(model, asker)]
    years = conditions.lifetime_years
    for line in estimate.devices:
        each, hours = line.embodied_each_kgco2e, line.device_hours
        if not hours:
            continue
        left = f"{_n(each)} kg × {_n(hours)} h ÷ {_n(years * HOURS_PER_YEAR)} h"
        value = each * hours / (years * HOURS_PER_YEAR)
        shown = line.embodied_kgco2e.value
        if abs(value - shown) > 1e-6 * max(value, shown):
            left = f"{_n(shown)}"
        lines.append(f"{parts.escape(line.model)}: {left} = {_n(shown)} kg CO2e")
    lifetime = say(
        "A device serves {years:g} years, {hours} h.",
        years=years,
        hours=_n(years * HOURS_PER_YEAR),
    )
    return [*lines, lifetime] if lines else []


def _made(model: str, asker: Asker) -> list[str]:
    """Manufacturing of one device with its share of the server."""
    say, constants = asker.say, asker.catalogue.constants
    device = asker.catalogue.accelerators[model]
    made = device_embodied(device, constants)
    model = parts.escape(model)
    amounts = [amount for amount, _ in made.terms]
    lines: list[str] = []
    if made.modelled:
        (area, _, per_cm2), (memory, per_gb) = made.terms[0][1], made.terms[1][1]
        left = f"{_n(area.value)} mm² ÷ 100 × {_n(per_cm2.value)} kg"
        kg = _n(amounts[0])
        lines.append(say("die of {model}: {left} = {kg} kg", model=model, left=left, kg=kg))
        left = f"{_n(memory.value)} GB × {_n(per_gb.value)} kg"
        kg = _n(amounts[1])
        lines.append(say("memory of {model}: {left} = {kg} kg", model=model, left=left, kg=kg))
        sentence = text("{model}, die + memory + board + server: {left} = {kg} kg")
    else:
        sentence = text("{model}, as published + server: {left} = {kg} kg")
    amounts.append(host_embodied(device, constants).value)
    left, kg = " + ".join(_n(amount) for amount in amounts), _n(sum(amounts))
    lines.append(say(sentence.template, model=model, left=left, kg=kg))
    return lines


def _by_article(estimate: Estimate) -> list[str]:
    lines: list[str] = []
    for line in estimate.devices:
        each_t = line.embodied_each_kgco2e / KILOGRAMS_PER_TONNE
        all_t = line.embodied_full_kgco2e.value / KILOGRAMS_PER_TONNE
        lines.append(f"{line.device}: {_n(line.quantity)} × {_n(each_t)} t = {_n(all_t)} t CO2e")
        kwh = line.energy_kwh.value
        lines.append(
            f"{line.device}: {_n(line.quantity)} × {_n(kwh / line.quantity)} kWh = {_n(kwh)} kWh"
        )
    return lines


def _totals(estimate: Estimate, say: Say) -> tuple[str, list[str]]:
    totals = estimate.totals
    lines: list[str] = []
    if totals.operational_kgco2e is not None:
        left = f"{_n(totals.operational_kgco2e.value)} + {_n(totals.embodied_kgco2e.value)}"
        kg = _n(totals.total_kgco2e.value)
        lines.append(say("operational + embodied: {left} = {kg} kg CO2e", left=left, kg=kg))
    for field, label in _FIGURES.items():
        quantity: Quantity | None = getattr(totals, field)
        cause = estimate.causes.get(field)
        if quantity is None or cause is None or quantity.low >= quantity.high:
            continue
        unit = "kWh" if field == "energy_kwh" else "kg CO2e"
        lines.append(
            say(
                "{figure}: nine times in ten {low} to {high} {unit}; {share} of the variance is "
                "from {cause}",
                figure=label,
                low=figures.number(quantity.low),
                high=figures.number(quantity.high),
                unit=unit,
                share=f"{100 * cause.share:.0f} %",
                cause=f"`{parts.in_code(cause.factor_id)}`",
            )
        )
    return say("Totals and their ranges"), lines


def _source(factor: Factor, asker: Asker) -> str:
    link = parts.link(factor.source.url, factor.source.title)
    shown = parts.escape(wording.factor(factor, asker))
    named = f"• `{parts.in_code(factor.id)}` = {shown}"
    return asker.say("{factor}: {source}", factor=named, source=link)


def _n(value: float) -> str:
    return figures.number(float(f"{value:.{DIGITS}g}"), None)
