"""Socket Mode: deliveries as envelopes over web sockets.

See https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from deploy.local_slack.people import Json
from deploy.local_slack.site import APP_ID, Site
from deploy.local_slack.transport import (
    DISPATCH_FAILED,
    OPERATION_TIMEOUT,
    Delivery,
    DeliveryError,
    Reply,
)

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 10


@dataclass
class _Pending:
    """An envelope that nobody has acknowledged yet."""

    envelope: Json
    acknowledged: asyncio.Future[Json]
    deadline: float
    socket: web.WebSocketResponse | None = None
    resent: bool = False


@dataclass
class SocketMode:
    """The server's end of Socket Mode, and a transport for deliveries."""

    site: Site
    timeout_s: float
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _turn: int = 0

    def issue_url(self) -> str:
        """Return a web socket address that works once, as ``apps.connections.open`` does."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"{self.site.base_url.replace('http', 'ws', 1)}/socket/{ticket}"

    async def deliver(self, delivery: Delivery) -> Reply:
        """Send an envelope and wait for its acknowledgement, from whichever connection.

        When the socket drops before the acknowledgement, the envelope is sent once more, and the
        time to acknowledge it begins anew.

        Raises:
            DeliveryError: ``operation_timeout``, or ``dispatch_failed`` without a connection.
        """
        if not self.sockets:
            detail = "no bot is connected in Socket Mode"
            raise DeliveryError(DISPATCH_FAILED, detail, reason="connection_failed")
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "type": delivery.kind,
            "accepts_response_payload": delivery.kind != "events_api",
            "payload": delivery.payload,
        }
        if "X-Slack-Retry-Num" in delivery.retry:
            envelope["retry_attempt"] = int(delivery.retry["X-Slack-Retry-Num"])
            envelope["retry_reason"] = delivery.retry.get("X-Slack-Retry-Reason", "")
        loop = asyncio.get_running_loop()
        pending = _Pending(envelope, loop.create_future(), loop.time() + self.timeout_s)
        self._pending[envelope["envelope_id"]] = pending
        try:
            self._turn += 1
            await self._send(pending, self.sockets[self._turn % len(self.sockets)])
            while not pending.acknowledged.done():
                left = pending.deadline - loop.time()
                if left <= 0:
                    raise DeliveryError(
                        OPERATION_TIMEOUT,
                        f"no acknowledgement within {self.timeout_s:g} s",
                        reason="timeout",
                    )
                await asyncio.wait({pending.acknowledged}, timeout=left)
        finally:
            del self._pending[envelope["envelope_id"]]
        payload = pending.acknowledged.result().get("payload")
        if payload in (None, "", {}):
            return Reply(200)
        if isinstance(payload, str):
            return Reply(200, payload)
        return Reply(200, json.dumps(payload), is_json=True)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it closes.

        Raises:
            web.HTTPForbidden: The address was used before, or never issued.
        """
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="link expired")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        if len(self.sockets) >= MAX_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.sockets.append(socket)
        self.site.changed()
        try:
            await socket.send_json(self._hello())
            for pending in list(self._pending.values()):
                if pending.socket not in self.sockets:
                    await self._resend(pending, socket)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
            for pending in list(self._pending.values()):
                if pending.socket is socket and self.sockets:
                    await self._resend(pending, self.sockets[0])
        return socket

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to go: ``warning``, ``refresh_requested`` or ``link_disabled``.

        After a warning the connection stays up for a while; otherwise the bot has to leave it.
        """
        for socket in list(self.sockets):
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
            await socket.send_json(frame)

    async def drop(self) -> int:
        """Close every connection with no disconnect frame first; return how many there were."""
        cut = list(self.sockets)
        self.sockets.clear()
        for socket in cut:
            await socket.close(drain=False)
        return len(cut)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "debug_info": {"host": "local", "approximate_connection_time": 3600},
            "connection_info": {"app_id": APP_ID},
        }

    async def _send(self, pending: _Pending, socket: web.WebSocketResponse) -> None:
        pending.socket = socket
        pending.deadline = asyncio.get_running_loop().time() + self.timeout_s
        try:
            await socket.send_json(pending.envelope)
        except ConnectionError:
            logger.info("the socket closed while sending", extra={"action": "socket_closed"})

    async def _resend(self, pending: _Pending, socket: web.WebSocketResponse) -> None:
        if not pending.resent and not pending.acknowledged.done():
            pending.resent = True
            await self._send(pending, socket)

    def _acknowledge(self, data: str) -> None:
        try:
            frame = json.loads(data)
        except ValueError:
            logger.warning("a frame is no JSON", extra={"action": "bad_frame"})
            return
        pending = self._pending.get(frame.get("envelope_id", ""))
        if pending is not None and not pending.acknowledged.done():
            pending.acknowledged.set_result(frame)
