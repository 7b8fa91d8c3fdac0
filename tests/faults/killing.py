"""Kills whole bots, at any moment, while summaries are due and measurements arrive.

What Slack shows and what the database holds afterwards is compared with what was due and what was
confirmed: nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from sqlalchemy import text

from bot.periods import Report
from bot.store import Store, Team, open_store
from bot.store.deliveries import Delivery, DeliveryState
from bot.store.runs import Entry
from bot.store.schedules import Schedule
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
TEAM = Team("", "T0LOCAL001")
CHANNELS = {"ml-planning": "C0PLANNING", "general": "C0GENERAL1"}
ANSWERS = (
    None,
    None,
    Fault(status=500, error="fatal_error", accepted=True),
    Fault(status=429, error="ratelimited", accepted=True, retry_after_s=1),
    Fault(drop=True, accepted=True),
    Fault(status=503, error="service_unavailable"),
    Fault(status=429, error="ratelimited", retry_after_s=30),
    Fault(hang=True, channel="C0PLANNING"),
    Fault(hang=True, channel="C0GENERAL1"),
    Fault(hang=True, accepted=True, channel="C0PLANNING"),
    Fault(hang=True, accepted=True, channel="C0GENERAL1"),
)
METHODS = ("chat.postMessage", "conversations.history", "auth.test")


class Step(StrEnum):
    """How far a delivery was when its bot was killed."""

    NOT_INTENDED = "due, not recorded"
    INTENDED = "recorded as intended"
    CLAIMED = "begun, not in the channel"
    IN_CHANNEL = "in the channel, not recorded so"
    FAILED = "refused by Slack, to be tried again"
    POSTED = "recorded as posted"


@dataclass
class Tally:
    """What became of everything."""

    kills: int = 0
    crashes: int = 0
    weeks: int = 0
    due: int = 0
    posted: int = 0
    lost: int = 0
    repeated: int = 0
    measured: int = 0
    confirmed_and_lost: int = 0
    counted_twice: int = 0
    steps: Counter[Step] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or repeated."""
        return not (self.lost or self.repeated or self.confirmed_and_lost or self.counted_twice)


@dataclass
class Bots:
    """Forks bots, and kills them."""

    nursery: Process
    folder: Path
    slack_url: str
    database_url: str
    alive: dict[int, int] = field(default_factory=dict)
    at_real_time: bool = False

    @property
    def time_file(self) -> Path:
        """What the bots take for the time."""
        return self.folder / "time"

    async def start(self, largest_file_bytes: int | None = None) -> int:
        """Let a bot begin; returns its process id. It may not serve yet.

        Args:
            largest_file_bytes: what the system lets it write, as a disk does that is full.
        """
        port = free_port()
        wanted = {
            "slack": self.slack_url,
            "database": self.database_url,
            "port": port,
            "time": None if self.at_real_time else str(self.time_file),
            "hurry": not self.at_real_time,
            "log": str(self.folder / "bots.log"),
            "largest_file_bytes": largest_file_bytes,
        }
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.nursery.stdin.write(f"{json.dumps(wanted)}\n".encode())
        pid = int(await self.nursery.stdout.readline())
        self.alive[pid] = port
        return pid

    def kill(self, pid: int) -> None:
        """``kill -9``."""
        # One that started while the database was away has ended by itself.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        del self.alive[pid]

    def kill_all(self) -> None:
        """``kill -9`` for each."""
        for pid in list(self.alive):
            self.kill(pid)


