"""What is to happen at a later time, such as the retry of an event or a scheduled message.

Nothing here waits: whoever runs the local Slack asks for what is due, once a second or when a
test has moved its clock.
"""

import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Action = Callable[[], Awaitable[None]]


@dataclass(order=True)
class _Entry:
    when: float
    serial: int
    action: Action = field(compare=False)


@dataclass
class Schedule:
    """Actions by the time at which they are due, in seconds since the epoch."""

    _entries: list[_Entry] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __len__(self) -> int:
        return len(self._entries)

    def at(self, when: float, action: Action) -> int:
        """Plan an action, and return the number by which it can be cancelled."""
        entry = _Entry(when, next(self._serial), action)
        heapq.heappush(self._entries, entry)
        return entry.serial

    def cancel(self, serial: int) -> None:
        """Forget an action; one that has run already is no mistake."""
        self._entries = [entry for entry in self._entries if entry.serial != serial]
        heapq.heapify(self._entries)

    async def run_due(self, now: float) -> int:
        """Run every action that is due, in order, and return how many there were."""
        done = 0
        while self._entries and self._entries[0].when <= now:
            await heapq.heappop(self._entries).action()
            done += 1
        return done
