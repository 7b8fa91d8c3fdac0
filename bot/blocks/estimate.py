"""An estimate as a message, and its sources as another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Self

from bot.asker import Asker
from bot.blocks import controls, parts, wording
from bot.blocks.chart import BARS_LIMIT, mass_chart
from bot.blocks.live import live_line
from bot.i18n import Say, Text, text
from bot.i18n.estimates import MONTHS
from bot.language import to_text
from bot.message import Block, Message
from estimator import Estimate, Factor, TrainingRun, figures, formats
from estimator.largest_cut import largest_cut
from estimator.result import Assumption, Conditions

HOW_TO_CHANGE: Final = {
    "default_duration": text("add `for 2 weeks`"),
    "default_location": text("add `in France` or `in eu-west-1`"),
    "default_utilisation": text("add `at 60%`"),
    "default_pue": text("add `pue 1.1`"),
    "region_pue": text("add `pue 1.1`"),
    "default_model": text("name the model; `/carbon devices` lists them"),
    "default_mfu": text("add `mfu 0.4`"),
    "default_quantity": text("say how many: `on 512 H100`"),
    "overhead_off": text("add `overhead 50%`"),
    "storage_off": text("add `storage 100 TB` or `transfer 3 TB`"),
    "no_operational_in_article": text("leave out `factors article`"),
}
"""What to add to the command to change an assumption, by its code."""

_DEVICE_HEADER: Final = (text("Devices"), text("Energy"), text("Operational"), text("Embodied"))
_NOT_COUNTED: Final = ("overhead_off", "storage_off")
_SAID_ABOVE: Final = ("counted_accelerators", "live_intensity")
_BEHIND_SOURCES: Final = ("assumed_factor", "modelled_embodied")
"""Assumptions in the data itself: counted in the answer, listed with the sources."""
_MESSAGE_BUDGET: Final = 9000
"""Characters of a list of sources. Slack refuses messages whose blocks pass about 13,200."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the blocks and the text that stands for them both say, worded once."""

    figures: list[tuple[str, str, str]]
    cause: str | None
    cut: str | None
    steps: list[str]
    rows: list[list[str]]
    live: str

    @classmethod
    def of(cls, run: TrainingRun, estimate: Estimate, asker: Asker) -> Self:
        say = asker.say
        return cls(
            wording.figure_lines(estimate, say),
            wording.cause_line(run, estimate, say),
            wording.largest_cut_line(largest_cut(run, estimate, asker.catalogue), say),
            wording.arithmetic(run, estimate, say),
            [formats.device_row(estimate, line) for line in estimate.devices],
            live_line(estimate, asker),
        )


def estimate_message(  # noqa: PLR0913 - how an answer is shown has that many sides
    run: TrainingRun,
    estimate: Estimate,
    asker: Asker,
    *,
    public: bool = False,
    shared_by: str | None = None,
    command: str | None = None,
    from_settings: Sequence[Text] = (),
) -> Message:
    """The answer to a command: figures and their ranges, devices, assumptions, and controls.

    Args:
        run: the specification, which is repeated and travels in the controls.
        estimate: its estimate.
        asker: whose language to use, and today's date.
        public: whether the channel sees it.
        shared_by: id of the member who showed it to the channel.
        command: the command that says the run, where it is not all of its fields.
        from_settings: what of the run was taken from the channel's settings.
    """
    say = asker.say
    command = command or to_text(run)
    said = _Said.of(run, estimate, asker)
    blocks: list[Block] = [
        parts.header(_title(estimate)),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
        parts.section("\n".join(_figures(said, say))),
    ]
    found = [parts.escape(line) for line in (said.cause, said.cut) if line]
    if found:
        blocks.append(parts.section("\n".join(found)))
    if said.live:
        blocks.append(parts.section(parts.escape(said.live)))
    if shared_by:
        blocks.append(parts.shown_by(shared_by, say))
    # What to do next stands on the first screen of a phone; what it rests on is below.
    blocks += controls.rows(run, command, say, public=public)
    if said.steps:
        blocks.append(parts.context("\n".join(parts.escape(step) for step in said.steps)))
    if len(said.rows) > 1:
        # One device's figures are the totals.
        blocks.append(parts.table([say(label) for label in _DEVICE_HEADER], said.rows))
    if 1 < len(estimate.devices) <= BARS_LIMIT:
        blocks.append(_chart(estimate, say))
    assumed = _assumed(estimate.assumptions, say)
    if assumed.lines:
        blocks.append(
            parts.section(
                parts.cut(assumed.lines, _ASSUMED_LIMIT - _OF_A_DEVICE * len(estimate.devices))
            )
        )
    if from_settings:
        settings = say.commas(say(part) for part in from_settings)
        blocks.append(
            parts.context(say("From this channel's settings: {settings}", settings=settings))
        )
    blocks.append(parts.context(_basis(estimate, asker)))
    return Message(_fallback(command, said, estimate, say), tuple(blocks), public=public)


