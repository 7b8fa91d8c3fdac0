"""Each request of Slack's and each measurement: its id while it is worked on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import Token
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from bot.request import CURRENT, Request, new_id

HEADER: Final = "X-Request-Id"
"""Tells whoever was refused what to ask for."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Span:
    """The time in which a request is worked on. What goes on after it keeps its id."""

    __slots__ = ("_before", "request")

    def __init__(self) -> None:
        self.request = Request(new_id())

    def __enter__(self) -> Self:
        self._before: Token[Request | None] = CURRENT.set(self.request)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        CURRENT.reset(self._before)


class Requests:
    """Gives each request its id."""

    def named(self, handler: Handler) -> Handler:
        """A handler of requests over HTTP, each under its id."""

        async def handle(request: web.Request) -> web.StreamResponse:
            with Span() as span:
                response = await handler(request)
            if response.status >= 400:
                response.headers[HEADER] = span.request.id
            return response

        return handle

    def over_socket(self) -> Span:
        """Work on a request that came over Socket Mode."""
        return Span()
