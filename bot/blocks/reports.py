"""What is said about summaries: why one did not come, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.blocks import parts
from bot.blocks.periods import WORDS
from bot.i18n import Say, Text, text
from bot.message import Message
from bot.periods import Period, Report

_REASONS: Final[Mapping[str, Text]] = {
    "empty": text("nothing had happened"),
    "quiet": text("nothing had happened, which the channel knew"),
    "missed": text("the bot was down until it was too late for it"),
    "turned_off": text("it was turned off meanwhile"),
    "channel_not_found": text("the channel is gone, or the bot is not in it"),
    "not_in_channel": text("the bot is not in the channel"),
    "is_archived": text("the channel is archived"),
    "not_installed": text("the bot was removed from the workspace"),
    "token_revoked": text("the bot was removed from the workspace"),
    "account_inactive": text("the bot was removed from the workspace"),
    "invalid_auth": text("Slack refuses the bot token"),
    "missing_scope": text("the app lacks a permission: install it again from its manifest"),
    "ratelimited": text("Slack asked the bot to wait"),
    "timeout": text("Slack did not answer in time"),
    "unreachable": text("Slack could not be reached"),
    "no_database": text("the database does not answer"),
    "not_written": text("the database cannot write; its disk may be full"),
}
_STATES: Final[Mapping[str, Text]] = {
    "intended": text("under way"),
    "posted": text("posted"),
    "skipped": text("skipped"),
    "failed": text("failed, to be tried again"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of one delivery.

    Attributes:
        what: what was to be posted, see the functions below.
        state: how far it is.
        reason: why it is so; empty where there is nothing to explain.
    """

    channel_id: str
    what: Text
    state: str
    reason: str
    attempts: int


def summary_named(period: Period) -> Text:
    """A summary that was due, as it is named in the list."""
    return text(
        "{summary}, {first} to {last}",
        summary=WORDS[period.report].summary,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
    )


def measurement_named(name: str = "") -> Text:
    """What was measured of a run; without a name where the run is gone or another channel's."""
    return text("measurement of “{name}”", name=name) if name else text("measurement of a run")


def offer_named() -> Text:
    """That there is something to calibrate from."""
    return text("offer to take defaults from measured runs")


def reason_text(code: str, say: Say) -> str:
    """Why something was not posted; Slack's own word for what has no sentence here."""
    found = _REASONS.get(code)
    return say(found) if found is not None else code


def closed_message(report: Report, channel_id: str, code: str, say: Say) -> Message:
    """To who turned a summary on: it was turned off, and why."""
    sentence = say(
        "The {summary} of {channel} was turned off: {reason}. To turn it on again, type {invite} "
        "and {on} there.",
        summary=WORDS[report].summary,
        channel=f"<#{channel_id}>",
        reason=reason_text(code, say),
        invite="`/invite @carbon`",
        on=f"`/carbon {report} on`",
    )
    return Message(sentence, (parts.section(sentence),))


def status_message(happened: Sequence[Happened], say: Say, waits_because: str = "") -> Message:
    """What became of the last deliveries of a workspace.

    Args:
        happened: the newest first.
        say: the language.
        waits_because: why none can be delivered at the moment, if so.
    """
    title = say("What carbon posted by itself")
    lines = [_line(one, say) for one in happened]
    if waits_because:
        why = reason_text(waits_because, say)
        lines.insert(0, say("What is due waits: {reason}.", reason=why))
    if not lines:
        none = say("Nothing was due yet.")
        return Message(f"{title}: {none}", (parts.header(title), parts.section(none)))
    text_ = f"{title}: {'; '.join(lines)}"
    return Message(
        parts.cut(text_, parts.TEXT_LIMIT),
        (parts.header(title), parts.section("\n".join(f"• {line}" for line in lines))),
    )


def _line(one: Happened, say: Say) -> str:
    state = say(_STATES[one.state])
    why = f": {parts.escape(reason_text(one.reason, say))}" if one.reason else ""
    times = ""
    if one.attempts > 1:
        times = say.plural(" ({n} attempt)", " ({n} attempts)", one.attempts)
    return f"<#{one.channel_id}> {parts.escape(say(one.what))}: {state}{why}{times}"
