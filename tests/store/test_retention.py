"""What is old is deleted after the days that were set, and nothing of the ledger is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.periods import Report
from bot.reports.delivering import NOW
from bot.reports.retention import delete_old
from bot.settings import Settings
from bot.store import Store
from bot.store.deliveries import DeliveryKey
from bot.store.schema import deliveries, estimates, handled, runs
from tests.store.test_ledger import TEAM, entry
from tests.store.test_store import answered

TODAY = datetime.now(UTC)
OLD = TODAY - timedelta(days=31)


async def age(store: Store, table: Any, *columns: str) -> None:
    """Let every row of a table be old."""
    async with store.database.transaction() as connection:
        await connection.execute(update(table).values(dict.fromkeys(columns, OLD)))


async def filled(store: Store) -> None:
    for command in ("8 H100", "16 H100"):
        store.history.record(TEAM, "C1", "U1", answered(command))
    await store.history.flush()
    await age(store, estimates, "created_at")
    store.history.record(TEAM, "C1", "U1", answered("4 A100"))
    await store.runs.enter(TEAM, entry("old"))
    await age(store, runs, "created_at", "updated_at")
    for kind, period, posted in (
        (Report.WEEKLY.value, "2026-W40", True),
        (Report.WEEKLY.value, "2026-W41", True),
        (Report.MONTHLY.value, "2026-09", False),
        (NOW[Report.WEEKLY], "2026-W41 U1 13.37", True),
        ("calibrate", "offer", True),
    ):
        key = DeliveryKey(TEAM, "C1", kind, period)
        await store.deliveries.intend(key)
        if posted:
            await store.deliveries.posted(key, "1.0")
    await age(store, deliveries, "created_at", "updated_at")
    async with store.database.transaction() as connection:
        newest = (deliveries.c.period == "2026-W41", {"created_at": OLD + timedelta(minutes=1)})
        await connection.execute(update(deliveries).where(newest[0]).values(newest[1]))
        await connection.execute(insert(handled), {"key": "event Ev1", "at": OLD})


async def left(store: Store, column: Any) -> set[str]:
    await store.history.flush()
    async with store.database.transaction() as connection:
        return {str(found) for found in (await connection.execute(select(column))).scalars()}


async def test_without_a_limit_history_and_deliveries_stay(store: Store) -> None:
    await filled(store)
    assert await delete_old(store, None, TODAY) == 0
    assert len(await left(store, estimates.c.command)) == 3
    assert len(await left(store, deliveries.c.period)) == 5
    # What nothing comes back for is no history.
    assert await left(store, handled.c.key) == set()


async def test_history_and_settled_summaries_go_after_their_days(store: Store) -> None:
    await filled(store)
    assert await delete_old(store, 32, TODAY) == 0
    assert await delete_old(store, 30, TODAY) == 4
    assert len(await left(store, estimates.c.command)) == 1
    # A channel's last summary, what is not posted yet, and what is told once for all.
    assert await left(store, deliveries.c.period) == {"2026-W41", "2026-09", "offer"}
    assert await left(store, runs.c.name) == {"old"}


async def test_a_run_that_was_taken_out_is_deleted_a_month_later(store: Store) -> None:
    for name in ("stays", "goes"):
        run = await store.runs.enter(TEAM, entry(name))
    await store.runs.delete(TEAM, run.id)
    assert await delete_old(store, 1, TODAY + timedelta(days=29)) == 0
    assert await left(store, runs.c.name) == {"stays", "goes"}
    assert await delete_old(store, None, TODAY + timedelta(days=31)) == 1
    assert await left(store, runs.c.name) == {"stays"}


@pytest.mark.parametrize(("given", "days"), [("", None), ("90", 90)])
def test_the_days_are_a_setting(
    given: str, days: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", given)
    found = Settings(_env_file=None, slack_bot_token="xoxb-1", slack_app_token="xapp-1")
    assert found.retention_days == days
