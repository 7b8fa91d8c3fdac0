"""The ledger in Slack: runs are entered, listed, ended and dropped, by commands and by a button."""

from __future__ import annotations

from datetime import date

import pytest

from bot.blocks import controls
from bot.blocks.ledger import against_estimate
from bot.commands import ledger
from bot.commands.ledger import NotRead, read_done, read_log
from bot.language import LanguageError
from bot.ledger import Entry
from bot.preferences import Preferences
from deploy.local_slack.messages import Message
from deploy.local_slack.views import View
from estimator import FactorSet
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER

RUN = "64 H100 for 2 weeks in Germany"


async def said(scene: Stage, text: str, user: str = "ada", channel: str = "general") -> Message:
    outcome = await scene.slack.command(user=user, channel=channel, text=f"/carbon {text}")
    assert outcome.message
    return outcome.message


@pytest.mark.parametrize(
    ("typed", "name", "project", "command"),
    [
        (f"llama-ft {RUN}", "llama-ft", "", RUN),
        (f'"llama ft" {RUN}', "llama ft", "", RUN),
        (f"“llama ft” #nlp {RUN}", "llama ft", "nlp", RUN),
        (f"llama-ft {RUN} #nlp", "llama-ft", "nlp", RUN),
        (f"llama-ft <#C012345678|nlp> {RUN}", "llama-ft", "nlp", RUN),
        ("「我的 模型」 64块H100 训练2周 在德国", "我的 模型", "", RUN),
    ],
)
def test_a_name_a_project_and_a_run_are_told_apart(
    typed: str, name: str, project: str, command: str
) -> None:
    found = read_log(typed, ASKER)
    assert (found.name, found.project, found.command) == (name, project, command)


def test_the_days_of_a_run_are_read_and_count_it() -> None:
    found = read_log(f"llama-ft {RUN} from 2026-12-01 until 2026-12-14", ASKER)
    assert (found.starts_on, found.ends_on) == (date(2026, 12, 1), date(2026, 12, 14))
    entry = ledger.entry_of(found, "C1", "U1", ASKER.today)
    assert entry.counted_on == date(2026, 12, 1)
    assert found.command == RUN


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Give the run a name"),
        ("llama-ft", "Say the run after its name"),
        (f'"" {RUN}', "Give the run a name"),
        (f'"{"x" * 81}" {RUN}', "at most 80"),
        (f"llama-ft {RUN} from 2026-02-30", "no day of the calendar"),
        (f"llama-ft {RUN} from 2026-12-14 until 2026-12-01", "ends before it starts"),
        ("llama-ft 10 GPU factors article", "belong in no ledger"),
    ],
)
def test_what_cannot_be_logged_is_explained_with_a_command_that_works(typed: str, why: str) -> None:
    with pytest.raises(NotRead, match=why) as caught:
        read_log(typed, ASKER)
    word, _, rest = caught.value.better.partition(" ")
    assert word == "log"
    read_log(rest, ASKER)


def test_a_mistake_in_the_run_is_shown_in_the_whole_command() -> None:
    with pytest.raises(LanguageError) as caught:
        read_log("llama-ft 64 H10 for 2 weeks", ASKER)
    error = caught.value
    assert error.text.startswith("log llama-ft 64 ")
    assert error.text[error.start : error.end] == "H10"
    assert (error.correction or "").startswith("log llama-ft 64 ")


def test_the_ledger_counts_with_sourced_factors_whatever_the_settings() -> None:
    asker = ASKER.__class__(
        ASKER.catalogue, ASKER.say, ASKER.today, Preferences(factors=FactorSet.ARTICLE)
    )
    assert read_log("x 10 GPU", asker).result.factors is FactorSet.SOURCED


@pytest.mark.parametrize(
    ("typed", "name", "energy_kwh"),
    [
        ("llama-ft 433 MWh", "llama-ft", 433_000),
        ("llama-ft 433MWh", "llama-ft", 433_000),
        ("my run 2 1,500 kWh", "my run 2", 1500),
        ('"my run" 12 GWh', "my run", 12e6),
        ("llama-ft", "llama-ft", None),
        ("run 2", "run 2", None),
        ('"run 2"', "run 2", None),
        ("llama-ft 10 GPU 20 TPU", "llama-ft 10 GPU 20 TPU", None),
    ],
)
def test_a_run_that_is_over_and_its_energy(typed: str, name: str, energy_kwh: float | None) -> None:
    found = read_done(typed, ASKER)
    assert (found.name, found.energy_kwh) == (name, energy_kwh)


