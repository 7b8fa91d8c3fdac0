"""What the bot shows, one of each kind, in both languages: for checks of every shape at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from bot import commands
from bot.asker import Asker
from bot.blocks import privacy
from bot.blocks.budget import Today, budget_set_message, budgets_message, warning_message
from bot.blocks.exports import record_message
from bot.blocks.reports import (
    Happened,
    closed_message,
    measurement_named,
    offer_named,
    status_message,
    summary_named,
)
from bot.blocks.summary import summary_message
from bot.budget import Budget, BudgetUnit, Crossing, Span, State, Use
from bot.budget import Period as BudgetPeriod
from bot.budget import Scope as BudgetScope
from bot.commands import estimate
from bot.language import parse
from bot.message import Message
from bot.periods import Period, Report
from bot.preferences import NOTHING_SET, Editors, Preferences
from bot.slack.form import shown_from
from bot.summary import BestCut, Counted, Summary, WhatIfs
from bot.views.budget import warning_view
from bot.views.form import Purpose, form_view, result_view
from bot.views.home import Recent, home_view
from bot.views.settings import Current, Scope, settings_view
from estimator import FactorSet
from estimator import estimate as run_estimate
from estimator.reduction import cuts
from tests.bot.people import ASKER, CHINESE_ASKER

COMMANDS: Final = (
    "",
    "help",
    "help uncertainty",
    "help workloads",
    "help workloda",
    "10 GPU 20 TPU",
    "10 GPU 20 TPU factors article",
    "64 H100 for 2 weeks in eu-west-1",
    "64 H100 for 2 weeks in eu-west-1 public",
    "70B params 15T tokens on H100 in France",
    "like BLOOM",
    "433 MWh in France",
    "4 p5.48xlarge for 3 days in us-east-1",
    "tpu v3-8 for 10 days",
    "1.7M A100-hours in Ireland overhead 50% storage 100 TB",
    "8 A100 for 30 days duty 20% in Germany",
    "compare 64 H100 in Ireland vs 64 H100 in Sweden",
    "compare 64 H100 vs",
    "cut 64 H100 for 2 weeks in Poland",
    "cut 10 GPU factors article",
    "devices",
    "devices h100",
    "devices abacus",
    "regions",
    "regions france",
    "regions atlantis",
    "regions 64 H100 for 2 weeks in Poland",
    "regions aws 10 GPU 20 TPU",
    "8 H100, 16 A100, 32 V100 for 36h at 60% pue 1.3 in Poland",
    "sources 64 H100 for 2 weeks in Poland",
    "sources 64 Abacus",
    "8 Abacus",
    "compair 64 H100 vs 8 H100",
    "10 GPU in Frence",
    "64 H100 for 2 fortnights",
    "<!channel> & <https://example.com|8 H100>",
)


SET: Final = Preferences(
    gpu="A100-SXM4-80GB",
    tpu="TPU-v4",
    location="France",
    pue=1.2,
    factors=FactorSet.SOURCED,
    public=True,
    language="zh-CN",
    time_zone="Europe/Paris",
    editors=Editors.CHOSEN,
    chosen_editors=("U1", "U2"),
)


_RUN: Final = parse("64 H100 for 2 weeks in Poland", ASKER.catalogue).run
_CUT: Final = cuts(_RUN, run_estimate(_RUN, ASKER.catalogue), ASKER.catalogue)[0]
SUMMARIES: Final = {
    "summary": Summary(
        period=Period(date(2026, 11, 16)),
        zone="Europe/Paris",
        runs=(
            Counted(
                name="small",
                done=True,
                energy_kwh=1000.0,
                total_kgco2e=250.0,
                estimated_kwh=1000.0,
                measured_kwh=900.0,
            ),
            Counted(name="<!channel> *large*", done=False, energy_kwh=2e4, total_kgco2e=6200.0),
            Counted(name="unknown", done=True),
        ),
        earlier_kgco2e=(5000.0, 0.0, 1000.0, 2000.0, 0.0, 0.0, 300.0),
        what_ifs=WhatIfs(7, "64 H100 for 2 weeks in Poland", 9900.0),
        cut=BestCut("<!channel> *large*", _CUT),
        configured_by="U0ADA00001",
    ),
    "empty summary": Summary(
        period=Period(date(2026, 11, 17)),
        zone="UTC",
        runs=(),
        earlier_kgco2e=(),
        configured_by="U0ADA00001",
    ),
    "monthly summary": Summary(
        period=Period(date(2026, 10, 1), Report.MONTHLY),
        zone="Europe/Paris",
        runs=(Counted(name="large", done=True, energy_kwh=2e4, total_kgco2e=6200.0),),
        earlier_kgco2e=(5000.0, 0.0, 1000.0, *([0.0] * 7), 300.0),
        what_ifs=WhatIfs(1, "64 H100 for 2 weeks in Poland", 9900.0),
    ),
    "quarterly summary": Summary(
        period=Period(date(2026, 7, 1), Report.QUARTERLY),
        zone="Asia/Shanghai",
        runs=(Counted(name="large", done=False, energy_kwh=2e4, total_kgco2e=6200.0),),
        earlier_kgco2e=(5000.0, 0.0, 1000.0, 2000.0, 0.0, 0.0, 300.0),
        configured_by="U0ADA00001",
    ),
    "empty month": Summary(
        period=Period(date(2026, 10, 1), Report.MONTHLY), zone="UTC", runs=(), earlier_kgco2e=()
    ),
    "empty quarter": Summary(
        period=Period(date(2026, 7, 1), Report.QUARTERLY), zone="UTC", runs=(), earlier_kgco2e=()
    ),
}
HAPPENED: Final = (
    Happened("C1", summary_named(Period.labelled("2026-W47-1")), "posted", "", 1),
    Happened("C2", measurement_named("<!channel>"), "failed", "timeout", 3),
    Happened("C2", measurement_named(), "posted", "", 1),
    Happened("C2", offer_named(), "posted", "", 1),
    Happened("C3", summary_named(Period.labelled("2026-10")), "skipped", "<!channel>", 1),
)

_USES: Final = (
    Use(date(2026, 11, 3), 15_000.0, done=True),
    Use(date(2026, 11, 20), 9000.0, done=False),
)
_STATES: Final = tuple(
    State(
        Budget(
            scope=scope,
            scope_id="" if scope is BudgetScope.WORKSPACE else "<!channel> *nlp*",
            period=period,
            unit=unit,
            amount=20.0,
            set_by="U1",
        ),
        Span.of(period, date(2026, 11, 24)),
        (*_USES, Use(date(2026, 11, 24), None, done=True)),
    )
    for scope, period, unit in zip(
        BudgetScope, BudgetPeriod, (*BudgetUnit, *BudgetUnit), strict=False
    )
)
BUDGETS: Final = tuple(Today(state, date(2026, 11, 24)) for state in _STATES)
CROSSED: Final = tuple(Crossing(replace(one, uses=()), one, 100) for one in _STATES)


def messages() -> dict[str, dict[str, Any]]:
    """Payloads of messages by what they answer."""
    found: dict[str, dict[str, Any]] = {}
    for asker in (ASKER, CHINESE_ASKER):
        language = asker.say.language
        for command in COMMANDS:
            found[f"{language}: {command}"] = commands.answer(command, asker).message.payload()
        run = "64 H100 for 2 weeks in eu-west-1"
        found[f"{language}: shared"] = estimate.shared(run, asker, "U1").payload()
        found[f"{language}: sources"] = estimate.sources(run, asker).payload()
        found[f"{language}: working"] = estimate.working(run, asker).payload()
        picture = estimate.picture(run, asker)
        found[f"{language}: picture"] = picture.with_file("F0PICTURE1").payload()
        found[f"{language}: no picture"] = picture.without_file(asker.say).payload()
        found[f"{language}: paragraph"] = estimate.paragraph(run, asker).payload()
        metered = "433 MWh in France"
        record = record_message(estimate.record(metered, asker), asker, command=metered)
        assert record is not None
        found[f"{language}: record"] = record.payload()
        for name, summary in SUMMARIES.items():
            found[f"{language}: {name}"] = summary_message(summary, asker).payload()
        found[f"{language}: status"] = status_message(HAPPENED, asker.say).payload()
        for report in Report:
            closed = closed_message(report, "C1", "is_archived", asker.say)
            found[f"{language}: closed {report}"] = closed.payload()
        found[f"{language}: budgets"] = budgets_message(BUDGETS, asker.say).payload()
        found[f"{language}: no budget"] = budgets_message([], asker.say).payload()
        found[f"{language}: budget"] = budget_set_message(BUDGETS[0], asker.say).payload()
        warning = warning_message("<!channel>", CROSSED, "{}", asker.say)
        found[f"{language}: over a budget"] = warning.payload()
        for name, message in _privacy(asker).items():
            found[f"{language}: {name}"] = message.payload()
        found[f"{language}: like"] = estimate.like(run, asker).payload()
    return found


def _privacy(asker: Asker) -> dict[str, Message]:
    """What is told and asked about what is kept."""
    say, rows = asker.say, {"estimates": 12_345, "runs": 1, "schedules": 2}
    return {
        "privacy": privacy.about_message(rows, None, say, is_admin=True),
        "privacy for a day": privacy.about_message({}, 1, say, is_admin=False),
        "forget me": privacy.forget_me_message(rows, say),
        "forget workspace": privacy.forget_workspace_message(say),
        "forget workspace now": privacy.forget_workspace_now_message(say),
        "forgotten": privacy.forgotten_message(12_345, 1, say),
        "forgotten workspace": privacy.forgotten_workspace_message(0, say),
    }


def views() -> dict[str, dict[str, Any]]:
    """Modals and Home tabs by what they show."""
    found: dict[str, dict[str, Any]] = {}
    run = "70B params 15T tokens on 512 H100 in France pue 1.1 overhead 50%"
    for asker in (ASKER, CHINESE_ASKER):
        language, url = asker.say.language, "https://hooks.slack.com/commands/T1/1/x"
        for command in ("", run, "8 Abacus"):
            shown = shown_from(command, asker)
            found[f"{language}: form {command}"] = form_view(shown, Purpose(url=url), asker)
        compared = Purpose(base=run, url=url)
        found[f"{language}: compare"] = form_view(shown_from(run, asker), compared, asker)
        found[f"{language}: result"] = result_view(estimate.answer(run, asker), asker)
        found[f"{language}: over a budget"] = warning_view(
            "carbon_log_anyway_form", "{}", "<!channel>", CROSSED, asker
        )
        for own in (NOTHING_SET, SET):
            set_there = replace(asker, preferences=own)
            for scope in (Scope(), Scope(channel_id="C1", whole=False)):
                for editable in (True, False):
                    current = Current(own, "ours.toml", editable, own)
                    name = f"{language}: settings {own} {scope} {editable}"
                    found[name] = settings_view(scope, current, set_there)
            for welcome in (True, False):
                recent = [] if welcome else [Recent(run, 1234.5, 6789.0)]
                name = f"{language}: home {own} {welcome}"
                found[name] = home_view(recent, set_there, welcome=welcome, budgets=_STATES, more=2)
    return found
