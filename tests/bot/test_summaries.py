"""A channel's summaries in Slack: turned on and off, and posted once whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.periods import Period
from bot.preferences import NOTHING_SET, Preferences
from bot.reports import posting
from bot.settings import Settings
from bot.store import Team, open_store
from bot.store.deliveries import Delivery, DeliveryState
from bot.store.runs import Entry, RunState
from bot.wiring import RunningBot, running
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import free_port

TEAM = Team("", "T0LOCAL001")
CHANNEL = "C0PLANNING"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 1, tzinfo=UTC)
RUN_DAY = date(2026, 11, 18)
ANSWER_LOST = Fault(status=500, error="internal_error", accepted=True)


@dataclass
class Town:
    """A Slack that stays while bots come and go, and the time."""

    url: str
    now: datetime = SUNDAY
    slack: LocalSlack = field(init=False)

    def seconds(self) -> float:
        return self.now.timestamp()

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[RunningBot]:
        """A bot; several may run at once."""
        port = free_port()
        settings = Settings(
            _env_file=None,
            slack_bot_token=config.BOT_TOKEN,
            slack_signing_secret=config.SIGNING_SECRET,
            slack_api_url=self.slack.api_url,
            database_url=self.url,
            port=port,
        )
        self.slack.bot_url = f"http://127.0.0.1:{port}/slack/events"
        async with running(settings, now=lambda: self.now) as found:
            # What is due at the start is delivered before anything else, and the bot's own first
            # look is over: it would take up what a test has begun.
            await found.reports.run_due()
            await found.reports.idle()
            yield found

    async def said(self, text: str, user: str = "ada", channel: str = "ml-planning") -> str:
        """What the bot answers to a command about the summary."""
        outcome = await self.slack.command(user=user, channel=channel, text=f"/carbon {text}")
        return (await self.slack.answer_to(outcome)).text

    def posted(self) -> list[Message]:
        """The summaries in the channel."""
        seen = self.slack.visible_messages("ada", "ml-planning")
        return [message for message in seen if message.metadata]

    def keys_posted(self) -> list[str]:
        """What the summaries in the channel are, as their messages say."""
        return [str(m.metadata["event_payload"]["key"]) for m in self.posted() if m.metadata]

    async def log(self, name: str = "llama-ft", day: date = RUN_DAY, **more: Any) -> None:
        """Enter a run in the ledger."""
        entry = Entry(
            channel_id=CHANNEL,
            owner_id="U0ADA00001",
            name=name,
            counted_on=day,
            energy_kwh=1000.0,
            total_kgco2e=400.0,
            **more,
        )
        async with open_store(self.url) as store:
            await store.runs.enter(TEAM, entry)

    async def prefer(self, preferences: Preferences) -> None:
        """Set what holds in the channel."""
        async with open_store(self.url) as store:
            await store.preferences.put(TEAM, CHANNEL, preferences, "U0ADA00001")

    async def deliveries(self) -> list[Delivery]:
        async with open_store(self.url) as store:
            return await store.deliveries.recent(TEAM)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    found = Town(f"sqlite:///{tmp_path}/carbon.db")
    async with LocalSlack(bot_url="", manifest=config.MANIFEST, clock=found.seconds) as slack:
        found.slack = slack
        yield found
        assert slack.violations == []
        assert slack.manners == []


ON = "weekly on Monday 09:00 UTC"


async def test_it_is_posted_when_it_is_due_and_once(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        assert "every Monday at 09:00 (UTC); the next one on 2026-11-23" in await town.said(ON)
        await bot.reports.run_due()
        assert town.posted() == []
        town.now = MONDAY
        for _ in range(3):
            await bot.reports.run_due()
        (message,) = town.posted()
        assert "1 logged run: 400 kg CO2e" in message.text
        assert message.metadata == {
            "event_type": "carbon_summary",
            "event_payload": {"key": "weekly T0LOCAL001 C0PLANNING 2026-W47-1"},
        }
        assert "the next one on 2026-11-30" in await town.said("weekly")
    (delivery,) = await town.deliveries()
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, message.ts)


async def test_the_time_zone_is_the_settings_else_the_members(town: Town) -> None:
    await town.prefer(Preferences(time_zone="America/New_York"))
    async with town.bot():
        assert "(America/New_York)" in await town.said("weekly on")
    await town.prefer(NOTHING_SET)
    async with town.bot():
        assert "every Monday at 09:00 (Europe/London)" in await town.said("weekly on")
        assert "(Asia/Tokyo)" in await town.said("weekly on Tokyo")


async def test_a_preview_is_in_the_time_zone_of_who_asks_where_none_is_set(town: Town) -> None:
    town.now = datetime(2026, 11, 30, 20, tzinfo=UTC)  # the first of December in Shanghai
    async with town.bot():
        assert "2026-10-31, time zone Europe/London" in await town.said("monthly preview")
        assert "2026-11-30，时区 Asia/Shanghai" in await town.said("monthly preview", user="chen")
        assert "The summary is in" in await town.said("monthly now")
        await town.said(MONTHLY.on)
        assert "2026-10-31，时区 UTC" in await town.said("monthly preview", user="chen")
    assert "2026-10" in town.keys_posted()[0]


async def test_it_is_turned_off(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        assert "is off" in await town.said("weekly off")
        assert "is off" in await town.said("weekly")
        town.now = MONDAY
        await bot.reports.run_due()
    assert town.posted() == []


async def test_where_the_bot_is_not_it_asks_to_be_invited(town: Town) -> None:
    async with town.bot():
        assert "/invite @carbon" in await town.said(ON, channel="general")
        assert "is off" in await town.said("weekly", channel="general")
        assert "/invite @carbon" in await town.said(ON, channel="private")


async def test_a_preview_is_seen_by_who_asks_alone(town: Town) -> None:
    await town.log()
    async with town.bot():
        assert "1 logged run: 400 kg" in await town.said("weekly preview")
    assert town.posted() == []


async def test_now_posts_at_once_and_the_monday_comes_all_the_same(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        assert await town.said("weekly now") == "The summary is in the channel."
        assert len(town.posted()) == 1
        town.now = MONDAY
        await bot.reports.run_due()
    assert len(town.posted()) == 2


async def test_now_says_why_it_cannot_post(town: Town) -> None:
    async with town.bot():
        answer = await town.said("weekly now", channel="general")
        assert "was not posted: the bot is not in the channel" in answer
        town.slack.fail("chat.postMessage", Fault(status=503, error="service_unavailable"))
        assert "It is tried again" in await town.said("weekly now")
        town.later(minutes=6)
    async with town.bot():
        assert len(town.posted()) == 1


async def test_what_ifs_are_counted_apart(town: Town) -> None:
    town.now = datetime.now(UTC)
    async with town.bot():
        await town.slack.command(
            user="ben", channel="ml-planning", text="/carbon 8 H100 for 3 days in France"
        )
        town.later(days=1)
        text = await town.said("weekly preview")
    assert "No run was logged." in text
    assert "1 what-if estimate, not in the total" in text


async def test_a_channels_language_is_that_of_its_settings_else_english(town: Town) -> None:
    await town.log()
    async with town.bot():
        assert await town.said("周报 现在", user="chen") == "汇总已发布到频道。"
        await town.prefer(Preferences(language="zh-CN"))
        await town.said("weekly now")
    first, second = town.posted()
    assert "1 logged run: 400 kg" in first.text
    assert "已登记 1 个运行：400 kg" in second.text


@pytest.mark.parametrize("status", [500, 429, 200])
async def test_a_post_whose_answer_was_lost_is_not_repeated(town: Town, status: int) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        lost = Fault(status=status, error="fatal_error", accepted=True, retry_after_s=1)
        town.slack.fail("chat.postMessage", lost)
        await bot.reports.run_due()
    (message,) = town.posted()
    town.later(minutes=10)
    async with town.bot() as bot:
        await bot.reports.run_due()
    assert len(town.posted()) == 1
    (delivery,) = await town.deliveries()
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, message.ts)


async def test_a_bot_that_dies_between_posting_and_recording_posts_once(town: Town) -> None:
    await town.log()
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(town.bot())
        await town.said(ON)
        town.now = MONDAY
        town.slack.fail("chat.postMessage", Fault(accepted=True, hang=True))
        attempt = asyncio.create_task(bot.reports.run_due())
        await town.slack.wait_for(lambda: bool(town.posted()))
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        town.slack.release()
    (delivery,) = await town.deliveries()
    assert delivery.state is DeliveryState.INTENDED
    town.later(minutes=1)
    async with town.bot():
        assert len(town.posted()) == 1
    town.later(minutes=10)
    async with town.bot():
        assert len(town.posted()) == 1
    (delivery,) = await town.deliveries()
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, town.posted()[0].ts)


async def test_what_slack_did_not_take_is_posted_later(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        town.slack.fail("chat.postMessage", Fault(status=503, error="service_unavailable"))
        await bot.reports.run_due()
        assert town.posted() == []
        calls = town.slack.calls("chat.postMessage")
        for _ in range(5):
            await bot.reports.run_due()
        assert town.slack.calls("chat.postMessage") == calls
        town.later(minutes=6)
        await bot.reports.run_due()
        assert len(town.posted()) == 1


async def test_an_hour_without_slack_costs_few_calls_and_loses_nothing(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        town.slack.fail("chat.postMessage", Fault(drop=True), times=1000)
        town.slack.fail("conversations.history", Fault(drop=True), times=2)
        before = town.slack.calls("chat.postMessage")
        for _ in range(120):
            await bot.reports.run_due()
            town.later(seconds=30)
        assert town.slack.calls("chat.postMessage") - before <= 5
    town.slack.parts.web_api.faults._planned.clear()
    town.later(hours=1, minutes=1)
    async with town.bot():
        assert len(town.posted()) == 1


async def test_a_summary_that_was_missed_comes_late_within_a_day(town: Town) -> None:
    await town.log()
    async with town.bot():
        await town.said(ON)
    town.now = MONDAY + timedelta(hours=23)
    async with town.bot():
        (message,) = town.posted()
    assert "2026-11-16 to 2026-11-22" in message.text


async def test_older_ones_are_skipped_and_recorded(town: Town) -> None:
    await town.log()
    async with town.bot():
        await town.said(ON)
    town.now = MONDAY + timedelta(days=15)
    async with town.bot():
        assert town.posted() == []
    found = await town.deliveries()
    assert [(d.key.period, d.state, d.reason) for d in found] == [
        ("2026-W49-1", DeliveryState.SKIPPED, "missed"),
        ("2026-W48-1", DeliveryState.SKIPPED, "missed"),
        ("2026-W47-1", DeliveryState.SKIPPED, "missed"),
    ]


async def test_a_clock_that_was_ahead_loses_nothing(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.now += timedelta(days=402)
        await bot.reports.run_due()
        assert town.posted() == []
        town.now = SUNDAY
        await bot.reports.run_due()
        town.now = MONDAY
        await bot.reports.run_due()
        (message,) = town.posted()
        town.now = SUNDAY
        await bot.reports.run_due()
        town.now = MONDAY + timedelta(hours=1)
        await bot.reports.run_due()
        assert town.posted() == [message]
    assert "1 logged run" in message.text


async def test_an_empty_week_says_so_once_and_comes_back_when_something_happened(
    town: Town,
) -> None:
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        for _ in range(3):
            await bot.reports.run_due()
            town.later(days=7)
        (message,) = town.posted()
        assert "No run and no estimate" in message.text
        await town.log(day=(town.now - timedelta(days=3)).date())
        await bot.reports.run_due()
        assert len(town.posted()) == 2
    assert [delivery.reason for delivery in await town.deliveries()] == [
        None,
        "quiet",
        "quiet",
        "empty",
    ]


async def test_who_is_told_that_it_stopped_is_told_in_their_language(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON, user="chen")
        town.slack.archive("ml-planning")
        town.now = MONDAY
        await bot.reports.run_due()
    (told,) = town.slack.visible_messages("chen", "dm")
    assert "已关闭" in told.text
    assert "频道已归档" in told.text


@pytest.mark.parametrize("closed", ["archived", "removed"])
async def test_a_closed_channel_turns_it_off_and_tells_who_had_turned_it_on(
    town: Town, closed: str
) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        if closed == "archived":
            town.slack.archive("ml-planning")
        else:
            town.slack.remove_bot("ml-planning")
        town.now = MONDAY
        await bot.reports.run_due()
        (told,) = town.slack.visible_messages("ada", "dm")
        assert "was turned off" in told.text
        calls = town.slack.calls("chat.postMessage")
        town.later(days=7)
        await bot.reports.run_due()
        assert town.slack.calls("chat.postMessage") == calls
        status = await town.said("status", channel="general")
        assert "weekly summary, 2026-11-16 to 2026-11-22: skipped" in status
        assert "channel" in status
        assert "Only administrators" in await town.said("status", user="ben", channel="general")


async def test_a_revoked_token_is_tried_a_few_times_a_day_and_is_then_given_up(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.slack.fail("chat.postMessage", Fault(status=200, error="token_revoked"), times=1000)
        town.now = MONDAY
        before = town.slack.calls("chat.postMessage")
        for _ in range(26):
            await bot.reports.run_due()
            await bot.reports.run_due()
            town.later(hours=1, seconds=1)
        assert town.slack.calls("chat.postMessage") - before <= 25
        status = await town.said("status", channel="general")
    assert town.posted() == []
    week = "weekly summary, 2026-11-16 to 2026-11-22"
    assert f"{week}: skipped: the bot was removed from the workspace" in status


async def test_slack_asking_to_wait_holds_the_whole_workspace(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.slack.invite_bot("general")
        await town.said(ON, channel="general")
        town.now = MONDAY
        town.slack.rate_limit("chat.postMessage", retry_after=120)
        before = town.slack.calls("chat.postMessage")
        await bot.reports.run_due()
        await bot.reports.run_due()
        assert town.slack.calls("chat.postMessage") - before == 1
        town.later(minutes=6)
        await bot.reports.run_due()
        assert {d.state for d in await town.deliveries()} == {DeliveryState.POSTED}


async def test_several_replicas_post_one(town: Town) -> None:
    await town.log(state=RunState.DONE, measured_energy_kwh=900.0)
    async with town.bot() as one, town.bot() as two, town.bot() as three:
        await town.said(ON)
        town.now = MONDAY
        await asyncio.gather(*(bot.reports.run_due() for bot in (one, two, three)))
        town.later(minutes=10)
        await asyncio.gather(*(bot.reports.run_due() for bot in (one, two, three)))
    (message,) = town.posted()
    assert "estimated 1.00 MWh, measured 900 kWh (−10 %)" in message.text


async def test_what_members_write_meanwhile_does_not_hide_the_message(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.log()
    monkeypatch.setattr(posting, "PAGE", 2)
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        town.slack.fail("chat.postMessage", ANSWER_LOST)
        await bot.reports.run_due()
        for number in range(5):
            town.slack.say(user="ben", channel="ml-planning", text=f"Look at that {number}")
        town.later(minutes=6)
        await bot.reports.run_due()
    assert len(town.posted()) == 1


@dataclass(frozen=True)
class Rhythm:
    """A summary of months, and what it is about on the day after this one.

    Attributes:
        on: how it is turned on.
        times: when it then comes, in words.
        due_at: when the first one comes.
        label: of what it is about.
        in_it: a day in that.
        longest: how late it is still posted.
        between: what lies between two of them, at most.
    """

    name: str
    on: str
    times: str
    due_at: datetime
    label: str
    in_it: date
    longest: timedelta
    between: timedelta

    def __str__(self) -> str:
        return self.name


MONTHLY = Rhythm(
    "monthly",
    "monthly on 1st 09:00 UTC",
    "on day 1 of every month at 09:00 (UTC); the next one on 2026-12-01",
    datetime(2026, 12, 1, 9, tzinfo=UTC),
    "2026-11",
    date(2026, 11, 1),
    timedelta(days=3),
    timedelta(days=31),
)
QUARTERLY = Rhythm(
    "quarterly",
    "quarterly on 2nd 07:30 UTC",
    "on day 2 of January, April, July and October at 07:30 (UTC); the next one on 2027-01-02",
    datetime(2027, 1, 2, 7, 30, tzinfo=UTC),
    "2026-Q4",
    date(2026, 12, 31),
    timedelta(days=7),
    timedelta(days=92),
)
rhythms = pytest.mark.parametrize("rhythm", [MONTHLY, QUARTERLY], ids=str)


@rhythms
async def test_a_month_and_a_quarter_are_posted_when_they_are_due_and_once(
    town: Town, rhythm: Rhythm
) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot() as bot:
        assert rhythm.times in await town.said(rhythm.on)
        assert f"see it now: `/carbon {rhythm.name} preview`" in await town.said(rhythm.on)
        assert rhythm.times in await town.said(rhythm.name)
        town.now = rhythm.due_at - timedelta(minutes=1)
        await bot.reports.run_due()
        assert town.posted() == []
        town.now = rhythm.due_at
        for _ in range(3):
            await bot.reports.run_due()
        (message,) = town.posted()
        assert "1 logged run: 400 kg CO2e" in message.text
        assert message.metadata == {
            "event_type": "carbon_summary",
            "event_payload": {"key": f"{rhythm.name} T0LOCAL001 C0PLANNING {rhythm.label}"},
        }
    (delivery,) = await town.deliveries()
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, message.ts)


async def test_the_summaries_of_a_channel_do_not_touch_each_other(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        for on in (ON, MONTHLY.on, QUARTERLY.on):
            await town.said(on)
        assert "The monthly summary of this channel is off" in await town.said("monthly off")
        assert "The monthly summary of this channel is off" in await town.said("monthly")
        assert "every Monday" in await town.said("weekly")
        assert "on day 2 of January" in await town.said("季报")
        for day in range(60):
            town.now = MONDAY + timedelta(days=day)
            await bot.reports.run_due()
    assert [key.split()[0] for key in town.keys_posted()] == ["weekly", "weekly", "quarterly"]
    assert "No run and no estimate" in town.posted()[1].text


@rhythms
async def test_an_empty_month_or_quarter_says_so_once(town: Town, rhythm: Rhythm) -> None:
    async with town.bot() as bot:
        await town.said(rhythm.on)
        town.now = rhythm.due_at
        for _ in range(4):
            await bot.reports.run_due()
            town.now += rhythm.between
        (message,) = town.posted()
        assert "No run and no estimate" in message.text
        await town.log(day=(town.now - rhythm.between).date())
        await bot.reports.run_due()
        assert len(town.posted()) == 2
    assert {delivery.reason for delivery in await town.deliveries()} == {None, "quiet", "empty"}


@rhythms
async def test_a_month_or_quarter_comes_late_for_longer(town: Town, rhythm: Rhythm) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot():
        await town.said(rhythm.on)
    town.now = rhythm.due_at + rhythm.longest
    async with town.bot():
        (message,) = town.posted()
    assert "1 logged run" in message.text


@rhythms
async def test_one_that_is_too_late_is_skipped_and_recorded(town: Town, rhythm: Rhythm) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot():
        await town.said(rhythm.on)
    town.now = rhythm.due_at + rhythm.longest + timedelta(seconds=1)
    async with town.bot():
        status = await town.said("status", channel="general")
        period = Period.labelled(rhythm.label)
        days = f"{rhythm.name} summary, {period.first} to {period.last}"
        assert f"{days}: skipped: the bot was down until it was too late for it" in status
    assert town.posted() == []


@rhythms
async def test_slack_may_be_away_for_as_long_as_it_may_be_late(town: Town, rhythm: Rhythm) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot() as bot:
        await town.said(rhythm.on)
        town.now = rhythm.due_at
        town.slack.fail("chat.postMessage", Fault(drop=True))
        await bot.reports.run_due()
        assert town.posted() == []
        town.now = rhythm.due_at + rhythm.longest
        await bot.reports.run_due()
    assert len(town.posted()) == 1


@rhythms
async def test_a_clock_that_was_ahead_loses_no_month_or_quarter(town: Town, rhythm: Rhythm) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot() as bot:
        await town.said(rhythm.on)
        town.now += timedelta(days=800)
        await bot.reports.run_due()
        town.now = SUNDAY
        await bot.reports.run_due()
        town.now = rhythm.due_at + timedelta(minutes=1)
        await bot.reports.run_due()
        assert len(town.posted()) == 1
        town.now = SUNDAY
        await bot.reports.run_due()
        town.now = rhythm.due_at + timedelta(minutes=2)
        await bot.reports.run_due()
        assert len(town.posted()) == 1


@pytest.mark.parametrize("before", [timedelta(minutes=11), timedelta(days=2)])
@pytest.mark.parametrize(
    ("on", "due_at", "ahead"),
    [
        (ON, datetime(2026, 11, 23, 9, tzinfo=UTC), timedelta(days=1, hours=1)),
        (MONTHLY.on, MONTHLY.due_at, timedelta(days=4)),
        (QUARTERLY.on, QUARTERLY.due_at, timedelta(days=8)),
    ],
)
async def test_a_clock_that_was_a_few_days_ahead_loses_nothing(
    town: Town, on: str, due_at: datetime, ahead: timedelta, before: timedelta
) -> None:
    for day in (RUN_DAY, date(2026, 12, 1)):
        await town.log(day=day)
    town.now = due_at - before
    async with town.bot() as bot:
        await town.said(on)
        town.now = due_at + ahead
        await bot.reports.run_due()
        assert town.posted() == []
        town.now = due_at - before
        await bot.reports.run_due()
        town.now = due_at
        await bot.reports.run_due()
    assert len(town.posted()) == 1


@rhythms
async def test_a_preview_and_now_show_the_last_whole_one(town: Town, rhythm: Rhythm) -> None:
    town.now = rhythm.due_at + timedelta(days=20)
    await town.log(day=rhythm.in_it)
    await town.log(day=town.now.date())
    async with town.bot():
        preview = await town.said(f"{rhythm.name} preview")
        assert "1 logged run: 400 kg" in preview
        assert f"Every {rhythm.name.removesuffix('ly')} by itself" in preview
        assert town.posted() == []
        assert await town.said(f"{rhythm.name} now") == "The summary is in the channel."
        town.slack.fail("chat.postMessage", Fault(status=503, error="service_unavailable"))
        assert "It is tried again" in await town.said(f"{rhythm.name} now")
        town.later(minutes=6)
    async with town.bot():
        first, second = town.posted()
    assert first.text == second.text
    assert rhythm.label in town.keys_posted()[0]


async def test_a_closed_channel_turns_off_the_summary_that_was_due(town: Town) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(MONTHLY.on)
        town.slack.archive("ml-planning")
        town.now = MONTHLY.due_at
        await bot.reports.run_due()
        (told,) = town.slack.visible_messages("ada", "dm")
    assert "The monthly summary of" in told.text
    assert "/carbon monthly on" in told.text
    assert town.posted() == []


async def test_a_day_that_not_every_month_has_is_refused(town: Town) -> None:
    async with town.bot():
        answer = await town.said("monthly on 31st 09:00")
        assert "Not every month has a day 31" in answer
        assert "is off" in await town.said("monthly")


@rhythms
async def test_replicas_post_one_month_or_quarter(town: Town, rhythm: Rhythm) -> None:
    await town.log(day=rhythm.in_it)
    async with town.bot() as one, town.bot() as two:
        await town.said(rhythm.on)
        town.now = rhythm.due_at
        await asyncio.gather(*(bot.reports.run_due() for bot in (one, two)))
    assert len(town.posted()) == 1
