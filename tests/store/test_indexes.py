"""What is asked of a large database is found by its indexes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.periods import Period, Report
from bot.reports.delivering import FIRST_PAUSE, KINDS, NEAR
from bot.reports.gathering import About, summary_of
from bot.store import Store
from bot.store.deliveries import DeliveryKey
from tests.bot.people import ASKER
from tests.store.filling import DAY, END, TEAM, fill

ESTIMATES, RUNS = 20_000, 4_000
WEEK = Period.before(DAY, Report.WEEKLY)
TABLES = "estimates|runs|schedules|deliveries|measurements"

Question = Callable[[Store], Awaitable[Any]]

QUESTIONS: dict[str, Question] = {
    "a member's last estimates": lambda store: store.history.recent(TEAM, "U1"),
    "an estimate by its id": lambda store: store.history.get(TEAM, "e1"),
    "what a channel asked in a week": lambda store: store.history.asked_in(
        TEAM, "C1", *WEEK.bounds("UTC")
    ),
    "a channel's week": lambda store: summary_of(
        store, About(TEAM, "C1", WEEK, "UTC"), ASKER.catalogue
    ),
    "a workspace's week": lambda store: store.runs.counted(TEAM, WEEK.first, WEEK.after),
    "a project's week": lambda store: store.runs.counted(
        TEAM, WEEK.first, WEEK.after, project="project-1"
    ),
    "a channel's runs": lambda store: store.runs.found(TEAM, "C1", limit=10),
    "a run by its name": lambda store: store.runs.named(TEAM, "C1", "run-1"),
    "what is due": lambda store: store.schedules.due(END),
    "what is due too late": lambda store: store.schedules.ahead(
        Report.WEEKLY, END + NEAR[Report.WEEKLY]
    ),
    "what is open": lambda store: store.deliveries.unfinished(END - FIRST_PAUSE, KINDS),
    "a channel's deliveries": lambda store: store.deliveries.recent(
        TEAM, "C1", Report.WEEKLY.value
    ),
    "a delivery": lambda store: store.deliveries.get(DeliveryKey(TEAM, "C1", "weekly", "week-1")),
    "old estimates": lambda store: store.history.forget_before(END - timedelta(days=9999)),
}


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked meanwhile."""
    found: list[tuple[str, Any]] = []
    engine = store.database.engine.sync_engine

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "DELETE", "UPDATE")):
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def plan_of(store: Store, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if store.database.is_sqlite else "EXPLAIN"
    async with store.database.transaction() as connection:
        rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


async def test_every_question_is_answered_by_an_index(store: Store) -> None:
    await fill(store, ESTIMATES, RUNS)
    read_whole = {}
    for name, question in QUESTIONS.items():
        with statements(store) as asked:
            await question(store)
        assert asked, name
        for statement, parameters in asked:
            plan = await plan_of(store, statement, parameters)
            if re.search(rf"(SCAN|Seq Scan on) ({TABLES})\b(?! USING)", plan):
                read_whole[name] = plan
    assert read_whole == {}


async def test_the_check_sees_a_table_that_is_read_whole(store: Store) -> None:
    await fill(store, 2000, 10)
    plan = await plan_of(store, "SELECT * FROM estimates WHERE energy_kwh > 2", ())
    assert re.search(rf"(SCAN|Seq Scan on) ({TABLES})\b(?! USING)", plan)


@pytest.mark.parametrize("channel", ["C0", "C1"])
async def test_a_filled_channel_has_a_week(store: Store, channel: str) -> None:
    await fill(store, 2000, 400)
    found = await summary_of(store, About(TEAM, channel, WEEK, "UTC"), ASKER.catalogue)
    assert len(found.runs) > 1
    assert found.what_ifs.number > 10
