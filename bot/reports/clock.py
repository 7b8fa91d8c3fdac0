"""Notices that the system's clock was set: schedulers that go by it would sleep until then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 30.0
JUMP_S: Final = 60.0
"""What a clock does not drift by in half a minute."""

Seconds = Callable[[], float]


async def clock_set(wall: Seconds = time.time, steady: Seconds = time.monotonic) -> None:
    """Return when the clock was set forward or back, or the machine slept.

    Args:
        wall: the clock that can be set [s].
        steady: one that cannot [s].
    """
    apart = wall() - steady()
    while True:
        await asyncio.sleep(LOOK_S)
        before, apart = apart, wall() - steady()
        if abs(apart - before) >= JUMP_S:
            return
