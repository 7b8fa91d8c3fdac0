"""Socket Mode: Slack's requests over a connection that the bot opens.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.refusals import Reason
from bot.slack import shapes
from bot.slack.hosts import Hosts
from bot.slack.requests import Requests
from bot.slack.shapes import Malformed
from bot.slack.slowing import WAIT_S, Pace

log = logging.getLogger(__name__)

PING_INTERVAL_S: Final = 2.0
"""The client looks this often whether its connection still stands, and opens a new one if not."""
FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 30.0
DRAIN_S: Final = 5.0


class SocketConnection:
    """A Socket Mode connection: opened again when it drops, drained before it ends."""

    def __init__(self, app: AsyncApp, app_token: str, requests: Requests, pace: Pace) -> None:
        self._handler = _DrainingHandler(
            app, app_token, requests, pace, ping_interval=PING_INTERVAL_S
        )
        self._opening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the connection in the background, again and again until it stands."""
        self._opening = asyncio.create_task(self._open())

    async def problem(self) -> str | None:
        """Why Slack cannot reach us now, or ``None`` when it can."""
        if await self._handler.client.is_connected():
            return None
        return "the Socket Mode connection is not open"

    async def stop(self) -> None:
        """Answer what is in flight, then close."""
        if self._opening is not None:
            self._opening.cancel()
        self._handler.client.auto_reconnect_enabled = False
        await self._handler.drain(DRAIN_S)
        await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _open(self) -> None:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                await self._handler.connect_async()  # type: ignore[no-untyped-call]
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may succeed
                log.warning("Socket Mode: no connection (%s), next try in %g s", error, wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_RETRY_S)
            else:
                log.info("Socket Mode: connected")
                return


class _DrainingHandler(AsyncSocketModeHandler):
    """Knows which requests are being answered, because closing the client cuts them off."""

    def __init__(
        self, app: AsyncApp, app_token: str, requests: Requests, pace: Pace, *, ping_interval: float
    ) -> None:
        super().__init__(app, app_token, ping_interval=ping_interval)
        self._pace = pace
        self._hosts = Hosts(app.client.base_url)
        self._requests = requests
        self._in_flight: set[asyncio.Task[object] | None] = set()

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        task = asyncio.current_task()
        self._in_flight.add(task)
        try:
            with self._requests.over_socket(req.type) as span:
                try:
                    req.payload = shapes.checked_object(req.payload)
                    self._hosts.check(req.payload)
                except Malformed as error:
                    span.status = error.status
                    span.request.refused(Reason.MALFORMED, error.why)
                    # Acknowledged, because it would come again as it is.
                    await client.send_socket_mode_response(SocketModeResponse(req.envelope_id))
                else:
                    await self._answer(client, req)
        finally:
            self._in_flight.discard(task)

    async def _answer(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        """As the handler of Bolt's does, which gives a request no context."""
        started = time.time()
        # What Slack sends again is not the member's doing.
        wait_s = 0.0 if req.retry_attempt else self._pace.wait_s(req.payload)
        bolt_request = AsyncBoltRequest(
            mode="socket_mode",
            body=req.payload,
            headers=build_headers(req),
            context={WAIT_S: wait_s},
        )
        answer = await self.app.async_dispatch(bolt_request)
        await send_async_response(client, req, answer, started)

    async def drain(self, timeout_s: float) -> None:
        """Wait for the requests in flight, at most ``timeout_s``."""
        current = asyncio.current_task()
        waiting = {task for task in self._in_flight if task is not None and task is not current}
        if waiting:
            await asyncio.wait(waiting, timeout=timeout_s)
