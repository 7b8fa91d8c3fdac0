"""What a database that was brought back cannot know: what was posted since its backup."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.reports.delivering import LATEST, when_of
from bot.store import Store
from bot.store.deliveries import DeliveryKey
from bot.store.schedules import Schedule

log = logging.getLogger(__name__)


async def expect_posted(store: Store, now: datetime) -> int:
    """Let what was due since the backup be looked for in Slack before it is posted.

    Without it a summary that was posted after the backup would be posted once more. What is too
    late to be posted anyway is left to whoever looks for what is due.

    Args:
        store: the storage that was brought back; no bot works with it now.
        now: the time.

    Returns:
        how many summaries were due.
    """
    due_at: dict[DeliveryKey, datetime] = {}
    for schedule in await store.schedules.due(now, limit=None):
        try:
            when, moment = when_of(schedule), schedule.due_at
            while moment <= now:
                if now - moment <= LATEST[schedule.kind]:
                    due_at[_key(schedule, when.period_before(moment).label)] = moment
                moment = when.due_after(moment)
        except (ValueError, KeyError, OverflowError):
            log.exception("a schedule cannot be read")
    await store.deliveries.perhaps_posted(due_at)
    return len(due_at)


def _key(schedule: Schedule, label: str) -> DeliveryKey:
    return DeliveryKey(schedule.team, schedule.channel_id, schedule.kind.value, label)
