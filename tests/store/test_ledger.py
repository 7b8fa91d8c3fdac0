"""Runs, measurements, schedules, deliveries and budgets, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text

from bot.budget import Budget, BudgetUnit, Period, Scope
from bot.periods import Report
from bot.preferences import Preferences
from bot.store import Store, Team
from bot.store.deliveries import AT_ONCE, DeliveryKey, DeliveryState
from bot.store.errors import ChangedMeanwhile
from bot.store.measurements import Measurement
from bot.store.runs import Entry, RunState
from bot.store.schedules import Schedule
from bot.store.schema import metadata
from tests.store.test_store import answered

TEAM, OTHER = Team("", "T1"), Team("E1", "T1")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WEEK = timedelta(days=7)

# PostgreSQL keeps every character but NUL; half of a surrogate pair is no character.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
figures = st.none() | st.floats(0, 1e12, allow_nan=False, allow_infinity=False)
entries = st.builds(
    Entry,
    channel_id=st.just("C1"),
    owner_id=st.just("U1"),
    name=texts,
    counted_on=days,
    project=texts,
    state=st.sampled_from(RunState),
    starts_on=st.none() | days,
    ends_on=st.none() | days,
    command=st.none() | texts,
    spec=st.none() | st.dictionaries(texts, st.integers(-(2**53), 2**53) | texts, max_size=3),
    catalogue_version=st.none() | st.just("2026.11"),
    factors=st.none() | st.just("sourced"),
    energy_kwh=figures,
    energy_low_kwh=figures,
    energy_high_kwh=figures,
    operational_kgco2e=figures,
    embodied_kgco2e=figures,
    total_kgco2e=figures,
    total_low_kgco2e=figures,
    total_high_kgco2e=figures,
    measured_energy_kwh=figures,
    measured_kgco2e=figures,
    thread_channel_id=st.none() | st.just("C2"),
    thread_ts=st.none() | st.just("1764000000.000100"),
)


def entry(name: str = "llama-ft", **values: Any) -> Entry:
    plain = Entry(channel_id="C1", owner_id="U1", name=name, counted_on=date(2026, 11, 24))
    return replace(plain, **values)


def measurement(
    external_id: str, project: str = "llama-ft", energy_kwh: float = 9.5
) -> Measurement:
    return Measurement(
        external_id=external_id,
        project=project,
        energy_kwh=energy_kwh,
        emissions_kgco2e=3.25,
        duration_s=60.0,
        document={"run_id": external_id},
    )


def schedule(team: Team = TEAM, channel_id: str = "C1", due_at: datetime = NOW) -> Schedule:
    return Schedule(
        team=team,
        channel_id=channel_id,
        kind=Report.WEEKLY,
        day=0,
        local_time="09:00",
        time_zone="Europe/Paris",
        active=True,
        due_at=due_at,
        configured_by="U1",
    )


def budget(scope: Scope = Scope.CHANNEL, scope_id: str = "C1") -> Budget:
    return Budget(
        scope=scope,
        scope_id=scope_id,
        period=Period.MONTH,
        unit=BudgetUnit.TONNES,
        amount=2.5,
        set_by="U1",
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=entries, second=entries)
async def test_every_field_of_a_run_comes_back(store: Store, first: Entry, second: Entry) -> None:
    entered = await store.runs.enter(TEAM, first)
    assert await store.runs.get(TEAM, entered.id) == entered
    changed = await store.runs.change(TEAM, entered.id, 1, second)
    assert (changed.entry, changed.version) == (second, 2)
    assert await store.runs.get(TEAM, entered.id) == changed
    assert await store.runs.get(OTHER, entered.id) is None


async def test_of_writers_who_read_the_same_version_one_succeeds(store: Store) -> None:
    run = await store.runs.enter(TEAM, entry())
    found = await asyncio.gather(
        *(store.runs.change(TEAM, run.id, 1, entry(f"name {n}")) for n in range(8)),
        return_exceptions=True,
    )
    refused = [one for one in found if isinstance(one, ChangedMeanwhile)]
    (kept,) = [one for one in found if not isinstance(one, BaseException)]
    assert len(refused) == 7
    assert await store.runs.get(TEAM, run.id) == kept


async def test_two_hundred_runs_entered_at_once_are_all_there(store: Store) -> None:
    await asyncio.gather(*(store.runs.enter(TEAM, entry(f"run {n}")) for n in range(200)))
    assert {run.entry.name for run in await store.runs.all(TEAM)} == {
        f"run {n}" for n in range(200)
    }


async def test_another_workspace_can_neither_change_nor_delete_a_run(store: Store) -> None:
    run = await store.runs.enter(TEAM, entry())
    with pytest.raises(ChangedMeanwhile):
        await store.runs.change(OTHER, run.id, 1, entry("theirs"))
    assert not await store.runs.delete(OTHER, run.id)
    assert await store.runs.get(TEAM, run.id) == run


async def test_a_deleted_run_is_gone_and_purged_later(store: Store) -> None:
    run = await store.runs.enter(TEAM, entry())
    assert await store.runs.delete(TEAM, run.id)
    assert not await store.runs.delete(TEAM, run.id)
    assert await store.runs.all(TEAM) == []
    with pytest.raises(ChangedMeanwhile):
        await store.runs.change(TEAM, run.id, 2, entry())
    assert await store.runs.purge(datetime.now(UTC) - WEEK) == 0
    assert await store.runs.purge(datetime.now(UTC) + WEEK) == 1


async def test_runs_are_counted_by_day_channel_and_project(store: Store) -> None:
    await store.runs.enter(TEAM, entry("a", counted_on=date(2026, 11, 22)))
    await store.runs.enter(TEAM, entry("b", counted_on=date(2026, 11, 23), project="p"))
    await store.runs.enter(TEAM, entry("c", counted_on=date(2026, 11, 29), channel_id="C2"))
    await store.runs.enter(TEAM, entry("d", counted_on=date(2026, 11, 30)))
    await store.runs.enter(OTHER, entry("e", counted_on=date(2026, 11, 24)))
    week = (date(2026, 11, 23), date(2026, 11, 30))

    assert [run.entry.name for run in await store.runs.counted(TEAM, *week)] == ["b", "c"]
    found = await store.runs.counted(TEAM, *week, channel_id="C2")
    assert [run.entry.name for run in found] == ["c"]
    found = await store.runs.counted(TEAM, *week, project="p")
    assert [run.entry.name for run in found] == ["b"]


async def test_a_measurement_meets_its_planned_run_once(store: Store) -> None:
    planned = await store.runs.enter(TEAM, entry("Llama-FT", total_kgco2e=4.0))
    url, secret = await store.measurements.connect(TEAM, "C1", "U1")
    assert await store.measurements.by_secret(secret) == url
    assert await store.measurements.of(TEAM, "C1") == [url]

    found = await asyncio.gather(
        *(store.measurements.receive(url, measurement("one")) for _ in range(5))
    )

    assert sorted(one.is_new for one in found) == [False] * 4 + [True]
    (first,) = [one for one in found if one.is_new]
    assert first.was_planned
    (run,) = await store.runs.all(TEAM)
    assert first.run == run
    assert (run.id, run.version, run.entry.state) == (planned.id, 2, RunState.DONE)
    assert (run.entry.measured_energy_kwh, run.entry.measured_kgco2e) == (9.5, 3.25)
    assert run.entry.total_kgco2e == 4.0

    second = await store.measurements.receive(url, measurement("two"))
    assert second.is_new
    assert not second.was_planned
    assert len(await store.runs.all(TEAM)) == 2


ORDERS = st.lists(st.integers(1, 5), min_size=1, max_size=8)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=ORDERS, at_once=st.booleans())
async def test_the_furthest_measurement_of_a_run_counts_in_whatever_order_they_come(
    store: Store, *, order: list[int], at_once: bool
) -> None:
    url, _ = await store.measurements.connect(TEAM, "C1", "U1")
    other, _ = await store.measurements.connect(TEAM, "C1", "U1")
    before = await store.runs.all(TEAM)
    name = f"run {url.id}"[:64]
    posts = [
        replace(
            measurement(name),
            energy_kwh=2.0 * n,
            emissions_kgco2e=0.5 * n,
            # The clock of a task begins anew; the meter does not.
            duration_s=60.0 * (n % 3),
        )
        for n in order
    ]
    # By turns at two addresses of the channel.
    sent = [(url if i % 2 else other, post) for i, post in enumerate(posts)]
    if at_once:
        found = await asyncio.gather(*(store.measurements.receive(*one) for one in sent))
    else:
        found = [await store.measurements.receive(*one) for one in sent]
    assert sum(one.is_new for one in found) == 1
    (run,) = (run for run in await store.runs.all(TEAM) if run not in before)
    entry = run.entry
    most = max(order)
    assert (entry.measured_energy_kwh, entry.measured_kgco2e) == (2.0 * most, 0.5 * most)
    if not at_once:
        raised = [n for i, n in enumerate(order) if i and n > max(order[:i])]
        assert sum(one.replaces for one in found) == len(raised)


async def test_a_later_measurement_at_another_address_replaces_the_figure_too(
    store: Store,
) -> None:
    url, _ = await store.measurements.connect(TEAM, "C1", "U1")
    other, _ = await store.measurements.connect(TEAM, "C1", "U1")
    await store.measurements.receive(url, measurement("one"))
    for _ in range(2):
        await store.measurements.receive(other, replace(measurement("one"), energy_kwh=12.0))
        (run,) = await store.runs.all(TEAM)
        assert run.entry.measured_energy_kwh == 12.0
    assert not (await store.measurements.receive(url, measurement("one"))).replaces


async def test_what_a_person_entered_is_not_replaced(store: Store) -> None:
    url, _ = await store.measurements.connect(TEAM, "C1", "U1")
    received = await store.measurements.receive(url, measurement("one"))
    run = received.run
    assert run is not None
    by_hand = replace(run.entry, measured_energy_kwh=8.0)
    await store.runs.change(TEAM, run.id, run.version, by_hand)
    later = await store.measurements.receive(url, replace(measurement("one"), energy_kwh=12.0))
    assert not later.replaces
    (run,) = await store.runs.all(TEAM)
    assert run.entry.measured_energy_kwh == 8.0


async def test_a_run_by_name_goes_before_one_by_project(store: Store) -> None:
    await store.runs.enter(TEAM, entry("older", project="llama-ft"))
    named = await store.runs.enter(TEAM, entry("llama-ft"))
    url, _ = await store.measurements.connect(TEAM, "C1", "U1")
    received = await store.measurements.receive(url, measurement("one"))
    assert received.run is not None
    assert received.run.id == named.id


async def test_nothing_of_a_secret_is_kept_and_a_revoked_one_is_unknown(store: Store) -> None:
    _, secret = await store.measurements.connect(TEAM, "C1", "U1")
    async with store.database.transaction() as connection:
        rows = (await connection.execute(select(metadata.tables["ingest_urls"]))).all()
    assert secret not in str(rows)
    assert await store.measurements.revoke(OTHER, "C1") == 0
    assert await store.measurements.revoke(TEAM, "C1") == 1
    assert await store.measurements.by_secret(secret) is None
    assert await store.measurements.of(TEAM, "C1") == []


async def test_a_due_report_is_moved_on_by_one_replica(store: Store) -> None:
    await store.schedules.put(schedule())
    await store.schedules.put(schedule(channel_id="C2", due_at=NOW + WEEK))
    await store.schedules.put(replace(schedule(channel_id="C3"), active=False))
    assert await store.schedules.due(NOW) == [schedule()]
    moved = await asyncio.gather(*(store.schedules.move(schedule(), NOW + WEEK) for _ in range(4)))
    assert sorted(moved) == [False, False, False, True]
    assert await store.schedules.due(NOW) == []
    assert await store.schedules.of(TEAM, "C1") == [schedule(due_at=NOW + WEEK)]


async def test_each_kind_of_report_keeps_its_own_day_and_the_farthest_comes_first(
    store: Store,
) -> None:
    month = replace(schedule(), kind=Report.MONTHLY, day=28, due_at=NOW + 3 * WEEK)
    quarter = replace(month, kind=Report.QUARTERLY, day=1, due_at=NOW + 9 * WEEK)
    for one in (schedule(), month, quarter, replace(month, channel_id="C2", active=False)):
        await store.schedules.put(one)
    assert await store.schedules.of(TEAM, "C1") == [schedule(), month, quarter]
    assert await store.schedules.ahead(Report.WEEKLY, NOW) == []
    assert await store.schedules.ahead(Report.MONTHLY, NOW + 2 * WEEK) == [month]
    farther = replace(month, channel_id="C3", due_at=NOW + 8 * WEEK)
    await store.schedules.put(farther)
    assert await store.schedules.ahead(Report.MONTHLY, NOW, limit=1) == [farther]


async def test_a_delivery_is_begun_by_one_replica_and_posted_once(store: Store) -> None:
    key = DeliveryKey(TEAM, "C1", "weekly", "2026-W48")
    found = await asyncio.gather(*(store.deliveries.intend(key) for _ in range(4)))
    assert {(one.state, one.attempts) for one in found} == {(DeliveryState.INTENDED, 0)}
    begun = await asyncio.gather(*(store.deliveries.begin(one) for one in found))
    (mine,) = [one for one in begun if one is not None]
    assert mine.attempts == 1

    failed = await store.deliveries.failed(key, "ratelimited" * 100)
    assert failed is not None
    assert await store.deliveries.unfinished(datetime.now(UTC) + WEEK) == [failed]
    assert await store.deliveries.begin(failed) is not None
    posted = await store.deliveries.posted(key, "1764000000.000100")
    assert posted is not None
    assert (posted.state, posted.ts, posted.attempts) == (
        DeliveryState.POSTED,
        "1764000000.000100",
        2,
    )

    assert await store.deliveries.begin(posted) is None
    assert await store.deliveries.posted(key, "2.0") is None
    assert await store.deliveries.skipped(key, "archived") is None
    assert await store.deliveries.failed(key, "late") is None
    assert await store.deliveries.intend(key) == posted
    assert await store.deliveries.get(key) == posted
    assert await store.deliveries.unfinished(datetime.now(UTC) + WEEK) == []
    assert await store.deliveries.get(key._replace(team=OTHER)) is None


async def test_a_workspace_with_many_deliveries_keeps_no_other_waiting(store: Store) -> None:
    for number in range(AT_ONCE + 1):
        await store.deliveries.intend(DeliveryKey(TEAM, f"C{number}", "weekly", "2026-W48"))
    late = DeliveryKey(OTHER, "C1", "weekly", "2026-W48")
    await store.deliveries.intend(late)
    found = [one.key for one in await store.deliveries.unfinished(datetime.now(UTC) + WEEK)]
    assert len(found) == AT_ONCE + 1
    # The oldest come first; one of the first workspace waits for the next look.
    assert found[0].channel_id == "C0"
    assert found[-1] == late
    assert not any(key.channel_id == f"C{AT_ONCE}" for key in found)


async def test_budgets_of_a_run_and_a_warning_that_is_given_once(store: Store) -> None:
    mine = budget()
    project = budget(scope=Scope.PROJECT, scope_id="p")
    whole = budget(scope=Scope.WORKSPACE, scope_id="")
    for one in (mine, project, whole, budget(scope_id="C2")):
        await store.budgets.put(TEAM, one)
    await store.budgets.put(OTHER, mine)
    assert await store.budgets.touching(TEAM, "C1", "") == [mine, whole]
    assert await store.budgets.touching(TEAM, "C1", "P") == [mine, project, whole]
    assert len(await store.budgets.all(TEAM)) == 4

    given_now = await asyncio.gather(
        *(store.budgets.warn_once(TEAM, mine, "2026-11", 80) for _ in range(4))
    )
    assert sorted(given_now) == [False, False, False, True]
    await store.budgets.put(TEAM, replace(mine, amount=3.0))
    assert not await store.budgets.warn_once(TEAM, mine, "2026-11", 80)
    assert await store.budgets.warn_once(TEAM, mine, "2026-12", 80)
    assert await store.budgets.remove(TEAM, mine)
    assert not await store.budgets.remove(TEAM, mine)


async def fill(store: Store, team: Team) -> None:
    """Put a row in every table that belongs to workspaces."""
    await store.preferences.put(team, "", Preferences(pue=1.2), "U1")
    await store.factor_files.upload(team, "ours.toml", "a = 1", "U1")
    await store.members.welcomed(team, "U1")
    url, _ = await store.measurements.connect(team, "C1", "U1")
    await store.measurements.receive(url, measurement("one"))
    await store.schedules.put(schedule(team))
    await store.deliveries.intend(DeliveryKey(team, "C1", "weekly", "2026-W48"))
    await store.budgets.put(team, budget())
    await store.budgets.warn_once(team, budget(), "2026-11", 50)
    store.history.record(team, "C1", "U1", answered("8 H100"))


async def rows(store: Store, team: Team) -> dict[str, int]:
    """How many rows a workspace has, by table; an installation stays, and has its own tests."""
    await store.history.flush()
    found = {}
    async with store.database.transaction() as connection:
        for table in metadata.sorted_tables:
            if "team_id" in table.c and table.name != "installations":
                query = select(func.count()).where(
                    table.c.enterprise_id == team.enterprise_id, table.c.team_id == team.team_id
                )
                found[table.name] = int((await connection.execute(query)).scalar_one())
    return found


async def test_forgetting_a_workspace_deletes_all_of_it_and_nothing_else(store: Store) -> None:
    await fill(store, TEAM)
    await fill(store, OTHER)
    before = await rows(store, TEAM)
    assert set(before.values()) == {1}

    assert await store.forget_team(TEAM) == before

    assert set((await rows(store, TEAM)).values()) == {0}
    assert await rows(store, OTHER) == before


INDEXED = {
    "ix_estimates_enterprise_id_team_id_user_id_created_at": (
        "SELECT * FROM estimates WHERE enterprise_id = '' AND team_id = 'T1' AND user_id = 'U1' "
        "ORDER BY created_at DESC, id DESC LIMIT 20"
    ),
    "ix_runs_enterprise_id_team_id_channel_id_counted_on": (
        "SELECT * FROM runs WHERE enterprise_id = '' AND team_id = 'T1' AND channel_id = 'C1' "
        "AND counted_on >= '2026-11-23' AND counted_on < '2026-11-30' AND deleted_at IS NULL"
    ),
    "ix_runs_enterprise_id_team_id_project_counted_on": (
        "SELECT * FROM runs WHERE enterprise_id = '' AND team_id = 'T1' AND project = 'p1' "
        "AND counted_on >= '2026-11-23' AND counted_on < '2026-11-30' AND deleted_at IS NULL"
    ),
}


@pytest.mark.parametrize("index", INDEXED)
async def test_history_and_summaries_are_read_through_an_index(store: Store, index: str) -> None:
    explain = "EXPLAIN QUERY PLAN" if store.database.is_sqlite else "EXPLAIN"
    if index.startswith("ix_estimates"):
        given_answer = answered("8 H100")
        for number in range(2000):
            store.history.record(TEAM, f"C{number % 50}", f"U{number % 50}", given_answer)
        await store.history.flush()
    else:
        plain = {"version": 1, "created_at": NOW, "updated_at": NOW, **TEAM._asdict()}
        many = [
            {
                **plain,
                "id": f"{number}",
                "channel_id": f"C{number % 50}",
                "owner_id": "U1",
                "name": "run",
                "project": f"p{number // 50 % 50}",
                "state": "done",
                "counted_on": date(2026, 1, 1) + timedelta(days=number % 365),
            }
            for number in range(2500)
        ]
        async with store.database.transaction() as connection:
            await connection.execute(insert(metadata.tables["runs"]), many)
    async with store.database.transaction() as connection:
        await connection.execute(text("ANALYZE"))
        plan = (await connection.execute(text(f"{explain} {INDEXED[index]}"))).all()
    assert index in str(plan)
