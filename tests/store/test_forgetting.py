"""What is deleted is gone: from every table, and from the file's bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from sqlalchemy import select

from bot.ledger import FORGOTTEN
from bot.periods import Report
from bot.preferences import Editors, Preferences
from bot.reports.queue import bring_up_to_date
from bot.store import Store, Team, open_store
from bot.store.deliveries import DeliveryKey
from bot.store.forgetting import OWN, SHARED
from bot.store.schema import metadata
from tests.store.conftest import KEYS, new_postgresql
from tests.store.test_installations import installed
from tests.store.test_ledger import OTHER, TEAM, budget, entry, measurement, schedule
from tests.store.test_store import answered

ME, YOU = "U0PLANTED99", "U0ANOTHER77"
CHANNEL, DIRECT, BETWEEN = "C0PLANTED11", "D0PLANTED22", "D0BETWEEN33"
PERSONS = ("_by", "user_id", "owner_id")
"""How the names of columns end that hold members."""


async def fill(store: Store, team: Team, user: str, channel: str) -> None:
    """Let a member leave something in every table that holds members."""
    settings = Preferences(pue=1.2, editors=Editors.CHOSEN, chosen_editors=(user, "U1"))
    await store.preferences.put(team, channel, settings, user)
    await store.factor_files.upload(team, "ours.toml", "a = 1", user)
    await store.members.fetched(team, user, "en", "Europe/Paris", is_admin=False)
    url, _ = await store.measurements.connect(team, channel, user)
    await store.measurements.receive(url, measurement(f"{user[2]} in {channel}", project=channel))
    for name in ("kept", "dropped"):
        run = await store.runs.enter(
            team, entry(f"{name} {channel}", channel_id=channel, owner_id=user)
        )
        if name == "dropped":
            await store.runs.delete(team, run.id)
    await store.schedules.put(replace(schedule(team, channel), configured_by=user))
    await store.deliveries.intend(DeliveryKey(team, channel, "weekly", "2026-W48"))
    now = DeliveryKey(team, channel, f"{Report.WEEKLY}_now", f"2026-W48 {user} 13.37")
    await store.deliveries.intend(now)
    of_channel = replace(budget(), scope_id=channel, set_by=user)
    await store.budgets.put(team, of_channel)
    await store.budgets.warn_once(team, of_channel, "2026-11", 50)
    await store.installations.put(replace(installed(team), installed_by=user))
    store.history.record(team, channel, user, answered("8 H100"))
    await store.history.flush()


async def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    async with store.database.transaction() as connection:
        return {
            table.name: [row._asdict() for row in await connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


async def with_it(store: Store, planted: str) -> set[str]:
    """The tables with a row that has it anywhere."""
    return {
        name
        for name, found in (await rows(store)).items()
        if any(planted in json.dumps(row, default=str) for row in found)
    }


def test_every_column_that_holds_a_member_is_known() -> None:
    found = {
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(PERSONS)
    }
    assert found == {*OWN.values(), *SHARED.values()}


async def test_a_forgotten_member_is_in_no_table_and_everybody_else_is(store: Store) -> None:
    for user in (ME, YOU):
        for channel in (CHANNEL, BETWEEN):
            await fill(store, TEAM, user, channel)
    await fill(store, TEAM, ME, DIRECT)
    await fill(store, OTHER, ME, CHANNEL)
    everywhere = await with_it(store, ME)
    assert everywhere >= {table.name for table in (*OWN, *SHARED)} | {"deliveries"}
    assert "budgets" in await with_it(store, DIRECT)
    before = await rows(store)

    found = await store.forget_member(TEAM, ME)

    after = await rows(store)
    mine = [row for found in after.values() for row in found if ME in json.dumps(row, default=str)]
    # The same id in another workspace is another member.
    assert {row["enterprise_id"] for row in mine} == {OTHER.enterprise_id}
    assert await with_it(store, DIRECT) == set()
    # A workspace has one installation, here by me.
    assert await with_it(store, YOU) == everywhere - {"installations"}
    assert (await store.installations.of(TEAM)) is not None
    ledger = [row for row in after["runs"] if row["name"] == f"kept {CHANNEL}"]
    assert sorted(row["owner_id"] for row in ledger) == sorted([FORGOTTEN, YOU, ME])
    versions = {row["id"]: row["version"] for row in before["runs"]}
    assert all(
        row["version"] > versions[row["id"]] for row in ledger if row["owner_id"] == FORGOTTEN
    )
    assert (found.deleted["estimates"], found.deleted["members"]) == (3, 1)
    # Deleted: a dropped one in each of two channels, and all three in the direct message.
    assert (found.deleted["runs"], found.changed["runs"]) == (5, 4)
    settings = await store.preferences.own(TEAM, CHANNEL)
    assert settings.chosen_editors == (YOU, "U1")
    assert settings.editors is Editors.CHOSEN
    again = await store.forget_member(TEAM, ME)
    assert again.deleted.total() == again.changed.total() == 0


async def test_what_a_member_takes_along_is_what_has_them_in_it(store: Store) -> None:
    assert await store.kept_of(TEAM, ME) == {}
    await fill(store, TEAM, YOU, CHANNEL)
    assert await store.kept_of(TEAM, ME) == {}
    await fill(store, TEAM, ME, "C0MINE")
    await fill(store, TEAM, ME, DIRECT)

    found = await store.kept_of(TEAM, ME)

    everything = {
        name: [row for row in all_rows if {ME, DIRECT} & {*_words(row)}]
        for name, all_rows in (await rows(store)).items()
    }
    assert {name: len(kept) for name, kept in found.items()} == {
        name: len(kept) for name, kept in everything.items() if kept
    }
    assert +await store.count_of(TEAM, ME) == {name: len(kept) for name, kept in found.items()}
    assert YOU not in json.dumps(found, default=str)
    assert not {"token", "refresh_token"} & {*found["installations"][0]}
    await store.forget_member(TEAM, ME)
    assert await store.kept_of(TEAM, ME) == {}


def _words(row: dict[str, Any]) -> list[str]:
    return json.dumps(row, default=str, ensure_ascii=False).replace('"', " ").split(" ")


async def test_a_forgotten_workspace_is_in_no_table(store: Store) -> None:
    planted = Team("E0PLANTED", "T0PLANTED")
    await fill(store, planted, ME, CHANNEL)
    await fill(store, TEAM, YOU, BETWEEN)
    kept = await with_it(store, YOU)
    await store.forget_team(planted)
    # It is still installed there, by nobody.
    for gone, where in ((ME, set()), (CHANNEL, set()), (planted.team_id, {"installations"})):
        assert await with_it(store, gone) == where
    assert (await store.installations.of(planted)) is not None
    await store.forget_team(planted, installed=False)
    assert await with_it(store, planted.team_id) == set()
    assert await with_it(store, YOU) == kept


async def queued(url: str) -> list[Any]:
    """Workspace, channel and period of the jobs in PostgreSQL's queue."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(
            "SELECT args->>'team_id', args->>'channel_id', args->>'period' "
            "FROM procrastinate_jobs ORDER BY id"
        )
        return await cursor.fetchall()


