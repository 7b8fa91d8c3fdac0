"""An estimate as a message, and its sources as another."""

from __future__ import annotations

from typing import Final

from bot.blocks import parts
from bot.language import to_text
from bot.message import Block, Message
from estimator import Estimate, Factor, TrainingRun, figures, formats

SHARE: Final = "carbon_share"
SOURCES: Final = "carbon_sources"
DISMISS: Final = "carbon_dismiss"

HOW_TO_CHANGE: Final = {
    "duration_h": "add `for 2 weeks`",
    "location": "add `in France` or `in eu-west-1`",
    "utilisation": "add `at 60%`",
    "pue": "add `pue 1.1`",
    "device": "name the model; `/carbon devices` lists them",
    "factors": "leave out `factors article` for sourced data",
}
"""What to add to the command to change an assumption, by its field."""

_BEHIND_SOURCES: Final = ("assumed_factor", "modelled_embodied")
"""Assumptions in the data itself: counted in the answer, listed with the sources."""
_MESSAGE_BUDGET: Final = 9000
"""Characters of a list of sources. Slack refuses messages whose blocks pass about 13,200."""


def estimate_message(
    run: TrainingRun, estimate: Estimate, *, public: bool = False, shared_by: str | None = None
) -> Message:
    """The answer to a command: totals, devices, assumptions, and buttons.

    Args:
        run: the specification, which is repeated and travels in the buttons.
        estimate: its estimate.
        public: whether the channel sees it.
        shared_by: id of the member who showed it to the channel.
    """
    command = to_text(run)
    blocks: list[Block] = [
        parts.header(_title(estimate)),
        parts.context(f"`/carbon {parts.escape(command)}`"),
        parts.fields(formats.headline(estimate)),
        parts.table(
            formats.DEVICE_HEADER, [formats.device_row(estimate, line) for line in estimate.devices]
        ),
    ]
    lines = _assumption_lines(estimate)
    if lines:
        blocks.append(parts.section("*Assumed*\n" + "\n".join(lines)))
    blocks.append(parts.context(_basis(estimate)))
    if shared_by:
        blocks.append(parts.context(f"Shown by <@{parts.escape(shared_by)}>"))
    blocks.append(parts.actions(_buttons(command, public=public)))
    return Message(_fallback(command, estimate), tuple(blocks), public=public)


def sources_message(run: TrainingRun, estimate: Estimate) -> Message:
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
    command = to_text(run)
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


def _assumption_lines(estimate: Estimate) -> list[str]:
    lines: list[str] = []
    hidden = 0
    for assumption in estimate.assumptions:
        if assumption.code in _BEHIND_SOURCES:
            hidden += 1
            continue
        how = HOW_TO_CHANGE.get(assumption.field)
        change = f" To change it, {how}." if how else ""
        lines.append(f"• {parts.escape(assumption.text)}{change}")
    if hidden:
        what = "figure is" if hidden == 1 else "figures are"
        lines.append(f"• {hidden} {what} modelled or assumed in the data: see Sources.")
    return lines


def _basis(estimate: Estimate) -> str:
    conditions = estimate.conditions
    if conditions is None:
        return "Factor set `article`: illustrative figures, far from reality."
    year = f", {conditions.intensity_year}" if conditions.intensity_year else ""
    if conditions.intensity_boundary == "direct":
        year += ", direct emissions of the plants alone"
    time = f"{figures.duration(conditions.duration_h)} · " if conditions.duration_h else ""
    return parts.escape(
        f"{time}{conditions.location}: "
        f"{conditions.intensity_gco2e_per_kwh:g} gCO2e/kWh (grid {conditions.grid}{year}, "
        f"location-based) · PUE {conditions.pue:g} · embodied spread over "
        f"{conditions.lifetime_years:g} years · data {estimate.catalogue_version}"
    )


def _buttons(command: str, *, public: bool) -> list[Block]:
    sources = parts.button("Sources", SOURCES, command)
    if public:
        return [sources]
    return [
        parts.button("Show to channel", SHARE, command, primary=True),
        sources,
        parts.button("Dismiss", DISMISS, command),
    ]


def _fallback(command: str, estimate: Estimate) -> str:
    totals = ", ".join(f"{label} {figure}" for label, figure in formats.headline(estimate))
    devices = "; ".join(
        f"{name}: energy {energy}, operational {operational}, embodied {embodied}"
        for name, energy, operational, embodied in (
            formats.device_row(estimate, line) for line in estimate.devices
        )
    )
    assumed = " ".join(a.text for a in estimate.assumptions if a.code not in _BEHIND_SOURCES)
    text = f"/carbon {command}: {totals}. {devices}."
    if assumed:
        text = f"{text} Assumed: {assumed}"
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
