"""Signed commands on kept connections, as Slack sends them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from deploy.local_slack import config


def signed(form: Mapping[str, str]) -> bytes:
    """A form as a signed HTTP request."""
    body = urlencode(form).encode()
    stamp = str(int(time.time()))
    digest = hmac.new(
        config.SIGNING_SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256
    ).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "User-Agent: Slackbot 1.0\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={digest}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def command(
    team_id: str,
    channel_id: str,
    user_id: str,
    *,
    text: str,
    number: int,
    hooks_url: str = "https://hooks.slack.com/",
) -> bytes:
    """A ``/carbon`` command, whose late answer is wanted at an address of its own."""
    return signed(
        {
            "token": "x",
            "team_id": team_id,
            "team_domain": "bench",
            "channel_id": channel_id,
            "channel_name": "general",
            "user_id": user_id,
            "user_name": "ada",
            "command": "/carbon",
            "text": text,
            "response_url": f"{hooks_url}commands/{team_id}/{number}/x",
            "trigger_id": f"{number}.{number}.x",
            "api_app_id": "A0CARBON01",
            "is_enterprise_install": "false",
        }
    )


_END: Final = b"\r\n\r\n"
"""Of the head of a request or an answer."""


def _length_in(head: bytes) -> int:
    """The length of what follows a head [bytes]."""
    return next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )


def exchange(connection: socket.socket, sent: bytes) -> tuple[int, bytes]:
    """Send a request and wait for its answer, with nothing in between that takes time.

    Raises:
        OSError: it broke before all of the answer had come.
    """
    connection.sendall(sent)
    came, until = b"", len(_END)
    while len(came) < until:
        more = connection.recv(65_536)
        if not more:
            raise ConnectionResetError
        came += more
        head, end, _ = came.partition(_END)
        until = len(head) + len(_END) + _length_in(head) if end else len(came) + 1
    return int(came[9:12]), came[until - _length_in(head) :]


class Connection:
    """A connection that is kept open, as Slack's are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def exchange(self, sent: bytes) -> tuple[int, bytes]:
        """Send a request; returns the status and the body of its answer.

        Raises:
            OSError, asyncio.IncompleteReadError: it broke before all of the answer had come.
        """
        self._writer.write(sent)
        head = await self._reader.readuntil(_END)
        return int(head[9:12]), await self._reader.readexactly(_length_in(head))

    def close(self) -> None:
        """Close it."""
        self._writer.close()
