"""Each request of Slack's and each measurement: its id while it is worked on, and its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context, Token
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from bot.metrics import Metrics
from bot.readiness import Readiness
from bot.refusals import Reason, Refusals
from bot.request import CURRENT, Begin, Request

HEADER: Final = "X-Request-Id"
"""Tells whoever was refused what to ask for."""

COMMAND, INTERACTION, EVENT, INGEST = "command", "interaction", "event", "ingest"
OTHER: Final = "other"
_OVER_SOCKET: Final = {
    "slash_commands": COMMAND,
    "interactive": INTERACTION,
    "events_api": EVENT,
}

MAX_BODY_BYTES: Final = 1024 * 1024
"""Slack's largest payloads (a view with its state) stay well below."""

SlacksHandler = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]
"""A handler of a request and its body."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def by_the_loop(seconds: float, call: Callable[[], None]) -> object:
    """Call something after so many seconds, and not as a part of the request of now."""
    return asyncio.get_running_loop().call_later(seconds, call, context=Context())


class Span:
    """The time in which a request is worked on. What goes on after it keeps its id.

    Attributes:
        kind: of the request.
        status: HTTP's, of the answer.
    """

    __slots__ = ("_before", "_metrics", "_started", "kind", "request", "status")

    def __init__(
        self, metrics: Metrics, refusals: Refusals, kind: str, begin: Begin | None
    ) -> None:
        self.kind = kind
        self.status = 200
        self.request = Request(metrics.apologised, refusals.note, trace=begin and begin())
        self._metrics = metrics

    def __enter__(self) -> Self:
        self._before: Token[Request | None] = CURRENT.set(self.request)
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took_s = time.perf_counter() - self._started
        CURRENT.reset(self._before)
        status = self.status
        if error is not None:
            status = error.status if isinstance(error, web.HTTPException) else 500
        if status >= 500 or self.request.failed:
            outcome = "error"
        else:
            outcome = "refused" if status >= 400 else "ok"
        self._metrics.request(self.kind, outcome, took_s)
        if self.request.trace is not None:
            self.request.trace.end(self.kind, outcome, self.request.id)


class Requests:
    """Gives each request its id, and counts what becomes of it."""

    def __init__(self, metrics: Metrics, readiness: Readiness, begin: Begin | None = None) -> None:
        """Begin to count.

        Args:
            metrics: counts.
            readiness: says when connections are not to be kept open.
            begin: begins the trace of a request; ``None`` where they are not traced.
        """
        self._metrics = metrics
        self._readiness = readiness
        self._refusals = Refusals(metrics.refused, by_the_loop)
        self._begin = begin

    def slack(self, handler: SlacksHandler) -> Handler:
        """A handler of Slack's requests over HTTP."""

        async def handle(request: web.Request) -> web.StreamResponse:
            response: web.StreamResponse
            with self._span(OTHER) as span:
                try:
                    body = await request.read()
                except web.HTTPRequestEntityTooLarge:
                    why = f"a request has at most {MAX_BODY_BYTES // 1024} kB"
                    span.request.refused(Reason.TOO_LARGE, why)
                    response = refused(413, why)
                else:
                    span.kind = _kind_of(body)
                    response = await handler(request, body)
                span.status = response.status
            return self._ended(response, span)

        return handle

    def ingest(self, handler: Handler) -> Handler:
        """A handler of measurements, of which it reads no more than it wants to."""
        return self._of_kind(INGEST, handler)

    def page(self, handler: Handler) -> Handler:
        """A handler of a page that somebody opens in a browser."""
        return self._of_kind(OTHER, handler)

    def _of_kind(self, kind: str, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            with self._span(kind) as span:
                response = await handler(request)
                span.status = response.status
            return self._ended(response, span)

        return handle

    def over_socket(self, kind: str) -> Span:
        """Work on a request that came over Socket Mode; the kind is as Slack says it."""
        return self._span(_OVER_SOCKET.get(kind, OTHER))

    def end(self) -> None:
        """Tell what has to be told before the bot stops."""
        self._refusals.end()

    def _span(self, kind: str) -> Span:
        return Span(self._metrics, self._refusals, kind, self._begin)

    def _ended(self, response: web.StreamResponse, span: Span) -> web.StreamResponse:
        if span.status >= 400:
            response.headers[HEADER] = span.request.id
        if self._readiness.stopping:
            # Whoever comes by this connection next would find it closed.
            response.force_close()
        return response


def refused(status: int, why: str) -> web.Response:
    """What is not what Slack sends, with what is wrong with it."""
    return web.json_response({"error": why}, status=status)


def _kind_of(body: bytes) -> str:
    """What a request of Slack is, by the shape of its body."""
    if is_command(body):
        return COMMAND
    if body.startswith(b"payload="):
        return INTERACTION
    return EVENT if body.startswith(b"{") else OTHER


def is_command(body: bytes) -> bool:
    """Whether a request of Slack is a slash command: clicks and events have other shapes."""
    return b"&command=%2F" in body
