"""After a backup was restored on another machine, what was posted since is not posted again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.command_line import main
from bot.periods import Report
from bot.reports.restored import expect_posted
from bot.store import open_store
from bot.store.backup import back_up, unpacked
from bot.store.copying import copy_database
from bot.store.deliveries import Delivery, DeliveryKey, DeliveryState
from bot.store.schema import schedules
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.test_summaries import CHANNEL, MONDAY, ON, TEAM, Town


@asynccontextmanager
async def town_on(database_url: str) -> AsyncIterator[Town]:
    """A Slack that stays while one machine follows another."""
    found = Town(database_url)
    async with LocalSlack(bot_url="", manifest=config.MANIFEST, clock=found.seconds) as slack:
        found.slack = slack
        yield found
        assert slack.violations == []
        assert slack.manners == []


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_on(f"sqlite:///{tmp_path}/carbon.db") as found:
        yield found


@pytest.fixture
async def either(database_url: str) -> AsyncIterator[Town]:
    """The first machine's database is of either engine."""
    async with town_on(database_url) as found:
        yield found


async def moved(town: Town, file: Path, tmp_path: Path) -> None:
    """Restore a backup on another machine, as the command does, at the town's time."""
    town.url = f"sqlite:///{tmp_path}/elsewhere/carbon.db"
    async with unpacked(file, town.url) as (_, copy):
        async with open_store(copy) as store:
            await expect_posted(store, town.now)
        await copy_database(copy, town.url)


async def test_a_summary_posted_after_the_backup_is_found_and_not_posted_again(
    either: Town, tmp_path: Path
) -> None:
    await either.log()
    async with either.bot() as bot:
        await either.said(ON)
        await back_up(either.url, tmp_path / "backup")
        either.now = MONDAY
        await bot.reports.run_due()
        (message,) = either.posted()
    # The machine is lost an hour later.
    either.later(hours=1)
    await moved(either, tmp_path / "backup", tmp_path)
    async with either.bot() as bot:
        for _ in range(4):
            await bot.reports.run_due()
            either.later(minutes=6)
        assert [one.ts for one in either.posted()] == [message.ts]
        (delivery,) = await either.deliveries()
        assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, message.ts)
        # And the next one comes as ever.
        either.now = MONDAY + timedelta(days=7)
        await either.log("later", (MONDAY + timedelta(days=2)).date())
        await bot.reports.run_due()
        assert len(either.posted()) == 2


async def test_the_same_holds_for_a_database_that_was_brought_back_by_other_means(
    town: Town, tmp_path: Path
) -> None:
    """As the command does it, at the machine's own time."""
    town.now = datetime.now(UTC)
    yesterday = town.now - timedelta(hours=20)
    await town.log(day=(yesterday - timedelta(days=2)).date())
    async with town.bot() as bot:
        await town.said(f"weekly on {yesterday:%A} {yesterday:%H:%M} UTC")
        (schedule,) = await bot.reports._store.schedules.of(TEAM, CHANNEL)
        await bot.reports._store.schedules.move(schedule, yesterday.replace(second=0))
        await back_up(town.url, tmp_path / "backup")
        await bot.reports.run_due()
        assert len(town.posted()) == 1
    town.url = f"sqlite:///{tmp_path}/snapshot.db"
    async with unpacked(tmp_path / "backup", town.url) as (_, copy):
        await copy_database(copy, town.url)
    await _command(town.url, "restore", "--in-place")
    town.later(minutes=6)
    async with town.bot() as bot:
        await bot.reports.run_due()
    assert len(town.posted()) == 1
    (delivery,) = await town.deliveries()
    assert delivery.state is DeliveryState.POSTED


