"""Whatever is clicked in an answer inside a thread is answered in that thread."""

from __future__ import annotations

import pytest

from bot.blocks import controls
from bot.slack.form import ESTIMATE_THIS
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from tests.bot.conftest import Stage

RUN = "8 H100 for 2 weeks in Germany"


async def thread_of(scene: Stage, channel: str = "ml-planning") -> tuple[Message, Message]:
    """A thread in which somebody asked, and the answer in it."""
    parent = scene.slack.say(user="ben", channel=channel, text="Which run?")
    scene.slack.say(user="ada", channel=channel, text=f"@carbon {RUN}", thread=parent)
    await scene.settle()
    return parent, scene.slack.thread("ada", parent)[-1]


async def said_after(scene: Stage, parent: Message, *, seen: int = 2) -> Message:
    """The one message that came into a thread, after none came beside it."""
    await scene.settle()
    beside = [m for m in scene.slack.visible_messages("ada", "ml-planning") if not m.thread_ts]
    assert beside == [parent]
    (said,) = scene.slack.thread("ada", parent)[seen:]
    return said


@pytest.mark.parametrize(
    ("action_id", "chosen"),
    [
        (controls.SOURCES, None),
        (controls.CUT, None),
        (controls.MORE, controls.WORKING),
        (controls.MORE, controls.LIKE),
        (controls.MORE, controls.PARAGRAPH),
        (controls.MORE, controls.RECORD),
        (controls.MORE, controls.PICTURE),
    ],
)
async def test_what_a_click_shows_comes_into_the_thread(
    scene: Stage, action_id: str, chosen: str | None
) -> None:
    parent, answer = await thread_of(scene)
    await scene.slack.click(answer, action_id, user="ada", chosen=chosen)
    said = await said_after(scene, parent)
    assert said.visible_to == scene.slack.workspace.user("ada").id
    assert scene.slack.calls("response_url") == 0


async def test_a_comparison_and_its_share_stay_in_the_thread(scene: Stage) -> None:
    slack = scene.slack
    parent, answer = await thread_of(scene)
    await slack.click(answer, controls.COMPARE, user="ada")
    await slack.submit_view(await slack.opened_view("ada"), user="ada")
    comparison = await said_after(scene, parent)

    await slack.click(comparison, controls.SHARE_COMPARISON, user="ada")

    shown = await said_after(scene, parent)
    assert shown.visible_to is None
    assert shown in slack.thread("ben", parent)


async def test_an_edit_and_its_share_stay_in_the_thread(scene: Stage) -> None:
    slack = scene.slack
    parent, answer = await thread_of(scene)
    await slack.click(answer, controls.EDIT, user="ada")
    await slack.submit_view(await slack.opened_view("ada"), user="ada")
    edited = await said_after(scene, parent)
    await slack.click(edited, controls.DURATION, user="ada", chosen="24")
    assert (await said_after(scene, parent)).text.startswith("/carbon 8 H100 for 1 day")

    await slack.click(edited, controls.SHARE, user="ada")

    shown = await said_after(scene, parent)
    assert shown.visible_to is None
    assert shown in slack.thread("ben", parent)


async def test_where_the_bot_may_not_write_the_answer_comes_beside_the_thread(
    scene: Stage,
) -> None:
    parent, answer = await thread_of(scene)
    scene.slack.fail("chat.postEphemeral", Fault(error="not_in_channel"))
    await scene.slack.click(answer, controls.SOURCES, user="ada")
    await scene.settle()
    last = scene.slack.visible_messages("ada", "ml-planning")[-1]
    assert last.thread_ts is None
    assert len(scene.slack.thread("ada", parent)) == 2


async def test_a_picture_that_is_not_ready_comes_into_the_thread_later(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.more.AGAIN_S", (0.0, 0.0))
    parent, answer = await thread_of(scene)
    scene.slack.fail("chat.postEphemeral", Fault(error="invalid_blocks"), times=2)
    await scene.slack.click(answer, controls.MORE, user="ada", chosen=controls.PICTURE)
    said = await said_after(scene, parent)
    assert any(block["type"] == "image" for block in said.blocks)


async def test_a_click_on_the_message_that_a_thread_hangs_from_is_answered_beside_it(
    scene: Stage,
) -> None:
    slack = scene.slack
    outcome = await slack.command(user="ada", channel="ml-planning", text=f"/carbon {RUN} public")
    answer = await slack.answer_to(outcome)
    slack.say(user="ben", channel="ml-planning", text="So much!", thread=answer)
    for act in ("click", "shortcut"):
        if act == "click":
            await slack.click(answer, controls.SOURCES, user="ada")
        else:
            await slack.shortcut(ESTIMATE_THIS, user="ada", message=answer)
        await scene.settle()
        assert slack.visible_messages("ada", "ml-planning")[-1].thread_ts is None
