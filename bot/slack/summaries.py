"""Weekly, monthly and quarterly summaries: turned on and off, shown, posted at once."""

from __future__ import annotations

from datetime import time
from functools import partial
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.asker import Asker
from bot.blocks.listing import plain_message
from bot.blocks.periods import WORDS, times
from bot.blocks.reports import (
    Happened,
    measurement_named,
    offer_named,
    reason_text,
    status_message,
    summary_named,
)
from bot.blocks.summary import summary_message
from bot.commands.summaries import EXAMPLES, NotRead, Read, Wish, read
from bot.i18n import Text
from bot.message import Message
from bot.periods import Report, When, day_in
from bot.reports import posting
from bot.reports.delivering import NO_DATABASE, Reports, period_of, when_of
from bot.reports.posting import Refused, Remedy
from bot.slack.asking import Askers
from bot.slack.calibrating import OFFER
from bot.slack.commands import Responder
from bot.slack.payload import Who
from bot.slack.refusing import not_permitted
from bot.slack.settings import denied, may_change
from bot.store import Store
from bot.store.deliveries import DeliveryKey, DeliveryState
from bot.store.schedules import Schedule

MONDAY: Final = 0
FIRST: Final = 1
MORNING: Final = time(9)
SHOWN: Final = 10
"""Deliveries in the answer to ``/carbon status``."""

Body = dict[str, Any]