def sources_message(
    run: TrainingRun, estimate: Estimate, asker: Asker, *, command: str | None = None
) -> Message:
    """Every factor behind an estimate, by source, each source a link."""
    say = asker.say
    by_source: dict[str, list[Factor]] = {}
    for factor in estimate.sources:
        by_source.setdefault(factor.source.id, []).append(factor)
    paragraphs = [_source_paragraph(group, asker) for group in by_source.values()]
    paragraphs += [
        f"• {parts.escape(wording.assumption(a, say))}"
        for a in estimate.assumptions
        if a.code == "modelled_embodied"
    ]
    blocks: list[Block] = [parts.header(say("Where the figures come from"))]
    shown, used = 0, 0
    for paragraph in paragraphs:
        if used + len(paragraph) > _MESSAGE_BUDGET:
            break
        blocks.append(parts.section(paragraph))
        shown, used = shown + 1, used + len(paragraph)
        if len(blocks) == 45:
            break
    command = command or to_text(run)
    if shown < len(paragraphs):
        more = len(paragraphs) - shown
        blocks.append(
            parts.section(
                say.plural(
                    "… and {n} more: ask for fewer devices at once.",
                    "… and {n} more: ask for fewer devices at once.",
                    more,
                )
            )
        )
    blocks.append(
        parts.context(
            say(
                "For `/carbon {command}` · data {version}",
                command=parts.in_code(command),
                version=estimate.catalogue_version,
            )
        )
    )
    names = "; ".join(group[0].source.title for group in by_source.values())
    text = parts.cut(say("Sources of the estimate: {names}", names=names), parts.TEXT_LIMIT)
    return Message(parts.escape(text), tuple(blocks))


def _chart(estimate: Estimate, say: Say) -> Block:
    """Operational and embodied emissions of each device, side by side."""
    lines = estimate.devices
    series: list[tuple[str, list[float]]] = []
    operational = [line.operational_kgco2e for line in lines]
    if all(operational):
        series.append((say("Operational"), [found.value for found in operational if found]))
    series.append((say("Embodied"), [line.embodied_kgco2e.value for line in lines]))
    return mass_chart(say("Emissions by device"), [line.model for line in lines], series)


def _title(estimate: Estimate) -> str:
    totals = estimate.totals
    total = formats.mass_text(estimate, totals.total_kgco2e.value)
    return f"{total} · {formats.energy_text(estimate, totals.energy_kwh.value)}"


def _figures(said: _Said, say: Say) -> list[str]:
    lines: list[str] = []
    for label, figure, spread in said.figures:
        shown = f"*{parts.escape(figure)}*" if figure[0].isdigit() else parts.escape(figure)
        lines.append(wording.figure_line(parts.escape(label), shown, parts.escape(spread), say))
    return lines


_ASSUMED_LIMIT: Final = 2400
"""Characters of what was assumed."""
_OF_A_DEVICE: Final = 60
"""Characters fewer for each device: a message with many of them has little room."""


class _Assumed(NamedTuple):
    """What was assumed, as mrkdwn and as a sentence; empty where nothing was."""

    lines: str
    sentence: str


@lru_cache(maxsize=1024)  # most answers assume the same as others
def _assumed(assumptions: tuple[Assumption, ...], say: Say) -> _Assumed:
    assumed: list[str] = []
    left_out: list[str] = []
    sentences: list[str] = []
    hidden = 0
    for assumption in assumptions:
        if assumption.code in _BEHIND_SOURCES:
            hidden += 1
            continue
        if assumption.code in _SAID_ABOVE:
            continue
        sentence = wording.assumption(assumption, say)
        sentences.append(sentence)
        line = f"• {parts.escape(sentence)}"
        how = HOW_TO_CHANGE.get(assumption.code)
        if assumption.code in _NOT_COUNTED:
            hint = say("To count it, {how}.", how=how) if how else ""
            left_out.append(say.sentences([line, hint]))
        else:
            hint = say("To change it, {how}.", how=how) if how else ""
            assumed.append(say.sentences([line, hint]))
    if hidden:
        hint = say.plural(
            "{n} figure is modelled or assumed in the data: see Sources.",
            "{n} figures are modelled or assumed in the data: see Sources.",
            hidden,
        )
        assumed.append(f"• {hint}")
    if assumed:
        assumed.insert(0, parts.bold(say("Assumed")))
    if left_out:
        left_out.insert(0, parts.bold(say("Left out")))
    said = say("Assumed: {assumptions}", assumptions=say.sentences(sentences)) if sentences else ""
    return _Assumed("\n".join(assumed + left_out), said)


