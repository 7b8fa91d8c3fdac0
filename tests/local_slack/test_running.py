"""``python -m deploy.local_slack``."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp

from deploy.local_slack.__main__ import parse_arguments
from deploy.local_slack.config import BOT_TOKEN, Config
from tests.local_slack.conftest import MANIFEST as COMMANDS


def test_the_defaults_are_those_of_the_configuration() -> None:
    assert parse_arguments([]) == Config()
    changed = parse_arguments(["--port", "0", "--socket-mode", "--manifest", "m.json"])
    assert (changed.port, changed.socket_mode, changed.manifest) == (0, True, Path("m.json"))


async def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(COMMANDS), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local_slack", "--port", "0", "--manifest", str(path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(address) as page:
            assert "Local Slack" in await page.text()
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        async with session.post(f"{address}api/auth.test") as answer:
            assert (await answer.json())["ok"] is True
        forged = {"user": "ada", "channel": "general", "text": "hi"}
        async with session.post(f"{address}_local/message", data=forged) as answer:
            assert answer.status == 415
        async with session.post(f"{address}_local/message", json={"user": "eve"}) as answer:
            assert (answer.status, await answer.text()) == (400, "user_not_found")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
