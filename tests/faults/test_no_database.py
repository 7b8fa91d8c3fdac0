"""A database that takes no connections: the bot answers, says so, and goes on by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from bot.preferences import Preferences
from bot.reports import queue
from bot.slack import asking
from bot.store import Team, open_store
from bot.store.preferences import WORKSPACE
from tests.bot.conftest import Stage, stage
from tests.store.conftest import new_postgresql

WAITS = "What is due waits: the database does not answer."


async def said(scene: Stage, text: str, user: str = "ada", channel: str = "general") -> str:
    outcome = await scene.slack.command(user=user, channel=channel, text=f"/carbon {text}")
    return (await scene.slack.answer_to(outcome, timeout_s=20)).text


async def let_in(server: Any, url: str, allowed: str) -> None:
    """Let a database take connections, or cut all and take none."""
    async with await psycopg.AsyncConnection.connect(
        server.get_uri(), autocommit=True
    ) as connection:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )


async def test_without_its_database_the_bot_answers_and_says_so(
    postgresql: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "AGAIN_S", 0.1)
    url = new_postgresql(postgresql)
    async with stage(database_url=url) as scene:
        assert "Nothing was due yet." in await said(scene, "status")
        await let_in(postgresql, url, "false")
        assert WAITS in await said(scene, "status")
        assert "kg" in await said(scene, "8 H100 for 3 days in France")
        await let_in(postgresql, url, "true")
        async with asyncio.timeout(20):
            while WAITS in await said(scene, "status"):  # noqa: ASYNC110 - it happens there
                await asyncio.sleep(0.02)
        await scene.settle()


async def test_without_its_database_no_estimate_ignores_what_is_set(
    postgresql: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Settings are read again for every command.
    monkeypatch.setattr(asking, "SETTINGS_S", 0.0)
    monkeypatch.setattr(asking, "TOLD_S", 0.0)
    url = new_postgresql(postgresql)
    async with open_store(url) as store:
        team = Team("", "T0LOCAL001")
        set_here = Preferences(location="France", pue=1.5)
        await store.preferences.put(team, WORKSPACE, set_here, "U0ADA00001")
    run = "8 H100 for 3 days"
    async with stage(database_url=url) as scene:
        before = await said(scene, run)
        assert "in France pue 1.5" in before
        await let_in(postgresql, url, "false")
        # What was read last holds on in its channel; elsewhere there is no figure.
        assert await said(scene, run) == before
        assert await said(scene, run, user="ben") == before
        apology = await said(scene, run, channel="ml-planning")
        assert "kWh" not in apology
        assert "cannot reach what it keeps just now (reference " in apology
        in_chinese = await said(scene, "8张H100 训练3天", user="ben", channel="ml-planning")
        assert "（编号 " in in_chinese
        await let_in(postgresql, url, "true")
        assert await said(scene, run, channel="ml-planning") == before
