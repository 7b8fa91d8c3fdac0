"""docs/install.md, step by step, with the programs that an administrator starts."""

from __future__ import annotations

import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import PATIENCE_S, free_port
from tests.bot.installing import FIRST_TEAM, Browser, manifest
from tests.bot.test_process import ROOT, start

COMMAND = "/carbon 8 H100 for 2 days in France"


async def said(process: Process) -> str:
    """What a program says until it ends well."""
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode().strip()


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[Process]:
    """The bot as a process of its own; it ends without a complaint."""
    process = await start(sys.executable, "-m", "bot", folder=ROOT, **settings)
    assert process.stdout
    try:
        while line := await process.stdout.readline():
            if b"carbon listens on" in line:
                break
        else:
            _, errors = await process.communicate()
            raise AssertionError(errors.decode())
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert "Traceback" not in errors.decode()


async def answered(slack: LocalSlack) -> str:
    outcome = await slack.command(user="ada", channel="general", text=COMMAND)
    assert outcome.error is None, outcome.detail
    return (await slack.answer_to(outcome)).text


async def test_from_the_manifest_to_a_rotated_key(tmp_path: Path) -> None:
    bot = (sys.executable, "-m", "bot")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    old, new = [await said(await start(*bot, "new-key")) for _ in range(2)]
    async with LocalSlack(
        bot_url=f"{origin}/slack/events", manifest=manifest(origin), ack_timeout_s=PATIENCE_S
    ) as slack:
        slack.desk.team.revoke()
        settings = {
            "SLACK_CLIENT_ID": config.CLIENT_ID,
            "SLACK_CLIENT_SECRET": config.CLIENT_SECRET,
            "SLACK_SIGNING_SECRET": config.SIGNING_SECRET,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path}/carbon.db",
            "PUBLIC_URL": origin,
            "PORT": str(port),
        }
        browser = Browser(origin)
        try:
            async with serving(**settings, TOKEN_KEYS=old):
                page = await browser.install(FIRST_TEAM)
                assert page.status == 200
                assert "CO2e" in await answered(slack)
            async with serving(**settings, TOKEN_KEYS=f"{new},{old}"):
                rotated = await start(
                    *bot, "rotate-keys", folder=ROOT, **settings, TOKEN_KEYS=f"{new},{old}"
                )
                assert "newest key: 1." in await said(rotated)
                assert "CO2e" in await answered(slack)
            async with serving(**settings, TOKEN_KEYS=new):
                assert (await browser.open(f"{origin}/readyz")).status == 200
                assert "weekly" in await weekly(slack)
        finally:
            await browser.session.close()


async def weekly(slack: LocalSlack) -> str:
    """An answer for which the bot needs its token, to ask Slack who asks."""
    outcome = await slack.command(user="ben", channel="ml-planning", text="/carbon weekly")
    assert outcome.error is None, outcome.detail
    return (await slack.answer_to(outcome)).text


pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
