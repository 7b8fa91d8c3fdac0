"""What is said about the weekly summary: when it comes, why it did not, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from bot.blocks import parts
from bot.i18n import Say, Text, text
from bot.message import Message

_DAYS: Final = (
    text("Monday"),
    text("Tuesday"),
    text("Wednesday"),
    text("Thursday"),
    text("Friday"),
    text("Saturday"),
    text("Sunday"),
)
_REASONS: Final[Mapping[str, Text]] = {
    "empty": text("nothing had happened"),
    "quiet": text("nothing had happened, which the channel knew"),
    "missed": text("the bot was down for more than 24 hours"),
    "turned_off": text("it was turned off meanwhile"),
    "channel_not_found": text("the channel is gone, or the bot is not in it"),
    "not_in_channel": text("the bot is not in the channel"),
    "is_archived": text("the channel is archived"),
    "token_revoked": text("the bot was removed from the workspace"),
    "account_inactive": text("the bot was removed from the workspace"),
    "invalid_auth": text("Slack refuses the bot token"),
    "missing_scope": text("the app lacks a permission: install it again from its manifest"),
    "ratelimited": text("Slack asked the bot to wait"),
    "timeout": text("Slack did not answer in time"),
    "unreachable": text("Slack could not be reached"),
}
_STATES: Final[Mapping[str, Text]] = {
    "intended": text("under way"),
    "posted": text("posted"),
    "skipped": text("skipped"),
    "failed": text("failed, tried again within 24 hours"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of one delivery.

    Attributes:
        what: the period.
        state: how far it is.
        reason: why it is so; empty where there is nothing to explain.
    """

    channel_id: str
    what: str
    state: str
    reason: str
    attempts: int


def reason_text(code: str, say: Say) -> str:
    """Why something was not posted; Slack's own word for what has no sentence here."""
    found = _REASONS.get(code)
    return say(found) if found is not None else code


def weekly_times(weekday: int, at: time, zone: str, say: Say) -> str:
    """When a summary comes."""
    return say(
        "every {day} at {time} ({zone})", day=say(_DAYS[weekday]), time=f"{at:%H:%M}", zone=zone
    )


def closed_message(channel_id: str, code: str, say: Say) -> Message:
    """To who turned a summary on: it was turned off, and why."""
    sentence = say(
        "The weekly summary of {channel} was turned off: {reason}. To turn it on again, type "
        "{invite} and {on} there.",
        channel=f"<#{channel_id}>",
        reason=reason_text(code, say),
        invite="`/invite @carbon`",
        on="`/carbon weekly on`",
    )
    return Message(sentence, (parts.section(sentence),))


def status_message(happened: Sequence[Happened], say: Say) -> Message:
    """What became of the last deliveries of a workspace.

    Args:
        happened: the newest first.
        say: the language.
    """
    title = say("Weekly summaries")
    if not happened:
        none = say("No summary was due yet.")
        return Message(f"{title}: {none}", (parts.header(title), parts.section(none)))
    lines = [_line(one, say) for one in happened]
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
    return f"<#{one.channel_id}> {parts.escape(one.what)}: {state}{why}{times}"
