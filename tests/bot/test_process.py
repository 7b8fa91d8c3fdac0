"""The processes that people start: `python -m bot` and `make run`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import free_port
from tests.bot.programs import ROOT, TOKENS, environment, started


async def start(*command: str, folder: Path = ROOT, **values: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment(**values),
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "SLACK_BOT_TOKEN: is not set."),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "set SLACK_SIGNING_SECRET"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "PORT": "high"},
            "PORT: Input should be a valid integer",
        ),
        (
            {
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_SIGNING_SECRET": "s",
                "CARBON_DEFAULT_GPU": "abacus",
            },
            "unknown device 'abacus'",
        ),
    ],
)
async def test_wrong_settings_end_it_with_a_line_that_names_them(
    values: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    process = await start(sys.executable, "-m", "bot", folder=tmp_path, **values)
    _, errors = await process.communicate()

    assert process.returncode == 2
    assert complaint in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await start(
        *(sys.executable, "-m", "bot"),
        folder=tmp_path,
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_SIGNING_SECRET="s",
        SLACK_API_URL="http://127.0.0.1:9/api/",
        PORT=str(port),
    )
    _, errors = await process.communicate()
    server.close()

    assert process.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in errors.decode()


async def test_a_start_in_which_all_is_well_warns_of_nothing(tmp_path: Path) -> None:
    async with (
        LocalSlack(bot_url="http://127.0.0.1:9/") as slack,
        started(tmp_path, SLACK_API_URL=slack.api_url, LOG_FORMAT="json", **TOKENS) as bot,
    ):
        await bot.ready()
    assert {line["level"] for line in bot.lines} == {"INFO"}


@pytest.mark.parametrize("options", ["", "--socket-mode"])
async def test_make_run_starts_the_bot_with_a_local_slack(options: str) -> None:
    """README's first command: the bot answers what is typed into the local Slack's page."""
    port = free_port()
    command = ["make", "run", f"PYTHON={sys.executable}"]
    process = await start(*command, LOCAL_SLACK_PORT=str(port), PORT=str(free_port()), ARGS=options)
    assert process.stdout
    try:
        shown = await asyncio.wait_for(process.stdout.readuntil(b"Ctrl-C stops both"), 60)
        assert f"http://127.0.0.1:{port}/" in shown.decode()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}/") as session:
            typed = {
                "user": "ada",
                "channel": "general",
                "text": "/carbon 10 GPU 20 TPU factors article",
            }
            async with session.post("_local/command", json=typed) as response:
                assert response.status == 200
            query = {"user": "ada", "channel": "general"}
            async with session.get("_local/state", params=query) as response:
                seen = await response.text()
        assert "50,000 t CO2e" in seen
        assert "50,000 kWh" in seen
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.communicate()
