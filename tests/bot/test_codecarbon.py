"""The real CodeCarbon measures a run, and the ledger and the channel have it once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.settings import Settings
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from estimator import figures
from tests.bot.conftest import Clock, Stage, free_port
from tests.bot.test_measuring import told
from tests.bot.test_runs import RUN, said

SCRIPT = Path(__file__).with_name("track.py")
NOWHERE = "http://127.0.0.1:9"
WAIT_S = 120


@dataclass
class Gateway:
    """What stands before the bot: its address stays while the bot is restarted.

    It sends each request twice, as one does that got no answer to the first.
    """

    url: str
    bot: str = ""
    bodies: list[dict[str, object]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def forward(self, request: web.Request) -> web.Response:
        """Send a request on, twice."""
        body = await request.read()
        self.bodies.append(json.loads(body))
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.post(self.bot + request.path, data=body) as answer:
                    self.answers.append(answer.status)
        return web.Response(status=self.answers[-1])


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway that listens."""
    port = free_port()
    found = Gateway(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_post("/ingest/{secret}", found.forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield found
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot(slack: LocalSlack, front: Gateway, database: str) -> AsyncIterator[Stage]:
    """The bot for a while; the Slack and the database go on without it."""
    port = free_port()
    slack.bot_url = f"http://127.0.0.1:{port}/slack/events"
    settings = Settings(
        _env_file=None,
        slack_bot_token=config.BOT_TOKEN,
        slack_signing_secret=config.SIGNING_SECRET,
        slack_api_url=slack.api_url,
        database_url=database,
        port=port,
        public_url=front.url,
    )
    async with running(settings) as found:
        front.bot = found.address
        yield Stage(slack, found, Clock())


async def address(scene: Stage) -> str:
    """A new address of the channel, as its member copies it."""
    scene.slack.invite_bot("general")
    shown = await said(scene, "connect")
    code = next(block for block in shown.blocks if block["type"] == "rich_text")
    typed: str = code["elements"][0]["elements"][0]["text"]
    return typed.partition('emissions_endpoint="')[2].partition('"')[0]


async def test_codecarbons_measurement_is_in_the_ledger_and_the_channel_once(
    tmp_path: Path,
) -> None:
    database = f"sqlite:///{tmp_path}/carbon.db"
    # Where the machine stands is asked of services that are not reached from here.
    alone = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    environment = {**os.environ, **alone, "no_proxy": "127.0.0.1", "HOME": str(tmp_path)}
    async with gateway() as front, LocalSlack(manifest=config.MANIFEST) as slack:
        async with bot(slack, front, database) as scene:
            await said(scene, f"log llama-ft {RUN}")
            tracked = await asyncio.create_subprocess_exec(
                sys.executable,
                str(SCRIPT),
                await address(scene),
                stdin=PIPE,
                stdout=PIPE,
                env=environment,
                cwd=tmp_path,
            )
            assert tracked.stdout
            assert await asyncio.wait_for(tracked.stdout.readline(), WAIT_S) == b"flushed\n"
            await scene.settle()
            (first,) = told(scene)
        async with bot(slack, front, database) as scene:
            out, _ = await asyncio.wait_for(tracked.communicate(b"go on\n"), WAIT_S)
            await scene.settle()
            assert tracked.returncode == 0
            assert front.answers == [201] * 4
            early, late = (float(str(body["energy_consumed"])) for body in front.bodies)
            assert float(out) == late
            assert 0 < early < late
            (last,) = told(scene)
            assert f"measured {figures.energy(early)}" in first
            assert f"measured {figures.energy(late)}" in last
            listed = await said(scene, "runs")
            assert "1 found" in listed.text
            assert figures.energy(late) in listed.text
        assert slack.violations == []
        assert slack.manners == []
