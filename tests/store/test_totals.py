"""A summary adds up to the ledger: over random histories, for weeks, months and quarters."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.blocks.summary import summary_message
from bot.periods import Period, Report
from bot.reports.gathering import About, summary_of
from bot.store import Store, Team
from bot.store.runs import Entry, Run, RunState
from bot.summary import IN_MEAN, SHOWN, Summary
from estimator import figures
from tests.bot.people import ASKER

TODAY = date(2028, 3, 15)  # in a leap year, after its leap day
LENGTHS = {
    Report.WEEKLY: relativedelta(days=7),
    Report.MONTHLY: relativedelta(months=1),
    Report.QUARTERLY: relativedelta(months=3),
}
_numbers = itertools.count()

kg = st.none() | st.floats(0, 1e9)
# Around the edges of periods, and anywhere in three years.
days = st.integers(-900, 40).map(lambda days: TODAY + timedelta(days)) | st.sampled_from(
    [
        date(2028, 3, 14),
        date(2028, 3, 8),
        date(2028, 3, 7),
        date(2028, 3, 1),
        date(2028, 2, 29),
        date(2028, 2, 1),
        date(2028, 1, 31),
        date(2028, 1, 1),
        date(2027, 12, 31),
        date(2027, 10, 1),
        date(2027, 9, 30),
    ]
)
entries = st.builds(
    Entry,
    channel_id=st.sampled_from(["C1", "C1", "C1", "C2"]),
    owner_id=st.just("U1"),
    name=st.sampled_from(["a", "b", "c"]),
    counted_on=days,
    state=st.sampled_from(RunState),
    energy_kwh=kg,
    operational_kgco2e=kg,
    embodied_kgco2e=kg,
    total_kgco2e=kg,
    measured_energy_kwh=kg,
    measured_kgco2e=kg,
)
# What becomes of a run after it was entered.
fates = st.sampled_from(["stays", "stays", "stays", "dropped"]) | st.tuples(days, kg)
histories = st.lists(st.tuples(entries, fates), max_size=25)


def counted_kgco2e(entry: Entry) -> Fraction:
    """What a run counts with: its measurement and what was made for it, else its estimate."""
    operational = entry.measured_kgco2e
    metered = entry.measured_energy_kwh
    if operational is None and metered is not None and entry.energy_kwh:
        planned = entry.operational_kgco2e
        operational = None if planned is None else planned * (metered / entry.energy_kwh)
    if operational is None:
        return Fraction(entry.total_kgco2e or 0.0)
    return Fraction(operational + (entry.embodied_kgco2e or 0.0))


async def lived(store: Store, team: Team, history: list[tuple[Entry, object]]) -> list[Entry]:
    """Let a history happen; returns what is then in the ledger of the channel."""
    left: list[Run] = []
    for entry, fate in history:
        run = await store.runs.enter(team, entry)
        if fate == "dropped":
            await store.runs.delete(team, run.id)
            continue
        if isinstance(fate, tuple):
            day, total_kgco2e = fate
            changed = replace(entry, counted_on=day, total_kgco2e=total_kgco2e)
            run = await store.runs.change(team, run.id, run.version, changed)
        left.append(run)
    return [run.entry for run in left if run.entry.channel_id == "C1"]


def totals(summary: Summary) -> list[float]:
    """What each period emitted, the newest first."""
    return [summary.total_kgco2e, *summary.earlier_kgco2e]


@pytest.mark.parametrize("report", Report)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories)
async def test_a_summary_adds_up_to_the_ledger(
    store: Store, report: Report, history: list[tuple[Entry, object]]
) -> None:
    team = Team("", f"T{next(_numbers)}")
    ledger = await lived(store, team, history)
    period = Period.before(TODAY, report)

    summary = await summary_of(store, About(team, "C1", period, "UTC"), ASKER.catalogue)

    expected = []
    for ago in range(SHOWN[report]):
        first = period.first - LENGTHS[report] * ago
        after = first + LENGTHS[report]
        inside = [entry for entry in ledger if first <= entry.counted_on < after]
        expected.append(float(sum(map(counted_kgco2e, inside), Fraction(0))))
        if ago == 0:
            assert len(summary.runs) == len(inside)
    assert totals(summary) == expected
    mean = Fraction(0)
    for before in summary.earlier_kgco2e[: IN_MEAN[report]]:
        mean += Fraction(before)
    assert summary.mean_kgco2e == pytest.approx(float(mean / IN_MEAN[report]), rel=1e-15)
    done = sum(map(Fraction, (r.total_kgco2e or 0.0 for r in summary.runs if r.done)), Fraction(0))
    planned = [run.total_kgco2e or 0.0 for run in summary.runs if not run.done]
    assert float(done + sum(map(Fraction, planned), Fraction(0))) == summary.total_kgco2e
    if not summary.is_empty:
        text = summary_message(summary, ASKER).text
        assert f"{figures.mass(expected[0])} CO2e" in text


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories)
async def test_the_months_of_a_quarter_add_up_to_it(
    store: Store, history: list[tuple[Entry, object]]
) -> None:
    team = Team("", f"T{next(_numbers)}")
    ledger = await lived(store, team, history)
    quarter = Period.before(TODAY, Report.QUARTERLY)
    months = Period.before(quarter.after, Report.MONTHLY)

    of_quarter = await summary_of(store, About(team, "C1", quarter, "UTC"), ASKER.catalogue)
    of_months = await summary_of(store, About(team, "C1", months, "UTC"), ASKER.catalogue)

    for number, total in enumerate(totals(of_quarter)[: SHOWN[Report.MONTHLY] // 3]):
        parts = totals(of_months)[3 * number : 3 * number + 3]
        assert total == pytest.approx(float(sum(map(Fraction, parts))), rel=1e-15)
    # In the four quarters of a year, and in its twelve months, is all that the ledger has of it.
    year = [e for e in ledger if date(2027, 1, 1) <= e.counted_on < date(2028, 1, 1)]
    whole = float(sum(map(counted_kgco2e, year), Fraction(0)))
    assert sum(totals(of_quarter)[:4]) == pytest.approx(whole, rel=1e-14)
    assert sum(totals(of_months)) == pytest.approx(whole, rel=1e-14)
