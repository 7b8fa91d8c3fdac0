"""Runs of the ledger are edited in a form; two who edit at once lose nothing."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.ledger import EDIT_RUN
from bot.commands import editing, ledger
from bot.commands.editing import Fields
from bot.ledger import Entry, Run, RunState
from bot.views import editing as views
from deploy.local_slack.views import View
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER
from tests.bot.test_runs import RUN, said
from tests.bot.test_settings_form import whole_workspace

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def run_of(typed: str = f"llama-ft #nlp {RUN}", **changed: object) -> Run:
    found = ledger.entry_of(ledger.read_log(typed, ASKER), "C1", "U1", ASKER.today)
    return Run("1", replace(found, **changed), 1, NOW, NOW)  # type: ignore[arg-type]


def with_fields(run: Run, **changed: str) -> Fields:
    return replace(editing.fields_of(run.entry), **changed)


async def form(scene: Stage, user: str = "ada", name: str = "llama-ft") -> View:
    """The form of a run, opened from the list of runs."""
    listed = await said(scene, "runs", user)
    buttons = [
        element
        for block in listed.blocks
        for element in block.get("elements", [])
        if str(element.get("action_id", "")).startswith(EDIT_RUN)
        and name in element["text"]["text"]
    ]
    await scene.slack.click(listed, buttons[0]["action_id"], user=user)
    return await scene.slack.opened_view(user)


async def enter(scene: Stage, view: View, user: str = "ada", **values: str) -> View:
    for name, value in values.items():
        await scene.slack.enter(
            view, f"{views.FIELD}{name}", value, user=user, trigger="on_character_entered"
        )
        await scene.settle()
    return scene.slack.views(user)[-1]


def shown(view: View) -> str:
    return str(view.content["blocks"])


def test_what_nobody_touched_stays_as_it_is() -> None:
    run = run_of(measured_energy_kwh=13_900.123456789, state=RunState.DONE, measured_kgco2e=1.0)
    fields = editing.fields_of(run.entry)
    assert editing.mistakes(fields, run.entry, ASKER) == {}
    assert editing.edited(run, fields, ASKER) == run.entry


def test_another_run_is_estimated_again_and_what_was_measured_by_its_electricity() -> None:
    done = ledger.done_of(run_of().entry, 13_900, ASKER.today)
    run = Run("1", done, 1, NOW, NOW)
    changed = editing.edited(run, with_fields(run, command="64 H100 for 2 weeks in France"), ASKER)
    assert changed.energy_kwh == pytest.approx(run.entry.energy_kwh, rel=0.2)
    assert changed.spec != run.entry.spec
    assert changed.measured_kgco2e is not None
    assert changed.measured_kgco2e < 0.5 * (done.measured_kgco2e or 0)
    metered = Run("1", replace(done, measured_kgco2e=5200.0), 1, NOW, NOW)
    again = editing.edited(metered, with_fields(metered, command="64 H100 in France"), ASKER)
    assert again.measured_kgco2e == 5200.0


def test_a_measured_energy_emits_as_the_estimate_does_or_as_before() -> None:
    run = run_of(state=RunState.DONE)
    changed = editing.edited(run, with_fields(run, measured="12 MWh"), ASKER)
    assert changed.measured_energy_kwh == 12_000
    assert changed.measured_kgco2e == ledger.emitted_kgco2e(run.entry, 12_000)
    plain = Entry(
        channel_id="C1",
        owner_id="U1",
        name="x",
        counted_on=ASKER.today,
        state=RunState.DONE,
        measured_energy_kwh=100.0,
        measured_kgco2e=40.0,
    )
    alone = Run("1", plain, 1, NOW, NOW)
    assert editing.edited(alone, with_fields(alone, measured="50 kWh"), ASKER).measured_kgco2e == 20
    empty = editing.edited(alone, with_fields(alone, measured=""), ASKER)
    assert (empty.measured_energy_kwh, empty.measured_kgco2e) == (None, None)


def test_a_run_counts_on_its_first_day_and_ends_today_where_nobody_says_when() -> None:
    run = run_of()
    moved = editing.edited(run, with_fields(run, starts_on="2026-12-01"), ASKER)
    assert moved.counted_on == date(2026, 12, 1)
    again = replace(run, entry=moved)
    back = editing.edited(again, with_fields(again, starts_on=""), ASKER)
    assert back.counted_on == NOW.date()
    assert editing.edited(run, with_fields(run, state="done"), ASKER).ends_on == ASKER.today


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"name": ""}, "name", "Give the run a name"),
        ({"name": "x" * 81}, "name", "at most 80"),
        ({"project": "x" * 81}, "project", "at most 80"),
        ({"command": ""}, "command", "Say the run"),
        ({"command": "64 H10"}, "command", "H10"),
        ({"command": "10 GPU factors article"}, "command", "no ledger"),
        ({"starts_on": "2026-02-30"}, "starts_on", "2026-12-01"),
        ({"starts_on": "2026-12-14", "ends_on": "2026-12-01"}, "ends_on", "before it starts"),
        ({"state": "done", "measured": "433"}, "measured", "433 MWh"),
        ({"measured": "433 MWh"}, "state", "empty its energy"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changed: dict[str, str], field: str, why: str) -> None:
    run = run_of()
    wrong = editing.mistakes(with_fields(run, **changed), run.entry, ASKER)
    assert [*wrong] == [field]
    assert why in ASKER.say(wrong[field])


def test_what_must_be_filled_in_is_told_from_what_need_not() -> None:
    def must(command: str | None) -> set[str]:
        run = run_of(command=command)
        view = views.edit_view(run, views.EditPurpose.of(run), editing.fields_of(run.entry), ASKER)
        inputs = [block for block in view["blocks"] if block["type"] == "input"]
        assert len(inputs) == 7
        return {block["block_id"].split()[0] for block in inputs if not block["optional"]}

    assert must("64 H100") == {"name", "state", "command"}
    # Imported without a command, it needs none.
    assert must(None) == {"name", "state"}


values = st.builds(
    Fields,
    *(st.sampled_from(["", "a", "b", "c"]) for _ in range(3)),
    st.sampled_from(["planned", "done"]),
    *(st.sampled_from(["", "a", "b", "c"]) for _ in range(3)),
)


@given(values, values, values)
def test_nothing_that_either_entered_is_lost_unless_both_entered_it(
    base: Fields, mine: Fields, now: Fields
) -> None:
    travelled = editing.basis(base)
    found = asdict(editing.merged(travelled, mine, now))
    told = {change.field: change for change in editing.changes(travelled, mine, now)}
    for name, value in found.items():
        then, entered, current = (asdict(one)[name] for one in (base, mine, now))
        assert value == (entered if entered != then else current)
        assert (name in told) == (current != then)
        if current not in {value, then}:
            assert told[name].lost


async def test_a_run_is_edited_from_the_list(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        await said(scene, f"log llama-ft #nlp {RUN}")
        view = await form(scene)
        assert RUN in shown(view)
        view = await enter(
            scene, view, name="llama-2", project="#cv", state="done", measured="12 MWh"
        )
        assert "measured 12.0 MWh" in shown(view)
        assert (await scene.slack.submit_view(view, user="ada")).errors == {}
        assert "Saved: “llama-2”" in shown(scene.slack.views("ada")[-1])
        listed = (await said(scene, "runs")).text
        assert "llama-2 #cv" in listed
        assert "done" in listed
        assert "12.0 MWh" in listed


async def test_mistakes_are_told_while_typing_and_nothing_is_saved(scene: Stage) -> None:
    await said(scene, f"log other {RUN}")
    await said(scene, f"log llama-ft {RUN}")
    view = await enter(scene, await form(scene), command="64 H10", ends_on="soon")
    assert "There is no device" in shown(view)
    assert "A day is written as" in shown(view)
    outcome = await scene.slack.submit_view(view, user="ada")
    assert {*outcome.errors} == {"command 1", "ends_on 1"}
    view = await enter(scene, view, command=RUN, ends_on="", name="other")
    assert "There is no device" not in shown(view)
    outcome = await scene.slack.submit_view(view, user="ada")
    assert "already" in outcome.errors["name 1"]
    assert "llama-ft" in (await said(scene, "runs")).text


async def test_who_saves_second_is_told_what_changed_and_keeps_what_they_entered(
    database_url: str,
) -> None:
    async with stage(database_url=database_url) as scene:
        await said(scene, f"log llama-ft #nlp {RUN}", user="ben")
        first, second = await form(scene, "ben"), await form(scene, "ada")
        first = await enter(scene, first, "ben", project="cv", name="bens")
        second = await enter(scene, second, "ada", name="adas", starts_on="2026-12-01")
        assert (await scene.slack.submit_view(first, user="ben")).errors == {}

        await scene.slack.submit_view(second, user="ada")
        again = scene.slack.views("ada")[-1]
        assert "changed while you had it open" in shown(again)
        assert "Project: now “cv”, before “nlp”" in shown(again)
        assert "Name: now “bens”, before “llama-ft”; saving replaces it" in shown(again)
        assert "bens #cv" in (await said(scene, "runs")).text

        await scene.slack.submit_view(again, user="ada")
        listed = (await said(scene, "runs")).text
        assert "adas #cv (2026-12-01)" in listed


async def test_what_changes_nothing_that_the_form_shows_stands_in_nobodys_way(
    scene: Stage,
) -> None:
    await said(scene, f"log llama-ft {RUN}", user="ben")
    first, second = await form(scene, "ben"), await form(scene, "ada")
    await scene.slack.submit_view(first, user="ben")
    second = await enter(scene, second, "ada", name="adas")
    await scene.slack.submit_view(second, user="ada")
    assert "Saved: “adas”" in shown(scene.slack.views("ada")[-1])


async def test_of_two_who_save_at_once_one_is_kept_and_the_other_is_told(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        await said(scene, f"log llama-ft {RUN}", user="ben")
        first, second = await form(scene, "ben"), await form(scene, "ada")
        first = await enter(scene, first, "ben", project="bens")
        second = await enter(scene, second, "ada", project="adas")
        await asyncio.gather(
            scene.slack.submit_view(first, user="ben"), scene.slack.submit_view(second, user="ada")
        )
        ends = [shown(scene.slack.views(user)[-1]) for user in ("ben", "ada")]
        assert sorted("Saved: “llama-ft”" in end for end in ends) == [False, True]
        assert sorted("saving replaces it by your entry" in end for end in ends) == [False, True]
        kept = "bens" if "Saved" in ends[0] else "adas"
        assert f"llama-ft #{kept}" in (await said(scene, "runs")).text


async def test_who_may_no_longer_edit_a_run_is_told_when_they_save_or_drop(scene: Stage) -> None:
    view = await whole_workspace(scene)
    await scene.slack.enter(view, "carbon_settings_editors", "everyone", user="ada")
    await scene.slack.submit_view(view, user="ada")
    await said(scene, f"log llama-ft {RUN}")
    view = await form(scene, "ben")
    other = await whole_workspace(scene)
    await scene.slack.enter(other, "carbon_settings_editors", "admins", user="ada")
    await scene.slack.submit_view(other, user="ada")
    view = await enter(scene, view, "ben", name="bens")
    await scene.slack.submit_view(view, user="ben")
    assert "another's" in shown(scene.slack.views("ben")[-1])
    listed = await said(scene, "runs")
    assert "llama-ft" in listed.text


async def test_keys_in_the_form_of_a_run_that_is_gone_do_nothing(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    view = await form(scene)
    await said(scene, "drop llama-ft")
    await enter(scene, view, name="llama-2")
    await scene.slack.click(view, views.DROP, user="ada")
    await scene.settle()
    assert "no longer in the ledger" in shown(scene.slack.views("ada")[-1])


async def test_a_run_that_is_gone_is_told_with_what_was_entered(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    view = await enter(scene, await form(scene), name="llama-2")
    await said(scene, "drop llama-ft")
    await scene.slack.submit_view(view, user="ada")
    gone = shown(scene.slack.views("ada")[-1])
    assert "no longer in the ledger" in gone
    assert f"/carbon log llama-2 {RUN}" in gone


async def test_a_run_is_taken_out_from_its_form(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    view = await form(scene)
    await scene.slack.click(view, views.DROP, user="ada")
    await scene.settle()
    assert "no longer in the ledger" in shown(scene.slack.views("ada")[-1])
    assert "empty" in (await said(scene, "runs")).text


async def test_a_run_that_changed_is_not_taken_out_unseen(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    view = await form(scene)
    await said(scene, "done llama-ft 12 MWh")
    await scene.slack.click(view, views.DROP, user="ada")
    await scene.settle()
    assert "now “12000 kWh”" in shown(scene.slack.views("ada")[-1])
    assert "llama-ft" in (await said(scene, "runs")).text


async def test_only_who_may_change_a_run_is_offered_to(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    listed = await said(scene, "runs")
    (button,) = [
        element["action_id"]
        for block in listed.blocks
        for element in block.get("elements", [])
        if str(element.get("action_id", "")).startswith(EDIT_RUN)
    ]
    assert button
    assert EDIT_RUN not in str((await said(scene, "runs", "ben")).blocks)
    refused = await said_in_form(scene, "edit llama-ft", "ben")
    assert "another's" in refused

    view = await whole_workspace(scene)
    await scene.slack.enter(view, "carbon_settings_editors", "everyone", user="ada")
    await scene.slack.submit_view(view, user="ada")
    assert EDIT_RUN in str((await said(scene, "runs", "ben")).blocks)


async def said_in_form(scene: Stage, text: str, user: str) -> str:
    await scene.slack.command(user=user, channel="general", text=f"/carbon {text}")
    await scene.settle()
    return scene.slack.visible_messages(user, "general")[-1].text


async def test_a_form_is_opened_by_the_runs_name(scene: Stage) -> None:
    await said(scene, f"log llama-ft {RUN}")
    await scene.slack.command(user="ada", channel="general", text="/carbon edit llama-ft")
    assert RUN in shown(await scene.slack.opened_view("ada"))
    assert "Did you mean llama-ft?" in await said_in_form(scene, "edit lama-ft", "ada")
    assert "/carbon edit llama-ft" in await said_in_form(scene, "edit", "ada")


async def test_the_form_speaks_chinese(scene: Stage) -> None:
    await said(scene, "登记 我的模型 64块H100 在德国", user="chen")
    view = await form(scene, "chen", "我的模型")
    assert view.content["title"]["text"] == "编辑运行"
