"""Looks for what is due, again and again, as long as the bot runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from bot.reports.pulse import Pulse

log = logging.getLogger(__name__)

EVERY_S: Final = 30


@asynccontextmanager
async def ticking(
    run_due: Callable[[], Awaitable[None]],
    idle: Callable[[], Awaitable[None]],
    grace_s: float,
    pulse: Pulse | None = None,
) -> AsyncIterator[None]:
    """Run something at once and every half minute, whatever is done to the system's clock.

    Args:
        run_due: what is run.
        idle: waits until it is not running.
        grace_s: how long the end waits for that.
        pulse: is told whether it works.
    """
    pulse = pulse or Pulse()
    stopping = asyncio.Event()

    async def look() -> None:
        pulse.works()
        try:
            await run_due()
        except Exception:  # the next look may find that it works again
            log.exception("what is due could not be looked for")
        finally:
            pulse.rests()

    async def tick() -> None:
        while not stopping.is_set():
            await look()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stopping.wait()

    ticks = asyncio.create_task(tick())
    try:
        yield
    finally:
        stopping.set()
        pulse.waits("the scheduler is being stopped")
        try:
            async with asyncio.timeout(grace_s):
                await idle()
        except TimeoutError:
            log.warning("a summary is still being posted; the next start looks for it")
        ticks.cancel()
        with suppress(asyncio.CancelledError):
            await ticks
