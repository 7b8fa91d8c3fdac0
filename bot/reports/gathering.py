"""The figures of a channel's week, month or quarter, from storage."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from bot.budget import State
from bot.periods import Period
from bot.reports.budgeting import Budgets
from bot.store import Store, Team
from bot.store.runs import Entry, RunState
from bot.summary import SHOWN, BestCut, Counted, Summary, WhatIfs, total_of
from estimator import Catalogue, EstimatorError, TrainingRun, estimate
from estimator.reduction import cuts

log = logging.getLogger(__name__)

BUDGETS: Final = 3
"""Budgets that a summary names."""
CUTS_TRIED: Final = 5
"""Runs whose cuts are computed until one has any."""


def counted(entry: Entry) -> Counted:
    """A run of the ledger as a summary counts it."""
    return Counted(
        name=entry.name,
        done=entry.state is RunState.DONE,
        energy_kwh=entry.counted_energy_kwh,
        total_kgco2e=entry.counted_kgco2e,
        estimated_kwh=entry.energy_kwh,
        measured_kwh=entry.measured_energy_kwh,
    )


@dataclass(frozen=True, slots=True)
class About:
    """What a summary is about.

    Attributes:
        period: its days.
        zone: the time zone of these days.
        by: who turned the summary on or asked for it; empty where nobody did.
    """

    team: Team
    channel_id: str
    period: Period
    zone: str
    by: str = ""


async def summary_of(store: Store, about: About, catalogue: Catalogue) -> Summary:
    """What a channel's week, month or quarter was.

    Args:
        store: where the ledger and the history are.
        about: which channel and days.
        catalogue: the workspace's factors, for the largest cut.
    """
    team, channel_id, period = about.team, about.channel_id, about.period
    shown = [period.earlier(ago) for ago in reversed(range(SHOWN[period.report]))]
    found = await store.runs.counted(team, shown[0].first, period.after, channel_id=channel_id)
    first_days = [one.first for one in shown]
    by_period: list[list[Entry]] = [[] for _ in shown]
    for run in found:
        by_period[bisect_right(first_days, run.entry.counted_on) - 1].append(run.entry)
    *earlier, entries = by_period
    number, largest = await store.history.asked_in(team, channel_id, *period.bounds(about.zone))
    what_ifs = WhatIfs()
    if largest is not None:
        what_ifs = WhatIfs(number, largest.command, largest.total_kgco2e)
    return Summary(
        period=period,
        zone=about.zone,
        runs=tuple(counted(entry) for entry in entries),
        earlier_kgco2e=tuple(
            total_of(counted(entry) for entry in before) for before in reversed(earlier)
        ),
        what_ifs=what_ifs,
        # Some milliseconds of arithmetic, which answers to others need not wait for.
        cut=await asyncio.to_thread(_best_cut, entries, catalogue),
        budgets=await _budgets(store, about),
        configured_by=about.by,
    )


async def _budgets(store: Store, about: About) -> tuple[State, ...]:
    found = await store.budgets.touching(about.team, about.channel_id, "")
    budgets, day = Budgets(store), about.period.after - timedelta(1)
    return tuple([await budgets.state(about.team, one, day) for one in found[:BUDGETS]])


def _best_cut(entries: list[Entry], catalogue: Catalogue) -> BestCut | None:
    """The largest cut of the largest run that has one."""
    known = [entry for entry in entries if entry.spec is not None]
    known.sort(key=lambda entry: -(entry.total_kgco2e or 0.0))
    for entry in known[:CUTS_TRIED]:
        try:
            run = TrainingRun.model_validate(entry.spec)
            possible = cuts(run, estimate(run, catalogue), catalogue)
        except (EstimatorError, ValidationError, ArithmeticError) as error:
            log.info("no cut of a run in a summary: %s", type(error).__name__)
            continue
        if possible:
            return BestCut(entry.name, possible[0])
    return None
