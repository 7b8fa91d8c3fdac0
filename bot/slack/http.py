"""The HTTP server: Slack's requests, and whether the bot is alive and ready."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

import orjson
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.message import Message
from bot.readiness import Readiness
from bot.slack.commands import AtOnce
from bot.slack.measuring import PATH, Ingest
from bot.slack.requests import Requests, is_command
from bot.slack.signing import RequestGuard

MAX_BODY_BYTES: Final = 1024 * 1024
"""Slack's largest payloads (a view with its state) stay well below."""


def create_web_app(  # noqa: PLR0913 - all that answers, and what counts it
    app: AsyncApp,
    guard: RequestGuard | None,
    at_once: AtOnce,
    readiness: Readiness,
    ingest: Ingest,
    *,
    requests: Requests,
) -> web.Application:
    """The routes of the bot.

    Args:
        app: the Bolt app that answers Slack.
        guard: checks Slack's signature; without one ``/slack/events`` is not served.
        at_once: answers commands that need nothing of Bolt.
        readiness: asked by ``/readyz``.
        ingest: takes measurements in.
        requests: gives each request its id, and counts it.
    """

    async def events(request: web.Request) -> web.Response:
        assert guard is not None  # noqa: S101 - the route exists only with a guard
        body = await request.read()
        if not guard.accepts(body, request.headers):
            return web.json_response({"error": "invalid request signature"}, status=401)
        if is_command(body):
            # Bolt's request, its middlewares and its response cost as much as aiohttp's own.
            message = await at_once.answer(_fields(body))
            if message is not None:
                return web.Response(body=_encoded(message), content_type="application/json")
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        problem = await readiness.problem()
        if problem is None:
            return web.json_response({"status": "ready"})
        check, reason = problem
        found = {"status": "not ready", "check": check, "reason": reason}
        return web.json_response(found, status=503)

    web_app = web.Application(client_max_size=MAX_BODY_BYTES)
    if guard is not None:
        web_app.router.add_post("/slack/events", requests.slack(events))
    web_app.router.add_post(PATH, requests.ingest(ingest.handle))
    web_app.router.add_get("/healthz", healthz)
    web_app.router.add_get("/readyz", readyz)
    return web_app


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a command. Most of them are ids, in which nothing is escaped."""
    fields = [field.partition("=") for field in body.decode().split("&")]
    return {
        name: unquote_plus(value) if "%" in value or "+" in value else value
        for name, _, value in fields
    }


def _encoded(message: Message) -> bytes:
    """A message as JSON. A sentence that nobody worded is refused, and not sent as its fields."""
    return orjson.dumps(message.payload(), option=orjson.OPT_PASSTHROUGH_DATACLASS)
