"""Delivers what is due: each summary once, whatever breaks, and none that nobody waits for.

A delivery is recorded as intended before the schedule moves on, and claimed by its row before it is
posted, so that of several replicas one posts. An attempt after the first looks for the message in
the channel before it posts again. Who calls, and when, is decided elsewhere: by a scheduler in the
process (`bot.reports.ticking`) or by a queue that replicas share (`bot.reports.queue`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.asker import Asker
from bot.blocks.reports import closed_message
from bot.blocks.summary import summary_message
from bot.i18n import language_of, say_in
from bot.ledger import FORGOTTEN
from bot.periods import Period, Report, When, day_in
from bot.reports import posting
from bot.reports.gathering import About, summary_of
from bot.reports.posting import Refused, Remedy
from bot.request import Begin, request
from bot.store import Store, Team
from bot.store.database import cannot_write
from bot.store.deliveries import Delivery, DeliveryKey, DeliveryState
from bot.store.installations import NotInstalled
from bot.store.schedules import Schedule
from bot.summary import Summary

log = logging.getLogger(__name__)

LATEST: Final[Mapping[Report, timedelta]] = {
    Report.WEEKLY: timedelta(hours=24),
    Report.MONTHLY: timedelta(days=3),
    Report.QUARTERLY: timedelta(days=7),
}
"""A summary that is later than this is skipped."""
LATEST_NOW: Final = timedelta(hours=24)
"""The same of one that somebody asked to be posted at once."""
FIRST_PAUSE: Final = timedelta(minutes=5)
"""Before the second attempt. Longer than any call takes: nobody else is still posting then."""
LIMITED_PAUSE: Final = timedelta(minutes=1)
"""Before the next attempt where Slack limited the rate, which it does by the minute."""
LONGEST_PAUSE: Final = timedelta(hours=1)
SOONEST: Final = timedelta(seconds=1)
"""Between two attempts, whatever the clock says."""
NEAR: Final[Mapping[Report, timedelta]] = {
    Report.WEEKLY: timedelta(days=6),
    Report.MONTHLY: timedelta(days=27),
    Report.QUARTERLY: timedelta(days=89),
}
"""What is due within this time from now on is the next one, without a look at the calendar."""
SKEW: Final = timedelta(minutes=10)
"""How far two clocks may be apart: Slack's and ours, or those of two replicas."""
NOW: Final[Mapping[Report, str]] = {report: f"{report.value}_now" for report in Report}
"""Kinds of the summaries that somebody asked to be posted at once."""
_KINDS: Final = {
    **{report.value: report for report in Report},
    **{kind: report for report, kind in NOW.items()},
}
KINDS: Final = tuple(_KINDS)
"""What is delivered here. Other deliveries are whose record they keep."""

RATE_LIMITED: Final = "ratelimited"
"""Slack's own word."""
EMPTY, QUIET, MISSED, TURNED_OFF = "empty", "quiet", "missed", "turned_off"
NO_DATABASE, NOT_WRITTEN = "no_database", "not_written"


def period_of(key: DeliveryKey) -> Period | None:
    """The period of a summary's delivery; ``None`` where it is a delivery of another kind."""
    return Period.labelled(key.period.split(" ")[0]) if key.kind in _KINDS else None


ClientOf = Callable[[Team], Awaitable[AsyncWebClient]]
"""The client with which a workspace is written to; raises ``NotInstalled`` where there is none."""
AskerOf = Callable[[Team, str], Awaitable[Asker]]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Job:
    """A delivery, what it is about, and the schedule that it comes from, if any."""

    delivery: Delivery
    about: About
    schedule: Schedule | None = None

    @property
    def key(self) -> DeliveryKey:
        """The delivery's key."""
        return self.delivery.key


def when_of(schedule: Schedule) -> When:
    """When a schedule's summary is due."""
    at = time.fromisoformat(schedule.local_time)
    return When(schedule.kind, schedule.day, at, schedule.time_zone)


