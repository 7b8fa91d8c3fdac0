"""Budgets from storage: sums over random ledgers, in the days of a time zone, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.blocks.budget import (
    Today,
    budget_set_message,
    budgets_message,
    state_line,
    warning_message,
    with_crossings,
)
from bot.blocks.listing import plain_message
from bot.budget import Budget, BudgetUnit, Crossing, Period, Scope, Span, State, Use
from bot.ledger import Entry, RunState
from bot.preferences import Preferences
from bot.reports.budgeting import Budgets, Changed
from bot.store import Store, Team
from bot.store.schema import runs
from deploy.local_slack.limits import check_manners, check_message
from tests.bot.people import ASKER, CHINESE_ASKER
from tests.store.conftest import store  # noqa: F401 - a fixture

TEAM, OTHER = Team("", "T1"), Team("E1", "T1")
NOW = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)
PROJECTS = ("", "nlp", "NLP", "übung", "Übung")

figures = st.none() | st.floats(0, 1e9, allow_nan=False, allow_infinity=False)
entries = st.builds(
    Entry,
    channel_id=st.sampled_from(["C1", "C2"]),
    owner_id=st.just("U1"),
    name=st.just("run"),
    counted_on=st.dates(date(2026, 8, 1), date(2027, 2, 1)),
    project=st.sampled_from(PROJECTS),
    state=st.sampled_from(RunState),
    energy_kwh=figures,
    operational_kgco2e=figures,
    embodied_kgco2e=figures,
    total_kgco2e=figures,
    measured_energy_kwh=figures,
    measured_kgco2e=figures,
)
budgets = st.builds(
    Budget,
    scope=st.sampled_from(Scope),
    scope_id=st.sampled_from(["C1", "nlp", "Nlp", "ÜBUNG"]),
    period=st.sampled_from(Period),
    unit=st.sampled_from(BudgetUnit),
    amount=st.floats(1e-3, 1e9),
    set_by=st.just("U1"),
)


def counted(entry: Entry, unit: BudgetUnit) -> Fraction | None:
    """What a run counts with, worked out anew."""
    measured, estimated = entry.measured_energy_kwh, entry.energy_kwh
    if unit is BudgetUnit.MWH:
        kwh = estimated if measured is None else measured
        return None if kwh is None else Fraction(kwh)
    kg = entry.measured_kgco2e
    if kg is None and measured is not None and estimated and entry.operational_kgco2e is not None:
        kg = entry.operational_kgco2e * (measured / estimated)
    if kg is not None:
        return Fraction(kg + (entry.embodied_kgco2e or 0))
    return None if entry.total_kgco2e is None else Fraction(entry.total_kgco2e)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ledger=st.lists(entries, max_size=25),
    budget=budgets,
    day=st.dates(date(2026, 9, 1), date(2027, 1, 31)),
)
async def test_sums_over_any_ledger_are_exact(
    store: Store,  # noqa: F811
    ledger: list[Entry],
    budget: Budget,
    day: date,
) -> None:
    async with store.database.transaction() as connection:
        await connection.execute(delete(runs))
    for number, entry in enumerate(ledger):
        run = await store.runs.enter(TEAM, entry)
        if number % 5 == 4:
            await store.runs.delete(TEAM, run.id)
    await store.runs.enter(OTHER, Entry(channel_id="C1", owner_id="U1", name="x", counted_on=day))
    found = await Budgets(store).state(TEAM, budget, day)
    sums = {True: Fraction(), False: Fraction()}
    unknown = 0
    for number, entry in enumerate(ledger):
        mine = {
            Scope.CHANNEL: entry.channel_id == budget.scope_id,
            Scope.PROJECT: entry.project.lower() == budget.scope_id.lower(),
            Scope.WORKSPACE: True,
        }[budget.scope]
        same = (entry.counted_on.year, (entry.counted_on.month - 1) // budget.period.months) == (
            day.year,
            (day.month - 1) // budget.period.months,
        )
        if number % 5 == 4 or not mine or not same:
            continue
        amount = counted(entry, budget.unit)
        unknown += amount is None
        sums[entry.state is RunState.DONE] += amount or 0
    assert found.spent == float(sums[True])
    assert found.planned == float(sums[False])
    assert found.used == float(sums[True] + sums[False])
    assert found.without_figure == unknown


def budget_of(scope: Scope = Scope.CHANNEL, scope_id: str = "C1", amount: float = 1.0) -> Budget:
    return Budget(
        scope=scope,
        scope_id=scope_id,
        period=Period.MONTH,
        unit=BudgetUnit.MWH,
        amount=amount,
        set_by="U1",
    )


async def test_a_period_begins_in_the_time_zone_of_the_channel(store: Store) -> None:  # noqa: F811
    budgets = Budgets(store, lambda: NOW)
    mine, project = budget_of(), budget_of(Scope.PROJECT, "nlp")
    assert (await budgets.state(TEAM, mine)).span.label == "2026-11"
    tokyo, honolulu = Preferences(time_zone="Asia/Tokyo"), Preferences(time_zone="Pacific/Honolulu")
    await store.preferences.put(TEAM, "C1", tokyo, "U1")
    assert (await budgets.state(TEAM, mine)).span.label == "2026-12"
    assert (await budgets.state(TEAM, project)).span.label == "2026-11"
    await store.preferences.put(TEAM, "", tokyo, "U1")
    await store.preferences.put(TEAM, "C1", honolulu, "U1")
    assert (await budgets.state(TEAM, mine)).span.label == "2026-11"
    assert (await budgets.state(TEAM, project)).span.label == "2026-12"
    assert await budgets.today(TEAM, "C1") == date(2026, 11, 30)
    assert await budgets.today(TEAM) == date(2026, 12, 1)


def run_of(energy_kwh: float, **values: object) -> Entry:
    plain = Entry(
        channel_id="C1",
        owner_id="U1",
        name="x",
        counted_on=date(2026, 11, 3),
        energy_kwh=energy_kwh,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


async def test_runs_are_asked_about_by_budget_and_period(store: Store) -> None:  # noqa: F811
    for budget in (
        budget_of(),
        budget_of(Scope.PROJECT, "NLP", 2.0),
        budget_of(Scope.WORKSPACE, "", 10.0),
        budget_of(scope_id="C2"),
    ):
        await store.budgets.put(TEAM, budget)
    budgets = Budgets(store)
    new = [run_of(600, project="nlp"), run_of(500, project="nlp"), run_of(900, name="later")]
    new[2] = replace(new[2], counted_on=date(2026, 12, 1))
    found = await budgets.crossings(TEAM, Changed(new))
    assert [(one.after.budget.scope, one.after.span.label, one.percent) for one in found] == [
        (Scope.CHANNEL, "2026-11", 100),
        (Scope.CHANNEL, "2026-12", 80),
        (Scope.PROJECT, "2026-11", 50),
    ]
    assert await budgets.crossings(OTHER, Changed(new)) == []
    assert await budgets.crossings(TEAM, Changed([])) == []


async def test_what_a_changed_run_took_before_is_not_counted_twice(
    store: Store,  # noqa: F811
) -> None:
    await store.budgets.put(TEAM, budget_of())
    budgets = Budgets(store)
    run = await store.runs.enter(TEAM, run_of(600))
    measured = replace(run.entry, measured_energy_kwh=790.0)
    ids = frozenset([run.id])
    assert await budgets.crossings(TEAM, Changed([measured], [run.entry], ids)) == []
    measured = replace(run.entry, measured_energy_kwh=800.0)
    (found,) = await budgets.crossings(TEAM, Changed([measured], [run.entry], ids))
    assert (found.before.used, found.after.used, found.percent) == (600, 800, 80)
    assert await budgets.told(TEAM, [found, found]) == [found]
    assert await budgets.told(TEAM, [found]) == []
    await store.budgets.remove(TEAM, budget_of())
    assert await budgets.told(TEAM, [found]) == []


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
states = st.builds(
    lambda budget, name, uses: State(
        replace(budget, scope_id=name), Span.of(budget.period, date(2026, 11, 24)), tuple(uses)
    ),
    budgets,
    texts,
    st.lists(
        st.builds(
            Use,
            st.dates(date(2026, 11, 1), date(2026, 11, 30)),
            st.none() | st.floats(0, 1e12),
            st.booleans(),
        ),
        max_size=5,
    ),
)


@pytest.mark.parametrize("language", ["en", "zh"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(found=st.lists(states, max_size=22), what=texts.filter(str.strip))
def test_messages_about_budgets_keep_slacks_limits(
    language: str, found: list[State], what: str
) -> None:
    say = {"en": ASKER, "zh": CHINESE_ASKER}[language].say
    today = [Today(one, date(2026, 11, 24)) for one in found]
    crossings = [Crossing(one, one, 80) for one in found]
    messages = [budgets_message(today[:20], say, more=max(0, len(found) - 20))]
    messages += [budget_set_message(one, say) for one in today[:1]]
    messages.append(with_crossings(plain_message(what), crossings, say))
    if crossings:
        messages.append(warning_message(what, crossings, "value", say))
    for message in messages:
        assert check_message(message.payload()) == []
        assert check_manners(message.payload()) == []
    for one in found:
        assert state_line(one, say)
