"""What is kept comes back, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from bot.language import parse
from bot.preferences import NOTHING_SET, Editors, Preferences
from bot.store import Store, Team, open_store
from bot.store.history import Answered, new_id
from bot.store.schema import UtcDateTime
from estimator import FactorSet, TrainingRun, estimate, load_default

CATALOGUE = load_default()
TEAM, OTHER = Team("", "T1"), Team("E1", "T1")

documents = st.builds(
    Preferences,
    gpu=st.none() | st.sampled_from(["A100-SXM4-80GB", "H100-SXM5-80GB"]),
    location=st.none() | st.sampled_from(["France", "eu-west-1"]),
    pue=st.none() | st.floats(1.0, 5.0),
    factors=st.none() | st.sampled_from(FactorSet),
    public=st.none() | st.booleans(),
    language=st.none() | st.sampled_from(["en", "zh-CN"]),
    time_zone=st.none() | st.sampled_from(["Europe/Paris", "Asia/Shanghai"]),
    editors=st.none() | st.sampled_from(Editors),
    chosen_editors=st.lists(st.sampled_from(["U1", "U2"]), unique=True).map(tuple),
)


def answered(command: str) -> Answered:
    run = parse(command, CATALOGUE).run
    return Answered(command, run, estimate(run, CATALOGUE))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(workspace=documents, channel=documents)
async def test_a_channels_settings_stand_over_its_workspaces(
    store: Store, workspace: Preferences, channel: Preferences
) -> None:
    await store.preferences.put(TEAM, "", workspace, "U1")
    await store.preferences.put(TEAM, "C1", channel, "U2")

    assert await store.preferences.own(TEAM, "C1") == channel
    assert await store.preferences.of(TEAM, "C2") == workspace
    merged = await store.preferences.of(TEAM, "C1")
    for name, value in channel:
        expected = value if value not in {None, ()} else getattr(workspace, name)
        assert getattr(merged, name) == expected
    assert await store.preferences.of(OTHER, "C1") == NOTHING_SET


async def test_members_keep_their_welcome_when_slack_tells_of_them_again(store: Store) -> None:
    assert await store.members.get(TEAM, "U1") is None
    await store.members.welcomed(TEAM, "U1")
    await store.members.fetched(TEAM, "U1", "zh-CN", "Asia/Shanghai", is_admin=True)
    await store.members.welcomed(TEAM, "U1")

    member = await store.members.get(TEAM, "U1")

    assert member is not None
    assert member.welcomed_at is not None
    assert (member.locale, member.time_zone, member.is_admin) == ("zh-CN", "Asia/Shanghai", True)
    assert member.fetched_at is not None
    assert member.fetched_at.tzinfo is not None
    assert abs(member.fetched_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_estimates_are_read_newest_first_and_a_repeated_command_counts_once(
    store: Store,
) -> None:
    for command in ("8 H100 in France", "4 A100 in Germany", "8 H100 in France"):
        store.history.record(TEAM, "C1", "U1", answered(command))
    store.history.record(TEAM, "C1", "U2", answered("2 TPU"))
    store.history.record(OTHER, "C1", "U1", answered("3 TPU"))

    found = await store.history.recent(TEAM, "U1")

    assert [asked.command for asked in found] == ["8 H100 in France", "4 A100 in Germany"]
    again = TrainingRun.model_validate(found[0].spec)
    assert estimate(again, CATALOGUE).totals.energy_kwh.value == found[0].energy_kwh
    assert await store.history.get(TEAM, found[0].id) == found[0]
    assert await store.history.get(OTHER, found[0].id) is None


async def test_what_was_recorded_is_kept_when_the_bot_stops_at_once(database_url: str) -> None:
    async with open_store(database_url) as store:
        kept = [store.history.record(TEAM, "C1", "U1", answered(f"{n} H100")) for n in (1, 2, 3)]
    async with open_store(database_url) as store:
        assert [asked.id for asked in await store.history.recent(TEAM, "U1")] == kept[::-1]


async def test_a_write_that_is_cancelled_loses_nothing(store: Store) -> None:
    kept = [store.history.record(TEAM, "C1", "U1", answered(f"{n} H100")) for n in (1, 2, 3)]
    flushing = asyncio.create_task(store.history.flush())
    await asyncio.sleep(0)  # one turn of the loop: the batch is taken, and not written yet
    assert store.history._batch
    flushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    assert [asked.id for asked in await store.history.recent(TEAM, "U1")] == kept[::-1]


async def test_estimates_wait_for_a_database_that_fails_for_a_while(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/carbon.db") as store:
        async with store.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE estimates RENAME TO away"))
        kept = store.history.record(TEAM, "C1", "U1", answered("8 H100"))
        await store.history.flush()
        assert store.history.dropped == 0
        async with store.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE away RENAME TO estimates"))
        assert [asked.id for asked in await store.history.recent(TEAM, "U1")] == [kept]


async def test_old_estimates_are_forgotten(store: Store) -> None:
    store.history.record(TEAM, "C1", "U1", answered("8 H100"))
    await store.history.flush()
    assert await store.history.forget_before(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await store.history.forget_before(datetime.now(UTC) + timedelta(days=1)) == 1
    assert await store.history.recent(TEAM, "U1") == []


def test_ids_sort_by_time_and_are_uuids_of_version_7() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {(UUID(one).version, UUID(one).variant) for one in ids} == {(7, RFC_4122)}


async def test_two_hundred_estimates_at_once_are_all_kept(store: Store) -> None:
    given_answer = answered("8 H100")

    async def ask(number: int) -> str:
        return store.history.record(TEAM, "C1", f"U{number}", given_answer)

    ids = await asyncio.gather(*(ask(number) for number in range(200)))
    await store.history.flush()
    found = [await store.history.get(TEAM, one) for one in ids]
    assert all(found)
    assert store.history.dropped == 0


async def test_a_factor_file_holds_until_another_is_uploaded_or_it_is_withdrawn(
    store: Store,
) -> None:
    assert await store.factor_files.active(TEAM) is None
    first = await store.factor_files.upload(TEAM, "ours.toml", "a = 1", "U1")
    second = await store.factor_files.upload(TEAM, "ours.toml", "a = 2", "U2")
    assert (first.number, second.number) == (1, 2)
    assert await store.factor_files.active(TEAM) == second
    assert await store.factor_files.active(OTHER) is None
    await store.factor_files.withdraw(TEAM)
    assert await store.factor_files.active(TEAM) is None
    assert (await store.factor_files.upload(TEAM, "ours.toml", "a = 3", "U1")).number == 3


async def test_of_many_who_do_the_same_at_once_one_is_the_first(store: Store) -> None:
    found = await asyncio.gather(*(store.handled.first_time("Ev1") for _ in range(20)))
    assert sorted(found) == [False] * 19 + [True]
    await store.handled.forget_old()
    assert not await store.handled.first_time("Ev1")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    moment = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the mistake
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(moment, sqlite.dialect())
