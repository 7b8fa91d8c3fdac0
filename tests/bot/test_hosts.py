"""Nothing is sent to, or fetched from, an address that is not Slack's; no token leaves Slack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import controls
from bot.blocks.listing import plain_message
from bot.slack.files import NotFetched, fetched
from bot.slack.hosts import Hosts
from bot.slack.sending import delivered
from bot.slack.shapes import Malformed
from bot.views.form import Purpose
from deploy.local_slack import config
from tests.bot.conftest import stage
from tests.bot.test_requests import Client
from tests.bot.test_runs import said
from tests.local_slack.conftest import serving

SLACKS = (
    "https://slack.com/api/files.info",
    "https://files.slack.com/files-pri/T1-F1/download/x.csv",
    "https://hooks.slack.com/commands/T1/2/abc",
    "HTTPS://Files.Slack.com/x?pub_secret=1",
    "https://files.slack.com:443/x",
    "https://example.enterprise.slack.com/x",
)
NOBODYS = (
    "",
    "x",
    "/relative",
    "//files.slack.com/x",
    "http://files.slack.com/x",
    "https://files.slack.com:8443/x",
    "https://slack.com.evil.example/x",
    "https://evilslack.com/x",
    "https://evil.example/slack.com",
    "https://evil.example/?https://slack.com",
    "https://evil.example#.slack.com",
    "https://slack.com@evil.example/x",
    "https://user:pw@slack.com/x",
    "https://slack.com\\@evil.example/x",
    "https://slack.com\\.evil.example/x",
    "https:///slack.com/x",
    "https:slack.com/x",
    "https://slack.com\n.evil.example/",
    "https://slack.com /x",
    " https://slack.com/x",
    "https://slack.com./x",
    "https://sla\u200bck.com/x",
    "https://slаck.com/x",
    "https://[::1]/x",
    "http://127.0.0.1/x",
    "http://127.0.0.1:3001/api/x",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost/x",
    "http://0x7f000001/x",
    "file:///etc/passwd",
    "gopher://slack.com/x",
    "ftp://files.slack.com/x",
    "javascript:alert(1)",
)


def test_slacks_hosts_are_told_from_all_others() -> None:
    hosts = Hosts("https://slack.com/api/")

    assert [one for one in SLACKS if not hosts.are_slacks(one)] == []
    assert [one for one in NOBODYS if hosts.are_slacks(one)] == []


def test_another_web_api_is_slacks_where_it_was_set() -> None:
    local = Hosts("http://127.0.0.1:3001/api/")
    assert local.are_slacks("http://127.0.0.1:3001/response/1")
    for other in ("http://127.0.0.1:3002/x", "https://127.0.0.1:3001/x", "http://127.0.0.1/x"):
        assert not local.are_slacks(other)

    government = Hosts("https://slack-gov.com/api/")
    assert government.are_slacks("https://files.slack-gov.com/x")
    assert not Hosts("https://slack.com/api/").are_slacks("https://files.slack-gov.com/x")


def test_payloads_say_no_other_address() -> None:
    hosts = Hosts("https://slack.com/api/")
    hosts.check({"response_url": "https://hooks.slack.com/x", "response_urls": []})
    hosts.check({})
    for wrong in (
        {"response_url": "https://evil.example/x"},
        {"response_urls": [{"response_url": "https://hooks.slack.com/x"}, {"response_url": "x"}]},
    ):
        with pytest.raises(Malformed):
            hosts.check(wrong)


@dataclass
class Evil:
    """A server that wants a token."""

    url: str = ""
    seen: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization", "none"))
        return web.Response(text="name\nevil\n")


@dataclass
class Slack:
    """A server that stands for Slack's files."""

    evil: Evil
    url: str = ""
    seen: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.headers.get("Authorization", "none"))
        match request.match_info["name"]:
            case "good":
                return web.Response(text="name\né\n")
            case "moved":
                raise web.HTTPFound("/files/good")
            case "stolen":
                raise web.HTTPFound(f"{self.evil.url}/files/good")
            case "round":
                raise web.HTTPFound("/files/round")
            case "nowhere":
                return web.Response(status=302)
            case "picture":
                return web.Response(body=b"\x89PNG\r\n\x1a\n\xff\xfe", content_type="text/csv")
            case "endless":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b"x" * 1000)
                return response
        raise web.HTTPNotFound


