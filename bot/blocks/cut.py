"""What would cut a run's emissions, as a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.blocks import parts
from bot.language import to_text
from bot.message import Block, Message
from estimator import Catalogue, TrainingRun, estimate, figures
from estimator.reduction import Cut, cuts, no_cuts_because

CUT: Final = "carbon_cut"

SHOWN: Final = 5
"""Cuts in one answer: the largest ones. More are not read on a phone."""
_CHART_LABEL: Final = 20
"""Characters that Slack's charts take in a label."""


def cut_message(run: TrainingRun, catalogue: Catalogue, *, public: bool = False) -> Message:
    """The largest cuts of a run, each computed, with its range and what it asks for.

    Args:
        run: the run, which is repeated.
        catalogue: the factors to use.
        public: whether the channel sees it.
    """
    command = to_text(run)
    said = parts.context(f"`/carbon {parts.escape(command)}`")
    before = estimate(run, catalogue)
    found = cuts(run, before, catalogue)
    total = f"{figures.mass(before.totals.total_kgco2e.value)} CO2e"
    if not found:
        why = no_cuts_because(run) or (
            "Nothing that it computes saves as much as 1 %: another place, another accelerator "
            "or a better data centre would not help."
        )
        text = parts.escape(f"No cut found for /carbon {command}. {why}")
        blocks = (parts.header("No cut found"), said, parts.section(parts.escape(why)))
        return Message(parts.cut(text, parts.TEXT_LIMIT), blocks, public=public)
    shown = found[:SHOWN]
    title = f"{total} could be up to {_percent(shown[0].saving_share.value)} less"
    blocks_made: list[Block] = [parts.header(title), said]
    blocks_made += [parts.section(_paragraph(cut)) for cut in shown]
    if len(shown) > 1:
        # Below the text, which says the same on the first screen of a phone.
        blocks_made.append(_chart(before.totals.total_kgco2e.value, shown))
    left = f" · {len(found) - SHOWN} smaller ones are left out" if len(found) > SHOWN else ""
    blocks_made.append(
        parts.context(
            "Each is computed by itself: two together do not add up. In brackets the 90 % range, "
            f"in which what both runs share cancels{left} · data {before.catalogue_version}"
        )
    )
    lines = " ".join(f"{n}. {_plain(cut)}" for n, cut in enumerate(shown, start=1))
    text = f"What would cut /carbon {command} ({total}): {lines}"
    return Message(
        parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks_made), public=public
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if abs(share) >= 0.095 else f"{100 * share:.1f} %"


def _range(cut: Cut) -> str:
    low, high = cut.saving_share.low, cut.saving_share.high
    low_text, high_text = _percent(low).removesuffix(" %"), _percent(high)
    if f"{low_text} %" == high_text:
        return high_text
    return f"{low_text} to {high_text}".replace("-", "−")


def _saves(cut: Cut) -> tuple[str, str]:
    """The saving and its range, and the totals before and after."""
    saved = f"{figures.mass(cut.saving_kgco2e.value)} CO2e"
    return f"−{_percent(cut.saving_share.value)} [{_range(cut)}]", (
        f"saves {saved}, leaves {figures.mass(cut.after_kgco2e)}"
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _paragraph(cut: Cut) -> str:
    share, kept = _saves(cut)
    costs = " ".join(cost.text for cost in cut.trade_offs)
    head = f"*{parts.escape(_capital(cut.text))}*\n{parts.escape(share)}: {parts.escape(kept)}"
    return f"{head}\n_{parts.escape(costs)}_" if costs else head


def _plain(cut: Cut) -> str:
    share, kept = _saves(cut)
    costs = "".join(f" {cost.text}" for cost in cut.trade_offs)
    return f"{_capital(cut.text)}: {share}, {kept}.{costs}"


def _chart(before_kg: float, shown: Sequence[Cut]) -> Block:
    """Totals as Slack's own bar chart; every figure in it stands in the text as well."""
    size, unit = (1000.0, "t CO2e") if before_kg >= 1000 else (1.0, "kg CO2e")
    bars = [("as planned", before_kg), *((_label(cut), cut.after_kgco2e) for cut in shown)]
    values = [(label, float(f"{kg / size:.3g}")) for label, kg in bars]
    return {
        "type": "data_visualization",
        "title": "Total of the run",
        "chart": {
            "type": "bar",
            "series": [
                {
                    "name": unit,
                    "data": [{"label": label, "value": value} for label, value in values],
                }
            ],
            "axis_config": {"categories": [label for label, _ in values], "y_label": unit},
        },
    }


def _label(cut: Cut) -> str:
    words = cut.words
    label = {
        "region_in_country": words.get("region"),
        "region_of_provider": words.get("region"),
        "region_anywhere": words.get("region"),
        "accelerator_same_vendor": words.get("model"),
        "accelerator": words.get("model"),
        "higher_mfu": "higher MFU",
        "lower_precision": "fp8",
        "lower_pue": f"PUE {words.get('after')}",
        "fewer_idle": "fewer idle",
        "fewer_failures": "fewer failures",
        "less_stored": "less stored",
        "less_moved": "less moved",
    }[cut.code]
    return parts.cut(str(label), _CHART_LABEL)
