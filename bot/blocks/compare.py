"""Two runs side by side, as a message."""

from __future__ import annotations

from bot.blocks import parts
from bot.blocks.cut import CUT
from bot.language import to_text
from bot.message import Block, Message
from estimator import Catalogue, Estimate, FactorSet, Quantity, TrainingRun, figures, formats
from estimator.comparison import Comparison, compare


def compare_message(
    a: TrainingRun, b: TrainingRun, catalogue: Catalogue, *, public: bool = False
) -> Message:
    """Both estimates, the difference, and whether it is larger than the uncertainty.

    Args:
        a: the first run.
        b: the second run.
        catalogue: the factors to use.
        public: whether the channel sees it.
    """
    found = compare(a, b, catalogue)
    commands = to_text(a), to_text(b)
    rows = _rows(found)
    difference = _difference(found)
    blocks: list[Block] = [
        parts.header(_title(found)),
        parts.context(
            f"A: `{parts.escape(commands[0])}`\nB: `{parts.escape(commands[1])}`",
        ),
        parts.table(("CO2e", "A", "B"), rows),
        parts.section(f"*{parts.escape(found.text)}*\n{parts.escape(difference)}"),
        parts.context(parts.escape(_basis(found))),
    ]
    if a.factors is FactorSet.SOURCED and found.verdict != "same":
        higher = "A" if found.difference_kgco2e.value < 0 else "B"
        value = commands[0] if higher == "A" else commands[1]
        blocks.append(parts.actions([parts.button(f"What would cut {higher}", CUT, value)]))
    figures_text = "; ".join(f"{name}: A {left}, B {right}" for name, left, right in rows)
    text = (
        f"/carbon compare {commands[0]} vs {commands[1]}: {found.text} {difference} {figures_text}."
    )
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks), public=public)


def _title(found: Comparison) -> str:
    if found.verdict == "same":
        return "A and B emit the same"
    if found.verdict == "cannot_tell":
        return "A and B: too close to call"
    lower, higher = ("A", "B") if found.verdict == "a_lower" else ("B", "A")
    if found.ratio is None:
        return f"{lower} emits less than {higher}"
    share = 1 - min(found.ratio.value, 1 / found.ratio.value)
    return f"{lower} emits {100 * share:.3g} % less than {higher}"


def _rows(found: Comparison) -> list[list[str]]:
    """The figures of both, in columns that a phone has room for."""
    left, right = _column(found.a), _column(found.b)
    return [[name, text, right[name]] for name, text in left.items()]


def _column(estimate: Estimate) -> dict[str, str]:
    totals = estimate.totals
    operational, total = totals.operational_kgco2e, totals.total_kgco2e
    found = {
        "Energy": formats.energy_text(estimate, totals.energy_kwh.value),
        "Operational": figures.mass(operational.value) if operational else "-",
        "Embodied": figures.mass(totals.embodied_kgco2e.value),
        "Total": figures.mass(total.value),
    }
    if estimate.factors is FactorSet.SOURCED:
        found |= {"At least": figures.mass(total.low), "At most": figures.mass(total.high)}
    return found


def _signed(kg: float) -> str:
    return f"{'−' if kg < 0 else '+'}{figures.mass(abs(kg))}"


def _certain(quantity: Quantity) -> bool:
    return quantity.high - quantity.low <= 0.01 * abs(quantity.value)


def _difference(found: Comparison) -> str:
    kg, ratio = found.difference_kgco2e, found.ratio
    if found.verdict == "same":
        return "Difference: none."
    text = f"B − A: {_signed(kg.value)} CO2e"
    if not _certain(kg):
        text += f" (90 %: {_signed(kg.low)} to {_signed(kg.high)})"
    if ratio is not None:
        text += f". B is {figures.number(ratio.value)} × A"
        if not _certain(ratio):
            text += f" (90 %: {figures.number(ratio.low)} to {figures.number(ratio.high)})"
    return f"{text}."


def _basis(found: Comparison) -> str:
    if found.a.factors is FactorSet.ARTICLE:
        return "Factor set `article`: illustrative figures, without uncertainty."
    shared = len(found.shared)
    text = "At least and at most: the 90 % range of the total. "
    if shared:
        what = "factor is" if shared == 1 else "factors are"
        text += f"{shared} {what} the same on both sides: their errors cancel. "
    if found.cause is not None:
        part = f"{100 * found.cause.share:.0f} %"
        text += f"Most uncertain: {found.cause.factor_id} ({part} of the ratio's variance). "
    return f"{text}Data {found.a.catalogue_version}"
