"""A double click does nothing twice; what is clicked again later is done again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.blocks import controls
from bot.slack.once import DOUBLE_CLICK
from bot.store import open_store
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import Stage


async def answered(slack: LocalSlack, text: str) -> Message:
    outcome = await slack.command(user="ada", channel="general", text=f"/carbon {text}")
    assert outcome.message
    return outcome.message


async def twice(scene: Stage, message: Message, action_id: str) -> None:
    """Two clicks, the second one before the page knows what the first one did."""
    slack = scene.slack
    ada = slack.workspace.user("ada")
    outcomes = await asyncio.gather(
        *(slack.desk.actions.use(ada, message, action_id) for _ in range(2))
    )
    await scene.settle()
    assert [outcome.status for outcome in outcomes] == [200, 200]


async def test_a_double_click_shows_an_answer_to_the_channel_once(scene: Stage) -> None:
    await twice(scene, await answered(scene.slack, "8 H100 in France"), controls.SHARE)
    assert len(scene.slack.visible_messages("ben", "general")) == 1


async def test_a_double_click_shows_a_comparison_to_the_channel_once(scene: Stage) -> None:
    message = await answered(scene.slack, "compare 8 H100 in France vs 8 H100 in Poland")
    await twice(scene, message, controls.SHARE_COMPARISON)
    assert len(scene.slack.visible_messages("ben", "general")) == 1


@pytest.mark.parametrize("button", [controls.SOURCES, controls.CUT])
async def test_a_double_click_is_answered_once_and_a_later_click_again(
    scene: Stage, button: str
) -> None:
    message = await answered(scene.slack, "8 H100 in France")
    await twice(scene, message, button)
    assert len(scene.slack.visible_messages("ada", "general")) == 2

    scene.clock.ahead_s += DOUBLE_CLICK.total_seconds() + 1
    await scene.slack.click(message, button, user="ada")
    await scene.settle()
    assert len(scene.slack.visible_messages("ada", "general")) == 3


async def test_two_members_who_click_the_same_button_are_both_answered(scene: Stage) -> None:
    message = await answered(scene.slack, "8 H100 in France public")
    for user in ("ada", "ben"):
        await scene.slack.click(message, controls.SOURCES, user=user)
    await scene.settle()
    for user in ("ada", "ben"):
        own = [m for m in scene.slack.visible_messages(user, "general") if m.visible_to]
        assert len(own) == 1


async def test_menus_may_be_changed_to_and_fro_at_once(scene: Stage) -> None:
    message = await answered(scene.slack, "8 H100 in Germany")
    for hours in ("24", "336", "24"):
        await scene.slack.click(message, controls.DURATION, user="ada", chosen=hours)
        await scene.settle()
    assert message.text.startswith("/carbon 8 H100 for 1 day in Germany:")


async def test_a_run_whose_form_is_submitted_twice_is_logged_once(scene: Stage) -> None:
    slack = scene.slack
    message = await answered(slack, "8 H100 for 3 days in France")
    await slack.click(message, controls.LOG, user="ada")
    view = await slack.opened_view("ada")
    await slack.enter(view, "carbon_log_name", "twice", user="ada")
    outcomes = await asyncio.gather(*(slack.submit_view(view, user="ada") for _ in range(2)))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [outcome.errors for outcome in outcomes] == [{}, {}]
    await slack.command(user="ada", channel="general", text="/carbon runs")
    shown = slack.visible_messages("ada", "general")[-1]
    assert "(1 found)" in shown.text


async def test_a_form_that_slack_does_not_open_is_apologised_for(scene: Stage) -> None:
    slack = scene.slack
    message = await answered(slack, "8 H100 for 3 days in France")
    slack.fail("views.open", Fault(status=503, is_page=True))
    await slack.click(message, controls.LOG, user="ada")
    await scene.settle()
    assert "Sorry" in slack.visible_messages("ada", "general")[-1].text


async def test_replicas_share_what_was_clicked(tmp_path: Path) -> None:
    url, at = f"sqlite:///{tmp_path}/carbon.db", datetime(2026, 11, 24, tzinfo=UTC)
    async with open_store(url) as one, open_store(url) as two:
        claims = [
            store.handled.first_time_within("key", at, DOUBLE_CLICK)
            for _ in range(10)
            for store in (one, two)
        ]
        assert sum(await asyncio.gather(*claims)) == 1
        later = at + DOUBLE_CLICK + timedelta(seconds=1)
        assert await two.handled.first_time_within("key", later, DOUBLE_CLICK)
        await one.handled.forget("key")
        assert await two.handled.first_time_within("key", later, DOUBLE_CLICK)
