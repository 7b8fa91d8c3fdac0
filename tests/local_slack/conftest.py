"""A local Slack with a tiny real bot behind it: Bolt, served by aiohttp."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import BOT_TOKEN, SIGNING_SECRET

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


def make_bolt(slack: LocalSlack) -> AsyncApp:
    """Make a Bolt app that knows the local Slack's secrets."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)
    return AsyncApp(signing_secret=SIGNING_SECRET, client=client)


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
