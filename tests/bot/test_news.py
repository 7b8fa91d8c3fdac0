"""What one replica is told holds at once for the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.preferences import Preferences
from bot.slack.asking import Askers
from bot.slack.payload import Who
from bot.store import Team, news, open_store
from bot.store.preferences import WORKSPACE
from deploy.local_slack.server import LocalSlack
from estimator import load_default
from tests.bot.conftest import Stage, stage
from tests.store.conftest import new_postgresql

RUN = "/carbon 8 H100 for 3 days"
TEAM = Team("", "T0LOCAL001")


async def said(slack: LocalSlack, bot: Stage, text: str) -> str:
    """What one of the bots answers."""
    slack.bot_url = f"{bot.bot.address}/slack/events"
    outcome = await slack.command(user="ada", channel="general", text=text)
    return (await slack.answer_to(outcome)).text


async def comes(slack: LocalSlack, bot: Stage, words: str) -> None:
    """Wait until a bot has heard."""
    async with asyncio.timeout(30):
        while words not in await said(slack, bot, RUN):  # noqa: ASYNC110 - it happens there
            await asyncio.sleep(0.02)


async def test_what_is_set_at_one_replica_holds_at_the_other_before_it_looks_again(
    postgresql: Any,
) -> None:
    url = new_postgresql(postgresql)
    async with stage(database_url=url) as one, open_store(url) as other:
        # What was read holds for longer than the test takes.
        at_first = await said(one.slack, one, RUN)
        for place in ("France", "Germany"):
            await other.preferences.put(TEAM, WORKSPACE, Preferences(location=place), "U0ADA00001")
            await comes(one.slack, one, f"in {place}")
        await other.factor_files.upload(TEAM, "own.csv", "", "U0ADA00001")
        await other.preferences.put(TEAM, "C0GENERAL1", Preferences(pue=1.5), "U0ADA00001")
        await comes(one.slack, one, "pue 1.5")
        await other.forget_team(TEAM)
        await comes(one.slack, one, at_first)


async def test_what_was_not_heard_is_read_once_it_listens_again(
    postgresql: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(news, "AGAIN_S", 0.1)
    url = new_postgresql(postgresql)
    async with stage(database_url=url) as one, open_store(url) as other:
        await said(one.slack, one, RUN)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            cut = await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN carbon%'"
            )
            assert await cut.fetchall() == [(True,)]
        await other.preferences.put(TEAM, WORKSPACE, Preferences(location="France"), "U0ADA00001")
        await comes(one.slack, one, "in France")


async def test_what_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/carbon.db") as store:
        askers, who = Askers(load_default(), store), Who("", TEAM.team_id, "C1", "U1")
        askers.hears()
        client = AsyncWebClient(base_url="http://127.0.0.1:9/")
        reading = asyncio.create_task(askers.asker(who, client))
        await asyncio.sleep(0)
        askers.forget_all(TEAM)
        await reading
        assert askers.known(who) is None
        await askers.asker(who, client)
        assert askers.known(who) is not None
