"""Whether whatever looks for what is due works: the scheduler, or the queue's worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LONGEST_REST_S: Final = 120.0
"""It looks every half minute. After this long without a look something is wrong."""


class Pulse:
    """What the scheduler says of itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits: str | None = "the scheduler has not begun"
        self._rests_since: float | None = None

    def works(self) -> None:
        """It looks, or delivers, however long that takes."""
        self._waits = self._rests_since = None

    def rests(self) -> None:
        """It is done until the next time."""
        self._waits, self._rests_since = None, self._clock()

    def waits(self, why: str) -> None:
        """It cannot go on."""
        self._waits = why

    async def problem(self) -> str | None:
        """Why nothing looks for what is due; ``None`` where it is looked for."""
        if self._waits is not None or self._rests_since is None:
            return self._waits
        rested_s = self._clock() - self._rests_since
        if rested_s <= LONGEST_REST_S:
            return None
        return f"the scheduler has not looked for what is due for {rested_s:.0f} s"