@asynccontextmanager
async def nursery() -> AsyncIterator[Process]:
    """What bots are forked from."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.victim", cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        await process.wait()


@dataclass
class Town:
    """A Slack that stays, a database, bots that come and go, and the time."""

    slack: LocalSlack
    store: Store
    bots: Bots
    chance: random.Random
    secret: str
    session: aiohttp.ClientSession
    clock: list[datetime]
    most_bots: int = 1
    tally: Tally = field(default_factory=Tally)
    sent: dict[str, bool] = field(default_factory=dict)
    whole_s: float = 3.0
    """How long a bot takes from its start until everything is posted [s]; measured anew."""

    @property
    def now(self) -> datetime:
        """The time."""
        return self.clock[0]

    @property
    def url(self) -> str:
        """Of the database."""
        return self.bots.database_url

    async def pass_time(self, minutes: float) -> None:
        """Let time pass, in the database as well."""
        await self.set_time(self.now + timedelta(minutes=minutes))
        if self.store.database.is_sqlite:
            return
        with suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as db:
                by = f"make_interval(secs => {60 * minutes})"
                for table, column in (
                    ("procrastinate_jobs", "scheduled_at"),
                    ("procrastinate_workers", "last_heartbeat"),
                ):
                    statement = f"UPDATE {table} SET {column} = {column} - {by}"  # noqa: S608
                    await db.execute(statement.encode())

    async def set_time(self, moment: datetime) -> None:
        """Set the time."""
        self.clock[0] = moment
        new = self.bots.time_file.with_suffix(".new")
        new.write_text(str(moment.timestamp()))
        new.replace(self.bots.time_file)

    async def week(self, kills: int) -> None:
        """Let a week pass in which bots are killed, and then none; count what became of it."""
        expected = await self.begin_week()
        for _ in range(kills):
            await self._life_that_is_killed()
            await self.pass_time(self.chance.choice((1, 6, 31)))
        await self.pass_time(61)
        await self.life_that_lasts()
        self.bots.kill_all()
        self.count_summaries(expected)
        await self.count_measurements()

    async def begin_week(self) -> set[str]:
        """Let a week pass in which runs are logged; returns the names of the summaries due."""
        schedules = [
            one
            for channel in CHANNELS.values()
            for one in await self.store.schedules.of(TEAM, channel)
        ]
        due_at = max(one.due_at for one in schedules)
        await self.set_time(due_at + timedelta(minutes=1))
        for channel in CHANNELS.values():
            entry = Entry(
                channel_id=channel,
                owner_id="U0ADA00001",
                name="run",
                counted_on=due_at.date() - timedelta(days=2),
                total_kgco2e=1.0,
            )
            await self.store.runs.enter(TEAM, entry)
        self.tally.weeks += 1
        week = f"{due_at - timedelta(days=7):%G-W%V-%u}"
        return {f"weekly {TEAM.team_id} {channel} {week}" for channel in CHANNELS.values()}

    async def _life_that_is_killed(self) -> None:
        answer = self.chance.choice(ANSWERS)
        if answer is not None:
            self.slack.fail("chat.postMessage", answer)
        for _ in range(self.chance.randint(1, self.most_bots)):
            await self.bots.start()
        measuring = asyncio.create_task(self._measure())
        match self.chance.randrange(3):
            case 0:
                await asyncio.sleep(self.chance.uniform(0, 1.1 * self.whole_s))
            case 1:
                # While a call is under way, or just after it.
                await self._after_calls(self.chance.randint(1, 5), METHODS)
            case _:
                await self._after_calls(1, ("chat.postMessage",))
        for pid in list(self.bots.alive):
            self.bots.kill(pid)
            self.tally.kills += 1
            await asyncio.sleep(self.chance.uniform(0, 0.02))
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)
        self.slack.parts.web_api.faults.forget()
        self.slack.release()
        await self._see_how_far()

    async def _after_calls(self, number: int, methods: tuple[str, ...]) -> None:
        def made() -> int:
            return sum(self.slack.calls(method) for method in methods)

        wanted = made() + number
        with suppress(TimeoutError):
            await self.slack.wait_for(lambda: made() >= wanted, timeout_s=self.whole_s)
        await asyncio.sleep(self.chance.uniform(0, 0.03))

    async def _see_how_far(self) -> None:
        recorded = {one.key.channel_id: one for one in await self._of_this_week()}
        for name, channel in CHANNELS.items():
            self.tally.steps[self._step(recorded.get(channel), name)] += 1

    def _step(self, delivery: Delivery | None, channel: str) -> Step:
        if delivery is None:
            return Step.NOT_INTENDED
        if delivery.state is DeliveryState.POSTED:
            return Step.POSTED
        key = " ".join((delivery.key.kind, delivery.key.team.team_id, *delivery.key[1:2]))
        if any(found == f"{key} {delivery.key.period}" for found in self.posted(channel)):
            return Step.IN_CHANNEL
        if delivery.state is DeliveryState.FAILED:
            return Step.FAILED
        return Step.CLAIMED if delivery.attempts else Step.INTENDED

    async def _of_this_week(self) -> list[Delivery]:
        found = await self.store.deliveries.recent(TEAM, kind="weekly", limit=len(CHANNELS))
        since = self.now - timedelta(days=2)
        return [one for one in found if one.created_at > since]

    async def life_that_lasts(self) -> None:
        """Let bots live until everything that is due is over."""
        begin = time.monotonic()
        for _ in range(self.most_bots):
            await self.bots.start()
        for name in [name for name, confirmed in self.sent.items() if not confirmed]:
            # Whoever was not answered sends it again.
            await self.send_until_confirmed(name)
        for attempt in range(20):
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    while not await self._is_over():  # noqa: ASYNC110 - another's work
                        await asyncio.sleep(0.02)
                    if attempt == 0:
                        self.whole_s = 0.7 * self.whole_s + 0.3 * (time.monotonic() - begin)
                    return
            await self.pass_time(61)

    async def _is_over(self) -> bool:
        found = await self._of_this_week()
        return len(found) == len(CHANNELS) and not any(one.is_open for one in found)

    async def _measure(self) -> None:
        """Send measurements, one after the other."""
        while True:
            name = f"{self.tally.weeks}-{len(self.sent)}"
            self.sent[name] = False
            await self.send_until_confirmed(name)
            await asyncio.sleep(self.chance.uniform(0, 0.05))

    async def send_until_confirmed(self, name: str) -> None:
        """Send a measurement until a bot says that it is in the ledger."""
        body = {
            "run_id": f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012}",
            "project_name": name,
            "timestamp": "2026-11-24T10:00:00",
            "duration": 60.0,
            "emissions": 1.0,
            "energy_consumed": 2.0,
        }
        while True:
            ports = list(self.bots.alive.values())
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                if ports:
                    address = f"http://127.0.0.1:{self.chance.choice(ports)}/ingest/{self.secret}"
                    async with self.session.post(address, json=body) as answer:
                        if answer.status == 201:
                            self.sent[name] = True
                            return
            await asyncio.sleep(0.02)

    def posted(self, channel: str) -> list[str]:
        """The names of the summaries in a channel."""
        seen = self.slack.visible_messages("ada", channel)
        return [str(one.metadata["event_payload"]["key"]) for one in seen if one.metadata]

    def count_summaries(self, expected: set[str]) -> None:
        """Compare what the channels show with what was due."""
        posted = Counter(key for name in CHANNELS for key in self.posted(name))
        self.tally.due += len(expected)
        self.tally.posted += sum(posted[key] for key in expected)
        self.tally.lost += sum(key not in posted for key in expected)
        self.tally.repeated += sum(max(0, posted[key] - 1) for key in expected)

    async def count_measurements(self) -> None:
        """Compare the ledger with what was confirmed this week."""
        query = text("SELECT name FROM runs WHERE measured_energy_kwh IS NOT NULL")
        async with self.store.database.transaction() as connection:
            entered: Counter[str] = Counter((await connection.execute(query)).scalars())
        confirmed = [name for name, is_confirmed in self.sent.items() if is_confirmed]
        self.tally.measured = len(confirmed)
        self.tally.confirmed_and_lost = sum(name not in entered for name in confirmed)
        self.tally.counted_twice = sum(number - 1 for number in entered.values())


@asynccontextmanager
async def town(
    process: Process, url: str, folder: Path, seed: int, most_bots: int = 1
) -> AsyncIterator[Town]:
    """A Slack, a database, and nobody alive yet."""
    clock = [datetime(2026, 11, 22, 12, tzinfo=UTC)]

    def seconds() -> float:
        return clock[0].timestamp()

    async with (
        LocalSlack(manifest=config.MANIFEST, clock=seconds) as slack,
        open_store(url, lambda: clock[0]) as store,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
    ):
        for channel in CHANNELS:
            slack.invite_bot(channel)
        for channel_id in CHANNELS.values():
            await store.schedules.put(_schedule(channel_id))
        _, secret = await store.measurements.connect(TEAM, "C0PLANNING", "U0ADA00001")
        bots = Bots(process, folder, slack.api_url, url)
        chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
        found = Town(slack, store, bots, chance, secret, session, clock, most_bots)
        await found.set_time(clock[0])
        try:
            yield found
        finally:
            bots.kill_all()


def _schedule(channel_id: str) -> Schedule:
    return Schedule(
        team=TEAM,
        channel_id=channel_id,
        kind=Report.WEEKLY,
        day=0,
        local_time="09:00",
        time_zone="UTC",
        active=True,
        due_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        configured_by="U0ADA00001",
    )


async def kill_bots(town: Town, kills: int) -> Tally:
    """Kill at least so many bots."""
    while town.tally.kills < kills:
        await town.week(town.chance.randint(1, 3))
        await town.slack.settle()
        assert town.slack.violations == []
    return town.tally


def describe(tally: Tally) -> dict[str, Any]:
    """A tally as it is printed."""
    return {name: getattr(tally, name) for name in tally.__dataclass_fields__}
