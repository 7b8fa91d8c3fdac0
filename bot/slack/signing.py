"""Which requests are Slack's: signed with our secret, recent, and seen for the first time.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from multidict import MultiMapping
from slack_sdk.signature import Clock, SignatureVerifier

from bot.refusals import Reason
from bot.slack import shapes
from bot.slack.shapes import Malformed

MAX_AGE_S: Final = 300
"""Slack's own bound on the age of a timestamp."""
MAX_REMEMBERED: Final = 100_000
TIMESTAMP: Final = "X-Slack-Request-Timestamp"
SIGNATURE: Final = "X-Slack-Signature"


class RequestGuard:
    """Accepts each signed request once.

    A signature covers timestamp and body, so the same signature twice is the same request sent
    again. Signatures are remembered for as long as their timestamp would be accepted. The memory is
    this process's own.
    """

    def __init__(self, signing_secret: str, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._verifier = SignatureVerifier(signing_secret, clock=self._clock)
        self._seen: OrderedDict[str, float] = OrderedDict()

    def refuses(self, body: bytes, headers: MultiMapping[str]) -> Reason | None:
        """Why a request is refused; ``None`` where it is signed, recent and new."""
        timestamp, signature = _only(headers, TIMESTAMP), _only(headers, SIGNATURE)
        try:
            valid = self._verifier.is_valid(body, timestamp, signature)
        except (TypeError, ValueError):
            # A timestamp that is no number, a body that is no UTF-8, a signature beyond ASCII.
            return Reason.SIGNATURE
        if not valid or signature is None:
            return Reason.STALE if self._is_stale(timestamp) else Reason.SIGNATURE
        now = self._clock.now()
        self._forget(now)
        if signature in self._seen:
            return None if _may_come_again(body) else Reason.REPLAYED
        self._seen[signature] = now
        return None

    def _is_stale(self, timestamp: str | None) -> bool:
        """Whether the age of a timestamp is enough to refuse it; the verifier has read it."""
        return timestamp is not None and abs(self._clock.now() - int(timestamp)) > MAX_AGE_S

    def _forget(self, now: float) -> None:
        # A timestamp may lie MAX_AGE_S ahead of our clock, and is then valid for twice as long.
        while self._seen:
            first = next(iter(self._seen))
            if len(self._seen) < MAX_REMEMBERED and now - self._seen[first] <= 2 * MAX_AGE_S:
                break
            del self._seen[first]


def _only(headers: MultiMapping[str], name: str) -> str | None:
    """A header that is there once; of two nobody knows which one others would read."""
    found = headers.getall(name, [])
    return found[0] if len(found) == 1 else None


def _may_come_again(body: bytes) -> bool:
    """Whether a request may be the same as an earlier one; commands and clicks never are."""
    if body.startswith(b"{"):
        # Slack repeats an event that was not acknowledged, perhaps within the same second; who
        # handles events knows them by their ids.
        return True
    if not body.startswith(b"payload="):
        return False
    # Who types, takes a letter back and types it again asks a menu the same within a second. Its
    # options change nothing.
    try:
        payload = shapes.payload_in(body, shapes.FORM)
    except Malformed:
        return False
    return payload.get("type") == "block_suggestion"
