"""Deletes what is kept no longer, once a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bot.periods import Report
from bot.reports.delivering import NOW
from bot.store import Store

log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
DROPPED_KEPT: Final = timedelta(days=30)
"""After this a run that was taken out of the ledger is deleted for good."""
_SUMMARIES: Final = tuple(report.value for report in Report)


async def delete_old(store: Store, days: int | None, now: datetime) -> int:
    """Delete what is kept no longer; returns how many rows, but for marks of what was done.

    Args:
        store: what it is deleted from.
        days: how long estimates, and deliveries of summaries, are kept; ``None`` without a limit.
            Runs of the ledger are kept until somebody takes them out.
        now: the time.
    """
    await store.handled.forget_old()
    deleted = await store.runs.purge(now - DROPPED_KEPT)
    if days is not None:
        before = now - timedelta(days=days)
        deleted += await store.history.forget_before(before)
        # A channel hears only once that nothing happens in it: its last summary is known.
        deleted += await store.deliveries.forget_before(
            before, [*_SUMMARIES, *NOW.values()], but_last=_SUMMARIES
        )
    return deleted


@asynccontextmanager
async def keeping(
    store: Store, days: int | None, clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Delete what is kept no longer, at once and every day. Several replicas may."""

    async def delete_daily() -> None:
        while True:
            try:
                deleted = await delete_old(store, days, clock())
            except (SQLAlchemyError, OSError) as error:
                log.warning("what is old is deleted tomorrow: %s", type(error).__name__)
            else:
                log.info("%d rows that are kept no longer were deleted", deleted)
            await asyncio.sleep(EVERY.total_seconds())

    task = asyncio.create_task(delete_daily())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
