"""What measured runs say about the defaults, as a message, with its effect and buttons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.blocks import parts
from bot.calibration import FEWEST, Boundary, Left, Proposal, TooFew, Why
from bot.i18n import Say, Text, plural_text, text
from bot.message import Block, Message
from bot.preferences import Calibration
from estimator import Estimate, figures

USE: Final = "carbon_calibrate_use"
USE_EVERYWHERE: Final = "carbon_calibrate_everywhere"
NOT_NOW: Final = "carbon_calibrate_not_now"
ROWS: Final = 25
_NAMES: Final = 5
_NAME: Final = 40

_BOUNDARIES: Final = {
    Boundary.ACCELERATORS: text("accelerators"),
    Boundary.COMPUTERS: text("accelerators and hosts"),
    Boundary.FACILITY: text("with the data centre"),
}
_WHY: Final = {
    Why.NO_DEVICES: text("no devices are named"),
    Why.NOT_ESTIMATED: text("it cannot be estimated with today's data"),
    Why.IDLES: text("its devices idle a part of the time"),
    Why.NO_TIME: text("it is not said how long it takes"),
    Why.NO_ACCELERATOR_MEASURED: text("no accelerator was measured"),
    Why.PART_MEASURED: text("not all of its devices were measured"),
    Why.TOO_SHORT: text("measured for less than six minutes"),
    Why.BELOW_HOSTS: text("less was measured than the hosts alone draw"),
    Why.ABOVE_FULL: text("more was measured than its devices draw at full power"),
}


def proposal_message(
    proposal: Proposal,
    sample: tuple[str, Estimate, Estimate],
    say: Say,
    *,
    here: bool,
    everywhere: bool,
) -> Message:
    """What is proposed, what it rests on, and what it changes.

    Args:
        proposal: the defaults.
        sample: a command, and its estimates with today's defaults and with the proposed ones.
        say: the language.
        here: whether who asked may accept it for the channel.
        everywhere: whether who asked may accept it for the workspace.
    """
    calibration = proposal.calibration
    title = say.plural(
        "Defaults from {n} measured run", "Defaults from {n} measured runs", calibration.runs
    )
    lines = _findings(proposal, say)
    command, before, after = sample
    effect = say(
        "For example, `/carbon {command}`: {before} CO2e with today's defaults, {after} with "
        "these.",
        command=parts.in_code(command),
        before=figures.mass(before.totals.total_kgco2e.value),
        after=figures.mass(after.totals.total_kgco2e.value),
    )
    heading = [say("Run"), say("Measured"), say("Today's defaults"), say("With these")]
    newest = proposal.cases[:ROWS]
    rows = [
        [
            f"{parts.cut(case.run.entry.name, _NAME)} ({say(_BOUNDARIES[case.boundary])})",
            figures.energy(case.measured_kwh),
            _against(case.assumed_kwh, case.measured_kwh),
            _against(case.estimated_kwh(calibration.utilisation), case.measured_kwh),
        ]
        for case in newest
    ]
    blocks: list[Block] = [
        parts.header(title),
        parts.section("\n".join(parts.escape(line) for line in lines)),
        parts.table(heading, rows),
        parts.section(effect),
    ]
    blocks += _left(proposal.left, say)
    value = calibration.model_dump_json(exclude_none=True)
    buttons = []
    if here:
        buttons.append(parts.button(say("Use it in this channel"), USE, value, primary=True))
    if everywhere:
        buttons.append(parts.button(say("Use it in the whole workspace"), USE_EVERYWHERE, value))
    if buttons:
        buttons.append(parts.button(say("Not now"), NOT_NOW, "not now"))
        blocks.append(parts.actions(buttons))
        note = say("Nothing changes until somebody accepts it.")
    else:
        note = say("Nothing changes until somebody accepts it who may change the settings.")
    blocks.append(parts.context(note))
    said = f"{title}. {' '.join(lines)} {effect} {note}"
    return Message(parts.cut(said, parts.TEXT_LIMIT), tuple(blocks))


def too_few_message(found: TooFew, say: Say) -> Message:
    """Why nothing is proposed yet."""
    said = say.plural(
        "Defaults can be taken from {fewest} measured runs with named devices; this channel has "
        "{n}.",
        "Defaults can be taken from {fewest} measured runs with named devices; this channel has "
        "{n}.",
        len(found.cases),
        fewest=FEWEST,
    )
    hint = say(
        "A run is measured by `/carbon done NAME 433 MWh`, or by CodeCarbon: `/carbon connect`"
    )
    blocks = [parts.section(parts.escape(said)), *_left(found.left, say), parts.context(hint)]
    return Message(parts.escape(said), tuple(blocks))


def in_force(calibration: Calibration) -> Text:
    """What is in force, in a line: ``utilisation 62 % …, from 5 measured runs of this channel``."""
    values: dict[str, str | float] = {
        "percent": _percent(calibration.utilisation),
        "low": _percent(calibration.low),
        "high": _percent(calibration.high),
    }
    if calibration.whole:
        return plural_text(
            "utilisation {percent} % ({low}–{high}) from {n} measured run",
            "utilisation {percent} % ({low}–{high}) from {n} measured runs",
            calibration.runs,
            **values,
        )
    return plural_text(
        "utilisation {percent} % ({low}–{high}) from {n} measured run of this channel",
        "utilisation {percent} % ({low}–{high}) from {n} measured runs of this channel",
        calibration.runs,
        **values,
    )


def overhead_in_force(calibration: Calibration) -> Text:
    """The overhead that is in force."""
    return plural_text(
        "overhead {percent} % from {n} measured run",
        "overhead {percent} % from {n} measured runs",
        calibration.runs,
        percent=_percent(calibration.overhead or 0.0),
    )


def offer_line(say: Say) -> str:
    """That there is something to calibrate from."""
    return say(
        "Several runs are measured by now: `/carbon calibrate` takes the defaults from them."
    )


def _findings(proposal: Proposal, say: Say) -> list[str]:
    calibration = proposal.calibration
    lines = [
        say(
            "Utilisation: {percent} % of full power in the mean (likely {low}–{high}); for a "
            "single run {run_low}–{run_high}.",
            percent=_percent(calibration.utilisation),
            low=_percent(proposal.mean_low),
            high=_percent(proposal.mean_high),
            run_low=_percent(calibration.low),
            run_high=_percent(calibration.high),
        )
    ]
    if calibration.overhead is not None:
        percent = _percent(calibration.overhead)
        lines.append(say("Overhead: runs took {percent} % longer than planned.", percent=percent))
    lines.append(
        say("Geometric means; each run is held against its estimate on what was measured of it.")
    )
    return lines


def _left(left: Sequence[Left], say: Say) -> list[Block]:
    """Which runs were left out, by the reason."""
    if not left:
        return []
    lines = [say("Left out:")]
    for why in Counter(one.why for one in left):
        names = [one.run.entry.name for one in left if one.why is why]
        shown = ", ".join(parts.cut(name, _NAME) for name in names[:_NAMES])
        more = f" (+{len(names) - _NAMES})" if len(names) > _NAMES else ""
        lines.append(f"{shown}{more}: {say(_WHY[why])}")
    return [parts.context("\n".join(parts.escape(line) for line in lines))]


def _against(estimated_kwh: float, measured_kwh: float) -> str:
    """An estimate with how far it is from the measurement: ``15.1 MWh (+9 %)``."""
    off = 100 * (estimated_kwh / measured_kwh - 1)
    return f"{figures.energy(estimated_kwh)} ({off:+.0f} %)"


def _percent(share: float) -> str:
    return figures.number(share * 100, 2)
