"""Failures of the Web API, on demand: rate limits, errors, silence after the work was done.

See https://docs.slack.dev/apis/web-api/rate-limits.
"""

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local_slack.config import Clock


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How a call is to fail.

    Attributes:
        status: HTTP status; with 200 the ``error`` comes in the body, as most of Slack's do.
        error: Slack's error code.
        retry_after_s: Value of ``Retry-After``, in seconds.
        accepted: Do first what the call asks for: a post appears although the answer fails.
        drop: Close the connection instead of answering.
        hang: Do not answer until `Faults.release` is called.
        late: Do what the call asks for, and answer it, only once `Faults.release` is called.
        channel: Only calls for this channel fail.
        is_page: Answer with a web page, as what stands before Slack's servers does.
    """

    status: int = 500
    error: str = "internal_error"
    retry_after_s: int | None = None
    accepted: bool = False
    drop: bool = False
    hang: bool = False
    late: bool = False
    channel: str | None = None
    is_page: bool = False


@dataclass
class _Planned:
    fault: Fault
    left: int


@dataclass
class Rate:
    """At most ``calls`` within ``per_s`` seconds, and which calls are counted together.

    Attributes:
        by_channel: Count each channel for itself.
    """

    calls: int
    per_s: float
    by_channel: bool = False


@dataclass
class Faults:
    """Failures planned per method, and rates that hold all the time.

    Attributes:
        rates: Rates per method; none hold unless a test or a user asks for them.
    """

    clock: Clock
    rates: dict[str, list[Rate]] = field(default_factory=dict)
    _planned: dict[str, list[_Planned]] = field(default_factory=dict)
    _calls: dict[tuple[str, str, str, int], deque[float]] = field(default_factory=dict)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def plan(self, method: str, fault: Fault, times: int) -> None:
        """Let the next ``times`` calls of a method fail."""
        self._planned.setdefault(method, []).append(_Planned(fault, times))

    def forget(self) -> None:
        """Let no planned failure happen any more."""
        self._planned.clear()

    def next(self, method: str, call: Mapping[str, object]) -> Fault | None:
        """Return how this call is to fail, and count it; None when it is not to."""
        for planned in self._planned.get(method, []):
            if planned.left > 0 and planned.fault.channel in {None, call.get("channel")}:
                planned.left -= 1
                return planned.fault
        return None

    def over_rate(self, team_id: str, method: str, call: Mapping[str, object]) -> Fault | None:
        """Count a call against the rates of its method; a fault when it is one too many.

        Rates hold per method, workspace and app.
        """
        now = self.clock()
        counted = []
        for index, rate in enumerate(self.rates.get(method, [])):
            channel = str(call.get("channel", "")) if rate.by_channel else ""
            calls = self._calls.setdefault((team_id, method, channel, index), deque())
            while calls and now - calls[0] >= rate.per_s:
                calls.popleft()
            if len(calls) >= rate.calls:
                wait_s = max(1, math.ceil(calls[0] + rate.per_s - now))
                return Fault(status=429, error="ratelimited", retry_after_s=wait_s)
            counted.append(calls)
        for calls in counted:
            calls.append(now)
        return None

    def release(self) -> None:
        """Let every call that hangs be answered."""
        self._released.set()
        self._released = asyncio.Event()

    async def hang(self) -> None:
        """Wait until the calls that hang are released."""
        await self._released.wait()


DOCUMENTED_RATES: dict[str, list[Rate]] = {
    # One message a second per channel with short bursts, and several hundred a minute in all.
    "chat.postMessage": [Rate(1, 1.0, by_channel=True), Rate(300, 60.0)],
    "chat.update": [Rate(50, 60.0)],
    "chat.delete": [Rate(50, 60.0)],
    "chat.postEphemeral": [Rate(100, 60.0)],
    "chat.scheduleMessage": [Rate(50, 60.0)],
    "conversations.history": [Rate(50, 60.0)],
    "conversations.replies": [Rate(50, 60.0)],
    "conversations.info": [Rate(50, 60.0)],
    "conversations.list": [Rate(20, 60.0)],
    "conversations.members": [Rate(100, 60.0)],
    "conversations.open": [Rate(50, 60.0)],
    "users.info": [Rate(100, 60.0)],
    "users.list": [Rate(20, 60.0)],
    "views.open": [Rate(100, 60.0)],
    "views.publish": [Rate(100, 60.0)],
    "views.push": [Rate(100, 60.0)],
    "views.update": [Rate(100, 60.0)],
}
