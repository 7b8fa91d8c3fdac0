"""What the page asks of the local Slack: the state as one person sees it, and what they do.

Nothing under ``/_local`` exists in Slack.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from deploy.local_slack import snapshot
from deploy.local_slack.actions import ENTER, Surface
from deploy.local_slack.desk import Desk
from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Channel, Json, User
from deploy.local_slack.site import Site

PAGE = Path(__file__).resolve().parent / "page"

_POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Act:
    """One request of the page: in which workspace, by whom, and with what."""

    def __init__(self, desks: list[Desk], body: Json) -> None:
        self.body = body
        self.desk = find_desk(desks, body.get("team"))
        self.user: User = self.desk.workspace.user(body.get("user", ""))

    @property
    def channel(self) -> Channel:
        """The channel in which it happens."""
        return self.desk.workspace.channel(self.body["channel"], self.user.id)

    @property
    def surface(self) -> Surface:
        """The view or message in which it happens.

        Raises:
            SlackError: There is none that this person sees.
        """
        if "view" in self.body:
            view = self.desk.workspace.views.find(self.body["view"], None)
            if view.user == self.user.id:
                return view
        elif "ts" in self.body:
            message = self.desk.workspace.find(self.channel.id, self.body["ts"])
            if message.visible_to in {None, self.user.id}:
                return message
        raise SlackError("not_found")


Handler = Callable[[Act], Awaitable[Json]]


class LocalApi:
    """Serves the page, and the requests it makes."""

    def __init__(self, site: Site, desks: list[Desk]) -> None:
        self.site = site
        self.desks = desks
        self._streams: set[asyncio.Event] = set()
        self._closing = False

    def add_routes(self, app: web.Application) -> None:
        """Register the page and its requests."""
        app.router.add_get("/", _file("index.html"))
        for name in sorted(path.name for path in PAGE.iterdir() if path.suffix != ".html"):
            app.router.add_get(f"/page/{name}", _file(name))
        app.router.add_get("/_local/state", self.state)
        app.router.add_get("/_local/events", self.events)
        app.router.add_post("/_local/upload", self.upload)
        for handler in (
            command,
            message,
            click,
            enter,
            suggest,
            submit,
            close,
            shortcut,
            open_home,
        ):
            app.router.add_post(f"/_local/{handler.__name__}", self._answering(handler))

    def close(self) -> None:
        """End every event stream."""
        self._closing = True
        for stream in self._streams:
            stream.set()

    async def state(self, request: web.Request) -> web.Response:
        """Return what one person sees in one channel."""
        desk = find_desk(self.desks, request.query.get("team"))
        asked = request.query.get("user", "")
        people = desk.workspace.people()
        user = next((entry for entry in people if asked in {entry.id, entry.name}), people[0])
        found = snapshot.of(desk, user, request.query.get("channel", ""))
        teams = [
            {"id": entry.workspace.team_id, "name": entry.workspace.team_name}
            for entry in self.desks
        ]
        return web.json_response({**found, "teams": teams, "revision": self.site.revision})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream the revision number after each change, as server-sent events."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        changed = asyncio.Event()
        changed.set()
        self._streams.add(changed)
        leave = self.site.listen(changed.set)
        try:
            while not self._closing:
                await changed.wait()
                changed.clear()
                await response.write(f"data: {self.site.revision}\n\n".encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            leave()
            self._streams.discard(changed)
        return response

    async def upload(self, request: web.Request) -> web.Response:
        """Take a file that a person picked, and return its id."""
        # As with JSON: other sites cannot send this type without asking.
        if request.content_type != "application/octet-stream":
            raise web.HTTPUnsupportedMediaType(text="send application/octet-stream")
        act = Act(self.desks, dict(request.query))
        try:
            file = act.desk.workspace.files.add(
                act.user.id, request.query["name"], await request.read()
            )
        except SlackError as error:
            raise web.HTTPBadRequest(text=error.code) from error
        return web.json_response({"file": file.id})

    def _answering(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answering(request: web.Request) -> web.Response:
            # Other sites open in the same browser may not act here: they cannot send JSON
            # without asking.
            if request.content_type != "application/json":
                raise web.HTTPUnsupportedMediaType(text="send application/json")
            try:
                body = json.loads(await request.text())
                if not isinstance(body, Mapping):
                    raise web.HTTPBadRequest(text="send an object")
                return web.json_response(await handler(Act(self.desks, dict(body))))
            except SlackError as error:
                raise web.HTTPBadRequest(text=error.code) from error
            except (KeyError, ValueError) as error:
                raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from error

        return answering


def find_desk(desks: list[Desk], team: str | None) -> Desk:
    """Return the workspace with this id, or the first."""
    return next((desk for desk in desks if desk.workspace.team_id == team), desks[0])


async def command(act: Act) -> Json:
    """Type a command line; in a thread Slack refuses it."""
    thread_ts = act.body.get("thread_ts")
    if thread_ts:
        parent = act.desk.workspace.find(act.channel.id, thread_ts)
        outcome = act.desk.commands.refuse_in_thread(act.user, parent, act.body["text"])
    else:
        outcome = await act.desk.commands.run(act.user, act.channel, act.body["text"])
    return {"error": outcome.error, "detail": outcome.detail}


async def message(act: Act) -> Json:
    """Post a message, or ``/invite`` the bot as Slack's own command would."""
    text = act.body["text"]
    if text.split(" ")[0] == "/invite":
        act.desk.invite_bot(act.user, act.channel)
    else:
        act.desk.say(act.user, act.channel, text, thread_ts=act.body.get("thread_ts"))
    return {"error": None}