def test_measured_is_shown_against_estimated() -> None:
    entry = Entry(
        channel_id="C1",
        owner_id="U1",
        name="x",
        counted_on=date(2026, 11, 24),
        energy_kwh=15_100,
        energy_low_kwh=12_000,
        energy_high_kwh=19_000,
        operational_kgco2e=5000,
    )
    line = against_estimate(ledger.done_of(entry, 13_900, ASKER.today), ASKER.say)
    assert line == "estimated 15.1 MWh (likely 12–19), measured 13.9 MWh (7.9 % less)"
    assert ledger.done_of(entry, 15_100, ASKER.today).measured_kgco2e == 5000


async def test_a_run_is_logged_listed_done_and_dropped(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        logged = await said(scene, f"log llama-ft #nlp {RUN}")
        assert "Entered in the ledger: “llama-ft”" in logged.text
        assert "Total: " in logged.text
        assert logged.visible_to is not None
        listed = await said(scene, "runs", user="ben")
        assert "llama-ft #nlp" in listed.text
        assert "planned" in listed.text
        assert "llama-ft" in (await said(scene, "runs NLP")).text
        assert "No run matches" in (await said(scene, "runs vision")).text
        assert "empty" in (await said(scene, "runs", channel="ml-planning")).text
        done = await said(scene, "done LLAMA-FT 12 MWh")
        assert "measured 12 MWh" in done.text.replace("12.0", "12")
        assert "done" in (await said(scene, "runs")).text
        dropped = await said(scene, "drop llama-ft")
        assert "no longer in the ledger" in dropped.text
        assert "empty" in (await said(scene, "runs")).text


async def test_a_name_that_is_planned_is_taken_until_it_is_done(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    again = await said(scene, f"log llama-ft {RUN}")
    assert "plans a run “llama-ft” already" in again.text
    assert f"/carbon log llama-ft-2 {RUN}" in again.text
    await said(scene, "done llama-ft")
    assert "Entered" in (await said(scene, f"log llama-ft {RUN}")).text


async def test_only_the_owner_or_an_administrator_changes_a_run(scene: Stage) -> None:
    await said(scene, f"log adas {RUN}")
    await said(scene, f"log bens {RUN}", user="ben")
    for command in ("done adas 5 MWh", "drop adas"):
        assert "another's" in (await said(scene, command, user="ben")).text
    assert "Done: “bens”" in (await said(scene, "done bens 5 MWh")).text


@pytest.mark.parametrize(
    ("command", "why", "better"),
    [
        ("done lama-ft 5 MWh", "Did you mean llama-ft?", "/carbon done llama-ft 5000 kWh"),
        ("done llama-ft 5", "“5” is no energy", "/carbon done llama-ft 433 MWh"),
        ("done", "Name the run", "/carbon done llama-ft 433 MWh"),
        ("drop", "Name the run", "/carbon drop llama-ft"),
        ("drop nothing-like-it", "has no run", "/carbon runs"),
    ],
)
async def test_a_mistake_is_answered_with_a_command_that_works(
    scene: Stage, command: str, why: str, better: str
) -> None:
    await said(scene, f"log llama-ft {RUN}")
    refused = await said(scene, command)
    assert why in refused.text
    assert better in refused.text


async def test_the_ledger_speaks_chinese_to_who_reads_chinese(scene: Stage) -> None:
    assert "已登记到台账" in (await said(scene, "登记 我的模型 64块H100 在德国", user="chen")).text
    assert "我的模型" in (await said(scene, "台账", user="chen")).text
    assert "实测" in (await said(scene, "完成 我的模型 433 MWh", user="chen")).text


async def form_of(scene: Stage, message: Message, user: str = "ada") -> View:
    await scene.slack.click(message, controls.LOG, user=user)
    return await scene.slack.opened_view(user)


async def test_the_button_asks_for_a_name_and_enters_the_run(scene: Stage) -> None:
    view = await form_of(scene, await said(scene, RUN))
    await scene.slack.enter(view, "carbon_log_name", "my run", user="ada")
    await scene.slack.enter(view, "carbon_log_project", "#nlp", user="ada")
    assert (await scene.slack.submit_view(view, user="ada")).errors == {}
    assert "Entered in the ledger: “my run”" in str(scene.slack.views("ada")[-1].content)
    assert "my run #nlp" in (await said(scene, "runs")).text

    view = await form_of(scene, await said(scene, RUN))
    await scene.slack.enter(view, "carbon_log_name", "my run", user="ada")
    outcome = await scene.slack.submit_view(view, user="ada")
    assert "already" in outcome.errors["name"]


async def test_the_button_under_an_answer_to_the_channel_works_for_everybody(
    scene: Stage,
) -> None:
    view = await form_of(scene, await said(scene, f"{RUN} public"), user="ben")
    await scene.slack.enter(view, "carbon_log_name", "bens", user="ben")
    assert (await scene.slack.submit_view(view, user="ben")).errors == {}
    assert "bens" in (await said(scene, "runs")).text
