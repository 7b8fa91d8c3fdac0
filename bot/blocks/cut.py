"""What would cut a run's emissions, as a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.asker import Asker
from bot.blocks import parts, wording
from bot.blocks.chart import mass_chart
from bot.i18n import Say, estimates
from bot.language import to_text
from bot.message import Block, Message
from estimator import FactorSet, TrainingRun, estimate, figures
from estimator.reduction import Cut, cuts

SHOWN: Final = 5
"""Cuts in one answer: the largest ones. More are not read on a phone."""


def cut_message(run: TrainingRun, asker: Asker, *, public: bool = False) -> Message:
    """The largest cuts of a run, each computed, with its range and what it asks for.

    Args:
        run: the run, which is repeated.
        asker: whose factors and language to use.
        public: whether the channel sees it.
    """
    say, catalogue = asker.say, asker.catalogue
    command = to_text(run)
    said = parts.context(f"`/carbon {parts.in_code(command)}`")
    before = estimate(run, catalogue)
    found = cuts(run, before, catalogue)
    total = f"{figures.mass(before.totals.total_kgco2e.value)} CO2e"
    if not found:
        why = _none_because(run, say)
        text = parts.escape(
            say("No cut found for /carbon {command}. {why}", command=command, why=why)
        )
        blocks = (parts.header(say("No cut found")), said, parts.section(parts.escape(why)))
        return Message(parts.cut(text, parts.TEXT_LIMIT), blocks, public=public)
    shown = found[:SHOWN]
    most = wording.percent(shown[0].saving_share.value)
    title = say("{total} could be up to {share} less", total=total, share=most)
    blocks_made: list[Block] = [parts.header(title), said]
    blocks_made += [parts.section(_paragraph(cut, say)) for cut in shown]
    if len(shown) > 1:
        # Below the text, which says the same on the first screen of a phone.
        blocks_made.append(_chart(before.totals.total_kgco2e.value, shown, say))
    notes = [
        say(
            "Each is computed by itself: two together do not add up. In brackets the 90 % range, "
            "in which what both runs share cancels."
        )
    ]
    if len(found) > SHOWN:
        left = len(found) - SHOWN
        notes.append(
            say.plural("{n} smaller one is left out.", "{n} smaller ones are left out.", left)
        )
    notes.append(say("Data {version}", version=before.catalogue_version))
    blocks_made.append(parts.context(say.sentences(notes)))
    lines = say.sentences(f"{n}. {_plain(cut, say)}" for n, cut in enumerate(shown, start=1))
    text = say(
        "What would cut /carbon {command} ({total}): {lines}",
        command=command,
        total=total,
        lines=lines,
    )
    return Message(
        parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks_made), public=public
    )


def _none_because(run: TrainingRun, say: Say) -> str:
    if run.factors is FactorSet.ARTICLE:
        return say(
            "The article's factors know neither place nor time nor model: nothing but fewer "
            "devices would lower its figures. Leave out `factors article` for cuts."
        )
    return say(
        "Nothing that it computes saves as much as 1 %: another place, another accelerator "
        "or a better data centre would not help."
    )


def _change(saved: float) -> str:
    """A saved share as the change that it is: ``−94 %``, or ``+66 %`` where more is emitted."""
    worded = wording.percent(abs(saved))
    if worded == "0.0 %":
        return "0 %"
    return f"−{worded}" if saved > 0 else f"+{worded}"


def _range(cut: Cut, say: Say) -> str:
    """The range of the change, the largest saving first."""
    most, least = _change(cut.saving_share.high), _change(cut.saving_share.low)
    if most == least:
        return most
    return say("{low} to {high}", low=most.removesuffix(" %"), high=least)


def _saves(cut: Cut, say: Say) -> tuple[str, str]:
    """The saving and its range, and the totals before and after."""
    share = f"{_change(cut.saving_share.value)} [{_range(cut, say)}]"
    return share, say(
        "saves {saved}, leaves {left}",
        saved=f"{figures.mass(cut.saving_kgco2e.value)} CO2e",
        left=figures.mass(cut.after_kgco2e),
    )


def _what(cut: Cut, say: Say) -> str:
    """What to do, with a capital."""
    what = say(estimates.cut_text(cut))
    return what[:1].upper() + what[1:]


def _costs(cut: Cut, say: Say) -> str:
    return say.sentences(say(estimates.cost_text(cost)) for cost in cut.trade_offs)


def _paragraph(cut: Cut, say: Say) -> str:
    share, kept = _saves(cut, say)
    head = f"*{parts.escape(_what(cut, say))}*\n" + say(
        "{share}: {kept}", share=parts.escape(share), kept=parts.escape(kept)
    )
    costs = _costs(cut, say)
    return f"{head}\n_{parts.escape(costs)}_" if costs else head


def _plain(cut: Cut, say: Say) -> str:
    share, kept = _saves(cut, say)
    saved = say("{what}: {share}, {kept}.", what=_what(cut, say), share=share, kept=kept)
    return say.sentences([saved, _costs(cut, say)])


def _chart(before_kg: float, shown: Sequence[Cut], say: Say) -> Block:
    """Totals as Slack's own bar chart; every figure in it stands in the text as well."""
    labels = [say("as planned"), *(_label(cut, say) for cut in shown)]
    totals = [before_kg, *(cut.after_kgco2e for cut in shown)]
    return mass_chart(say("Total of the run"), labels, [("", totals)])


def _month(month: float | str | None, say: Say) -> str:
    return say(estimates.MONTHS[month - 1]) if isinstance(month, int) else ""


def _label(cut: Cut, say: Say) -> str:
    words = cut.words
    label = {
        "region_in_country": words.get("region"),
        "region_of_provider": words.get("region"),
        "region_anywhere": words.get("region"),
        "month": _month(words.get("month"), say),
        "accelerator_same_vendor": words.get("model"),
        "accelerator": words.get("model"),
        "higher_mfu": say("higher MFU"),
        "lower_precision": "fp8",
        "lower_pue": f"PUE {words.get('after')}",
        "fewer_idle": say("fewer idle"),
        "fewer_failures": say("fewer failures"),
        "less_stored": say("less stored"),
        "less_moved": say("less moved"),
    }[cut.code]
    return str(label)