def _month(month: int | None, say: Say) -> str:
    return say("in {month}", month=MONTHS[month - 1]) if month is not None else ""


def _basis(estimate: Estimate, asker: Asker) -> str:
    say, conditions = asker.say, estimate.conditions
    if conditions is None:
        return say("Factor set `article`: illustrative figures, far from reality.")
    found = [
        *_circumstances(conditions, asker.say, asker.today.year, embodied=bool(estimate.devices)),
        _beside(estimate, say),
        say("likely: nine times in ten"),
        say("data {version}", version=estimate.catalogue_version),
    ]
    return parts.escape(" · ".join(sentence for sentence in found if sentence))


@lru_cache(maxsize=1024)  # many answers are of the same place and for as long
def _circumstances(
    conditions: Conditions, say: Say, this_year: int, *, embodied: bool
) -> tuple[str, ...]:
    grid = [
        wording.place(conditions.grid),
        wording.age(conditions.intensity_year, say, this_year),
        _month(conditions.intensity_month, say),
        say("direct emissions of the plants alone")
        if conditions.intensity_boundary == "direct"
        else "",
        say("location-based"),
    ]
    return (
        wording.duration(conditions.duration_h, say) if conditions.duration_h else "",
        say(
            "{place}: {intensity:g} gCO2e/kWh (grid {grid})",
            place=conditions.location,
            intensity=conditions.intensity_gco2e_per_kwh,
            grid=say.commas(trait for trait in grid if trait),
        ),
        f"PUE {conditions.pue:g}",
        say("embodied spread over {years:g} years", years=conditions.lifetime_years)
        if embodied
        else "",
    )


def _beside(estimate: Estimate, say: Say) -> str:
    """What is not in the total: manufacturing in full, purchases of clean energy, water."""
    side, full = estimate.side, estimate.totals.embodied_full_kgco2e.value
    found: list[str] = []
    if full:
        found.append(say("all of the manufacturing {mass}", mass=formats.mass_text(estimate, full)))
    if side is not None and side.operational_market_kgco2e is not None:
        market = formats.mass_text(estimate, side.operational_market_kgco2e)
        found.append(
            say("operational {mass} by the provider's purchases (market-based)", mass=market)
        )
    if side is not None and side.water_l is not None:
        found.append(say("{litres} L of water", litres=figures.number(side.water_l)))
    return say("not in the total: {things}", things=say.commas(found)) if found else ""


def _fallback(command: str, said: _Said, estimate: Estimate, say: Say) -> str:
    totals = say.commas(wording.figure_line(*line, say) for line in said.figures)
    devices = "; ".join(
        say(
            "{device}: energy {energy}, operational {operational}, embodied {embodied}",
            device=name,
            energy=energy,
            operational=operational,
            embodied=embodied,
        )
        for name, energy, operational, embodied in said.rows
    )
    sentences = [
        say("/carbon {command}: {totals}.", command=command, totals=totals),
        said.cause or "",
        said.cut or "",
        said.live,
        *said.steps,
        say("{devices}.", devices=devices) if devices else "",
        _assumed(estimate.assumptions, say).sentence,
    ]
    return parts.cut(parts.escape(say.sentences(sentences)), parts.TEXT_LIMIT)


def _source_paragraph(group: list[Factor], asker: Asker) -> str:
    say, source = asker.say, group[0].source
    lines = [f"*{parts.link(source.url, source.title)}*"]
    traits = [f"{parts.escape(source.publisher)}{f', {source.year}' if source.year else ''}"]
    traits.append(parts.escape(source.licence))
    if source.via:
        link = parts.link(source.via, say("a text that cites it"))
        traits.append(say("read in {link}", link=link))
    lines.append(" · ".join(traits))
    for factor in group:
        note = f" - {parts.escape(factor.note)}" if factor.note else ""
        shown = parts.escape(wording.factor(factor, asker))
        lines.append(f"• `{parts.in_code(factor.id)}` = {shown}{note}")
    return parts.cut("\n".join(lines), parts.SECTION_LIMIT)
