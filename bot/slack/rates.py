"""How much of us one member, one workspace or one address may have.

A bucket holds so many requests and fills again by itself. Nobody who types or clicks empties
theirs; a script that runs away does, and leaves the others theirs. The memory is this process's
own, and bounded: of more keys than it holds, those that were quiet the longest begin anew.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from bot.store import Team

MOST_KNOWN: Final = 10_000
TOLD_S: Final = 30.0
"""Once in this time a member hears that they are to wait, where nothing waits for an answer."""
_MINUTE_S: Final = 60.0

Clock = Callable[[], float]


class Buckets:
    """A bucket for each key."""

    def __init__(
        self, burst: int, per_s: float, clock: Clock = time.monotonic, most: int = MOST_KNOWN
    ) -> None:
        """Begin with full buckets.

        Args:
            burst: what a full one holds.
            per_s: what flows into it each second.
            clock: seconds, from any moment on.
            most: keys that are remembered.
        """
        self._burst = float(burst)
        self._per_s = per_s
        self._clock = clock
        self._most = most
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: Hashable) -> float:
        """Take one out: 0 where there was one, else the seconds until there is."""
        now = self._clock()
        left, since = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        wait_s = 0.0
        if left >= 1:
            left -= 1
        else:
            wait_s = (1 - left) / self._per_s
        self._left[key] = (left, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait_s


class Throttle:
    """How much of us a member and a workspace may have."""

    def __init__(self, per_user: int, per_workspace: int, clock: Clock = time.monotonic) -> None:
        """Begin with full buckets.

        Args:
            per_user: requests of a member in a minute; 0 is no bound.
            per_workspace: the same of all members of a workspace.
            clock: seconds, from any moment on.
        """
        self._users = Buckets(per_user, per_user / _MINUTE_S, clock) if per_user else None
        self._teams = (
            Buckets(per_workspace, per_workspace / _MINUTE_S, clock) if per_workspace else None
        )
        self._told = Buckets(1, 1 / TOLD_S, clock)

    def wait_s(self, team: Team, user_id: str) -> float:
        """Count a request: 0 where it may be answered, else the seconds until the next may."""
        wait_s = 0.0 if self._users is None else self._users.take((team, user_id))
        if not wait_s and self._teams is not None:
            wait_s = self._teams.take(team)
        return wait_s

    def is_to_hear(self, team: Team, user_id: str) -> bool:
        """Whether a member has not just been told to wait."""
        return not self._told.take((team, user_id))
