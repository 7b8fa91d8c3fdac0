"""A disk that is full: the bot answers, says so, and does everything later."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import aiohttp
from sqlalchemy import delete

from bot.store.schema import factor_sets
from estimator import load_default
from tests.faults.killing import Town, nursery, town

ROOM_BYTES = 8192
"""Less than SQLite's log has already."""
WAITS = "What is due waits: the database cannot write; its disk may be full."


async def said(found: Town, text: str) -> str:
    outcome = await found.slack.command(user="ada", channel="ml-planning", text=f"/carbon {text}")
    return (await found.slack.answer_to(outcome)).text


async def answering(found: Town, port: int) -> None:
    """Wait until a bot answers."""
    found.slack.bot_url = f"http://127.0.0.1:{port}/slack/events"
    async with asyncio.timeout(20):
        while True:
            with suppress(aiohttp.ClientError):
                async with found.session.get(f"http://127.0.0.1:{port}/healthz"):
                    return
            await asyncio.sleep(0.02)


async def test_a_full_disk_loses_nothing_and_is_told_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with nursery() as process, town(process, url, tmp_path, seed=1) as found:
        expected = await found.begin_week()
        async with found.store.database.transaction() as connection:
            # As on the first start of a new version.
            await connection.execute(delete(factor_sets))
        pid = await found.bots.start(largest_file_bytes=ROOM_BYTES)
        port = found.bots.alive[pid]
        await answering(found, port)
        address = f"http://127.0.0.1:{port}/ingest/{found.secret}"
        body = {"run_id": "1", "project_name": "a", "energy_consumed": 2.0, "emissions": 1.0}
        async with found.session.post(address, json=body) as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "30"
        assert "kg" in await said(found, "8 H100 for 3 days in France")
        async with asyncio.timeout(20):
            while WAITS not in await said(found, "status"):  # noqa: ASYNC110 - it happens there
                await asyncio.sleep(0.02)
        assert "Traceback" not in await said(found, "log llama 8 H100 for 3 days in France")
        assert found.slack.calls("chat.postMessage") == 0
        found.bots.kill(pid)
        # The disk has room again.
        await found.life_that_lasts()
        found.count_summaries(expected)
        assert (found.tally.lost, found.tally.repeated) == (0, 0)
        assert await found.store.factor_sets.get(load_default().version)
