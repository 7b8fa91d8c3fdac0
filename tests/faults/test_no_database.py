"""A database that takes no connections: the bot answers, says so, and goes on by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from bot.reports import queue
from tests.bot.conftest import Stage, stage
from tests.store.conftest import (
    new_postgresql,
    postgresql,  # noqa: F401 - a fixture
)

WAITS = "What is due waits: the database does not answer."


async def said(scene: Stage, text: str) -> str:
    outcome = await scene.slack.command(user="ada", channel="general", text=f"/carbon {text}")
    return (await scene.slack.answer_to(outcome, timeout_s=20)).text


async def test_without_its_database_the_bot_answers_and_says_so(
    postgresql: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "AGAIN_S", 0.1)
    url = new_postgresql(postgresql)

    async def let_in(allowed: str) -> None:
        """Let the database take connections, or cut all and take none."""
        async with await psycopg.AsyncConnection.connect(
            postgresql.get_uri(), autocommit=True
        ) as connection:
            name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )

    async with stage(database_url=url) as scene:
        assert "No summary was due yet." in await said(scene, "status")
        await let_in("false")
        assert WAITS in await said(scene, "status")
        assert "kg" in await said(scene, "8 H100 for 3 days in France")
        await let_in("true")
        async with asyncio.timeout(20):
            while WAITS in await said(scene, "status"):  # noqa: ASYNC110 - it happens there
                await asyncio.sleep(0.02)
        await scene.settle()
