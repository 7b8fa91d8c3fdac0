"""The summaries: every figure in the text, within Slack's limits, in both languages."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asker import Asker
from bot.blocks.summary import summary_message
from bot.periods import Period, Report
from bot.summary import SHOWN, Counted, Summary, WhatIfs
from deploy.local_slack.limits import check_message
from estimator import figures
from tests.bot import corpus
from tests.bot.people import ASKER, CHINESE_ASKER

FULL = corpus.SUMMARIES["summary"]
EMPTY = corpus.SUMMARIES["empty summary"]
MONTH = corpus.SUMMARIES["monthly summary"]
QUARTER = corpus.SUMMARIES["quarterly summary"]


def shown(summary: Summary, asker: Asker = ASKER) -> dict[str, Any]:
    payload = summary_message(summary, asker).payload()
    assert check_message({key: payload[key] for key in ("text", "blocks")}) == []
    return payload


def test_every_figure_stands_in_the_text() -> None:
    text = shown(FULL)["text"]
    for figure in (
        "2026-11-16 to 2026-11-22 (week 47), time zone Europe/Paris",
        "3 logged runs: 6.45 t CO2e, 21.0 MWh. Done: 250 kg (2). Planned: 6.20 t (1).",
        "Of 1 run no emissions are known.",
        "Against the seven days before (5.00 t): +1.45 t (+29 %).",
        "Against the mean of the four weeks before (2.00 t): +4.45 t (+222 %)",
        "small (done) 250 kg 1.00 MWh",
        "estimated 1.00 MWh, measured 900 kWh (−10 %)",
        "Largest possible cut, of",
        "7 what-if estimates, not in the total; the largest: 9.90 t CO2e for `/carbon 64 H100 for",
        "2026-09-28 300 kg",
        "2026-11-16 6.45 t",
        "/carbon weekly off",
    ):
        assert figure in text


@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER])
def test_nobodys_words_notify_a_channel(asker: Asker) -> None:
    payload = shown(FULL, asker)
    tables = [block for block in payload["blocks"] if block["type"] == "table"]
    others = [block for block in payload["blocks"] if block["type"] != "table"]
    assert len(tables) == 1
    assert "<!channel>" not in str(others) + payload["text"]


def test_who_turned_it_on_is_named_but_not_in_the_notification() -> None:
    payload = shown(FULL)
    assert "<@U0ADA00001>" in payload["blocks"][-1]["elements"][0]["text"]
    assert "U0ADA00001" not in payload["text"]


def test_it_is_chinese_for_a_chinese_channel() -> None:
    for summary in corpus.SUMMARIES.values():
        text = re.sub(
            r"64 H100 for 2 weeks in Poland|<!channel> \*large\*",
            "",
            str(shown(summary, CHINESE_ASKER)["text"]),
        )
        assert "运行" in text or "估算" in text
        assert "the" not in text.split()


def test_the_chart_has_eight_weeks_with_the_last_one_at_the_end() -> None:
    (chart,) = [b for b in shown(FULL)["blocks"] if b["type"] == "data_visualization"]
    (series,) = chart["chart"]["series"]
    assert [point["value"] for point in series["data"]] == [0.3, 0, 0, 2, 1, 0, 5, 6.45]
    assert chart["chart"]["axis_config"]["categories"][-1] == "11-16"


def test_a_month_is_held_against_the_month_and_the_three_months_before() -> None:
    text = shown(MONTH)["text"]
    for figure in (
        "October 2026: 6.20 t CO2e. 2026-10-01 to 2026-10-31, time zone Europe/Paris.",
        "Against the month before (5.00 t): +1.20 t (+24 %).",
        "Against the mean of the three months before (2.00 t): +4.20 t (+210 %).",
        "Months: 2025-11 300 kg; 2025-12 0 kg;",
        "2026-09 5.00 t; 2026-10 6.20 t.",
        "Every month by itself: `/carbon monthly on`.",
    ):
        assert figure in text
    chinese = shown(MONTH, CHINESE_ASKER)["text"]
    assert "2026年10月：6.20 t CO2e" in chinese
    assert "与前三个月的平均值（2.00 t）相比" in chinese
    (chart,) = [b for b in shown(MONTH)["blocks"] if b["type"] == "data_visualization"]
    assert chart["chart"]["axis_config"]["categories"] == [
        *("11", "12", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    ]
    assert chart["title"] == "Logged runs per month, 2025-11 to 2026-10"


def test_a_quarter_is_held_against_the_quarter_and_the_year_before() -> None:
    text = shown(QUARTER)["text"]
    for figure in (
        "Q3 2026: 6.20 t CO2e. 2026-07-01 to 2026-09-30, time zone Asia/Shanghai.",
        "Against the quarter before (5.00 t): +1.20 t (+24 %).",
        "Against the mean of the four quarters before (2.00 t): +4.20 t (+210 %).",
        "Quarters: 2024-Q4 300 kg;",
        "2026-Q2 5.00 t; 2026-Q3 6.20 t.",
        "To turn it off: `/carbon quarterly off`.",
    ):
        assert figure in text
    assert "2026年第3季度：6.20 t CO2e" in shown(QUARTER, CHINESE_ASKER)["text"]


def test_an_empty_month_and_an_empty_quarter_are_named() -> None:
    for name, english, chinese in (
        ("empty month", "No run and no estimate in October 2026.", "2026年10月没有运行"),
        ("empty quarter", "No run and no estimate in Q3 2026.", "2026年第3季度没有运行"),
    ):
        assert shown(corpus.SUMMARIES[name])["text"].startswith(english)
        assert shown(corpus.SUMMARIES[name], CHINESE_ASKER)["text"].startswith(chinese)


def test_an_empty_week_has_no_figures() -> None:
    payload = shown(EMPTY)
    assert [block["type"] for block in payload["blocks"]] == [
        "header",
        "context",
        "section",
        "context",
    ]
    assert payload["text"].startswith("No run and no estimate in the last seven days.")


runs = st.lists(
    st.builds(
        Counted,
        name=st.text(min_size=1, max_size=255),
        done=st.booleans(),
        energy_kwh=st.none() | st.floats(0, 1e12),
        total_kgco2e=st.none() | st.floats(0, 1e12),
        estimated_kwh=st.none() | st.floats(0, 1e12),
        measured_kwh=st.none() | st.floats(0, 1e12),
    ),
    max_size=30,
)


@given(
    runs,
    st.builds(Period.before, st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(Report)),
    st.lists(st.floats(0, 1e12), min_size=11, max_size=11),
    st.builds(WhatIfs, st.integers(0, 10**6), st.text(max_size=3000), st.floats(0, 1e12)),
    st.sampled_from([ASKER, CHINESE_ASKER]),
)
def test_whatever_happened_slack_takes_it_and_the_parts_add_up(
    found: list[Counted], period: Period, earlier: list[float], what_ifs: WhatIfs, asker: Asker
) -> None:
    summary = Summary(
        period=period,
        zone="America/Argentina/ComodRivadavia",
        runs=tuple(found),
        earlier_kgco2e=tuple(earlier[: SHOWN[period.report] - 1]),
        what_ifs=what_ifs,
    )
    text = shown(summary, asker)["text"]
    total = math.fsum(run.total_kgco2e or 0.0 for run in found)
    assert summary.total_kgco2e == total
    if not summary.is_empty:
        assert figures.mass(total) in text