async def click(act: Act) -> Json:
    """Click a button, or choose from a menu."""
    body = act.body
    outcome = await act.desk.actions.use(
        act.user, act.surface, body["action_id"], body.get("block_id"), body.get("chosen")
    )
    return {"error": outcome.error, "detail": outcome.detail}


async def enter(act: Act) -> Json:
    """Fill in an input."""
    body, chosen = act.body, act.body.get("chosen")
    target = (body["block_id"], body["action_id"])
    trigger = body.get("trigger", ENTER)
    outcome = await act.desk.actions.enter(act.user, act.surface, target, chosen, trigger)
    if outcome is None:
        return {"error": None}
    return {"error": outcome.error, "detail": outcome.detail}


async def suggest(act: Act) -> Json:
    """Type into an external menu."""
    body = act.body
    outcome = await act.desk.actions.suggest(
        act.user, act.surface, body["action_id"], body["query"], body.get("block_id")
    )
    found = {"options": outcome.options, "option_groups": outcome.groups}
    return {**found, "error": outcome.error, "detail": outcome.detail}


async def submit(act: Act) -> Json:
    """Submit a modal."""
    view = act.desk.workspace.views.modals[act.body["view"]]
    outcome = await act.desk.modals.submit(act.user, view)
    return {"error": outcome.error, "detail": outcome.detail, "errors": outcome.errors}


async def close(act: Act) -> Json:
    """Close a modal."""
    view = act.desk.workspace.views.modals[act.body["view"]]
    outcome = await act.desk.modals.close(act.user, view, whole=bool(act.body.get("whole")))
    return {"error": outcome.error, "detail": outcome.detail}


async def shortcut(act: Act) -> Json:
    """Pick a shortcut, from the composer or on a message."""
    callback_id = act.body["callback_id"]
    if "ts" in act.body:
        target = act.desk.workspace.find(act.channel.id, act.body["ts"])
        outcome = await act.desk.shortcuts.on_message(act.user, target, callback_id)
    else:
        outcome = await act.desk.shortcuts.from_composer(act.user, callback_id)
    return {"error": outcome.error, "detail": outcome.detail}


async def open_home(act: Act) -> Json:
    """Open a tab of the app's Home."""
    act.desk.events.home_opened(act.user, act.body["tab"])
    return {"error": None}


def _file(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(_request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return web.FileResponse(PAGE / name, headers=headers)

    return handler
