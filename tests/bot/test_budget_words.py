"""What may follow ``/carbon budget``, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.budget import Budget, BudgetUnit, Period, Scope
from bot.commands import subcommand_in
from bot.commands.budget import (
    MOST,
    Wanted,
    Wish,
    budget_of,
    meant,
    off_command,
    read,
    set_command,
)
from bot.commands.ledger import NotRead

T, MWH = BudgetUnit.TONNES, BudgetUnit.MWH
MONTH, QUARTER, YEAR = Period.MONTH, Period.QUARTER, Period.YEAR
CHANNEL, PROJECT, WORKSPACE = Scope.CHANNEL, Scope.PROJECT, Scope.WORKSPACE


def set_(
    amount: float,
    unit: BudgetUnit = T,
    period: Period = MONTH,
    scope: Scope = CHANNEL,
    project: str = "",
) -> Wanted:
    return Wanted(Wish.SET, scope, project, amount, unit, period)


def off(
    scope: Scope = CHANNEL,
    project: str = "",
    unit: BudgetUnit | None = None,
    period: Period | None = None,
) -> Wanted:
    return Wanted(Wish.OFF, scope, project, None, unit, period)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", Wanted(Wish.SHOW)),
        ("show", Wanted(Wish.SHOW)),
        ("查看", Wanted(Wish.SHOW)),
        ("20 t a month", set_(20)),
        ("20t/month", set_(20)),
        ("二十吨 每月", set_(20)),
        ("每年一百五十吨", set_(150, T, YEAR)),
        ("一年三百二十兆瓦时", set_(320, MWH, YEAR)),
        ("项目 nlp 每季度两千公斤", set_(2, T, QUARTER, PROJECT, "nlp")),
        ("monthly 20 tonnes CO2e", set_(20)),
        ("1,500 kg per month", set_(1.5)),
        ("500 kg a month", set_(0.5)),
        ("10 tCO2e per year for the whole workspace", set_(10, T, YEAR, WORKSPACE)),
        ("workspace 2 kt annually", set_(2000, T, YEAR, WORKSPACE)),
        ("50 MWh per quarter", set_(50, MWH, QUARTER)),
        ("1.5 GWh every year", set_(1500, MWH, YEAR)),
        ("50 mwh each quarter for project llama", set_(50, MWH, QUARTER, PROJECT, "llama")),
        ("for the project “my llama” 5 t a year", set_(5, T, YEAR, PROJECT, "my llama")),
        ("5 t a year #nlp", set_(5, T, YEAR, PROJECT, "nlp")),
        ("5 t a year for <#C012345678|nlp>", set_(5, T, YEAR, PROJECT, "nlp")),
        ("20 t a month for this channel", set_(20)),
        ("每月20吨", set_(20)),
        ("20吨/月", set_(20)),
        ("每个月 500 公斤", set_(0.5)),
        ("每季度50兆瓦时 项目llama", set_(50, MWH, QUARTER, PROJECT, "llama")),
        ("项目「我的 模型」每年3吨", set_(3, T, YEAR, PROJECT, "我的 模型")),
        ("给llama项目设每月20吨", set_(20, T, MONTH, PROJECT, "llama")),
        ("整个工作区 每年5万度", set_(50, MWH, YEAR, WORKSPACE)),
        ("工作区预算每年 100 吨", set_(100, T, YEAR, WORKSPACE)),
        ("每月２０吨 用于本频道", set_(20)),
        ("off", off()),
        ("off workspace", off(WORKSPACE)),
        ("off a month in MWh", off(unit=MWH, period=MONTH)),
        ("remove 20 t a month", Wanted(Wish.OFF, CHANNEL, "", 20, T, MONTH)),
        ("off for project llama", off(PROJECT, "llama")),
        ("off t #llama", off(PROJECT, "llama", T)),
        ("关闭", off()),
        ("关闭项目 llama", off(PROJECT, "llama")),
        ("取消 每月", off(period=MONTH)),
    ],
)
def test_a_budget_is_read(said: str, expected: Wanted) -> None:
    assert read(said) == expected


@pytest.mark.parametrize(
    ("said", "why", "better"),
    [
        ("20", "Say of what", "budget 20 t a month"),
        ("20 workspace", "no unit of a budget", "budget 20 t a month for the workspace"),
        ("20 bananas a year", "“bananas” is no unit", "budget 20 t a year"),
        ("20 t", "Say for how long", "budget 20 t a month"),
        ("20 t a week", "“week” does not belong", "budget 20 t a month"),
        ("1.000 t a month", "could be 1 or 1000", "budget 1,000 t a month"),
        ("1,0 MWh a year", "not a number", "budget 20 MWh a year"),
        ("0 t a month", "more than nothing", "budget 20 t a month"),
        ("99999999999 t a year", "more than nothing", "budget 20 t a year"),
        ("-5 t a month", "“-5” does not", "budget 20 t a month"),
        ("for project llama", "Say how much", "budget 20 t a month for project llama"),
        (f"3 t a month #{'x' * 81}", "at most 80", f"budget 20 t a month for project {'x' * 20}"),
        ("20 t a month a year", "“year” does not", "budget 20 t a month"),
        ("off x", "“x” does not belong", "budget off"),
        ("lots", "“lots” does not belong", "budget 20 t a month"),
    ],
)
def test_a_mistake_is_explained_with_a_command_that_works(said: str, why: str, better: str) -> None:
    with pytest.raises(NotRead, match=why) as caught:
        read(said)
    assert caught.value.better == better
    found = subcommand_in(better)
    assert found is not None
    assert found[0].name == "budget"
    read(found[1])


names = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=20)
budgets = st.builds(
    Budget,
    scope=st.sampled_from(Scope),
    scope_id=names,
    period=st.sampled_from(Period),
    unit=st.sampled_from(BudgetUnit),
    amount=st.floats(1e-3, MOST).map(lambda n: float(f"{n:.9g}")),
    set_by=st.just("U1"),
)


@given(budgets)
def test_the_commands_that_set_and_remove_a_budget_mean_it(budget: Budget) -> None:
    channel_id = "C1" if budget.scope is not Scope.CHANNEL else budget.scope_id
    scope_id = budget.scope_id if budget.scope is not Scope.WORKSPACE else ""
    budget = Budget(
        scope=budget.scope,
        scope_id=scope_id,
        period=budget.period,
        unit=budget.unit,
        amount=budget.amount,
        set_by="U1",
    )
    wanted = read(set_command(budget).removeprefix("budget"))
    assert budget_of(wanted, channel_id, "U1", []) == budget
    assert meant(read(off_command(budget).removeprefix("budget")), channel_id, [budget]) == budget


@given(st.text(max_size=60))
def test_anything_at_all_is_read_or_refused_with_a_command_that_works(said: str) -> None:
    try:
        read(said)
    except NotRead as error:
        found = subcommand_in(error.better)
        assert found is not None
        read(found[1])
    else:
        return


def budget(scope_id: str = "C1", **values: object) -> Budget:
    plain = {"scope": CHANNEL, "period": MONTH, "unit": T, "amount": 2.0, "set_by": "U1"}
    return Budget(scope_id=scope_id, **{**plain, **values})  # type: ignore[arg-type]


def test_which_budget_is_removed_must_be_clear() -> None:
    month, year = budget(), budget(period=YEAR)
    assert meant(off(), "C1", [month]) == month
    assert meant(off(period=YEAR), "C1", [month, year]) == year
    with pytest.raises(NotRead, match="There are 2") as caught:
        meant(off(), "C1", [month, year])
    assert caught.value.better == "budget off a month in t"
    with pytest.raises(NotRead, match="but another") as caught:
        meant(off(unit=MWH), "C1", [month])
    assert caught.value.better == "budget off a month in t"
    with pytest.raises(NotRead, match="no such budget"):
        meant(off(), "C2", [month, year])


def test_a_projects_letters_may_be_small_or_large() -> None:
    known = budget("Llama", scope=PROJECT)
    assert meant(off(PROJECT, "llama"), "C1", [known]) == known
    assert budget_of(set_(3, scope=PROJECT, project="LLAMA"), "C1", "U2", [known]) == budget(
        "Llama", scope=PROJECT, amount=3.0, set_by="U2"
    )
