"""A summary is posted once, wherever the bot dies: killed at every step of a delivery, in turn."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asker import Asker
from bot.periods import Period, Report, When
from bot.reports.delivering import Reports
from bot.store import Store, Team, open_store
from bot.store.database import Database
from bot.store.deliveries import DeliveryState, DeliveryStore
from bot.store.runs import Entry, RunStore
from bot.store.schedules import Schedule, ScheduleStore
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.people import ASKER

TEAM = Team("", "T0LOCAL001")
CHANNEL = "C0PLANNING"
ANSWERS = (
    None,
    Fault(status=500, error="fatal_error", accepted=True),
    Fault(status=429, error="ratelimited", accepted=True, retry_after_s=1),
    Fault(drop=True, accepted=True),
    Fault(status=503, error="service_unavailable"),
)


class Died(BaseException):
    """The process is gone: nothing that follows is done, and no handler of errors sees it."""


@dataclass
class Life:
    """How many steps a process still does. Steps lie before and after each effect."""

    left: int = 10**6

    def step(self) -> None:
        if self.left <= 0:
            raise Died
        self.left -= 1


class MortalDatabase(Database):
    """A database whose user dies between transactions; one that dies in them did nothing."""

    def __init__(self, database: Database, life: Life) -> None:
        super().__init__(database.engine)
        self._life = life

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._life.step()
        async with super().transaction() as connection:
            yield connection
        self._life.step()


class MortalClient(AsyncWebClient):
    """A client whose user dies before a call, or before it sees the answer."""

    def __init__(self, slack: LocalSlack, life: Life) -> None:
        super().__init__(token=config.BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
        self._life = life

    async def api_call(self, *arguments: Any, **named: Any) -> AsyncSlackResponse:
        self._life.step()
        answer = await super().api_call(*arguments, **named)
        self._life.step()
        return answer


async def lives(work: Coroutine[Any, Any, None]) -> bool:
    """Whether something came to its end."""
    try:
        await work
    except Died:
        return False
    return True


async def asker_of(_team: Team, _channel: str) -> Asker:
    return ASKER


@dataclass
class World:
    """A Slack, a database and replicas that work on it."""

    url: str
    report: Report = Report.WEEKLY
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    slack: LocalSlack = field(init=False)
    store: Store = field(init=False)

    def clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def replica(self, steps: int = 10**6, store: Store | None = None) -> Reports:
        """A replica that dies after so many steps."""
        life = Life(steps)
        found = store or self.store
        database = MortalDatabase(found.database, life)
        mortal = replace(
            found,
            database=database,
            schedules=ScheduleStore(database),
            deliveries=DeliveryStore(database, self.clock),
            runs=RunStore(database),
        )
        client = MortalClient(self.slack, life)

        async def client_of(_team: Team) -> AsyncWebClient:
            return client

        return Reports(mortal, client_of, asker_of, self.clock)

    async def set_up(self) -> None:
        when = When(self.report, 1, time(9), "UTC")
        await self.store.schedules.put(
            Schedule(
                team=TEAM,
                channel_id=CHANNEL,
                kind=self.report,
                day=when.day,
                local_time="09:00",
                time_zone="UTC",
                active=True,
                due_at=when.due_after(self.now),
                configured_by="U0ADA00001",
            )
        )

    async def next_period(self) -> str:
        """Let a period pass in which a run is logged; returns the name of its summary."""
        (schedule,) = await self.store.schedules.of(TEAM, CHANNEL)
        self.now = schedule.due_at + timedelta(minutes=1)
        day: date = self.now.date() - timedelta(days=2)
        entry = Entry(
            channel_id=CHANNEL, owner_id="U1", name="run", counted_on=day, total_kgco2e=1.0
        )
        await self.store.runs.enter(TEAM, entry)
        label = Period.before(self.now.date(), self.report).label
        return f"{self.report} T0LOCAL001 C0PLANNING {label}"

    def posted(self) -> list[str]:
        seen = self.slack.visible_messages("ada", "ml-planning")
        return [str(m.metadata["event_payload"]["key"]) for m in seen if m.metadata]


@asynccontextmanager
async def world(url: str, report: Report = Report.WEEKLY) -> AsyncIterator[World]:
    found = World(url, report)
    async with (
        LocalSlack(manifest=config.MANIFEST, clock=found.seconds) as slack,
        open_store(url, found.clock) as store,
    ):
        found.slack, found.store = slack, store
        await found.set_up()
        yield found
        assert slack.violations == []


@pytest.mark.parametrize(
    ("report", "answer"),
    [
        *((Report.WEEKLY, answer) for answer in ANSWERS),
        (Report.MONTHLY, ANSWERS[0]),
        (Report.QUARTERLY, ANSWERS[1]),
    ],
    ids=["fine", "500", "429", "cut", "503", "monthly", "quarterly 500"],
)
async def test_killed_at_every_step_it_is_posted_once(
    database_url: str, report: Report, answer: Fault | None
) -> None:
    async with world(database_url, report) as found:
        expected = []
        steps, whole = 0, False
        while not whole:
            expected.append(await found.next_period())
            if answer is not None:
                found.slack.fail("chat.postMessage", answer)
            whole = await lives(found.replica(steps).run_due())
            # The second attempt dies too, somewhere else.
            found.now += timedelta(minutes=6)
            await lives(found.replica(steps * 7 % 17).run_due())
            found.now += timedelta(minutes=11)
            await found.replica().run_due()
            found.now += timedelta(minutes=21)
            await found.replica().run_due()
            assert found.posted() == expected
            steps += 1
        assert steps > 15
        last = await found.store.deliveries.recent(TEAM, limit=len(expected))
        assert {delivery.state for delivery in last} == {DeliveryState.POSTED}


async def test_replicas_that_die_at_random_post_once(database_url: str) -> None:
    chance = random.Random(20261124)  # noqa: S311 - repeatable, no secret
    async with world(database_url) as found, AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(open_store(database_url, found.clock)) for _ in range(3)
        ]
        expected = []
        for _ in range(30):
            expected.append(await found.next_period())
            answer = chance.choice(ANSWERS)
            if answer is not None:
                found.slack.fail("chat.postMessage", answer)
            for _ in range(3):
                running = [
                    lives(found.replica(chance.randrange(30), store).run_due()) for store in stores
                ]
                await asyncio.gather(*running)
                found.now += timedelta(minutes=chance.choice((1, 6)))
            for _ in range(2):
                found.now += timedelta(minutes=61)
                await asyncio.gather(*(found.replica(store=store).run_due() for store in stores))
            assert found.posted() == expected
