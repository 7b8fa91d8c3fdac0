"""Secrets are planted in a bot that runs, and everything that it writes is searched for them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.blocks.controls import LOG
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import free_port
from tests.bot.programs import Program, program
from tests.bot.test_apology import reference_in
from tests.bot.test_measuring import MEASURED
from tests.store.conftest import new_postgresql

PLANTED = {
    "SLACK_BOT_TOKEN": "xoxb-planted-bot-token",
    "SLACK_SIGNING_SECRET": "planted-signing-secret",
    "SLACK_APP_TOKEN": "xapp-planted-app-token",
}
PASSWORD = "planted-password"
PUBLIC = "https://carbon.example.com"


def address_of(url: str) -> str:
    """A database's address with a password in it, which the server does not ask for."""
    return re.sub(r"//(\w+):?[^@/]*@", rf"//\1:{PASSWORD}@", url)


async def use(slack: LocalSlack, bot: Program, metrics_port: int) -> tuple[list[str], list[str]]:
    """Let everything be used and fail; returns what else is secret, and what it answered."""
    slack.invite_bot("general")
    heard: list[str] = []

    async def said(text: str, user: str = "ada") -> Any:
        outcome = await slack.command(user=user, channel="general", text=f"/carbon {text}")
        return await slack.answer_to(outcome)

    # Slack fails in every way while the bot asks who somebody is.
    for user, fault in {
        "ada": Fault(error="ratelimited", status=429, retry_after_s=0),
        "ben": Fault(error="invalid_auth", status=200),
        "chen": Fault(drop=True),
    }.items():
        slack.fail("users.info", fault, times=3)
        heard.append((await said("8 H100 in France", user)).text)
    heard.append((await said("8 Abacus")).text)
    answer = await said("8 H100")
    slack.fail("views.open", Fault(status=200, error="invalid_arguments"))
    before = len(slack.visible_messages("ada", "general"))
    await slack.click(answer, LOG, user="ada")
    await slack.wait_for(lambda: len(slack.visible_messages("ada", "general")) > before)
    heard.append(slack.visible_messages("ada", "general")[-1].text)

    connected = await said("connect")
    found = re.search(rf"{PUBLIC}/ingest/([\w-]+)", str(connected.all_blocks))
    assert found
    secret = found[1]
    slack.fail("chat.postMessage", Fault(status=200, error="channel_not_found"))
    bodies: list[Any] = [MEASURED, b"no", {"run_id": secret}, MEASURED | {"energy_consumed": 5000}]
    for body in bodies:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with bot.session.post(f"{bot.address}/ingest/{secret}", data=data) as response:
            heard.append(await response.text() + str(response.headers))
    forged = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=1"}
    async with bot.session.post(f"{bot.address}/slack/events", headers=forged) as response:
        heard.append(await response.text() + str(response.headers))
    heard += [(await bot.get(path))[1] for path in ("/readyz", "/healthz")]
    async with bot.session.get(f"http://127.0.0.1:{metrics_port}/metrics") as response:
        heard.append(await response.text())
        assert "carbon_request_duration_seconds" in heard[-1]
    return [secret], heard


def writes_no_core_dump(pid: int) -> bool:
    """Whether the system writes no image of a process that dies; only Linux tells."""
    limits = Path(f"/proc/{pid}/limits")
    return not limits.exists() or bool(re.search(r"core file size +0 +0", limits.read_text()))


def searched(folder: Path, secrets: list[str], heard: list[str]) -> None:
    """No secret is in anything that was answered, or in any file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for secret in [*PLANTED.values(), PASSWORD, *secrets]:
        assert [text for text in heard if secret in text] == []
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


async def run(folder: Path, form: str, **values: str) -> tuple[LocalSlack, Program, list[str]]:
    """Run a bot at DEBUG, use it, and search what it wrote."""
    tokens: Mapping[str, Any] = {
        "bot_token": PLANTED["SLACK_BOT_TOKEN"],
        "signing_secret": PLANTED["SLACK_SIGNING_SECRET"],
        "app_token": PLANTED["SLACK_APP_TOKEN"],
    }
    metrics_port = free_port()
    is_socket = "SLACK_APP_TOKEN" in values
    async with LocalSlack(
        bot_url="http://127.0.0.1:9/", socket_mode=is_socket, ack_timeout_s=60, **tokens
    ) as slack:
        settings = {
            "SLACK_API_URL": slack.api_url,
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": form,
            "PUBLIC_URL": PUBLIC,
            "METRICS_PORT": str(metrics_port),
            **values,
        }
        async with program(folder, **settings) as bot:
            if not is_socket:
                slack.bot_url = f"{bot.address}/slack/events"
            await bot.ready()
            secrets, heard = await use(slack, bot, metrics_port)
            await slack.settle()
            assert writes_no_core_dump(bot.process.pid)
            bot.stop()
            assert await bot.ended() == 0
    searched(folder, secrets, heard)
    return slack, bot, heard


async def test_over_http_with_a_log_in_json(tmp_path: Path) -> None:
    tokens = {name: PLANTED[name] for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")}
    _, bot, heard = await run(tmp_path, "json", **tokens)

    lines = bot.lines  # every one of them is JSON
    levels = {line["level"] for line in lines}
    assert {"DEBUG", "INFO", "WARNING", "ERROR"} <= levels
    reference = next(reference_in(text) for text in heard if "reference" in text)
    found = [line for line in lines if line.get("request_id") == reference]
    assert any("invalid_arguments" in line.get("exception", "") for line in found)


async def test_over_a_socket_with_a_log_in_text_and_postgresql(
    postgresql: Any,
    tmp_path: Path,
) -> None:
    tokens = {name: PLANTED[name] for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")}
    url = address_of(new_postgresql(postgresql))
    assert PASSWORD in url
    _, bot, heard = await run(tmp_path, "text", DATABASE_URL=url, **tokens)

    log = bot.log.read_text()
    reference = next(reference_in(text) for text in heard if "reference" in text)
    line = rf"^\S+ \S+ ERROR bot\.\S+ \[{reference}\]: reference {reference}"
    assert re.search(line, log, re.MULTILINE)


async def test_a_start_that_fails(tmp_path: Path) -> None:
    values = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": PLANTED["SLACK_SIGNING_SECRET"]}
    database = f"postgresql://carbon:{PASSWORD}@127.0.0.1:9/carbon"
    async with program(tmp_path, DATABASE_URL=database, **values) as bot:
        assert await bot.ended() == 2
    assert "carbon cannot start" in bot.log.read_text()
    searched(tmp_path, [], [])
