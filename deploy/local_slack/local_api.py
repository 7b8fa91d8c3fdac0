"""What the page asks of the local Slack: the state as one person sees it, and what they do.

Nothing under ``/_local`` exists in Slack.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from deploy.local_slack.delivery import Dispatcher
from deploy.local_slack.posting import Posting
from deploy.local_slack.workspace import Json, Message, SlackError, Workspace

PAGE = Path(__file__).resolve().parent / "page"

_POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class LocalApi:
    """Serves the page, and the requests it makes."""

    def __init__(self, workspace: Workspace, posting: Posting, dispatcher: Dispatcher) -> None:
        self.workspace = workspace
        self.posting = posting
        self.dispatcher = dispatcher
        self._streams: set[asyncio.Event] = set()
        self._closing = False

    def add_routes(self, app: web.Application) -> None:
        """Register the page and its requests."""
        app.router.add_get("/", _file("index.html"))
        for name in sorted(path.name for path in PAGE.iterdir() if path.suffix != ".html"):
            app.router.add_get(f"/page/{name}", _file(name))
        app.router.add_get("/_local/state", self.state)
        app.router.add_get("/_local/events", self.events)
        for name, handler in (
            ("command", self.command),
            ("message", self.message),
            ("click", self.click),
            ("submit", self.submit),
            ("close", self.close_view),
        ):
            app.router.add_post(f"/_local/{name}", _refusing(handler))

    def close(self) -> None:
        """End every event stream."""
        self._closing = True
        for stream in self._streams:
            stream.set()

    async def state(self, request: web.Request) -> web.Response:
        """Return what one person sees in one channel."""
        user = self.workspace.user(request.query.get("user", "ada"))
        channels = [entry for entry in self.workspace.channels.values() if user.id in entry.members]
        try:
            wanted = self.workspace.channel(request.query.get("channel", "ml-planning"), user.id)
        except SlackError:
            wanted = channels[0]
        channel = wanted if wanted in channels else channels[0]
        bot = self.workspace.users[self.workspace.bot_user]
        return web.json_response(
            {
                "revision": self.workspace.revision,
                "bot": {"id": bot.id, "name": bot.name},
                "me": user.id,
                "users": [
                    {"id": entry.id, "name": entry.name, "real_name": entry.real_name}
                    | {"tz": entry.tz, "locale": entry.locale, "is_bot": entry.is_bot}
                    for entry in self.workspace.users.values()
                ],
                "channels": [
                    {"id": entry.id, "name": entry.name, "kind": entry.kind}
                    | {"has_bot": bot.id in entry.members}
                    for entry in channels
                ],
                "channel": channel.id,
                "messages": [
                    _describe(entry) for entry in self.workspace.visible(user.id, channel.id)
                ],
                "views": [
                    {"id": view.id, "hash": view.hash, "content": view.content}
                    for view in self.workspace.views.values()
                    if view.user == user.id
                ],
                "commands": [
                    {"command": entry.command, "description": entry.description}
                    | {"usage_hint": entry.usage_hint}
                    for entry in self.dispatcher.manifest.commands
                ],
                "violations": [str(entry) for entry in self.posting.violations],
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream the revision number after each change, as server-sent events."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        changed = asyncio.Event()
        changed.set()
        self._streams.add(changed)
        leave = self.workspace.listen(changed.set)
        try:
            while not self._closing:
                await changed.wait()
                changed.clear()
                await response.write(f"data: {self.workspace.revision}\n\n".encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            leave()
            self._streams.discard(changed)
        return response

    async def command(self, request: web.Request) -> web.Response:
        """Type a command line."""
        body = await _read(request)
        user = self.workspace.user(body["user"])
        channel = self.workspace.channel(body["channel"], user.id)
        outcome = await self.dispatcher.command(user, channel, body["text"])
        return web.json_response({"error": outcome.error, "detail": outcome.detail})

    async def message(self, request: web.Request) -> web.Response:
        """Post a message, or ``/invite`` the bot as Slack's own command would."""
        body = await _read(request)
        user = self.workspace.user(body["user"])
        channel = self.workspace.channel(body["channel"], user.id)
        text = body["text"]
        if text.split(" ")[0] == "/invite":
            channel.members.add(self.workspace.bot_user)
            name = self.workspace.users[self.workspace.bot_user].name
            text = f"added {name} to this channel"
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        self.workspace.post(Message(self.workspace.new_ts(), channel.id, user.id, text))
        return web.json_response({"error": None})

    async def click(self, request: web.Request) -> web.Response:
        """Click a button, or choose from a menu."""
        body = await _read(request)
        user = self.workspace.user(body["user"])
        message = self.workspace.find(body["channel"], body["ts"])
        outcome = await self.dispatcher.click(
            user, message, body["action_id"], body.get("block_id"), body.get("chosen")
        )
        return web.json_response({"error": outcome.error, "detail": outcome.detail})

    async def submit(self, request: web.Request) -> web.Response:
        """Submit a modal."""
        body = await _read(request)
        user = self.workspace.user(body["user"])
        view = self.workspace.views[body["view"]]
        outcome = await self.dispatcher.submit(user, view, body["values"])
        return web.json_response({"error": outcome.error, "errors": outcome.errors})

    async def close_view(self, request: web.Request) -> web.Response:
        """Close a modal."""
        body = await _read(request)
        user = self.workspace.user(body["user"])
        outcome = await self.dispatcher.close(user, self.workspace.views[body["view"]])
        return web.json_response({"error": outcome.error})


def _refusing(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def refusing(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except SlackError as error:
            raise web.HTTPBadRequest(text=error.code) from error
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from error

    return refusing


async def _read(request: web.Request) -> Json:
    # Other sites open in the same browser may not act here: they cannot send JSON without asking.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    body = json.loads(await request.text())
    if not isinstance(body, Mapping):
        raise web.HTTPBadRequest(text="send an object")
    return dict(body)


def _describe(message: Message) -> Json:
    return {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "ephemeral": message.is_ephemeral,
        "kind": message.kind,
        "remark": message.remark,
        "edited": message.edited,
        "version": message.version,
    }


def _file(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(_request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return web.FileResponse(PAGE / name, headers=headers)

    return handler
