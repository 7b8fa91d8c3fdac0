"""The queue that replicas share on PostgreSQL: each summary once, whatever breaks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager

from bot.reports import queue
from bot.reports.queue import bring_up_to_date, queueing
from bot.store import StoreError, open_store
from bot.store.deliveries import DeliveryKey, DeliveryState
from deploy.local_slack.faults import Fault
from tests.store.conftest import new_postgresql
from tests.store.test_delivered_once import CHANNEL, TEAM, World, world

GRACE_S = 5.0
UNDER_WAY = """
    SELECT 1 FROM procrastinate_jobs WHERE task_name <> 'left'
    AND (status = 'doing' OR scheduled_at IS NULL OR scheduled_at < now()) LIMIT 1
"""


@dataclass
class Replicas:
    """A Slack, a database, and bots that work on the queue in it."""

    world: World
    apps: list[App]

    @property
    def app(self) -> App:
        return self.apps[0]

    async def tick(self) -> None:
        """Let what is due be looked for now, as the next half minute would, and be delivered."""
        for task in ("clear", "look"):
            with suppress(AlreadyEnqueued):
                await self.app.configure_task(task, queue=queue.QUEUE).defer_async(timestamp=0)
            await self.settled()

    async def settled(self) -> None:
        """Wait until no job runs, and none is to run now."""
        async with asyncio.timeout(30):
            while await self.sql(UNDER_WAY):  # noqa: ASYNC110 - it happens in the database
                await asyncio.sleep(0.02)

    async def later(self, minutes: float) -> None:
        """Let time pass, in the database as well."""
        self.world.now += timedelta(minutes=minutes)
        await self.sql(
            "UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - make_interval(secs => %s)",
            60 * minutes,
        )

    async def sql(self, query: str, *values: object) -> list[Any]:
        return await sql(self.world.url, query, *values)


async def sql(url: str, query: str, *values: object) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def replicas(url: str, number: int = 3) -> AsyncIterator[Replicas]:
    async with world(url) as found, AsyncExitStack() as stack:
        apps = []
        for _ in range(number):
            store = await stack.enter_async_context(open_store(url, found.clock))
            reports = found.replica(store=store)
            apps.append(await stack.enter_async_context(queueing(reports, url, GRACE_S)))
        running = Replicas(found, apps)
        await running.settled()
        yield running


@pytest.fixture
def url(postgresql: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(queue, "AGAIN_S", 0.1)
    return new_postgresql(postgresql)


async def test_replicas_deliver_each_summary_once(url: str) -> None:
    async with replicas(url) as bots:
        expected = []
        # What others keep a record of is not for the queue.
        other = DeliveryKey(TEAM, CHANNEL, "measured", "run")
        await bots.world.store.deliveries.intend(other)
        for _ in range(3):
            expected.append(await bots.world.next_period())
            await bots.tick()
            await bots.tick()
            assert bots.world.posted() == expected
        assert await bots.sql("SELECT 1 FROM procrastinate_jobs") == []
        assert bots.world.slack.calls("conversations.history") == 0


async def test_what_slack_did_not_take_is_tried_again_when_its_record_says(url: str) -> None:
    async with replicas(url) as bots:
        expected = [await bots.world.next_period()]
        bots.world.slack.fail("chat.postMessage", Fault(status=503, error="service_unavailable"))
        await bots.tick()
        for _ in range(3):
            await bots.later(minutes=1)
            await bots.tick()
        assert bots.world.slack.calls("chat.postMessage") == 1
        (waiting,) = await bots.sql("SELECT task_name, attempts FROM procrastinate_jobs")
        assert waiting == ("deliver", 1)
        await bots.later(minutes=3)
        await bots.tick()
        assert bots.world.posted() == expected


async def test_what_slack_limits_waits_as_long_as_it_asks(url: str) -> None:
    async with replicas(url, number=1) as bots:
        expected = [await bots.world.next_period()]
        bots.world.slack.rate_limit("chat.postMessage", retry_after=120)
        await bots.tick()
        await bots.later(minutes=1)
        await bots.tick()
        assert bots.world.slack.calls("chat.postMessage") == 1
        await bots.later(minutes=1)
        await bots.tick()
        assert bots.world.posted() == expected


async def test_what_a_replica_that_died_had_begun_is_taken_up(url: str) -> None:
    async with replicas(url) as bots:
        expected = [await bots.world.next_period()]
        for lock in (f" {TEAM.team_id} {CHANNEL}", "look"):
            job = await bots.app.configure_task("left", lock=lock, queue="gone").defer_async()
            await bots.sql(
                "UPDATE procrastinate_jobs SET status = 'doing', queue_name = %s WHERE id = %s",
                queue.QUEUE,
                job,
            )
        await bots.tick()
        assert bots.world.posted() == expected
        assert await bots.sql("SELECT 1 FROM procrastinate_jobs") == []


async def test_an_attempt_put_off_by_a_clock_that_was_ahead_does_not_wait(url: str) -> None:
    async with replicas(url) as bots:
        expected = [await bots.world.next_period()]
        bots.world.slack.fail("chat.postMessage", Fault(status=503, error="service_unavailable"))
        await bots.tick()
        await bots.sql("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at + '1 year'")
        bots.world.now += timedelta(minutes=6)
        await bots.tick()
        assert bots.world.posted() == expected


async def test_a_clock_that_was_set_gets_a_new_worker(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps: asyncio.Queue[None] = asyncio.Queue()
    monkeypatch.setattr(queue, "clock_set", jumps.get)
    async with replicas(url, number=1) as bots:
        expected = [await bots.world.next_period()]
        (before,) = await bots.sql("SELECT id FROM procrastinate_workers")
        await bots.sql("DELETE FROM procrastinate_periodic_defers")
        jumps.put_nowait(None)
        # The new worker looks when it starts.
        await bots.world.slack.wait_for(lambda: bots.world.posted() == expected)
        (after,) = await bots.sql("SELECT id FROM procrastinate_workers")
        assert after != before


async def test_a_database_that_cuts_every_connection_loses_and_repeats_nothing(url: str) -> None:
    async with replicas(url) as bots:
        expected = []
        for _ in range(3):
            expected.append(await bots.world.next_period())
            looking = asyncio.create_task(bots.tick())
            await bots.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.gather(looking, return_exceptions=True)
            await posted(bots, expected)


async def posted(bots: Replicas, expected: list[str]) -> None:
    """Wait for summaries, over ticks."""
    for _ in range(10):
        if bots.world.posted() == expected:
            break
        await bots.later(minutes=6)
        # The library's own pool may still hand out what was cut.
        for _ in range(5):
            with suppress(Exception):
                await bots.tick()
                break
    assert bots.world.posted() == expected
    (delivery, *_) = await bots.world.store.deliveries.recent(TEAM)
    assert delivery.state is DeliveryState.POSTED


async def test_a_stop_waits_for_what_is_being_posted(url: str) -> None:
    async with world(url) as found, open_store(url, found.clock) as store:
        async with queueing(found.replica(store=store), url, GRACE_S) as app:
            bots = Replicas(found, [app])
            await bots.settled()
            expected = [await found.next_period()]
            found.slack.fail("chat.postMessage", Fault(accepted=True, hang=True, status=200))
            looking = asyncio.create_task(bots.tick())
            await found.slack.wait_for(lambda: bool(found.posted()))
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            asyncio.get_running_loop().call_soon(found.slack.release)
        assert found.posted() == expected
        assert await sql(url, "SELECT 1 FROM procrastinate_workers") == []


async def test_several_replicas_can_make_the_tables_at_once(url: str) -> None:
    await asyncio.gather(*(bring_up_to_date(url) for _ in range(4)))
    (found,) = await sql(url, "SELECT count(*) FROM queue_migrations")
    assert found[0] == len(queue._migrations()) > 30


async def test_tables_of_an_older_procrastinate_get_its_migrations(url: str) -> None:
    scripts = queue._migrations()
    names = sorted(scripts)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("CREATE TABLE queue_migrations (name text PRIMARY KEY)")
        for name in names[:-4]:
            await connection.execute(scripts[name])
            await connection.execute("INSERT INTO queue_migrations VALUES (%s)", (name,))
    before = await functions(url)
    await bring_up_to_date(url)
    await bring_up_to_date(url)
    assert [name for (name,) in await sql(url, "TABLE queue_migrations ORDER BY name")] == names
    assert "procrastinate_retry_job_v2" in await functions(url) - before
    assert SchemaManager.get_schema()


async def functions(url: str) -> set[str]:
    return {name for (name,) in await sql(url, "SELECT proname FROM pg_proc")}


async def test_a_queue_that_cannot_be_opened_is_named_without_its_password(
    world_of_sqlite: World,
) -> None:
    address = "postgresql://carbon:hunter2@127.0.0.1:9/carbon"
    with pytest.raises(StoreError, match="queue") as caught:
        async with queueing(world_of_sqlite.replica(), address, GRACE_S):
            pass
    assert "hunter2" not in str(caught.value)


@pytest.fixture
async def world_of_sqlite() -> AsyncIterator[World]:
    async with world("sqlite:///:memory:") as found:
        yield found


def test_without_postgresql_no_part_of_the_queue_is_imported() -> None:
    program = "import sys, bot.wiring; print({'procrastinate', 'psycopg_pool'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
