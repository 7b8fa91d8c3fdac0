"""What the grid emits now, beside an estimate; and when it will emit least, as a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from bot.asker import Asker
from bot.blocks import parts, wording
from bot.blocks.chart import BARS_LIMIT, line_chart
from bot.i18n import Say, Text, text
from bot.i18n.estimates import LIVE_METHODS
from bot.language import to_text
from bot.live.figures import Figure, Forecast, How, NoFigure
from bot.live.window import Window, best_window, mean, without_gaps
from bot.message import Block, Message
from estimator import Estimate, TrainingRun, figures
from estimator.live import PUBLISHERS
from estimator.operational import operational_kgco2e
from estimator.units import HOURS_PER_DAY

OFF: Final = text(
    "live grid data is off here; an administrator turns it on with the setting `LIVE_GRID`"
)
NO_PLACE: Final = text("the run names no place: add `in UK` or `in eu-west-2`")
WORTH: Final = 0.01
"""Of the operational emissions: less is not worth waiting for."""
_HOWS: Final[dict[How, Text]] = {
    "measured": text("measured"),
    "estimated": text("estimated"),
    "forecast": text("forecast"),
}


def no_zone(place: str) -> NoFigure:
    """That nobody tells what a place's grid emits now."""
    return NoFigure(text("no source that is set up watches the grid of {place}", place=place))


def live_line(estimate: Estimate, asker: Asker) -> str:
    """What was live, when, and by whom, against what the estimate uses; empty where nothing was."""
    say, found, conditions = asker.say, asker.live, estimate.conditions
    if conditions is None:
        return ""
    used = next((a for a in estimate.assumptions if a.code == "live_intensity"), None)
    if used is not None:
        return say("Live: {sentence}", sentence=wording.assumption(used, say))
    yearly = conditions.intensity_gco2e_per_kwh
    if found is None:
        return ""
    if not isinstance(found, Figure):
        return say(
            "No live figure: {why}. The estimate uses {yearly:g} gCO2e/kWh.",
            why=found.why,
            yearly=yearly,
        )
    live = found.live
    return say(
        "Live: {intensity:g} gCO2e/kWh at {time} UTC ({source}, zone {zone}, {how}; {method}), "
        "against the {yearly:g} that the estimate uses. To estimate with it, add `live`.",
        intensity=live.gco2e_per_kwh,
        time=f"{live.at:%Y-%m-%d %H:%M}",
        source=PUBLISHERS[live.source].name,
        zone=live.zone,
        how=_HOWS[found.how],
        method=LIVE_METHODS[live.source],
        yearly=yearly,
    )


class _Choice(NamedTuple):
    """Two times to run in, and what each emits in operation [kgCO2e]."""

    now: Window
    best: Window
    now_kg: float
    best_kg: float

    @property
    def saving(self) -> float:
        """Share of the operational emissions that waiting saves."""
        return 1 - self.best_kg / self.now_kg if self.now_kg else 0.0


def when_message(  # noqa: PLR0913 - how it is shown is a side of its own
    run: TrainingRun,
    estimate: Estimate,
    forecast: Forecast,
    moment: datetime,
    asker: Asker,
    *,
    public: bool = False,
) -> Message:
    """The time within a forecast at which a run emits least, against starting now.

    Args:
        run: the run, which is repeated.
        estimate: its estimate, for its energy and how long it takes.
        forecast: what the grid is going to emit.
        moment: now.
        asker: whose language to use.
        public: whether the channel sees it.
    """
    say, command = asker.say, to_text(run)
    periods = without_gaps(forecast.periods, moment)
    hours = estimate.conditions.duration_h if estimate.conditions is not None else None
    if hours is None:
        return when_refused(command, text("say how long the run takes: add `for 6 hours`"), say)
    duration = timedelta(hours=hours)
    best = best_window(periods, duration)
    if best is None:
        reach = (periods[-1].end - moment) / timedelta(hours=1) if periods else 0.0
        why = text(
            "the forecast of {source} reaches {reach} h, and the run takes {hours} h",
            source=PUBLISHERS[forecast.source].name,
            reach=figures.number(reach, None),
            hours=figures.number(hours, None),
        )
        return when_refused(command, why, say)
    kwh = estimate.totals.energy_kwh.value
    start = periods[0].start
    now = Window(start, start + duration, mean(periods, start, start + duration))
    choice = _Choice(
        now,
        best,
        operational_kgco2e(kwh, now.gco2e_per_kwh),
        operational_kgco2e(kwh, best.gco2e_per_kwh),
    )
    title = _title(choice, say)
    lines = [_line(choice, kwh, say, shown=False)]
    chart, points = _chart(forecast, moment, say)
    by = PUBLISHERS[forecast.source]
    notes = [
        say(
            "Forecast of {source} for zone {zone}, {day}, until {until} UTC; {method}.",
            source=by.name,
            zone=forecast.zone,
            day=f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            until=f"{periods[-1].end:%Y-%m-%d %H:%M}",
            method=LIVE_METHODS[forecast.source],
        ),
        say("It gives no range of its own, so that the saving has none either."),
        say("Manufacturing is the same whenever the run starts, and not counted here."),
    ]
    blocks: tuple[Block, ...] = (
        parts.header(title),
        parts.context(f"`/carbon when {parts.escape(command)}`"),
        parts.section(_line(choice, kwh, say, shown=True)),
        chart,
        parts.context(parts.escape(say.sentences(notes))),
    )
    spoken = say("/carbon when {command}: {title}.", command=command, title=title)
    sentences = [
        spoken,
        *lines,
        *notes,
        say("gCO2e/kWh by the time (UTC): {points}", points=points),
    ]
    return Message(
        parts.cut(parts.escape(say.sentences(sentences)), parts.TEXT_LIMIT), blocks, public=public
    )