async def test_what_waits_in_the_queue_is_forgotten_too(postgresql: Any) -> None:
    url = new_postgresql(postgresql)
    await bring_up_to_date(url)
    theirs, mine = f"2026-W48 {YOU} 13.37", f"2026-W48 {ME} 13.37"
    jobs = [
        (TEAM, CHANNEL, theirs),
        (TEAM, CHANNEL, mine),
        (TEAM, DIRECT, "2026-W48"),
        (OTHER, CHANNEL, mine),
    ]
    app = App(connector=PsycopgConnector(conninfo=url))
    async with app.open_async(), open_store(url, keys=KEYS) as store:
        await fill(store, TEAM, ME, DIRECT)
        for team, channel, period in jobs:
            task = app.configure_task("deliver", lock=f"{team.team_id} {channel}")
            await task.defer_async(**team._asdict(), channel_id=channel, period=period)

        await store.forget_member(TEAM, ME)
        assert await queued(url) == [
            (TEAM.team_id, CHANNEL, theirs),
            (OTHER.team_id, CHANNEL, mine),
        ]
        await store.forget_team(TEAM)
        assert await queued(url) == [(OTHER.team_id, CHANNEL, mine)]


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Store]:
    """SQLite's file with two members in it, of whom one wrote a lot."""
    async with open_store(f"sqlite:///{tmp_path}/carbon.db", keys=KEYS) as store:
        for channel in (CHANNEL, DIRECT, *(f"C{number}" for number in range(40))):
            await fill(store, TEAM, ME, channel)
        await fill(store, TEAM, YOU, "C0OTHER")
        yield store


def files(folder: Path) -> bytes:
    """Every byte of the database's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("carbon.db*")))


async def test_a_forgotten_member_is_in_no_byte_of_the_file(filled: Store, tmp_path: Path) -> None:
    assert ME.encode() in files(tmp_path)
    # Another connection of the pool that has read it before.
    await asyncio.gather(*(filled.kept_of(TEAM, ME) for _ in range(4)))
    await filled.forget_member(TEAM, ME)
    assert ME.encode() not in files(tmp_path)
    assert DIRECT.encode() not in files(tmp_path)
    assert YOU.encode() in files(tmp_path)


async def test_a_forgotten_workspace_is_in_no_byte_of_the_file(
    filled: Store, tmp_path: Path
) -> None:
    await filled.forget_team(TEAM)
    for gone in (ME, YOU, CHANNEL, "llama-ft"):
        assert gone.encode() not in files(tmp_path)