class Summaries:
    """Answers what is typed about summaries."""

    def __init__(self, askers: Askers, store: Store, reports: Reports) -> None:
        self._askers = askers
        self._store = store
        self._reports = reports

    async def answer(
        self, report: Report, command: Body, client: AsyncWebClient, rest: str
    ) -> Message:
        """Do what was typed, and say so."""
        who = Who.of_command(command)
        asker = await self._askers.asker(who, client, rest)
        try:
            wanted = read(rest, report)
        except NotRead as error:
            return plain_message(asker.say(error.why))
        match wanted.wish:
            case Wish.SHOW:
                return await self._show(who, asker, report)
            case Wish.PREVIEW:
                about = await self._reports.last_period(
                    who.team, who.channel_id, report, who.user_id
                )
                summary = await self._reports.summary(about)
                return summary_message(summary, asker, public=False)
            case _:
                pass
        member = await self._askers.member(who, client)
        if not may_change(member, asker.preferences):
            not_permitted(who, "to change summaries")
            return denied(asker)
        match wanted.wish:
            case Wish.OFF:
                return await self._off(who, asker, report)
            case Wish.NOW:
                return await self._now(who, asker, report, str(command.get("trigger_id") or ""))
            case _:
                zone = asker.preferences.time_zone or member.time_zone or "UTC"
                when = _when(report, wanted, zone)
                return await self._on(who, asker, client, when)

    async def status(self, command: Body, client: AsyncWebClient, _rest: str) -> Message:
        """What became of the last summaries, for who administers the workspace."""
        who = Who.of_command(command)
        asker = await self._askers.asker(who, client)
        if not (await self._askers.member(who, client)).is_admin:
            not_permitted(who, "to see the status")
            return plain_message(asker.say("Only administrators of the workspace see this."))
        try:
            recent = await self._store.deliveries.recent(who.team, limit=SHOWN)
            named = [await self._named(found.key, who.channel_id) for found in recent]
        except (SQLAlchemyError, OSError):
            return status_message([], asker.say, NO_DATABASE)
        waits_because = self._reports.waits_because or ""
        if waits_because == NO_DATABASE:
            # It answers by now; the next look finds that too.
            waits_because = ""
        happened = [
            Happened(
                found.key.channel_id,
                what,
                found.state.value,
                found.reason or "",
                found.attempts,
            )
            for found, what in zip(recent, named, strict=True)
        ]
        return status_message(happened, asker.say, waits_because)

    async def _named(self, key: DeliveryKey, channel_id: str) -> Text:
        """A delivery, as people name it."""
        period = period_of(key)
        if period is not None:
            return summary_named(period)
        if key.kind == OFFER:
            return offer_named()
        # A name may say what only the members of its channel are to know.
        here = key.channel_id == channel_id
        run = await self._store.runs.get(key.team, key.period) if here else None
        return measurement_named(run.entry.name if run is not None else "")

    async def _show(self, who: Who, asker: Asker, report: Report) -> Message:
        say = asker.say
        schedule = await self._reports.schedule(who.team, who.channel_id, report)
        if schedule is None or not schedule.active:
            return plain_message(
                say(
                    "The {summary} of this channel is off. To turn it on: {example}. To see it "
                    "first: {preview}.",
                    summary=WORDS[report].summary,
                    example=f"`{EXAMPLES[report]}`",
                    preview=f"`/carbon {report} preview`",
                )
            )
        when = when_of(schedule)
        return plain_message(
            say(
                "This channel hears its summary {times}; the next one on {date}. To turn it off: "
                "{off}.",
                times=times(when, say),
                date=day_in(when.zone, schedule.due_at).isoformat(),
                off=f"`/carbon {report} off`",
            )
        )

    async def _on(self, who: Who, asker: Asker, client: AsyncWebClient, when: When) -> Message:
        say, report = asker.say, when.report
        try:
            await posting.reachable(client, who.channel_id)
        except Refused as refused:
            if refused.remedy is Remedy.INVITE:
                return plain_message(
                    say(
                        "The bot must be in this channel to post its summary: type {invite}, then "
                        "{again}.",
                        invite="`/invite @carbon`",
                        again=f"`/carbon {report} on`",
                    )
                )
            return plain_message(
                say(
                    "The {summary} was not turned on: {reason}. Please try again.",
                    summary=WORDS[report].summary,
                    reason=reason_text(refused.code, say),
                )
            )
        due_at = when.due_after(self._reports.now())
        await self._store.schedules.put(
            Schedule(
                team=who.team,
                channel_id=who.channel_id,
                kind=report,
                day=when.day,
                local_time=f"{when.at:%H:%M}",
                time_zone=when.zone,
                active=True,
                due_at=due_at,
                configured_by=who.user_id,
            )
        )
        return plain_message(
            say(
                "From now on this channel hears its summary {times}; the next one on {date}. To "
                "see it now: {preview}. To turn it off: {off}.",
                times=times(when, say),
                date=day_in(when.zone, due_at).isoformat(),
                preview=f"`/carbon {report} preview`",
                off=f"`/carbon {report} off`",
            )
        )

    async def _off(self, who: Who, asker: Asker, report: Report) -> Message:
        await self._reports.turn_off(who.team, who.channel_id, report)
        return plain_message(
            asker.say(
                "The {summary} of this channel is off. To turn it on: {example}.",
                summary=WORDS[report].summary,
                example=f"`/carbon {report} on`",
            )
        )

    async def _now(self, who: Who, asker: Asker, report: Report, request: str) -> Message:
        say = asker.say
        delivery = await self._reports.post_now(
            who.team, who.channel_id, report, by=who.user_id, request=request
        )
        if delivery is not None and delivery.state is DeliveryState.POSTED:
            return plain_message(say("The summary is in the channel."))
        if delivery is None or delivery.state is DeliveryState.INTENDED:
            return plain_message(say("The summary is under way."))
        reason = reason_text(delivery.reason or "", say)
        if delivery.state is DeliveryState.FAILED:
            return plain_message(
                say("The summary is not posted yet: {reason}. It is tried again.", reason=reason)
            )
        return plain_message(
            say(
                "The summary was not posted: {reason}. Where the bot is missing, type {invite}.",
                reason=reason,
                invite="`/invite @carbon`",
            )
        )


def _when(report: Report, wanted: Read, zone: str) -> When:
    """When a summary is to come, where not everything was said."""
    usual = FIRST if report.months else MONDAY
    day = usual if wanted.day is None else wanted.day
    return When(report, day, wanted.at or MORNING, wanted.zone or zone)


def responders(askers: Askers, store: Store, reports: Reports) -> dict[str, Responder]:
    """What answers the subcommands about summaries."""
    summaries = Summaries(askers, store, reports)
    found: dict[str, Responder] = {
        report.value: partial(summaries.answer, report) for report in Report
    }
    return found | {"status": summaries.status}