def when_refused(command: str, why: Text, say: Say) -> Message:
    """Why no time can be proposed."""
    sentence = say(
        "No time can be proposed for `/carbon when {command}`: {why}.", command=command, why=why
    )
    return Message(parts.escape(sentence), (parts.section(parts.escape(sentence)),))


def _title(choice: _Choice, say: Say) -> str:
    if choice.saving < WORTH:
        return say("Start now: waiting saves nothing")
    share = wording.percent(choice.saving)
    return say(
        "Start at {time} UTC: {share} less", time=f"{choice.best.start:%m-%d %H:%M}", share=share
    )


def _line(choice: _Choice, kwh: float, say: Say, *, shown: bool) -> str:
    """The two times against each other; ``shown`` has the reader's own clock, which Slack knows."""
    best, now = choice.best, choice.now
    if choice.saving < WORTH:
        return say(
            "Now the mean over the run is {now:.3g} gCO2e/kWh ({now_mass} for {energy}), and at "
            "the best time that the forecast knows {best:.3g}.",
            now=now.gco2e_per_kwh,
            now_mass=_mass(choice.now_kg),
            energy=figures.energy(kwh),
            best=best.gco2e_per_kwh,
        )
    return say(
        "From {start} to {end} the mean is {best:.3g} gCO2e/kWh: {best_mass} in operation for "
        "{energy}. Started now it is {now:.3g} gCO2e/kWh: {now_mass}. To wait {wait} saves "
        "{saved}.",
        start=_time(best.start, shown=shown),
        end=_time(best.end, shown=shown),
        best=best.gco2e_per_kwh,
        best_mass=_mass(choice.best_kg),
        energy=figures.energy(kwh),
        now=now.gco2e_per_kwh,
        now_mass=_mass(choice.now_kg),
        wait=wording.duration((best.start - now.start) / timedelta(hours=1), say),
        saved=_mass(choice.now_kg - choice.best_kg),
    )


def _mass(kg: float) -> str:
    return f"{figures.mass(kg)} CO2e"


def _time(at: datetime, *, shown: bool) -> str:
    utc = f"{at:%Y-%m-%d %H:%M} UTC"
    if not shown:
        return utc
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{utc}> ({utc})"


def _chart(forecast: Forecast, moment: datetime, say: Say) -> tuple[Block, str]:
    """The forecast as a line, in steps of whole hours, and its points in words."""
    periods = without_gaps(forecast.periods, moment)
    first, last = periods[0].start, periods[-1].end
    steps = [1, 2, 3, 4, 6, 8, 12, int(HOURS_PER_DAY)]
    span_h = (last - first) / timedelta(hours=1)
    step = timedelta(hours=next(h for h in steps if span_h <= h * BARS_LIMIT or h == steps[-1]))
    labels: list[str] = []
    means: list[float] = []
    at = first
    while at < last and len(labels) < BARS_LIMIT:
        end = min(at + step, last)
        labels.append(f"{at:%m-%d %H:%M}")
        means.append(mean(periods, at, end))
        at = end
    title = say("Forecast from {time} UTC", time=f"{first:%m-%d %H:%M}")
    chart = line_chart(title, labels, [(say("Grid"), means)], "gCO2e/kWh")
    points = say.commas(f"{label} {grams:.3g}" for label, grams in zip(labels, means, strict=True))
    return chart, points
