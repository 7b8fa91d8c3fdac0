"""Examines an installation: what works, what does not, and what to do about it.

Nothing is changed: the database is not migrated, and nothing is posted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.doctor.finding import Finding, Instruments, Level
from bot.doctor.machine import examine_address, examine_pictures, examine_settings
from bot.doctor.slack_side import examine_slack
from bot.doctor.storage import examine_database
from bot.doctor.traces import examine_traces

__all__ = ["Finding", "Instruments", "Level", "examine"]


async def examine(instruments: Instruments | None = None) -> AsyncIterator[Finding]:
    """Everything, as it is found; where the settings cannot be read, nothing else."""
    instruments = instruments or Instruments()
    settings, found = examine_settings()
    for one in found:
        yield one
    if settings is None:
        return
    for one in await examine_slack(settings, instruments):
        yield one
    for one in await examine_database(settings, instruments):
        yield one
    yield examine_address(settings)
    yield await examine_pictures()
    for one in await examine_traces(settings, instruments):
        yield one
