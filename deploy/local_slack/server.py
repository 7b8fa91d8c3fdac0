"""The local Slack as an aiohttp application, and as a context manager for tests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from deploy.local_slack.config import HOST, Config
from deploy.local_slack.delivery import ActionOutcome, CommandOutcome, Dispatcher
from deploy.local_slack.local_api import LocalApi
from deploy.local_slack.manifest import Manifest
from deploy.local_slack.posting import Posting
from deploy.local_slack.schema import Violation
from deploy.local_slack.socket_mode import SocketMode
from deploy.local_slack.transport import HttpTransport, Transport
from deploy.local_slack.web_api import WebApi
from deploy.local_slack.workspace import Channel, Json, Message, View, Workspace

logger = logging.getLogger(__name__)


@dataclass
class Slack:
    """The parts of one local Slack."""

    workspace: Workspace
    posting: Posting
    sockets: SocketMode
    dispatcher: Dispatcher
    web_api: WebApi


SLACK = web.AppKey("slack", Slack)


class _NotStarted:
    async def deliver(self, _delivery: object) -> Any:  # noqa: ANN401 - never returns
        raise RuntimeError("the local Slack has not started yet")


def create_app(config: Config) -> web.Application:
    """Make the application: Web API, response URLs, sockets, and the page.

    Whoever serves it tells ``app[SLACK].workspace.base_url`` its address.
    """
    manifest = Manifest.parse(config.manifest)
    workspace = Workspace(config.clock, f"http://{HOST}:{config.port}", manifest.name)
    posting = Posting(workspace)
    sockets = SocketMode(workspace, config.ack_timeout_s)
    transport: Transport = sockets if config.socket_mode else _NotStarted()
    dispatcher = Dispatcher(workspace, posting, manifest, transport)
    web_api = WebApi(config, posting, sockets, dispatcher)
    local_api = LocalApi(workspace, posting, dispatcher)

    app = web.Application()
    app[SLACK] = Slack(workspace, posting, sockets, dispatcher, web_api)
    app.router.add_route("*", "/api/{method}", web_api.handle)
    app.router.add_post("/response/{id}", web_api.respond)
    app.router.add_get("/socket/{ticket}", sockets.serve)
    local_api.add_routes(app)

    async def http_session(_app: web.Application) -> AsyncIterator[None]:
        if config.socket_mode:
            yield
            return
        async with aiohttp.ClientSession() as session:
            dispatcher.transport = HttpTransport(
                session,
                config.bot_url,
                config.signing_secret,
                config.ack_timeout_s,
                config.signing_clock,
            )
            yield

    async def leave(_app: web.Application) -> None:
        local_api.close()
        await sockets.drop()

    app.cleanup_ctx.append(http_session)
    app.on_shutdown.append(leave)
    return app


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[Slack]:
    """Serve a local Slack on 127.0.0.1 for as long as the context lasts."""
    app = create_app(config)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, config.port)
        await site.start()
        slack = app[SLACK]
        port = runner.addresses[0][1]
        slack.workspace.base_url = f"http://{HOST}:{port}"
        yield slack
    finally:
        await runner.cleanup()


class LocalSlack:
    """A running local Slack, for tests.

    Example:
        async with LocalSlack(bot_url=url, manifest={...}) as slack:
            outcome = await slack.command(user="ada", channel="general", text="/carbon help")
            answer = await slack.answer_to(outcome)
            assert slack.violations == []
    """

    def __init__(self, config: Config | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Take a `Config`, or its fields as keywords; the port is free unless given."""
        self.config = config or replace(Config(port=0), **settings)
        self._serving = serve(self.config)
        self._slack: Slack | None = None

    async def __aenter__(self) -> Self:
        self._slack = await self._serving.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._serving.__aexit__(kind, error, trace)

    @property
    def parts(self) -> Slack:
        """The parts of the running local Slack."""
        if self._slack is None:
            raise RuntimeError("enter the context first")
        return self._slack

    @property
    def workspace(self) -> Workspace:
        """The state: people, channels, messages."""
        return self.parts.workspace

    @property
    def url(self) -> str:
        """Address of the page."""
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        """Base URL for a Web API client."""
        return f"{self.url}/api/"

    @property
    def bot_url(self) -> str:
        """The bot's request URL; assign it when the bot starts after its Slack."""
        transport = self.parts.dispatcher.transport
        return transport.url if isinstance(transport, HttpTransport) else ""

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        transport = self.parts.dispatcher.transport
        if isinstance(transport, HttpTransport):
            transport.url = url

    @property
    def violations(self) -> list[Violation]:
        """Every violation of a limit seen so far; a test asserts that there is none."""
        return self.parts.posting.violations

    @property
    def manners(self) -> list[Violation]:
        """Everything seen so far that Slack takes but advises against."""
        return self.parts.posting.manners

    def calls(self, method: str) -> int:
        """Number of calls of a Web API method, or of ``response_url``."""
        return self.parts.web_api.calls[method]

    async def command(self, *, user: str, channel: str, text: str) -> CommandOutcome:
        """Type a command line such as ``/carbon help``, and wait for its acknowledgement."""
        member = self.workspace.user(user)
        return await self.parts.dispatcher.command(member, self._channel(channel, user), text)

    async def click(
        self,
        message: Message,
        action_id: str,
        *,
        user: str,
        block_id: str | None = None,
        chosen: str | None = None,
    ) -> ActionOutcome:
        """Click a button, or choose the option with value ``chosen``, and wait for the ack.

        Raises:
            KeyError: The user does not see the message, or it holds no such element.
        """
        member = self.workspace.user(user)
        if message not in self.workspace.visible(member.id, message.channel):
            raise KeyError(f"{user} does not see that message")
        return await self.parts.dispatcher.click(member, message, action_id, block_id, chosen)

    async def submit_view(self, view: View, *, user: str, values: Json) -> ActionOutcome:
        """Submit a modal with values by block id and action id."""
        return await self.parts.dispatcher.submit(self.workspace.user(user), view, values)

    async def close_view(self, view: View, *, user: str) -> ActionOutcome:
        """Close a modal without submitting it."""
        return await self.parts.dispatcher.close(self.workspace.user(user), view)

    async def event(
        self, event: Json, *, event_id: str | None = None, retry_num: int = 0, reason: str = ""
    ) -> ActionOutcome:
        """Deliver an event, as a retry when ``retry_num`` is not 0."""
        retry = {}
        if retry_num:
            retry = {"X-Slack-Retry-Num": str(retry_num), "X-Slack-Retry-Reason": reason}
        identifier = event_id or f"Ev{self.workspace.serial():08d}"
        return await self.parts.dispatcher.event(event, event_id=identifier, retry=retry)

    async def answer_to(
        self, outcome: CommandOutcome | ActionOutcome, *, timeout_s: float = 5.0
    ) -> Message:
        """Return the first message that answers: in the acknowledgement, or later by its URL.

        Raises:
            TimeoutError: None came in time.
        """
        if isinstance(outcome, CommandOutcome) and outcome.message is not None:
            return outcome.message
        await self.wait_for(lambda: bool(outcome.later), timeout_s=timeout_s)
        return outcome.later[0]

    async def wait_for(self, condition: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
        """Wait until a condition on the workspace holds; it is asked after each change.

        Raises:
            TimeoutError: It did not hold in time.
        """
        changed = asyncio.Event()
        leave = self.workspace.listen(changed.set)
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await changed.wait()
                    changed.clear()
        finally:
            leave()

    def visible_messages(self, user: str, channel: str) -> list[Message]:
        """Return what a user sees in a channel, oldest first."""
        member = self.workspace.user(user)
        return self.workspace.visible(member.id, self._channel(channel, user).id)

    def invite_bot(self, channel: str) -> None:
        """Add the bot to a channel."""
        self._channel(channel, None).members.add(self.workspace.bot_user)
        self.workspace.changed()

    def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel."""
        self._channel(channel, None).members.discard(self.workspace.bot_user)
        self.workspace.changed()

    def rate_limit(self, method: str, *, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next ``times`` calls of a method with HTTP 429.

        See https://docs.slack.dev/apis/web-api/rate-limits. ``response_url`` names the posts to
        response URLs.
        """
        self.parts.web_api.held[method] = (times, retry_after)

    async def drop_sockets(self) -> int:
        """Cut every Socket Mode connection, and return how many there were."""
        return await self.parts.sockets.drop()

    async def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """Send every Socket Mode connection a ``disconnect`` frame."""
        await self.parts.sockets.disconnect(reason)

    async def sockets_connected(self, number: int = 1, *, timeout_s: float = 5.0) -> None:
        """Wait until so many Socket Mode connections are up.

        Raises:
            TimeoutError: They were not in time.
        """
        await self.wait_for(lambda: len(self.parts.sockets.sockets) >= number, timeout_s=timeout_s)

    def _channel(self, key: str, user: str | None) -> Channel:
        return self.workspace.channel(key, self.workspace.user(user).id if user else None)
