"""The HTTP server: Slack's requests, and whether the bot is alive and ready."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

import orjson
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.message import Message
from bot.readiness import Readiness
from bot.refusals import Reason
from bot.request import current
from bot.slack import shapes
from bot.slack.commands import AtOnce
from bot.slack.hosts import Hosts
from bot.slack.measuring import PATH, Ingest
from bot.slack.requests import MAX_BODY_BYTES, Requests, is_command, refused
from bot.slack.shapes import Malformed
from bot.slack.signing import RequestGuard
from bot.slack.slowing import WAIT_S, Pace

log = logging.getLogger(__name__)

_RETRY: Final = "X-Slack-Retry-Num"


def create_web_app(  # noqa: PLR0913 - all that answers, and what counts it
    app: AsyncApp,
    guard: RequestGuard | None,
    at_once: AtOnce,
    readiness: Readiness,
    ingest: Ingest,
    *,
    requests: Requests,
    pace: Pace,
) -> web.Application:
    """The routes of the bot.

    Args:
        app: the Bolt app that answers Slack.
        guard: checks Slack's signature; without one ``/slack/events`` is not served.
        at_once: answers commands that need nothing of Bolt.
        readiness: asked by ``/readyz``.
        ingest: takes measurements in.
        requests: gives each request its id, and counts it.
        pace: tells who asks for too much.
    """
    hosts = Hosts(app.client.base_url)

    async def events(request: web.Request, body: bytes) -> web.Response:
        assert guard is not None  # noqa: S101 - the route exists only with a guard
        reason = guard.refuses(body, request.headers)
        if reason is not None:
            current().refused(reason, "a request that is not Slack's, or not new")
            return refused(401, "invalid request signature")
        try:
            if is_command(body) and request.content_type == shapes.FORM:
                # Bolt's request, its middlewares and its response cost as much as aiohttp's own.
                payload: dict[str, Any] = shapes.command_in(body)
                wait_s = pace.wait_s(payload)
                message = (
                    pace.slow_down(payload, wait_s) if wait_s else await at_once.answer(payload)
                )
                if message is not None:
                    return web.Response(body=_encoded(message), content_type="application/json")
            else:
                payload = shapes.payload_in(body, request.content_type)
                # What Slack sends again is not the member's doing.
                wait_s = 0.0 if _RETRY in request.headers else pace.wait_s(payload)
            # What is answered above goes back over the same connection.
            hosts.check(payload)
        except Malformed as error:
            current().refused(Reason.MALFORMED, error.why)
            return refused(error.status, error.why)
        if payload.get("type") == shapes.RATE_LIMITED:
            log.warning("Slack holds events back: the app is sent more than it may be")
            return web.Response()
        bolt_request = _bolt_request(request, payload, wait_s)
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        problem = await readiness.problem()
        if problem is None:
            return web.json_response({"status": "ready"})
        found = {"check": problem.check, "reason": problem.reason}
        if problem.takes_requests:
            return web.json_response({"status": "degraded", **found})
        return web.json_response({"status": "not ready", **found}, status=503)

    web_app = web.Application(client_max_size=MAX_BODY_BYTES)
    if guard is not None:
        web_app.router.add_post("/slack/events", requests.slack(events))
    web_app.router.add_post(PATH, requests.ingest(ingest.handle))
    web_app.router.add_get("/healthz", healthz)
    web_app.router.add_get("/readyz", readyz)
    return web_app


def _bolt_request(request: web.Request, payload: dict[str, Any], wait_s: float) -> AsyncBoltRequest:
    """What was read here, for Bolt, which would read the body of an HTTP request once more."""
    headers: dict[str, str | Sequence[str]] = dict(request.headers)
    context = {WAIT_S: wait_s}
    return AsyncBoltRequest(body=payload, headers=headers, context=context, mode="socket_mode")


def _encoded(message: Message) -> bytes:
    """A message as JSON. A sentence that nobody worded is refused, and not sent as its fields."""
    return orjson.dumps(message.payload(), option=orjson.OPT_PASSTHROUGH_DATACLASS)
