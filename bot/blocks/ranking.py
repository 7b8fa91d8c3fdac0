"""Cloud regions ranked for a run, as a table and as Slack's own bar chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.chart import mass_chart
from bot.language import to_text
from bot.message import Block, Message
from estimator import TrainingRun, estimate, figures
from estimator.sweeping import SweepPoint

SHOWN: Final = 10
"""Regions in one answer."""
BARS: Final = 6
"""Of them in the chart: more labels are not legible on a phone."""


def ranking_message(run: TrainingRun, points: Sequence[SweepPoint], asker: Asker) -> Message:
    """The regions in which a run emits least, and where its own place stands.

    Args:
        run: the run, which is repeated.
        points: the run in every region, the least total first.
        asker: whose factors and language to use.
    """
    say, command = asker.say, to_text(run)
    if not points:
        why = say("The article's factors know no places. Leave out `factors article`.")
        return Message(parts.escape(why), (parts.section(parts.escape(why)),))
    shown = points[:SHOWN]
    regions = asker.catalogue.regions
    rows = [
        [
            f"{n}. {regions[p.location].id} ({regions[p.location].provider})",
            f"{figures.mass(p.total_kgco2e)}",
            figures.energy(p.energy_kwh),
        ]
        for n, p in enumerate(shown, start=1)
    ]
    before = estimate(run, asker.catalogue).totals.total_kgco2e.value
    better = sum(point.total_kgco2e < before for point in points)
    stands = say.plural(
        "As asked it emits {total} CO2e; {n} region of {all} is cleaner.",
        "As asked it emits {total} CO2e; {n} regions of {all} are cleaner.",
        better,
        total=figures.mass(before),
        all=len(points),
    )
    notes = say(
        "Yearly means, location-based, with each region's own PUE. Check that it has these "
        "devices. Data {version}",
        version=asker.catalogue.version,
    )
    title = say("Cleanest regions for this run")
    blocks: list[Block] = [
        parts.header(title),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
        parts.section(parts.escape(stands)),
        parts.table((say("Region"), "CO2e", say("Energy")), rows),
        _chart(shown, before, asker),
        parts.context(parts.escape(notes)),
    ]
    lines = "; ".join(" ".join(row) for row in rows)
    text = f"{title}: /carbon {command}. {stands} {lines}"
    return Message(parts.cut(parts.escape(text), parts.TEXT_LIMIT), tuple(blocks))


def _chart(shown: Sequence[SweepPoint], before_kg: float, asker: Asker) -> Block:
    bars = shown[:BARS]
    labels = [asker.say("as asked"), *(point.location for point in bars)]
    totals = [before_kg, *(point.total_kgco2e for point in bars)]
    return mass_chart(asker.say("Total of the run"), labels, [("", totals)])
