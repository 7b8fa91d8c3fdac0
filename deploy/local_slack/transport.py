"""How deliveries reach a bot over HTTP: encoded and signed as Slack does it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import aiohttp

from deploy.local_slack.config import Clock
from deploy.local_slack.people import Json

OPERATION_TIMEOUT = "operation_timeout"
DISPATCH_FAILED = "dispatch_failed"
REDIRECTS = 2


class DeliveryError(Exception):
    """A delivery failed.

    Attributes:
        code: What Slack tells the user.
        detail: For the developer.
        status: HTTP status that the bot answered with, if it did.
        reason: What ``x-slack-retry-reason`` says of it.
        may_retry: Whether Slack may deliver again; ``x-slack-no-retry: 1`` forbids it.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        status: int | None = None,
        reason: str = "unknown_error",
        *,
        may_retry: bool = True,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.reason = reason
        self.may_retry = may_retry


@dataclass(frozen=True)
class Delivery:
    """One thing that Slack tells the bot.

    Attributes:
        kind: ``slash_commands``, ``interactive`` or ``events_api``, as Socket Mode names them.
        payload: The payload, before any encoding.
        retry: Headers of a retried event, such as ``X-Slack-Retry-Num``.
    """

    kind: str
    payload: Json
    retry: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the bot answered: a status, and nothing, plain text or a message."""

    status: int
    body: str = ""
    is_json: bool = False


class Transport(Protocol):
    """A way to a bot."""

    async def deliver(self, delivery: Delivery) -> Reply:
        """Deliver and return the answer, or raise `DeliveryError`."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``X-Slack-Signature``.

    See https://docs.slack.dev/authentication/verifying-requests-from-slack.
    """
    base = b"v0:%d:%s" % (timestamp, body)
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass
class HttpTransport:
    """Posts signed requests to the bot's request URL.

    See https://docs.slack.dev/apis/events-api/using-http-request-urls.
    """

    session: aiohttp.ClientSession
    url: str
    secret: str
    timeout_s: float
    clock: Clock

    async def deliver(self, delivery: Delivery) -> Reply:
        """Post a delivery; anything but a timely 200 is an error, for events any but a 2xx.

        Up to two redirects of an event are followed.

        Raises:
            DeliveryError: ``operation_timeout`` or ``dispatch_failed``.
        """
        is_event = delivery.kind == "events_api"
        content_type, body = _encode(delivery)
        timestamp = int(self.clock())
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (local Slack)",
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": sign(self.secret, timestamp, body),
            **delivery.retry,
        }
        try:
            async with self.session.post(
                self.url,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
                allow_redirects=is_event,
                max_redirects=REDIRECTS + 1,
            ) as response:
                text = await response.text()
        except TimeoutError as error:
            detail = f"no answer from {self.url} within {self.timeout_s:g} s"
            raise DeliveryError(OPERATION_TIMEOUT, detail, reason="http_timeout") from error
        except aiohttp.TooManyRedirects as error:
            detail = f"{self.url}: more than {REDIRECTS} redirects"
            raise DeliveryError(DISPATCH_FAILED, detail, reason="too_many_redirects") from error
        except aiohttp.ClientError as error:
            detail = f"{self.url}: {error}"
            raise DeliveryError(DISPATCH_FAILED, detail, reason="connection_failed") from error
        if not (response.status == 200 or (is_event and 200 <= response.status < 300)):
            said = f": {text[:200]}" if text else ""
            raise DeliveryError(
                DISPATCH_FAILED,
                f"the bot answered with HTTP status {response.status}{said}",
                response.status,
                "http_error",
                may_retry=response.headers.get("X-Slack-No-Retry") != "1",
            )
        return Reply(response.status, text, response.content_type == "application/json")


def _encode(delivery: Delivery) -> tuple[str, bytes]:
    if delivery.kind == "events_api":
        return "application/json", json.dumps(delivery.payload).encode()
    fields = delivery.payload
    if delivery.kind == "interactive":
        fields = {"payload": json.dumps(delivery.payload)}
    return "application/x-www-form-urlencoded", urlencode(fields).encode()
