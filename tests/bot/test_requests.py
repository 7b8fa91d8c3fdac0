"""Which HTTP requests reach the bot, and what the rest is told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest
from multidict import CIMultiDict
from slack_sdk.signature import Clock

from bot.blocks import controls
from bot.settings import Settings
from bot.wiring import running
from tests.bot.conftest import free_port

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class SettableClock(Clock):
    """A clock that stands where a test puts it."""

    time_s: float

    def __init__(self) -> None:
        self.time_s = time.time()

    def now(self) -> float:
        return self.time_s


@dataclass
class Client:
    """Sends what Slack would send, or something a little different."""

    url: str
    session: aiohttp.ClientSession
    clock: SettableClock = field(default_factory=SettableClock)

    def signed(
        self, body: bytes, *, secret: str = SECRET, at: float | None = None
    ) -> dict[str, str]:
        timestamp = str(int(self.clock.now() if at is None else at))
        base = b"v0:" + timestamp.encode() + b":" + body
        digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        async with self.session.post(f"{self.url}/slack/events", data=body, headers=headers) as r:
            return r.status, await r.text()

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(f"{self.url}{path}") as response:
            return response.status, await response.text()


def command(text: str, answers_at: str = "http://127.0.0.1:9/never") -> bytes:
    return urlencode(
        {
            "command": "/carbon",
            "text": text,
            "team_id": "T1",
            "user_id": "U1",
            "channel_id": "C1",
            "response_url": answers_at,
            "trigger_id": "1.1",
        }
    ).encode()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A bot whose Slack cannot be reached: answering a command needs no call."""
    port = free_port()
    settings = Settings(
        _env_file=None,
        slack_bot_token="xoxb-test",
        slack_signing_secret=SECRET,
        slack_api_url="http://127.0.0.1:9/api/",
        port=port,
    )
    clock = SettableClock()
    async with running(settings, clock) as bot, aiohttp.ClientSession() as session:
        yield Client(bot.address, session, clock)


async def test_a_signed_command_is_answered_even_when_slacks_api_is_away(client: Client) -> None:
    body = command("10 GPU 20 TPU factors article")

    status, answer = await client.post(body, client.signed(body))

    assert status == 200
    assert "50,000 t CO2e" in answer


async def test_unsigned_requests_are_refused(client: Client) -> None:
    body = command("8 H100")
    signed = client.signed(body)

    for missing in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        headers = {name: value for name, value in signed.items() if name != missing}
        status, answer = await client.post(body, headers)
        assert status == 401
        assert "kWh" not in answer


async def test_wrongly_signed_requests_are_refused(client: Client) -> None:
    body = command("8 H100")

    for headers in (
        client.signed(body, secret="another secret"),
        client.signed(command("9 H100")),
        client.signed(body) | {"X-Slack-Signature": "v0=0"},
        client.signed(body) | {"X-Slack-Request-Timestamp": "yesterday"},
    ):
        status, answer = await client.post(body, headers)
        assert status == 401
        assert "kWh" not in answer


@pytest.mark.parametrize("age_s", [301, 86_400, -301])
async def test_stale_requests_are_refused(age_s: int, client: Client) -> None:
    body = command("8 H100")
    headers = client.signed(body, at=client.clock.now() - age_s)

    assert (await client.post(body, headers))[0] == 401


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Slack-Signature", ""),
        ("X-Slack-Signature", "v0="),
        ("X-Slack-Signature", "v1={digest}"),
        ("X-Slack-Signature", "V0={digest}"),
        ("X-Slack-Signature", "{digest}"),
        ("X-Slack-Signature", "v0={digest}, v0={digest}"),
        ("X-Slack-Signature", "v0=é"),
        ("X-Slack-Request-Timestamp", ""),
        ("X-Slack-Request-Timestamp", "NaN"),
        ("X-Slack-Request-Timestamp", "1e9"),
        ("X-Slack-Request-Timestamp", "-1"),
        ("X-Slack-Request-Timestamp", "9" * 5000),
    ],
)
async def test_headers_that_slack_never_sends_are_refused(
    header: str, value: str, client: Client
) -> None:
    body = command("8 H100")
    headers = client.signed(body)
    digest = headers["X-Slack-Signature"].removeprefix("v0=")

    headers[header] = value.replace("{digest}", digest)

    assert await client.post(body, headers) == (401, '{"error": "invalid request signature"}')


@pytest.mark.parametrize("twice", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_header_that_is_there_twice_is_refused(twice: str, client: Client) -> None:
    body = command("8 H100")
    signed = client.signed(body)
    headers = CIMultiDict(signed)
    headers.add(twice, signed[twice])

    async with client.session.post(
        f"{client.url}/slack/events", data=body, headers=headers
    ) as answer:
        assert answer.status == 401


async def test_replayed_requests_are_refused(client: Client) -> None:
    body = command("8 H100")
    headers = client.signed(body)

    statuses = [(await client.post(body, headers))[0] for _ in range(3)]

    assert statuses == [200, 401, 401]


@pytest.mark.parametrize(
    ("kind", "again"), [("block_suggestion", 200), ("block_actions", 401), ("view_submission", 401)]
)
async def test_a_menu_may_be_asked_the_same_twice_in_a_second(
    client: Client, kind: str, again: int
) -> None:
    payload = {
        "type": kind,
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "action_id": controls.REGION,
        "block_id": "run 8 H100",
        "value": "fran",
        "actions": [],
        "view": {"callback_id": "nobody's"},
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = client.signed(body)
    await client.post(body, headers)

    assert (await client.post(body, headers))[0] == again


async def test_a_request_is_refused_as_a_replay_until_it_is_stale(client: Client) -> None:
    body = command("8 H100")
    headers = client.signed(body, at=client.clock.now() + 299)
    assert (await client.post(body, headers))[0] == 200

    for later_s in (299, 298, 1):
        client.clock.time_s += later_s
        assert (await client.post(body, headers))[0] == 401


async def test_bodies_that_are_no_text_are_refused(client: Client) -> None:
    body = b"\xff\xfe\x00"

    assert (await client.post(body, client.signed(body)))[0] == 401


async def test_the_bot_is_alive_and_says_why_it_is_not_ready(client: Client) -> None:
    assert await client.get("/healthz") == (200, '{"status": "alive"}')

    status, answer = await client.get("/readyz")

    assert status == 503
    assert "not ready" in answer


async def test_a_stop_answers_what_is_in_flight() -> None:
    port = free_port()
    settings = Settings(
        _env_file=None,
        slack_bot_token="xoxb-test",
        slack_signing_secret=SECRET,
        slack_api_url="http://127.0.0.1:9/api/",
        port=port,
    )
    release = asyncio.Event()
    started = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        async with running(settings) as bot:
            client = Client(bot.address, session)

            @bot.app.command("/slow")
            async def slow(ack: object) -> None:
                started.set()
                await release.wait()
                await ack("late, but answered")  # type: ignore[operator]

            body = command("").replace(b"%2Fcarbon", b"%2Fslow")
            asking = asyncio.create_task(client.post(body, client.signed(body)))
            await started.wait()
            asyncio.get_running_loop().call_soon(release.set)
        assert await asking == (200, "late, but answered")
