"""Budgets in Slack: set, shown and removed, and what asks before a run is logged."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.blocks.budget import CANCEL_LOG, LOG_ANYWAY
from bot.commands import ledger
from bot.preferences import Editors, Preferences
from bot.slack.once import DOUBLE_CLICK
from bot.store import Team, open_store
from bot.views.budget import ANYWAY_FORM, IMPORT_ANYWAY_FORM
from deploy.local_slack.messages import Message
from deploy.local_slack.views import View
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER
from tests.bot.test_ledger_files import opened
from tests.bot.test_measuring import MEASURED, PUBLIC, connected, sent, told
from tests.bot.test_runs import RUN, form_of, said
from tests.bot.test_settings_form import upload

TEAM = Team("", "T0LOCAL001")
GENERAL = "C0GENERAL1"
ENTRY = ledger.entry_of(ledger.read_log(f"x {RUN}", ASKER), GENERAL, "U1", ASKER.today)
TONNES = (ENTRY.total_kgco2e or 0) / 1000
TIGHT = f"budget {TONNES * 1.5:.3f} t a year"
"""Of which ``RUN`` takes two thirds."""
CROSSES = "Not logged yet"


def blocks(message: Message | View) -> str:
    shown = message.content["blocks"] if isinstance(message, View) else message.all_blocks
    return str(shown)


def charts(message: Message) -> list[dict[str, Any]]:
    return [block for block in message.all_blocks if block["type"] == "data_visualization"]


async def runs(scene: Stage) -> str:
    return (await said(scene, "runs")).text


async def pressed(scene: Stage, message: Message, button: str, user: str = "ada") -> Message:
    """What the message turns into, or is followed by, after a button was pressed."""
    outcome = await scene.slack.click(message, button, user=user)
    await scene.settle()
    return outcome.later[0]


def button_of(message: Message) -> dict[str, Any]:
    (row,) = [block for block in message.all_blocks if block["type"] == "actions"]
    found: dict[str, Any] = row["elements"][0]
    assert found["action_id"] == LOG_ANYWAY
    return found


async def test_a_budget_is_set_shown_and_removed(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        assert "Neither this channel nor the workspace" in (await said(scene, "budget")).text
        answer = await said(scene, "budget 20 t a year")
        assert "Set: this channel, 20 t CO2e a year." in answer.text
        assert answer.visible_to is not None
        await said(scene, f"log llama-ft {RUN}")
        await said(scene, "budget 50 MWh a quarter for the workspace")
        await said(scene, "budget 9 t a year for project nlp")
        shown = await said(scene, "budget")
        assert f"planned {TONNES:.2f} t" in shown.text
        assert f"{20 - TONNES:.1f} t left" in shown.text
        assert f"{100 * TONNES // 20:g} % used" in shown.text
        assert "The whole workspace, 50 MWh a quarter" in shown.text
        assert "Project nlp, 9 t CO2e a year" in shown.text
    async with stage(database_url=database_url) as scene:
        assert "This channel, 20 t" in (await said(scene, "budget")).text
        # Other channels see theirs alone.
        other = await said(scene, "budget", channel="ml-planning")
        assert "This channel" not in other.text
        assert "The whole workspace" in other.text
        removed = await said(scene, "budget off")
        assert "Removed: this channel, 20 t CO2e a year." in removed.text
        assert "/carbon budget 20 t a year" in removed.text
        assert "no such budget" in (await said(scene, "budget off")).text


async def test_a_budget_of_the_same_kind_is_replaced(scene: Stage) -> None:
    await said(scene, "budget 20 t a month for project Llama")
    await said(scene, "budget 30 t a month for project llama")
    await said(scene, "budget 8 MWh a month for project llama")
    shown = await said(scene, "budget")
    assert "Project Llama, 30 t CO2e a month" in shown.text
    assert "Project llama, 8 MWh a month" in shown.text
    assert "20 t CO2e" not in shown.text


async def test_every_figure_of_the_burn_down_stands_in_the_text(scene: Stage) -> None:
    await said(scene, "budget 20 t a year")
    await said(scene, f"log llama-ft {RUN}")
    shown = await said(scene, "budget")
    (block,) = charts(shown)
    assert block["chart"]["type"] == "line"
    left, even = block["chart"]["series"]
    assert (left["name"], even["name"]) == ("Left", "Even burn")
    assert left["data"][0] == {"label": "0", "value": 20.0}
    listed = re.findall(r"(\S+) t \((\S+) (\w+)\)", shown.text)
    assert left["data"][-1]["value"] == pytest.approx(20 - TONNES, rel=0.005)
    assert even["data"][-1]["value"] == 0
    for one, other, found in zip(left["data"], even["data"], listed, strict=True):
        size = {"t": 1.0, "kg": 1e-3, "g": 1e-6}[found[2]]
        assert float(found[0]) == pytest.approx(one["value"], rel=0.006)
        assert float(found[1]) * size == pytest.approx(other["value"], rel=0.006)


async def test_a_message_has_no_more_charts_than_slack_takes(scene: Stage) -> None:
    for unit in ("t", "MWh"):
        for period in ("month", "quarter", "year"):
            await said(scene, f"budget 1 {unit} a {period}")
            await said(scene, f"budget 1 {unit} a {period} for the workspace")
    assert len(charts(await said(scene, "budget"))) == 2


@pytest.mark.parametrize(
    ("typed", "why", "better"),
    [
        ("budget 20 bananas a month", "“bananas” is no unit", "/carbon budget 20 t a month"),
        ("budget 20 t", "Say for how long", "/carbon budget 20 t a month"),
        ("budget off a year", "There is no such budget", "/carbon budget"),
    ],
)
async def test_a_mistake_is_answered_with_a_command_that_works(
    scene: Stage, typed: str, why: str, better: str
) -> None:
    refused = await said(scene, typed)
    assert why in refused.text
    assert better in refused.text


async def test_who_may_change_the_settings_sets_budgets(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as store:
        await store.preferences.put(TEAM, "", Preferences(editors=Editors.ADMINS), "U1")
        open_to_all = Preferences(editors=Editors.EVERYONE)
        await store.preferences.put(TEAM, GENERAL, open_to_all, "U1")
    async with stage(database_url=url) as scene:
        for whose in ("for the workspace", "for project nlp"):
            refused = await said(scene, f"budget 20 t a month {whose}", user="ben")
            assert "You may not change this" in refused.text
            assert "Set:" in (await said(scene, f"budget 20 t a month {whose}")).text
            refused = await said(scene, f"budget off {whose}", user="ben")
            assert "You may not change this" in refused.text
        assert "Set:" in (await said(scene, "budget 20 t a month", user="ben")).text
        refused = await said(scene, "budget 20 t a month", user="ben", channel="ml-planning")
        assert "You may not change this" in refused.text
        assert "The whole workspace" in (await said(scene, "budget", user="ben")).text


async def test_a_run_that_reaches_a_threshold_waits_for_a_word(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        await said(scene, TIGHT)
        warned = await said(scene, f"log llama-ft {RUN}")
        assert CROSSES in warned.text
        assert "0 % used without it, 66 % with it" in warned.text
        assert "That reaches 50 %" in warned.text
        assert "empty" in await runs(scene)
        assert "Not logged." in (await pressed(scene, warned, CANCEL_LOG)).text
        assert "empty" in await runs(scene)
        warned = await said(scene, f"log llama-ft {RUN}")
        assert (
            "Entered in the ledger: “llama-ft”" in (await pressed(scene, warned, LOG_ANYWAY)).text
        )
        assert "1 found" in await runs(scene)
        over = await said(scene, f"log second {RUN}")
        assert "66 % used without it, 133 % with it" in over.text
        assert "too much" in over.text
        assert "That reaches 100 %" in over.text


async def test_what_reaches_no_threshold_is_logged_at_once(scene: Stage) -> None:
    await said(scene, f"budget {TONNES * 2.5:.3f} t a year")
    assert "Entered" in (await said(scene, f"log one {RUN}")).text
    assert CROSSES in (await said(scene, f"log two {RUN}")).text
    # What counts in another project, channel or year is none of its business.
    await said(scene, "budget off")
    await said(scene, "budget 0.1 t a year for project vision")
    assert "Entered" in (await said(scene, f"log two #nlp {RUN}")).text
    assert CROSSES in (await said(scene, f"log three #Vision {RUN}")).text
    await said(scene, "budget 0.1 t a year", channel="ml-planning")
    assert "Entered" in (await said(scene, f"log four {RUN}")).text


async def test_runs_of_the_same_moment_miss_no_threshold(scene: Stage) -> None:
    # Each alone takes a third; both together reach what neither does.
    await said(scene, f"budget {TONNES * 3:.3f} t a year")
    for number in range(8):
        names = (f"a{number}", f"b{number}")
        answers = await asyncio.gather(*(said(scene, f"log {name} {RUN}") for name in names))
        assert any("50 %" in answer.text for answer in answers)
        for name in names:
            await said(scene, f"drop {name}")


async def test_a_run_counts_in_the_period_in_which_it_starts(scene: Stage) -> None:
    await said(scene, "budget 0.1 t a month")
    warned = await said(scene, f"log llama-ft {RUN} from 2031-02-03")
    assert "2031-02: 0 % used without it" in warned.text
    assert "from 2031-02-03" in blocks(await pressed(scene, warned, LOG_ANYWAY))
    assert "0 % used" in (await said(scene, "budget")).text


async def test_a_warning_works_after_a_restart_and_logs_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as scene:
        await said(scene, TIGHT)
        warned = await said(scene, f"log llama-ft #nlp {RUN}")
    value = button_of(warned)["value"]
    async with stage(database_url=url) as scene:
        again = await said(scene, f"log llama-ft #nlp {RUN}")
        # The message of before, as it stands in the channel still.
        button_of(again)["value"] = value
        await asyncio.gather(
            scene.slack.click(again, LOG_ANYWAY, user="ada"),
            scene.slack.click(again, LOG_ANYWAY, user="ada"),
        )
        await scene.settle()
        assert "1 found" in await runs(scene)
        assert "llama-ft #nlp" in await runs(scene)


async def test_a_second_click_much_later_logs_nothing_again(scene: Stage) -> None:
    await said(scene, TIGHT)
    warned = await said(scene, f"log llama-ft {RUN}")
    value = button_of(warned)["value"]
    await pressed(scene, warned, LOG_ANYWAY)
    await said(scene, "done llama-ft")
    scene.clock.ahead_s += DOUBLE_CLICK.total_seconds() + 1
    again = await said(scene, f"log llama-ft {RUN}")
    button_of(again)["value"] = value
    assert "logged already" in (await pressed(scene, again, LOG_ANYWAY)).text
    assert "1 found" in await runs(scene)


async def test_it_asks_again_where_it_would_reach_more_than_was_shown(scene: Stage) -> None:
    await said(scene, TIGHT)
    first = await said(scene, f"log one {RUN}")
    second = await said(scene, f"log two {RUN}")
    await pressed(scene, first, LOG_ANYWAY)
    asked = await pressed(scene, second, LOG_ANYWAY)
    assert "66 % used without it, 133 % with it" in asked.text
    assert "1 found" in await runs(scene)
    scene.clock.ahead_s += DOUBLE_CLICK.total_seconds() + 1
    assert "Entered" in (await pressed(scene, asked, LOG_ANYWAY)).text
    assert "2 found" in await runs(scene)


async def test_a_public_run_is_shown_to_the_channel_once_it_is_logged(scene: Stage) -> None:
    await said(scene, TIGHT)
    warned = await said(scene, f"log llama-ft {RUN} public")
    assert warned.visible_to is not None
    await pressed(scene, warned, LOG_ANYWAY)
    (shown,) = [
        one for one in scene.slack.visible_messages("ben", "general") if "Entered" in one.text
    ]
    assert shown.visible_to is None


async def test_a_mention_asks_in_the_channel_and_keeps_the_owner(scene: Stage) -> None:
    scene.slack.invite_bot("general")
    await said(scene, TIGHT)
    asked = scene.slack.say(user="ada", channel="general", text=f"@carbon log llama-ft {RUN}")
    await scene.settle()
    (warned,) = scene.slack.thread("ben", asked)
    assert CROSSES in warned.text
    await scene.slack.click(warned, LOG_ANYWAY, user="ben")
    await scene.settle()
    (entered,) = scene.slack.thread("ada", asked)
    assert "Entered in the ledger" in entered.text
    assert "<@U0ADA00001>" in blocks(entered)


async def test_a_name_that_was_taken_meanwhile_is_refused(scene: Stage) -> None:
    await said(scene, TIGHT)
    warned = await said(scene, f"log llama-ft {RUN}")
    await said(scene, "budget off")
    await said(scene, f"log llama-ft {RUN}")
    assert "plans a run “llama-ft” already" in (await pressed(scene, warned, LOG_ANYWAY)).text


async def test_the_form_of_the_button_asks_before_it_logs(scene: Stage) -> None:
    await said(scene, TIGHT)
    view = await form_of(scene, await said(scene, RUN))
    await scene.slack.enter(view, "carbon_log_name", "my run", user="ada")
    await scene.slack.submit_view(view, user="ada")
    warning = scene.slack.views("ada")[-1]
    assert warning.content["callback_id"] == ANYWAY_FORM
    assert "66 % with it" in blocks(warning)
    assert "empty" in await runs(scene)
    await asyncio.gather(
        scene.slack.submit_view(warning, user="ada"), scene.slack.submit_view(warning, user="ada")
    )
    assert "1 found" in await runs(scene)
    assert "my run" in await runs(scene)


async def test_a_file_asks_once_for_all_of_its_runs(scene: Stage) -> None:
    await said(scene, f"budget {TONNES * 3:.3f} t a year")
    content = f"name,command\none,{RUN}\ntwo,{RUN}\n"
    view = await opened(scene)
    file = upload(scene.slack, "runs.csv", content)
    await scene.slack.enter(view, "carbon_import_file", [file], user="ada")
    await scene.slack.submit_view(view, user="ada")
    warning = scene.slack.views("ada")[-1]
    assert warning.content["callback_id"] == IMPORT_ANYWAY_FORM
    assert "Not logged yet: 2 runs." in blocks(warning)
    assert "66 % with it" in blocks(warning)
    assert "empty" in await runs(scene)
    await scene.slack.submit_view(warning, user="ada")
    assert "Runs entered: 2" in blocks(scene.slack.views("ada")[-1])
    assert "2 found" in await runs(scene)


async def test_a_file_of_measurements_tells_what_it_reached(scene: Stage) -> None:
    await said(scene, "budget 10 kWh a year")
    view = await opened(scene)
    heading = "project_name,run_id,duration,emissions,energy_consumed,pue"
    file = upload(scene.slack, "e.csv", f"{heading}\nx,{MEASURED['run_id']},1,2.0,9.0,1\n")
    await scene.slack.enter(view, "carbon_import_file", [file], user="ada")
    await scene.slack.submit_view(view, user="ada")
    shown = blocks(scene.slack.views("ada")[-1])
    assert "Runs entered: 1" in shown
    assert "0 % used without it, 90 % with it" in shown


async def test_a_measurement_is_told_with_what_it_reaches(database_url: str) -> None:
    async with stage(public_url=PUBLIC, database_url=database_url) as scene:
        await said(scene, "budget 20 MWh a year")
        secret = await connected(scene)
        assert (await sent(scene, secret))[0] == 201
        (heard,) = told(scene)
        assert "0 % used without it, 69 % with it, 6.10 MWh left. That reaches 50 %." in heard
        assert "spent 13.9 MWh" in (await said(scene, "budget")).text
        # A later figure changes the message; what it reaches anew is told once.
        for energy_kwh in (15_000.0, 16_000.0, 17_000.0):
            later = {"energy_consumed": energy_kwh, "duration": energy_kwh * 1000}
            assert (await sent(scene, secret, {**MEASURED, **later}))[0] == 201
        seen = scene.slack.visible_messages("ben", "general")
        (grown,) = [one.text for one in seen if "has grown" in one.text]
        assert "That reaches 80 %." in grown
        assert "85 % with it" in told(scene)[0]


async def test_a_measured_run_counts_as_measured_and_done_tells_what_it_reaches(
    scene: Stage,
) -> None:
    await said(scene, "budget 45 MWh a year")
    await said(scene, f"log llama-ft {RUN}")
    shown = await said(scene, "done llama-ft 38 MWh")
    assert "Done: “llama-ft”" in shown.text
    assert "84 % with it" in shown.text
    assert "That reaches 80 %" in shown.text
    assert "spent 38.0 MWh, planned 0" in (await said(scene, "budget")).text


async def test_the_longest_run_fits_into_a_button(scene: Stage) -> None:
    for period in ("month", "quarter", "year"):
        for whose in ("", " for the workspace"):
            await said(scene, f"budget 1 kg a {period}{whose}")
            await said(scene, f"budget 1 kWh a {period}{whose}")
    longest = sorted(ASKER.catalogue.accelerators, key=len, reverse=True)[:20]
    run = ", ".join(f"9999999 {name}" for name in longest) + " for 2 weeks in Germany"
    # Of such a character JSON makes six.
    name, project = "\x02" * 80, "\x03" * 80
    warned = await said(scene, f"log {name} #{project} {run} from 2026-12-01 until 2026-12-14")
    assert len(button_of(warned)["value"]) > 1500
    assert "Entered" in (await pressed(scene, warned, LOG_ANYWAY)).text


async def test_the_weekly_summary_names_what_is_left(scene: Stage) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(1)
    await said(scene, f"budget {TONNES * 2.5:.3f} t a month", channel="ml-planning")
    await said(scene, f"log llama-ft {RUN} from {yesterday}", channel="ml-planning")
    shown = await said(scene, "weekly preview", channel="ml-planning")
    left = f"{yesterday:%Y-%m}: 40 % used, {TONNES * 1.5:.1f} t left."
    assert f"Budget: This channel, {TONNES * 2.5:.3f} t CO2e a month, {left}" in shown.text
    await said(scene, "budget off", channel="ml-planning")
    assert "Budget" not in (await said(scene, "weekly preview", channel="ml-planning")).text


async def test_budgets_speak_chinese_to_who_reads_chinese(scene: Stage) -> None:
    answer = await said(scene, "预算 每年20吨", user="chen")
    assert "已设置：本频道，每年 20 t CO2e" in answer.text
    await said(scene, "预算 关闭", user="chen")
    await said(scene, f"预算 每年{TONNES * 1.5:.3f}吨", user="chen")
    warned = await said(scene, "登记 我的模型 64块H100 训练2周 在德国", user="chen")
    assert "尚未登记" in warned.text
    assert "仍然登记" in blocks(warned)
    assert "已登记到台账" in (await pressed(scene, warned, LOG_ANYWAY, user="chen")).text
    assert "剩余" in (await said(scene, "预算", user="chen")).text
    assert "不是预算的单位" in (await said(scene, "预算 每月20香蕉", user="chen")).text