class Reports:
    """Posts the summaries of all channels."""

    def __init__(
        self,
        store: Store,
        client_of: ClientOf,
        asker_of: AskerOf,
        clock: Clock,
        begin: Begin | None = None,
    ) -> None:
        """Begin with nothing posted.

        Args:
            store: knows what is due.
            client_of: writes to a workspace.
            asker_of: how a channel is written to.
            clock: what is due is told by.
            begin: begins the trace of a delivery; ``None`` where they are not traced.
        """
        self._store = store
        self._client_of = client_of
        self._asker_of = asker_of
        self._clock = clock
        self._begin = begin
        self._running = asyncio.Lock()
        self._quiet_until: dict[Team, datetime] = {}
        self.waits_because: str | None = None
        """Why nothing can be looked for at the moment: a code of `bot.blocks.reports`."""

    def now(self) -> datetime:
        """The time that everything here goes by."""
        return self._clock()

    async def run_due(self) -> None:
        """Deliver what is due, and what an earlier attempt left unfinished."""
        async with self._running:
            try:
                for key in await self.look():
                    await self._guarded(self._deliver(key))
            except (SQLAlchemyError, OSError) as error:
                # Nothing is lost: what is due stays due until it is recorded.
                log.warning("summaries wait for the database: %s", type(error).__name__)

    async def look(self) -> list[DeliveryKey]:
        """Record what is due as intended; returns the deliveries whose turn it is.

        Raises:
            SQLAlchemyError: the database does not answer, or cannot write.
        """
        try:
            found = await self._look(self._clock())
        except (SQLAlchemyError, OSError) as error:
            self.waits_because = NOT_WRITTEN if cannot_write(error) else NO_DATABASE
            raise
        self.waits_because = None
        return found

    async def deliver(self, key: DeliveryKey) -> timedelta | None:
        """Go on with a delivery, if it is its turn.

        Returns:
            how long the next attempt has to wait; ``None`` where there is none.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        await self._guarded(self._deliver(key))
        delivery = await self._store.deliveries.get(key)
        if delivery is None or not delivery.is_open:
            return None
        return max(self._turn_of(delivery) - self._clock(), SOONEST)

    async def oldest_due(self) -> timedelta:
        """How long the oldest waits of what is due and neither posted nor skipped.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        now = self._clock()
        since = [schedule.due_at for schedule in await self._store.schedules.due(now, limit=1)]
        begun = await self._store.deliveries.waits_since(KINDS)
        return now - min([*since, begun or now, now])

    def installed(self, where: Team) -> None:
        """Pause no longer in a workspace, or an organisation, where the app was installed."""
        for team in [team for team in self._quiet_until if where in {team, _organisation(team)}]:
            del self._quiet_until[team]

    async def idle(self) -> None:
        """Wait until nothing is being delivered."""
        async with self._running:
            pass

    async def last_period(
        self, team: Team, channel_id: str, report: Report, asked_by: str
    ) -> About:
        """What is over: the seven days before today, or the month or quarter before this one.

        In the time zone of the schedule, else of the settings, else of the member who asks.
        """
        schedule = await self.schedule(team, channel_id, report)
        if schedule is not None and schedule.active:
            zone, by = schedule.time_zone, schedule.configured_by
        else:
            asker = await self._asker_of(team, channel_id)
            member = await self._store.members.get(team, asked_by)
            own = member.time_zone if member else None
            zone, by = asker.preferences.time_zone or own or "UTC", ""
        today = day_in(zone, self._clock())
        return About(team, channel_id, Period.before(today, report), zone, by)

    async def summary(self, about: About) -> Summary:
        """The figures of a channel's days."""
        asker = await self._asker_of(about.team, about.channel_id)
        return await summary_of(self._store, about, asker.catalogue)

    async def post_now(
        self, team: Team, channel_id: str, report: Report, *, by: str, request: str
    ) -> Delivery | None:
        """Post the last period at once.

        Args:
            team: the workspace.
            channel_id: the channel.
            report: which summary.
            by: who asks.
            request: names this request; the same one is posted once.
        """
        asker = await self._asker_of(team, channel_id)
        about = await self.last_period(team, channel_id, report, by)
        key = DeliveryKey(
            team, channel_id, NOW[report], f"{about.period.label} {by} {request}"[:64]
        )
        delivery = await self._store.deliveries.intend(key)
        if delivery.attempts == 0:
            await self._attempt(Job(delivery, about), asker)
        return await self._store.deliveries.get(key)

    async def schedule(self, team: Team, channel_id: str, report: Report) -> Schedule | None:
        """When a channel hears a summary; also one that is off."""
        found = await self._store.schedules.of(team, channel_id)
        return next((one for one in found if one.kind is report), None)

    async def turn_off(self, team: Team, channel_id: str, report: Report) -> bool:
        """Turn off a channel's summary; whether it was on."""
        schedule = await self.schedule(team, channel_id, report)
        if schedule is None or not schedule.active:
            return False
        await self._store.schedules.put(replace(schedule, active=False))
        return True

    async def _look(self, now: datetime) -> list[DeliveryKey]:
        for report, near in NEAR.items():
            for schedule in await self._store.schedules.ahead(report, now + near):
                await self._guarded(self._set_back(schedule, now))
        await self._bring_up_to_date(await self._store.schedules.due(now), now)
        found = await self._store.deliveries.unfinished(now - LIMITED_PAUSE, KINDS)
        # Not before what was just recorded, which would wait for the next look.
        now = self._clock()
        return [delivery.key for delivery in found if self._turn_of(delivery) <= now]

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Do something for one channel; a fault of ours must not keep the others waiting."""
        with request("delivery", self._begin) as asked:
            try:
                await work
            except (SQLAlchemyError, OSError):
                raise
            except Exception:
                asked.failed = True
                log.exception("a summary failed")

    async def _bring_up_to_date(self, schedules: list[Schedule], now: datetime) -> None:
        """Record each period that is due as intended, or skipped where it is too late."""
        keys: list[DeliveryKey] = []
        late: dict[Schedule, list[DeliveryKey]] = {}
        moves = []
        for schedule in schedules:
            try:
                when, due_at = when_of(schedule), schedule.due_at
                while due_at <= now:
                    label = when.period_before(due_at).label
                    key = DeliveryKey(
                        schedule.team, schedule.channel_id, schedule.kind.value, label
                    )
                    keys.append(key)
                    if now - due_at > LATEST[schedule.kind]:
                        late.setdefault(schedule, []).append(key)
                    due_at = when.due_after(due_at)
            except (ValueError, KeyError, OverflowError):
                # A fault in one schedule must not keep the others waiting.
                log.exception("a schedule cannot be read")
                continue
            moves.append((schedule, due_at))
        # Before the schedules move on: whoever dies in between leaves one of both behind.
        if keys:
            await self._store.deliveries.intend_all(keys)
        for schedule in await self._store.schedules.move_all(moves) if moves else []:
            for key in late.get(schedule, []):
                await self._store.deliveries.skipped(key, MISSED)

    async def _set_back(self, schedule: Schedule, now: datetime) -> None:
        """Undo what a clock that was ahead moved on, and skipped."""
        when = when_of(schedule)
        if schedule.due_at <= when.due_after(now + SKEW):
            return
        log.warning("the clock was ahead: a summary is due earlier than was recorded")
        await self._store.deliveries.forget_skipped(
            schedule.team, schedule.channel_id, schedule.kind.value, now + SKEW
        )
        await self._store.schedules.move(schedule, when.due_after(now))

    def _turn_of(self, delivery: Delivery) -> datetime:
        """When an open delivery may be attempted."""
        turn = delivery.updated_at
        if delivery.state is DeliveryState.FAILED and delivery.reason == RATE_LIMITED:
            # That attempt is over: nobody else is posting. The whole workspace waits anyway.
            turn += LIMITED_PAUSE
        elif delivery.attempts > 0:
            doubled = FIRST_PAUSE * float(2 ** min(delivery.attempts - 1, 10))
            turn += min(doubled, LONGEST_PAUSE)
        return max(turn, self._quiet_until.get(delivery.key.team, turn))

    async def _deliver(self, key: DeliveryKey) -> None:
        delivery, now = await self._store.deliveries.get(key), self._clock()
        if delivery is not None and delivery.is_open and self._turn_of(delivery) <= now:
            await self._again(delivery, now)

    async def _again(self, delivery: Delivery, now: datetime) -> None:
        """Go on with a delivery that is open."""
        key = delivery.key
        report = _KINDS.get(key.kind)
        if report is None:
            return
        asker = await self._asker_of(key.team, key.channel_id)
        label, *asked = key.period.split(" ")
        period = Period.labelled(label)
        if key.kind == NOW[report]:
            about = await self.last_period(key.team, key.channel_id, report, asked[0])
            job = Job(delivery, replace(about, period=period))
            late = now - delivery.created_at > LATEST_NOW
        else:
            schedule = await self.schedule(key.team, key.channel_id, report)
            if schedule is None:
                await self._store.deliveries.skipped(key, TURNED_OFF)
                return
            job = Job(delivery, _about(schedule, period), schedule)
            due_at = min(when_of(schedule).due_of(period), delivery.created_at)
            late = now - due_at > LATEST[report]
        off = job.schedule is not None and not job.schedule.active
        if late or off:
            await self._settle(job, TURNED_OFF if off else delivery.reason or MISSED)
            return
        await self._attempt(job, asker)

    async def _settle(self, job: Job, reason: str) -> None:
        """Close a delivery that will not be posted, unless it was posted and not recorded."""
        try:
            ts = await self._found(job)
        except Refused as refused:
            reason = refused.code
            ts = None
        if ts is not None:
            await self._store.deliveries.posted(job.key, ts)
        else:
            await self._store.deliveries.skipped(job.key, reason)

    async def _found(self, job: Job) -> str | None:
        """The message of an earlier attempt."""
        if job.delivery.attempts == 0:
            return None
        since = job.delivery.created_at - SKEW
        return await posting.find(await self._client(job.key.team), job.key, since)

    async def _attempt(self, job: Job, asker: Asker) -> None:
        """Post, unless another replica does, or an earlier attempt did."""
        key, deliveries = job.key, self._store.deliveries
        if await deliveries.begin(job.delivery) is None:
            return
        try:
            ts = await self._found(job)
            summary = await self.summary(job.about)
            reason = EMPTY if summary.is_empty else None
            if ts is None:
                if summary.is_empty and await self._said_so(key):
                    await deliveries.skipped(key, QUIET)
                    return
                client = await self._client(key.team)
                ts = await posting.post(client, key, summary_message(summary, asker))
        except Refused as refused:
            await self._refused(job, refused, asker)
            return
        await deliveries.posted(key, ts, reason)

    async def _said_so(self, key: DeliveryKey) -> bool:
        """Whether the channel heard already that nothing happens in it."""
        if key.kind in NOW.values():
            return False
        before = await self._store.deliveries.recent(key.team, key.channel_id, key.kind)
        for delivery in before:
            if delivery.key == key:
                continue
            if delivery.reason == QUIET or delivery.state is DeliveryState.POSTED:
                return delivery.reason in {EMPTY, QUIET}
        return False

    async def _refused(self, job: Job, refused: Refused, asker: Asker) -> None:
        """Record why a delivery failed, and what becomes of it."""
        key, code = job.key, refused.code
        log.warning("a summary was not posted: %s", code)
        now = self._clock()
        if refused.remedy is Remedy.INVITE:
            if await self._store.deliveries.skipped(key, code) is not None:
                await self._stop(job, code, asker)
        elif refused.remedy is Remedy.NONE:
            await self._store.deliveries.skipped(key, code)
        else:
            await self._store.deliveries.failed(key, code)
            pause = timedelta(seconds=refused.retry_after_s)
            if refused.remedy is Remedy.INSTALL:
                pause = LONGEST_PAUSE
            if pause:
                # The whole workspace waits: its other summaries would be refused alike.
                self._quiet_until[key.team] = now + pause

    async def _stop(self, job: Job, code: str, asker: Asker) -> None:
        """Turn off the summary of a channel that is closed, and tell who had turned it on."""
        schedule = job.schedule
        if schedule is None:
            return
        say = asker.say
        member = await self._store.members.get(schedule.team, schedule.configured_by)
        if asker.preferences.language is None and member is not None and member.locale:
            # The channel hears English then, and its member their own language.
            say = say_in(language_of(member.locale))
        if not await self.turn_off(schedule.team, schedule.channel_id, schedule.kind):
            return
        if schedule.configured_by == FORGOTTEN:
            return
        message = closed_message(schedule.kind, schedule.channel_id, code, say)
        try:
            client = await self._client(schedule.team)
            await posting.tell(client, schedule.configured_by, message)
        except Refused as refused:
            log.info("nobody was told that a summary stopped: %s", refused.code)

    async def _client(self, team: Team) -> AsyncWebClient:
        try:
            return await self._client_of(team)
        except NotInstalled as error:
            raise Refused(posting.NOT_INSTALLED) from error


def _organisation(team: Team) -> Team:
    return Team(team.enterprise_id, "")


def _about(schedule: Schedule, period: Period) -> About:
    return About(
        schedule.team, schedule.channel_id, period, schedule.time_zone, schedule.configured_by
    )
