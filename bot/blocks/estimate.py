"""An estimate as a message, and its sources as another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bot.blocks import parts, wording
from bot.blocks.cut import CUT
from bot.language import to_text
from bot.message import Block, Message
from estimator import Estimate, Factor, TrainingRun, figures, formats

SHARE: Final = "carbon_share"
SOURCES: Final = "carbon_sources"
DISMISS: Final = "carbon_dismiss"

HOW_TO_CHANGE: Final = {
    "default_duration": "add `for 2 weeks`",
    "default_location": "add `in France` or `in eu-west-1`",
    "default_utilisation": "add `at 60%`",
    "default_pue": "add `pue 1.1`",
    "region_pue": "add `pue 1.1`",
    "default_model": "name the model; `/carbon devices` lists them",
    "default_mfu": "add `mfu 0.4`",
    "default_quantity": "say how many: `on 512 H100`",
    "overhead_off": "add `overhead 50%`",
    "storage_off": "add `storage 100 TB` or `transfer 3 TB`",
    "no_operational_in_article": "leave out `factors article`",
}
"""What to add to the command to change an assumption, by its code."""

_NOT_COUNTED: Final = ("overhead_off", "storage_off")
_SAID_ABOVE: Final = ("counted_accelerators",)
_BEHIND_SOURCES: Final = ("assumed_factor", "modelled_embodied")
"""Assumptions in the data itself: counted in the answer, listed with the sources."""
_MESSAGE_BUDGET: Final = 9000
"""Characters of a list of sources. Slack refuses messages whose blocks pass about 13,200."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the blocks and the text that stands for them both say, worded once."""

    figures: list[tuple[str, str, str]]
    cause: str | None
    steps: list[str]
    rows: list[list[str]]

    @classmethod
    def of(cls, run: TrainingRun, estimate: Estimate) -> Self:
        return cls(
            wording.figure_lines(estimate),
            wording.cause_line(run, estimate),
            list(wording.arithmetic(run, estimate)),
            [formats.device_row(estimate, line) for line in estimate.devices],
        )


def estimate_message(  # noqa: PLR0913 - how an answer is shown has that many sides
    run: TrainingRun,
    estimate: Estimate,
    *,
    public: bool = False,
    shared_by: str | None = None,
    command: str | None = None,
    today_year: int | None = None,
) -> Message:
    """The answer to a command: figures and their ranges, devices, assumptions, and buttons.

    Args:
        run: the specification, which is repeated and travels in the buttons.
        estimate: its estimate.
        public: whether the channel sees it.
        shared_by: id of the member who showed it to the channel.
        command: the command that says the run, where it is not all of its fields.
        today_year: this year, for the age of the figures; it is not said without.
    """
    command = command or to_text(run)
    said = _Said.of(run, estimate)
    blocks: list[Block] = [
        parts.header(_title(estimate)),
        parts.context(f"`/carbon {parts.escape(command)}`"),
        parts.section("\n".join(_figures(said))),
    ]
    if said.cause:
        blocks.append(parts.section(parts.escape(said.cause)))
    if said.steps:
        blocks.append(parts.context("\n".join(parts.escape(step) for step in said.steps)))
    if said.rows:
        blocks.append(parts.table(formats.DEVICE_HEADER, said.rows))
    lines = _assumption_lines(estimate)
    if lines:
        blocks.append(parts.section("\n".join(lines)))
    blocks.append(parts.context(_basis(estimate, today_year)))
    if shared_by:
        blocks.append(parts.context(f"Shown by <@{parts.escape(shared_by)}>"))
    blocks.append(parts.actions(_buttons(command, public=public)))
    return Message(_fallback(command, said, estimate), tuple(blocks), public=public)


def sources_message(run: TrainingRun, estimate: Estimate, *, command: str | None = None) -> Message:
    """Every factor behind an estimate, by source, each source a link."""
    by_source: dict[str, list[Factor]] = {}
    for factor in estimate.sources:
        by_source.setdefault(factor.source.id, []).append(factor)
    paragraphs = [_source_paragraph(group) for group in by_source.values()]
    paragraphs += [
        f"• {parts.escape(a.text)}" for a in estimate.assumptions if a.code == "modelled_embodied"
    ]
    blocks: list[Block] = [parts.header("Where the figures come from")]
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
        blocks.append(
            parts.section(f"… and {len(paragraphs) - shown} more: ask for fewer devices at once.")
        )
    blocks.append(
        parts.context(f"For `/carbon {parts.escape(command)}` · data {estimate.catalogue_version}")
    )
    names = "; ".join(group[0].source.title for group in by_source.values())
    text = parts.cut(f"Sources of the estimate: {names}", parts.TEXT_LIMIT)
    return Message(parts.escape(text), tuple(blocks))


def _title(estimate: Estimate) -> str:
    totals = estimate.totals
    total = formats.mass_text(estimate, totals.total_kgco2e.value)
    return f"{total} · {formats.energy_text(estimate, totals.energy_kwh.value)}"


