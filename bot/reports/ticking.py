"""Looks for what is due, again and again, as long as the bot runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

from bot.reports.clock import clock_set
from bot.reports.pulse import Pulse

log = logging.getLogger(__name__)

EVERY_S: Final = 30


@asynccontextmanager
async def ticking(
    run_due: Callable[[], Awaitable[None]],
    idle: Callable[[], Awaitable[None]],
    grace_s: float,
    jumped: Callable[[], Awaitable[None]] = clock_set,
    pulse: Pulse | None = None,
) -> AsyncIterator[None]:
    """Run something at once and every half minute, never twice at a time.

    Args:
        run_due: what is run.
        idle: waits until it is not running.
        grace_s: how long the end waits for that.
        jumped: returns when the system's clock was set.
        pulse: is told whether it works.
    """
    pulse = pulse or Pulse()

    async def look() -> None:
        pulse.works()
        try:
            await run_due()
        finally:
            pulse.rests()

    scheduler = AsyncIOScheduler(timezone=UTC, event_loop=asyncio.get_running_loop())
    job = scheduler.add_job(
        look,
        "interval",
        seconds=EVERY_S,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    pulse.rests()

    async def keep_time() -> None:
        # With a clock that was set back, the next time would be far away.
        while True:
            await jumped()
            log.warning("the clock was set; looking for what is due")
            job.modify(next_run_time=datetime.now(UTC))

    keeping = asyncio.create_task(keep_time())
    try:
        yield
    finally:
        keeping.cancel()
        scheduler.pause()
        pulse.waits("the scheduler is being stopped")
        try:
            async with asyncio.timeout(grace_s):
                await idle()
        except TimeoutError:
            log.warning("a summary is still being posted; the next start looks for it")
        scheduler.shutdown(wait=False)
