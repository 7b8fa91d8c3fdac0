"""Two runs side by side, as a message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.asker import Asker
from bot.blocks import parts, wording
from bot.blocks.controls import CUT, SHARE_COMPARISON
from bot.i18n import Say
from bot.language import to_text
from bot.message import Block, Message
from estimator import Estimate, FactorSet, Quantity, TrainingRun, figures, formats
from estimator.comparison import Comparison, compare


def compare_message(  # noqa: PLR0913 - what is said beside the two runs
    a: TrainingRun,
    b: TrainingRun,
    asker: Asker,
    *,
    public: bool = False,
    shared_by: str | None = None,
    notes: Sequence[str] = (),
) -> Message:
    """Both estimates, the difference, and whether it is larger than the uncertainty.

    Args:
        a: the first run.
        b: the second run.
        asker: whose factors and language to use.
        public: whether the channel sees it.
        shared_by: id of the member who showed it to the channel.
        notes: what is to be known of what the two runs have in common.
    """
    say = asker.say
    found = compare(a, b, asker.catalogue)
    commands = to_text(a), to_text(b)
    rows = _rows(found, say)
    verdict, difference = _verdict(found, say), _difference(found, say)
    blocks: list[Block] = [
        parts.header(_title(found, say)),
        parts.context(
            "\n".join(
                [
                    f"A: `{parts.in_code(commands[0])}`",
                    f"B: `{parts.in_code(commands[1])}`",
                    *(parts.escape(note) for note in notes),
                ]
            ),
        ),
        parts.table(("CO2e", "A", "B"), rows),
        parts.section(f"*{parts.escape(verdict)}*\n{parts.escape(difference)}"),
        parts.context(parts.escape(_basis(found, say))),
    ]
    if shared_by:
        blocks.append(parts.shown_by(shared_by, say))
    buttons: list[Block] = []
    both = f"{commands[0]} vs {commands[1]}"
    if not public and len(both) <= parts.BUTTON_VALUE_LIMIT:
        buttons.append(parts.button(say("Show to channel"), SHARE_COMPARISON, both, primary=True))
    if a.factors is FactorSet.SOURCED and found.verdict != "same":
        higher = "A" if found.difference_kgco2e.value < 0 else "B"
        value = commands[0] if higher == "A" else commands[1]
        label = say("What would cut {which}", which=higher)
        buttons.append(parts.button(label, CUT, value))
    if buttons:
        blocks.append(parts.actions(buttons))
    figures_text = "; ".join(f"{name}: A {left}, B {right}" for name, left, right in rows)
    noted = say.sentences([verdict, difference, *notes])
    text = f"/carbon compare {commands[0]} vs {commands[1]}: {noted} {figures_text}."
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks), public=public)


def _title(found: Comparison, say: Say) -> str:
    if found.verdict == "same":
        return say("A and B emit the same")
    if found.verdict == "cannot_tell":
        return say("A and B: too close to call")
    lower, higher = ("A", "B") if found.verdict == "a_lower" else ("B", "A")
    if found.ratio is None:
        return say("{lower} emits less than {higher}", lower=lower, higher=higher)
    share = 1 - min(found.ratio.value, 1 / found.ratio.value)
    return say(
        "{lower} emits {share} less than {higher}",
        lower=lower,
        higher=higher,
        share=f"{100 * share:.3g} %",
    )


def _verdict(found: Comparison, say: Say) -> str:
    """Which emits less and by how much, and whether that is more than the uncertainty."""
    if found.verdict == "same":
        return say("Both emit the same.")
    a, b = (side.totals.total_kgco2e.value for side in (found.a, found.b))
    lower, less, more = ("A", a, b) if a < b else ("B", b, a)
    by = say(
        "{lower} emits {mass} CO2e less ({share} less)",
        lower=lower,
        mass=figures.mass(more - less),
        share=f"{100 * (1 - less / more):.3g} %",
    )
    if found.verdict == "cannot_tell":
        return say(
            "{by}, but that is within the uncertainty: {lower} is the lower one "
            "with a probability of {chance}.",
            by=by,
            lower=lower,
            chance=f"{100 * found.words['probability']:.0f} %",
        )
    return say("{by}, which is more than the uncertainty of the figures.", by=by)


def _rows(found: Comparison, say: Say) -> list[list[str]]:
    """The figures of both, in columns that a phone has room for."""
    left, right = _column(found.a, say), _column(found.b, say)
    return [[name, text, right[name]] for name, text in left.items()]


def _column(estimate: Estimate, say: Say) -> dict[str, str]:
    totals = estimate.totals
    operational, total = totals.operational_kgco2e, totals.total_kgco2e
    found = {
        say("Energy"): formats.energy_text(estimate, totals.energy_kwh.value),
        say("Operational"): figures.mass(operational.value) if operational else "-",
        say("Embodied"): figures.mass(totals.embodied_kgco2e.value),
        say("Total"): figures.mass(total.value),
    }
    if estimate.factors is FactorSet.SOURCED:
        found |= {
            say("At least"): figures.mass(total.low),
            say("At most"): figures.mass(total.high),
        }
    return found


def _signed(kg: float) -> str:
    return f"{'−' if kg < 0 else '+'}{figures.mass(abs(kg))}"


def _certain(quantity: Quantity) -> bool:
    return quantity.high - quantity.low <= 0.01 * abs(quantity.value)


def _difference(found: Comparison, say: Say) -> str:
    kg, ratio = found.difference_kgco2e, found.ratio
    if found.verdict == "same":
        return say("Difference: none.")
    spread = ""
    if not _certain(kg):
        spread = say(" (90 %: {low} to {high})", low=_signed(kg.low), high=_signed(kg.high))
    sentences = [say("B − A: {mass} CO2e{range}.", mass=_signed(kg.value), range=spread)]
    if ratio is not None:
        spread = ""
        if not _certain(ratio):
            low, high = figures.number(ratio.low), figures.number(ratio.high)
            spread = say(" (90 %: {low} to {high})", low=low, high=high)
        times = figures.number(ratio.value)
        sentences.append(say("B is {ratio} × A{range}.", ratio=times, range=spread))
    return say.sentences(sentences)


def _basis(found: Comparison, say: Say) -> str:
    if found.a.factors is FactorSet.ARTICLE:
        return say("Factor set `article`: illustrative figures, without uncertainty.")
    sentences = [say("At least and at most: the 90 % range of the total.")]
    if found.shared:
        sentences.append(
            say.plural(
                "{n} factor is the same on both sides: its errors cancel.",
                "{n} factors are the same on both sides: their errors cancel.",
                len(found.shared),
            )
        )
    if found.cause is not None:
        sentences.append(
            say(
                "Most uncertain: {factor} ({share} of the ratio's variance).",
                factor=wording.cause_words(found.cause.factor_id)[0],
                share=f"{100 * found.cause.share:.0f} %",
            )
        )
    sentences.append(say("Data {version}", version=found.a.catalogue_version))
    return say.sentences(sentences)