@dataclass
class Scene:
    """Both servers, and a client of the Web API at the first."""

    slack: Slack
    evil: Evil
    client: AsyncWebClient


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        evil = Evil()
        slack = Slack(evil)
        for server in (evil, slack):
            app = web.Application()
            app.router.add_get("/files/{name}", server.answer)
            url = await stack.enter_async_context(serving(app))
            server.url = url.removesuffix("/slack/events")
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = AsyncWebClient(token="xoxb-1", base_url=f"{slack.url}/api/", session=session)
        yield Scene(slack, evil, client)


def file(scene: Scene, name: str, **more: object) -> dict[str, object]:
    return {"url_private_download": f"{scene.slack.url}/files/{name}", **more}


async def test_a_file_is_fetched_with_the_token(scene: Scene) -> None:
    assert await fetched(file(scene, "good"), scene.client, 100) == "name\né\n"
    assert await fetched(file(scene, "moved"), scene.client, 100) == "name\né\n"
    assert scene.slack.seen == ["Bearer xoxb-1"] * 3


@pytest.mark.parametrize("name", ["stolen", "round", "nowhere", "missing"])
async def test_a_file_that_is_elsewhere_is_not_fetched(name: str, scene: Scene) -> None:
    with pytest.raises(NotFetched, match="cannot be fetched"):
        await fetched(file(scene, name), scene.client, 100)
    assert scene.evil.seen == []


async def test_a_file_at_another_host_is_not_asked_for(scene: Scene) -> None:
    for address in (f"{scene.evil.url}/files/good", "http://169.254.169.254/x", "", "x"):
        for name in ("url_private", "url_private_download"):
            with pytest.raises(NotFetched, match="cannot be fetched"):
                await fetched({name: address}, scene.client, 100)
    assert scene.evil.seen == []


async def test_what_is_too_large_is_not_read_to_its_end(scene: Scene) -> None:
    with pytest.raises(NotFetched, match="larger"):
        await fetched(file(scene, "good", size=101), scene.client, 100)
    assert scene.slack.seen == []
    for size in (0, 1, None):
        with pytest.raises(NotFetched, match="larger"):
            await fetched(file(scene, "endless", size=size), scene.client, 2000)


async def test_what_a_file_holds_counts_and_not_what_it_is_called(scene: Scene) -> None:
    with pytest.raises(NotFetched, match="UTF-8"):
        await fetched(file(scene, "picture"), scene.client, 100)


async def test_a_form_that_was_opened_elsewhere_is_not_answered_there(scene: Scene) -> None:
    purpose = Purpose(url=f"{scene.evil.url}/files/good")

    assert not await delivered(scene.client, purpose, plain_message("secret"), "U1")
    assert scene.evil.seen == []


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_a_click_is_answered_at_slacks_alone(socket_mode: bool, scene: Scene) -> None:  # noqa: FBT001
    async with stage(socket_mode=socket_mode) as found:
        answer = await said(found, "8 H100")
        click = {
            "type": "block_actions",
            "user": {"id": "U0ADA00001"},
            "team": {"id": "T0LOCAL001"},
            "trigger_id": "1.1",
            "response_url": f"{scene.evil.url}/files/good",
            "actions": [
                {
                    "type": "button",
                    "action_id": controls.SOURCES,
                    "block_id": "b",
                    "value": "8 H100",
                    "action_ts": "1.1",
                }
            ],
        }
        if socket_mode:
            (socket,) = found.slack.parts.sockets.sockets
            await socket.send_json({"type": "interactive", "envelope_id": "e", "payload": click})
        else:
            async with aiohttp.ClientSession() as session:
                client = Client(found.bot.address, session)
                body = urlencode({"payload": json.dumps(click)}).encode()
                headers = client.signed(body, secret=config.SIGNING_SECRET)
                status, answer_text = await client.post(body, headers)
                assert (status, answer_text) == (400, '{"error": "response_url is not Slack\'s"}')
        # What comes after it is answered, so that it was dealt with.
        await found.slack.click(answer, controls.SOURCES, user="ada")
        await found.settle()
    assert scene.evil.seen == []
