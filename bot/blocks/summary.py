"""A channel's summary of a week, a month or a quarter, as a message."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from bot.asker import Asker
from bot.blocks import parts, periods
from bot.blocks.budget import state_line
from bot.blocks.wording import percent
from bot.i18n import Say, Text, estimates
from bot.message import Block, Message
from bot.periods import Period
from bot.summary import Counted, Summary, total_of
from estimator import figures

TOP: Final = 5
"""Runs that are named one by one."""
_NAME: Final = 60
_COMMAND: Final = 200
_CHART_TITLE: Final = 50


def summary_message(summary: Summary, asker: Asker, *, public: bool = True) -> Message:
    """The period in figures.

    Args:
        summary: the figures.
        asker: whose language to use.
        public: whether the channel sees it, or only who asked for a preview.
    """
    say = asker.say
    period = summary.period
    dates = periods.dates(period, summary.zone, say)
    if summary.is_empty:
        title = periods.nothing(period, say)
        sentences = [
            say("The summary says so once, and comes back when something was logged or estimated.")
        ]
    else:
        title = periods.title(period, figures.mass(summary.total_kgco2e), say)
        sentences = [_runs(summary, say), *_changes(summary, say)]
        sentences += [say("Budget: {state}", state=state_line(one, say)) for one in summary.budgets]
    blocks: list[Block] = [
        parts.header(title),
        parts.context(parts.escape(dates)),
        parts.section(parts.escape("\n".join(sentences))),
    ]
    text = [say("{title}. {dates}.", title=title, dates=dates), *sentences]
    if not summary.is_empty:
        more, said = _details(summary, say)
        blocks += more
        text += said
    footer, footer_text = _footer(summary, say)
    blocks.append(parts.context(footer))
    text.append(footer_text)
    return Message(
        parts.cut(parts.escape(say.sentences(text)), parts.TEXT_LIMIT), tuple(blocks), public=public
    )


def _details(summary: Summary, say: Say) -> tuple[list[Block], list[str]]:
    """Runs one by one, what was measured, the cut, the what-ifs and the periods before."""
    blocks: list[Block] = []
    text: list[str] = []
    rows = _rows(summary.largest_first[:TOP], say)
    if rows:
        blocks.append(parts.table((say("Run"), "CO2e", say("Energy")), rows))
        listed = "; ".join(" ".join(row) for row in rows)
        text.append(say("Largest runs: {runs}.", runs=listed))
    left = len(summary.runs) - len(rows)
    if left > 0:
        rest = say.plural("{n} smaller run is left out.", "{n} smaller runs are left out.", left)
        blocks.append(parts.context(parts.escape(rest)))
        text.append(rest)
    paragraphs = [line for line in (_measured(summary, say), _cut(summary, say)) if line]
    paragraphs.append(_what_ifs(summary, say))
    blocks.append(parts.section(parts.escape("\n".join(paragraphs))))
    text += paragraphs
    totals = _totals(summary)
    if any(kg for _, kg in totals):
        words = periods.WORDS[summary.period.report]
        blocks.append(_chart(totals, words.chart, say))
        listed = "; ".join(f"{periods.name(one)} {figures.mass(kg)}" for one, kg in totals)
        text.append(say(words.listed.template, listed=listed))
    return blocks, text


def _runs(summary: Summary, say: Say) -> str:
    if not summary.runs:
        return say("No run was logged.")
    done = [run for run in summary.runs if run.done]
    planned = [run for run in summary.runs if not run.done]
    sentence = say.plural(
        "{n} logged run: {total} CO2e, {energy}. Done: {done}. Planned: {planned}.",
        "{n} logged runs: {total} CO2e, {energy}. Done: {done}. Planned: {planned}.",
        len(summary.runs),
        total=figures.mass(summary.total_kgco2e),
        energy=figures.energy(summary.energy_kwh),
        done=_part(done),
        planned=_part(planned),
    )
    unknown = sum(run.total_kgco2e is None for run in summary.runs)
    if unknown:
        missing = say.plural(
            "Of {n} run no emissions are known.", "Of {n} runs no emissions are known.", unknown
        )
        return say.sentences([sentence, missing])
    return sentence


def _part(runs: Sequence[Counted]) -> str:
    return f"{figures.mass(total_of(runs))} ({len(runs)})"


def _changes(summary: Summary, say: Say) -> list[str]:
    before = summary.earlier_kgco2e[0] if summary.earlier_kgco2e else 0.0
    words = periods.WORDS[summary.period.report]
    return [
        say(
            words.before.template,
            before=figures.mass(before),
            change=_change(summary.total_kgco2e, before, say),
        ),
        say(
            words.mean.template,
            before=figures.mass(summary.mean_kgco2e),
            change=_change(summary.total_kgco2e, summary.mean_kgco2e, say),
        ),
    ]


def _change(now: float, before: float, say: Say) -> str:
    difference = now - before
    if math.isclose(now, before, rel_tol=1e-9, abs_tol=1e-9):
        return say("no change")
    sign = "−" if difference < 0 else "+"
    text = f"{sign}{figures.mass(abs(difference))}"
    # Ten times as much and more is not read in percent.
    if before > 0 and abs(difference) < 10 * before:
        text += f" ({sign}{percent(abs(difference) / before)})"
    return text


def _rows(runs: Sequence[Counted], say: Say) -> list[list[str]]:
    rows = []
    for run in runs:
        state = say("done") if run.done else say("planned")
        mass = "-" if run.total_kgco2e is None else figures.mass(run.total_kgco2e)
        energy = "-" if run.energy_kwh is None else figures.energy(run.energy_kwh)
        rows.append([f"{parts.cut(run.name, _NAME)} ({state})", mass, energy])
    return rows


def _measured(summary: Summary, say: Say) -> str:
    runs = summary.measured
    if not runs:
        return ""
    estimated = math.fsum(run.estimated_kwh or 0.0 for run in runs)
    measured = math.fsum(run.measured_kwh or 0.0 for run in runs)
    change = say("no change")
    if estimated > 0 and measured != estimated:
        sign = "−" if measured < estimated else "+"
        change = f"{sign}{percent(abs(measured - estimated) / estimated)}"
    return say.plural(
        "Planned against actual, {n} measured run: estimated {estimated}, measured {measured} "
        "({change}).",
        "Planned against actual, {n} measured runs: estimated {estimated}, measured {measured} "
        "({change}).",
        len(runs),
        estimated=figures.energy(estimated),
        measured=figures.energy(measured),
        change=change,
    )


def _cut(summary: Summary, say: Say) -> str:
    if summary.cut is None:
        return ""
    cut = summary.cut.cut
    return say(
        "Largest possible cut, of {run}: {what}: −{share}, saves {saved} CO2e.",
        run=parts.cut(summary.cut.run, _NAME),
        what=estimates.cut_text(cut),
        share=percent(cut.saving_share.value),
        saved=figures.mass(cut.saving_kgco2e.value),
    )


def _what_ifs(summary: Summary, say: Say) -> str:
    found = summary.what_ifs
    if not found.number:
        return say("No what-if estimate was asked for.")
    return say.plural(
        "{n} what-if estimate, not in the total: {largest} CO2e for {command}.",
        "{n} what-if estimates, not in the total; the largest: {largest} CO2e for {command}.",
        found.number,
        largest=figures.mass(found.largest_kgco2e),
        command=f"`/carbon {parts.cut(found.largest, _COMMAND)}`",
    )


def _totals(summary: Summary) -> list[tuple[Period, float]]:
    """What each period emitted, the oldest first."""
    before = [
        (summary.period.earlier(ago), kg) for ago, kg in enumerate(summary.earlier_kgco2e, start=1)
    ]
    return [*reversed(before), (summary.period, summary.total_kgco2e)]


def _chart(totals: Sequence[tuple[Period, float]], words: Text, say: Say) -> Block:
    """Slack's own bar chart; every figure in it stands in the text as well."""
    size, unit = (1000.0, "t CO2e") if max(kg for _, kg in totals) >= 1000 else (1.0, "kg CO2e")
    names = [periods.short_name(period) for period, _ in totals]
    values = [float(f"{kg / size:.3g}") for _, kg in totals]
    data = [{"label": name, "value": value} for name, value in zip(names, values, strict=True)]
    first, last = periods.name(totals[0][0]), periods.name(totals[-1][0])
    title = say(words.template, first=first, last=last)
    return {
        "type": "data_visualization",
        "title": parts.cut(title, _CHART_TITLE),
        "chart": {
            "type": "bar",
            "series": [{"name": unit, "data": data}],
            "axis_config": {"categories": names, "y_label": unit},
        },
    }


def _footer(summary: Summary, say: Say) -> tuple[str, str]:
    """Who set the summary up and how it is turned off, in mrkdwn and in plain words."""
    report = summary.period.report
    if not summary.configured_by:
        how = say(periods.WORDS[report].every.template, command=f"`/carbon {report} on`")
        return parts.escape(how), how
    off = say("To turn it off: {command}.", command=f"`/carbon {report} off`")
    who = say("Turned on by {member}.", member=parts.member(summary.configured_by, say))
    return f"{who} {parts.escape(off)}", off
