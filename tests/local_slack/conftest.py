"""A local Slack with a tiny real bot behind it: Bolt, served by aiohttp."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import BOT_TOKEN, SIGNING_SECRET
from deploy.local_slack.people import Json

MANIFEST: dict[str, object] = {
    "display_information": {"name": "carbon"},
    "features": {
        "bot_user": {"display_name": "carbon"},
        "slash_commands": [
            {
                "command": "/carbon",
                "description": "What a training run will emit",
                "usage_hint": "10 GPU 20 TPU",
                "should_escape": True,
            },
            {"command": "/plain", "description": "Sent without mentions"},
        ],
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "shortcuts": [
            {
                "type": "global",
                "name": "Estimate a run",
                "callback_id": "new_run",
                "description": "Opens the form",
            },
            {
                "type": "message",
                "name": "Estimate this",
                "callback_id": "estimate_this",
                "description": "Reads the run in a message",
            },
        ],
    },
    "oauth_config": {"redirect_urls": ["http://127.0.0.1/installed"]},
    "settings": {
        "interactivity": {
            "is_enabled": True,
            "request_url": "https://example.org/slack/events",
            "message_menu_options_url": "https://example.org/slack/events",
        },
        "event_subscriptions": {
            "request_url": "https://example.org/slack/events",
            "bot_events": ["app_home_opened", "app_mention", "message.im"],
        },
    },
}

JSON = "application/json"

SetUp = Callable[[AsyncApp], None]
RawHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """Starts a local Slack together with a bot, and stops both at the end of a test."""

    stack: AsyncExitStack
    clock: Clock = field(default_factory=Clock)

    async def slack(self, **settings: Any) -> LocalSlack:
        """Start a local Slack."""
        settings = {"manifest": MANIFEST, "clock": self.clock, **settings}
        return await self.stack.enter_async_context(LocalSlack(**settings))

    async def with_bolt(self, set_up: SetUp, **settings: Any) -> LocalSlack:
        """Start a local Slack, and a Bolt app behind its request URL."""
        slack = await self.slack(**settings)
        app = make_bolt(slack)
        set_up(app)
        slack.bot_url = await self.serve(app.web_app("/slack/events"))
        return slack

    async def with_handler(self, handler: RawHandler, **settings: Any) -> LocalSlack:
        """Start a local Slack, and a plain HTTP handler as its bot."""
        slack = await self.slack(**settings)
        app = web.Application()
        app.router.add_post("/slack/events", handler)
        slack.bot_url = await self.serve(app)
        return slack

    async def serve(self, app: web.Application) -> str:
        """Serve an application and return its request URL."""
        return await self.stack.enter_async_context(serving(app))


class Bot:
    """A bot that remembers what it was sent and answers what a test tells it to.

    Attributes:
        received: The payloads, decoded.
        headers: The headers of each request.
        answers: The next answers; an empty 200 when there is none left.
    """

    def __init__(self) -> None:
        self.received: list[Json] = []
        self.headers: list[Mapping[str, str]] = []
        self.answers: list[web.Response] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request of Slack."""
        body = await request.text()
        if request.content_type == JSON:
            self.received.append(json.loads(body))
        else:
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.received.append(json.loads(form["payload"]) if "payload" in form else form)
        self.headers.append(request.headers)
        return self.answers.pop(0) if self.answers else web.Response()

    def will_answer(self, body: Json) -> None:
        """Answer the next request with JSON."""
        self.answers.append(web.json_response(body))

    def will_fail(self, *statuses: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer the next requests with these statuses."""
        self.answers += [web.Response(status=status, headers=headers) for status in statuses]


def client_of(slack: LocalSlack, token: str | None = BOT_TOKEN) -> AsyncWebClient:
    """Make a client of the Web API as a bot has it."""
    return AsyncWebClient(token=token, base_url=slack.api_url)


async def error_of(call: Awaitable[Any]) -> str:
    """Return the error with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    found: str = caught.value.response["error"]
    return found


def plain(words: str) -> Json:
    """Make a plain text object."""
    return {"type": "plain_text", "text": words}


def mrkdwn(words: str) -> Json:
    """Make a mrkdwn text object."""
    return {"type": "mrkdwn", "text": words}


def options(*values: str) -> list[Json]:
    """Make options whose texts are their values in capitals."""
    return [{"text": plain(value.upper()), "value": value} for value in values]


def input_block(block_id: str, element: Json, **more: Any) -> Json:
    """Make an input block; its label is its block id, the element's action id is ``value``."""
    named = {"action_id": "value", **element}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": named,
        **more,
    }


def modal(*blocks: Json, **more: Any) -> Json:
    """Make a modal with a submit button."""
    return {
        "type": "modal",
        "title": plain("Run"),
        "submit": plain("Go"),
        "blocks": list(blocks),
        **more,
    }


def make_bolt(slack: LocalSlack) -> AsyncApp:
    """Make a Bolt app that knows the local Slack's secrets."""
    return AsyncApp(signing_secret=SIGNING_SECRET, client=client_of(slack))


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(stack)


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def slack(stage: Stage, bot: Bot) -> LocalSlack:
    return await stage.with_handler(bot.answer)


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    return client_of(slack)
