"""Where the answer to a form goes, and what happens when Slack is slow or refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks import controls
from bot.slack.form import ESTIMATE_THIS, NEW
from bot.views.form import CHANNEL, RESULT
from deploy.local_slack import Fault
from deploy.local_slack.messages import Message
from deploy.local_slack.views import View
from estimator import load_default
from tests.bot.conftest import Stage, stage

PUBLIC: dict[str, Any] = {
    "public": {"carbon_form_public": {"selected_options": [{"value": "public"}]}}
}


def blocks(view: View) -> str:
    return str(view.content["blocks"])


def says(stage: Stage, user: str, channel: str = "general") -> list[str]:
    return [message.text for message in stage.slack.visible_messages(user, channel)]


async def answered(scene: Stage, text: str, user: str = "ada") -> Message:
    outcome = await scene.slack.command(user=user, channel="general", text=f"/carbon {text}")
    return await scene.slack.answer_to(outcome)


async def form_of(scene: Stage, text: str, user: str = "ada") -> View:
    await scene.slack.command(user=user, channel="general", text=f"/carbon new {text}")
    return await scene.slack.opened_view(user)


async def test_where_slack_is_slow_to_say_who_asks_the_form_opens_first(scene: Stage) -> None:
    slack = scene.slack
    slack.fail("users.info", Fault(hang=True), times=2)
    await form_of(scene, "8 H100 for 3 days")
    await slack.wait_for(lambda: "3 days" in blocks(slack.views("ada")[-1]))
    assert (slack.calls("views.open"), slack.calls("views.update")) == (1, 1)
    slack.release()
    outcome = await slack.submit_view(slack.views("ada")[-1], user="ada")
    assert outcome.errors == {}
    assert slack.views("ada") == []


@pytest.mark.parametrize("opens", ["command", "shortcut"])
async def test_who_gets_no_form_is_told(scene: Stage, opens: str) -> None:
    slack = scene.slack
    slack.fail("views.open", Fault(status=200, error="internal_error"), times=9)
    if opens == "command":
        await slack.command(user="chen", channel="general", text="/carbon new")
    else:
        await slack.shortcut(NEW, user="chen")
    await scene.settle()
    where = "general" if opens == "command" else "dm"
    await slack.wait_for(lambda: any("表单未能打开" in text for text in says(scene, "chen", where)))


async def test_a_form_can_be_answered_for_everybody(scene: Stage) -> None:
    view = await form_of(scene, "8 H100")
    await scene.slack.submit_view(view, user="ada", values=PUBLIC)
    (seen,) = says(scene, "ben")
    assert seen.startswith("/carbon 8 H100:")


async def test_the_box_is_checked_where_the_command_says_public(scene: Stage) -> None:
    assert "initial_options" in blocks(await form_of(scene, "8 H100 public"))


async def test_the_box_stays_checked_while_the_form_is_edited(scene: Stage) -> None:
    slack = scene.slack
    view = await form_of(scene, "8 H100")
    await slack.enter(view, "carbon_form_public", ["public"], user="ada")
    await slack.enter(
        view, "carbon_form_duration", "5 days", user="ada", trigger="on_character_entered"
    )
    await scene.settle()
    await slack.submit_view(slack.views("ada")[-1], user="ada")
    assert says(scene, "ben")[0].startswith("/carbon 8 H100 for 5 days:")


async def test_an_edit_for_everybody_takes_the_place_of_the_private_answer(scene: Stage) -> None:
    message = await answered(scene, "8 H100 in Germany")
    await scene.slack.click(message, controls.EDIT, user="ada")
    view = await scene.slack.opened_view("ada")
    await scene.slack.submit_view(view, user="ada", values=PUBLIC)
    assert len(says(scene, "ada")) == 1
    assert says(scene, "ben") == says(scene, "ada")


async def test_two_devices_have_fields_and_all_of_a_long_run_is_kept(scene: Stage) -> None:
    run = "10 A100 in Germany, 20 TPU-v4"
    message = await answered(scene, run)
    await scene.slack.click(message, controls.EDIT, user="ada")
    view = await scene.slack.opened_view("ada")
    assert ("second_quantity", "carbon_form_second_quantity", "20") in [
        (b["block_id"], b["element"]["action_id"], b["element"].get("initial_value"))
        for b in view.blocks
        if b["type"] == "input"
    ]
    await scene.slack.submit_view(view, user="ada")
    assert "10 A100" in says(scene, "ada")[0]
    assert "20 TPU-v4" in says(scene, "ada")[0]


@pytest.mark.parametrize(("devices", "wrong"), [(20, []), (70, ["more"])])
async def test_a_long_run_stands_in_the_form_whole(
    scene: Stage, devices: int, wrong: list[str]
) -> None:
    names = sorted(load_default().accelerators, key=len)[-devices:]
    run = ", ".join(f"3 {name}" for name in names)
    view = await form_of(scene, run)
    (more,) = [block["element"] for block in view.blocks if block.get("block_id") == "more"]
    assert more["initial_value"] == run
    # Of the longest, more words are typed than are read: it can be shortened there.
    assert [*(await scene.slack.submit_view(view, user="ada")).errors] == wrong


@pytest.mark.parametrize("trouble", ["late", "refused"])
async def test_an_edit_that_cannot_be_sent_is_answered_in_its_form(
    scene: Stage, trouble: str
) -> None:
    slack = scene.slack
    message = await answered(scene, "8 H100 in Germany")
    await slack.click(message, controls.EDIT, user="ada")
    view = await slack.opened_view("ada")
    if trouble == "late":
        scene.clock.ahead_s += 31 * 60
    else:
        slack.fail("response_url", Fault(status=500), times=9)
    outcome = await slack.submit_view(view, user="ada")
    assert outcome.errors == {}
    result = slack.views("ada")[-1]
    assert result.content["callback_id"] == RESULT
    assert "could not be sent" in blocks(result)
    assert "kg CO2e" in blocks(result)
    assert says(scene, "ada", "dm") == []


async def test_a_comparison_that_cannot_be_sent_is_shown_from_its_form(scene: Stage) -> None:
    slack = scene.slack
    message = await answered(scene, "8 H100 in Germany")
    await slack.click(message, controls.COMPARE, user="ada")
    view = await slack.opened_view("ada")
    scene.clock.ahead_s += 31 * 60
    await slack.submit_view(view, user="ada")
    result = slack.views("ada")[-1]
    assert "could not be sent" in blocks(result)
    general = slack.workspace.channel("general").id
    await slack.enter(result, CHANNEL, general, user="ada")
    await slack.submit_view(result, user="ada")
    await scene.settle()
    assert slack.views("ada") == []
    assert "compare 8 H100 in Germany" in says(scene, "ben")[-1]


async def test_what_could_not_be_shown_can_be_shown_again(scene: Stage) -> None:
    slack = scene.slack
    await slack.shortcut(NEW, user="ada")
    view = await slack.opened_view("ada")
    await slack.enter(
        view, "carbon_form_more", "8 H100", user="ada", trigger="on_character_entered"
    )
    await scene.settle()
    await slack.submit_view(slack.views("ada")[-1], user="ada")
    result = slack.views("ada")[-1]
    general = slack.workspace.channel("general").id
    await slack.enter(result, CHANNEL, general, user="ada")
    slack.fail("response_url", Fault(status=500))
    await slack.submit_view(result, user="ada")
    again = slack.views("ada")[-1]
    assert "could not be shown there" in blocks(again)
    assert says(scene, "ben") == []
    await slack.submit_view(again, user="ada")
    assert slack.views("ada") == []
    assert len(says(scene, "ben")) == 1


async def test_a_form_submitted_twice_is_answered_once(scene: Stage) -> None:
    view = await form_of(scene, "8 H100")
    await scene.slack.submit_view(view, user="ada")
    await scene.slack.submit_view(view, user="ada")
    await scene.settle()
    assert len(says(scene, "ada")) == 1


async def test_of_two_keys_at_once_the_second_is_previewed(scene: Stage) -> None:
    slack = scene.slack
    view = await form_of(scene, "8 H100")
    for typed in ("1 d", "1 da", "1 day", "1 days", "11 days"):
        await slack.enter(
            view, "carbon_form_duration", typed, user="ada", trigger="on_character_entered"
        )
    await scene.settle()
    assert "8 H100 for 11 days" in blocks(slack.views("ada")[-1])


@pytest.mark.parametrize("invited", [True, False])
async def test_a_message_in_a_thread_is_estimated_there_where_the_bot_may_write(
    scene: Stage, *, invited: bool
) -> None:
    slack = scene.slack
    if invited:
        slack.invite_bot("general")
    parent = slack.say(user="ben", channel="general", text="Which run?")
    reply = slack.say(user="ben", channel="general", text="64 H100 for 2 weeks!", thread=parent)
    await slack.shortcut(ESTIMATE_THIS, user="ada", message=reply)
    await scene.settle()
    last = slack.visible_messages("ada", "general")[-1]
    assert last.text.startswith("/carbon 64 H100 for 2 weeks:")
    assert last.thread_ts == (parent.ts if invited else None)
    assert not any(text.startswith("/carbon") for text in says(scene, "ben"))


async def test_the_form_works_over_socket_mode() -> None:
    async with stage(socket_mode=True) as scene:
        slack = scene.slack
        view = await form_of(scene, "8 H100", "chen")
        await slack.enter(
            view, "carbon_form_duration", "5天", user="chen", trigger="on_character_entered"
        )
        await scene.settle()
        assert "总计" in blocks(slack.views("chen")[-1])
        await slack.submit_view(slack.views("chen")[-1], user="chen")
        await scene.settle()
        assert says(scene, "chen")[0].startswith("/carbon 8 H100 for 5 days")