async def test_one_that_was_not_posted_before_the_machine_was_lost_is_posted(
    town: Town, tmp_path: Path
) -> None:
    await town.log()
    async with town.bot():
        await town.said(ON)
        await back_up(town.url, tmp_path / "backup")
    town.now = MONDAY + timedelta(hours=1)
    await moved(town, tmp_path / "backup", tmp_path)
    async with town.bot() as bot:
        for _ in range(4):
            await bot.reports.run_due()
            town.later(minutes=6)
    (key,) = town.keys_posted()
    assert key == "weekly T0LOCAL001 C0PLANNING 2026-W47-1"


async def test_one_that_was_being_posted_when_the_backup_was_made_is_posted_once(
    town: Town, tmp_path: Path
) -> None:
    """Its record says that it is intended, and never begun."""
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        town.now = MONDAY
        async with open_store(town.url, lambda: town.now) as store:
            key = DeliveryKey(TEAM, CHANNEL, Report.WEEKLY.value, "2026-W47-1")
            await store.deliveries.intend(key)
        await back_up(town.url, tmp_path / "backup")
        await bot.reports.run_due()
        assert len(town.posted()) == 1
    await moved(town, tmp_path / "backup", tmp_path)
    async with town.bot() as bot:
        for _ in range(4):
            await bot.reports.run_due()
            town.later(minutes=6)
    assert len(town.posted()) == 1


async def test_while_slack_cannot_be_asked_nothing_is_posted(town: Town, tmp_path: Path) -> None:
    await town.log()
    async with town.bot() as bot:
        await town.said(ON)
        await back_up(town.url, tmp_path / "backup")
        town.now = MONDAY
        await bot.reports.run_due()
    await moved(town, tmp_path / "backup", tmp_path)
    town.slack.fail("conversations.history", Fault(status=503), times=3)
    async with town.bot() as bot:
        for _ in range(12):
            await bot.reports.run_due()
            town.later(minutes=30)
    assert len(town.posted()) == 1
    (delivery,) = await town.deliveries()
    assert delivery.state is DeliveryState.POSTED


async def test_what_is_too_late_is_not_looked_for_and_not_posted(
    town: Town, tmp_path: Path
) -> None:
    await town.log()
    async with town.bot():
        await town.said(ON)
        await back_up(town.url, tmp_path / "backup")
    town.now = MONDAY + timedelta(days=22)
    await moved(town, tmp_path / "backup", tmp_path)
    calls = town.slack.calls("conversations.history")
    async with town.bot() as bot:
        await bot.reports.run_due()
    assert town.posted() == []
    assert town.slack.calls("conversations.history") == calls
    found: list[Delivery] = await town.deliveries()
    assert {one.reason for one in found} == {"missed"}
    assert len(found) == 4


async def test_a_schedule_that_cannot_be_read_keeps_no_other_waiting(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    async with town.bot():
        await town.said(ON)
        await town.said("monthly on")
    async with open_store(town.url) as store:
        async with store.database.transaction() as connection:
            await connection.execute(
                update(schedules).where(schedules.c.kind == "monthly").values(time_zone="Nowhere")
            )
        assert await expect_posted(store, MONDAY + timedelta(days=9)) == 0
        assert await expect_posted(store, MONDAY) == 1
    assert "a schedule cannot be read" in caplog.text


async def test_the_ledger_on_the_other_machine_answers_the_same(
    either: Town, tmp_path: Path
) -> None:
    """As the commands do it, while members type."""
    async with either.bot():
        for number in range(5):
            await either.said(f"log run-{number} 64 H100 for {number + 1} days in Germany")
        typing = asyncio.gather(
            *(either.said(f"8 H100 for {hours} hours in France") for hours in range(1, 9))
        )
        await _command(either.url, "backup", str(tmp_path / "backup"))
        await typing
        before = await either.said("runs")
        assert "run-4" in before
    either.url = f"sqlite:///{tmp_path}/elsewhere/carbon.db"
    await _command(either.url, "restore", str(tmp_path / "backup"))
    async with either.bot():
        assert await either.said("runs") == before


async def _command(url: str, *arguments: str) -> None:
    """Run a command with a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        assert await asyncio.to_thread(main, arguments) == 0
