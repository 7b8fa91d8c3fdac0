"""Sends commands, so many at once or so many a second, and counts what becomes of them."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Protocol

from sqlalchemy import func, select

from bot.store import Store
from bot.store.schema import estimates, runs
from tests.load.asking import Command, Fate, Tally
from tests.load.replicas import BROKEN, Caller, Replicas
from tests.wire import command as wired

ANSWER_WITHIN_S: Final = 3.0
"""Slack waits so long for the answer to a command."""
PROMISED_S: Final = 60.0
"""How long an answer is waited for that was promised."""


class Judge(Protocol):
    """Knows what has to come back."""

    def fate(
        self, command: Command, status: int, body: bytes, asked_on: date, *, again: bool = False
    ) -> Fate:
        """What became of a command that was answered."""

    def is_estimate(self, command: Command) -> bool:
        """Whether a command that was answered rightly is in the history."""


class Acknowledged:
    """What the stock app is held to: it only acknowledges."""

    def fate(
        self, _command: Command, status: int, _body: bytes, _on: date, *, again: bool = False
    ) -> Fate:
        """Right, where it acknowledged."""
        return Fate.RIGHT if status == 200 and not again else Fate.WRONG

    def is_estimate(self, _command: Command) -> bool:
        """It makes none."""
        return False


@dataclass
class Times:
    """How long answers took [ms]; of many, a sample that is spread evenly."""

    found: list[float] = field(default_factory=list)
    late: int = 0
    every: int = 1
    _seen: int = 0

    def add(self, took_ms: float) -> None:
        """Count one."""
        self._seen += 1
        self.late += took_ms > 1000 * ANSWER_WITHIN_S
        if self._seen % self.every == 0:
            self.found.append(took_ms)

    @property
    def p99_ms(self) -> float:
        """What one of a hundred answers takes longer than."""
        return statistics.quantiles(self.found, n=100)[98]

    def __str__(self) -> str:
        if len(self.found) < 2:
            return "not measured"
        cuts = statistics.quantiles(self.found, n=100)
        return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, later than 3 s: {self.late}"


@dataclass
class Load:
    """Commands that are sent to a deployment.

    Attributes:
        oracle: knows what has to come back.
        slack_url: where late answers are posted to.
        passed_on: requests that the balancer gave to another replica because one broke.
        announced: commands to which an answer was promised, that has not come yet.
        late: how many answers came so.
    """

    replicas: Replicas
    oracle: Judge
    commands: Iterator[Command]
    slack_url: str
    tally: Tally = field(default_factory=Tally)
    passed_on: int = 0
    announced: dict[int, tuple[Command, date]] = field(default_factory=dict)
    late: int = 0

    def heard(self, number: int, body: bytes) -> None:
        """Count the answer to a command that was promised."""
        found = self.announced.pop(number, None)
        if found is None:
            self.tally.bad.append(f"an answer that nobody waits for: {body[:600]!r}")
            return
        command, asked_on = found
        self.late += 1
        self._count(command, self.oracle.fate(command, 200, body, asked_on), body)

    async def settle(self) -> None:
        """Wait for what was promised; what does not come is lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PROMISED_S):
                while self.announced:  # noqa: ASYNC110 - nobody would set an event
                    await asyncio.sleep(0.05)
        for command, _ in self.announced.values():
            self._count(command, Fate.NOTHING, b"promised")
        self.announced.clear()

    async def many(self, count: int, connections: int, times: Times) -> None:
        """Send so many, each as soon as a connection is free."""
        left = iter(range(count))

        async def work(number: int) -> None:
            caller = Caller(self.replicas, number)
            for _ in left:
                await self._one(caller, next(self.commands), times)
            self.passed_on += caller.passed_on
            caller.close()

        await asyncio.gather(*(work(number) for number in range(connections)))

    async def paced(self, rate_per_s: float, enough: asyncio.Event, times: Times) -> None:
        """Send so many a second, whether they are answered or not, until it is enough."""
        start, free = time.perf_counter(), list[Caller]()
        made: list[Caller] = []
        going: set[asyncio.Task[None]] = set()
        for number in itertools.count():
            if enough.is_set():
                break
            await asyncio.sleep(max(0.0, start + number / rate_per_s - time.perf_counter()))
            if not free:
                free.append(Caller(self.replicas, number))
                made += free
            caller = free.pop()
            task = asyncio.create_task(self._one(caller, next(self.commands), times))
            going.add(task)
            task.add_done_callback(going.discard)
            task.add_done_callback(lambda _, caller=caller: free.append(caller))  # type: ignore[misc]
        if going:
            await asyncio.wait(going)
        for caller in made:
            self.passed_on += caller.passed_on
            caller.close()

    async def _one(self, caller: Caller, command: Command, times: Times) -> None:
        workspace = command.workspace
        channel, text = workspace.channel_id, command.text
        team_id, user_id, number = workspace.team.team_id, command.user_id, command.number
        sent = wired(team_id, channel, user_id, text=text, number=number, hooks_url=self.slack_url)
        asked_on, start = datetime.now(UTC).date(), time.perf_counter()
        before = caller.passed_on
        try:
            status, body = await caller.exchange(sent)
        except BROKEN as error:
            self._count(command, Fate.NOTHING, type(error).__name__.encode())
            return
        times.add(1000 * (time.perf_counter() - start))
        fate = self.oracle.fate(command, status, body, asked_on, again=caller.passed_on > before)
        if fate is Fate.ANNOUNCED:
            self.announced[command.number] = command, asked_on
            return
        self._count(command, fate, body)

    def _count(self, command: Command, fate: Fate, body: bytes) -> None:
        self.tally.count(command, fate, body, is_estimate=self.oracle.is_estimate(command))


@dataclass(frozen=True)
class Kept:
    """What the database holds, beside what was answered.

    Attributes:
        lost: runs whose entering was confirmed, and that are not in the ledger.
        elsewhere: runs that are in a workspace where nobody entered them.
        twice: runs that are there twice.
        estimates_missing: estimates that were answered and are not in the history.
        estimates_over: estimates in the history that nobody was answered.
    """

    entered: int
    lost: int
    elsewhere: int
    twice: int
    estimates: int
    estimates_missing: int
    estimates_over: int


async def kept(store: Store, tally: Tally) -> Kept:
    """Compare the database with what was answered."""
    by_team = select(estimates.c.team_id, func.count()).group_by(estimates.c.team_id)
    async with store.database.transaction() as connection:
        rows = (await connection.execute(select(runs.c.team_id, runs.c.name))).all()
        counted = {row[0]: row[1] for row in await connection.execute(by_team)}
    there = {(int(row.team_id[1:]), row.name) for row in rows}
    confirmed = {(number, name) for number, names in tally.entered.items() for name in names}
    answered = {f"T{number:010d}": count for number, count in tally.estimates.items()}
    teams = {*answered, *counted}
    over = {team: counted.get(team, 0) - answered.get(team, 0) for team in teams}
    return Kept(
        entered=len(confirmed),
        lost=len(confirmed - there),
        elsewhere=sum(not name.startswith(f"w{number}-") for number, name in there)
        + sum(name not in tally.tried for _, name in there),
        twice=len(rows) - len(there),
        estimates=sum(counted.values()),
        estimates_missing=-sum(min(0, value) for value in over.values()),
        estimates_over=sum(max(0, value) for value in over.values()),
    )