def _figures(said: _Said) -> list[str]:
    lines: list[str] = []
    for label, figure, spread in said.figures:
        shown = f"*{parts.escape(figure)}*" if figure[0].isdigit() else parts.escape(figure)
        text = f"{parts.escape(label)} {shown}"
        lines.append(f"{text} {parts.escape(spread)}".rstrip())
    return lines


def _assumption_lines(estimate: Estimate) -> list[str]:
    assumed: list[str] = []
    left_out: list[str] = []
    hidden = 0
    for assumption in estimate.assumptions:
        if assumption.code in _BEHIND_SOURCES:
            hidden += 1
            continue
        if assumption.code in _SAID_ABOVE:
            continue
        how = HOW_TO_CHANGE.get(assumption.code)
        lines = left_out if assumption.code in _NOT_COUNTED else assumed
        change = f" To {'count' if lines is left_out else 'change'} it, {how}." if how else ""
        lines.append(f"• {parts.escape(assumption.text)}{change}")
    if hidden:
        what = "figure is" if hidden == 1 else "figures are"
        assumed.append(f"• {hidden} {what} modelled or assumed in the data: see Sources.")
    if assumed:
        assumed.insert(0, "*Assumed*")
    if left_out:
        left_out.insert(0, "*Left out*")
    return assumed + left_out


def _basis(estimate: Estimate, today_year: int | None) -> str:
    conditions = estimate.conditions
    if conditions is None:
        return "Factor set `article`: illustrative figures, far from reality."
    year = ""
    if conditions.intensity_year:
        year = f", {conditions.intensity_year} mean"
        age = (today_year or 0) - conditions.intensity_year
        if age > 0:
            year += f", {age} year{'s' if age > 1 else ''} old"
    if conditions.intensity_boundary == "direct":
        year += ", direct emissions of the plants alone"
    time = f"{figures.duration(conditions.duration_h)} · " if conditions.duration_h else ""
    spread = (
        f" · embodied spread over {conditions.lifetime_years:g} years" if estimate.devices else ""
    )
    return parts.escape(
        f"{time}{conditions.location}: "
        f"{conditions.intensity_gco2e_per_kwh:g} gCO2e/kWh (grid {conditions.grid}{year}, "
        f"location-based) · PUE {conditions.pue:g}{spread}{_beside(estimate)} · "
        f"likely: nine times in ten · data {estimate.catalogue_version}"
    )


def _beside(estimate: Estimate) -> str:
    """What is not in the total: manufacturing in full, purchases of clean energy, water."""
    side, full = estimate.side, estimate.totals.embodied_full_kgco2e.value
    found = [f"all of the manufacturing {formats.mass_text(estimate, full)}"] if full else []
    if side is not None and side.operational_market_kgco2e is not None:
        market = formats.mass_text(estimate, side.operational_market_kgco2e)
        found.append(f"operational {market} by the provider's purchases (market-based)")
    if side is not None and side.water_l is not None:
        found.append(f"{figures.number(side.water_l)} L of water")
    return f" · not in the total: {', '.join(found)}" if found else ""


def _buttons(command: str, *, public: bool) -> list[Block]:
    more = [
        parts.button("What would cut it", CUT, command),
        parts.button("Sources", SOURCES, command),
    ]
    if public:
        return more
    return [
        parts.button("Show to channel", SHARE, command, primary=True),
        *more,
        parts.button("Dismiss", DISMISS, command),
    ]


def _fallback(command: str, said: _Said, estimate: Estimate) -> str:
    totals = ", ".join(" ".join(line).rstrip() for line in said.figures)
    devices = "; ".join(
        f"{name}: energy {energy}, operational {operational}, embodied {embodied}"
        for name, energy, operational, embodied in said.rows
    )
    assumed = " ".join(
        a.text for a in estimate.assumptions if a.code not in (*_BEHIND_SOURCES, *_SAID_ABOVE)
    )
    sentences = [
        f"/carbon {command}: {totals}.",
        said.cause or "",
        *said.steps,
        f"{devices}." if devices else "",
        f"Assumed: {assumed}" if assumed else "",
    ]
    text = " ".join(sentence for sentence in sentences if sentence)
    return parts.cut(parts.escape(text), parts.TEXT_LIMIT)


def _source_paragraph(group: list[Factor]) -> str:
    source = group[0].source
    lines = [f"*{parts.link(source.url, source.title)}*"]
    year = f", {source.year}" if source.year else ""
    read = ""
    if source.via:
        read = f" · read in {parts.link(source.via, 'a text that cites it')}"
    lines.append(f"{parts.escape(source.publisher)}{year} · {parts.escape(source.licence)}{read}")
    for factor in group:
        note = f" - {parts.escape(factor.note)}" if factor.note else ""
        lines.append(
            f"• `{parts.escape(factor.id)}` = {parts.escape(formats.factor_text(factor))}{note}"
        )
    return parts.cut("\n".join(lines), parts.SECTION_LIMIT)
