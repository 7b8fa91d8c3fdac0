"""A member who asks for too much is told to wait; the others are answered as ever."""

from __future__ import annotations

import json

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import controls
from bot.blocks.error import slow_down_message
from bot.i18n import CHINESE, ENGLISH, say_in
from bot.slack.rates import TOLD_S, Buckets, Throttle
from bot.slack.signing import SIGNATURE, TIMESTAMP
from bot.store import Team
from deploy.local_slack import config
from tests.bot.conftest import Stage, stage
from tests.bot.test_requests import Client
from tests.bot.test_runs import said

TEAM = Team("", "T1")
MUCH = 6
"""Requests that a member makes on these stages before they are to wait."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_bucket_holds_its_burst_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(3, 0.5, clock)

    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2.0]
    assert buckets.take("b") == 0
    clock.now_s += 2
    assert [buckets.take("a"), buckets.take("a")] == [0, 2.0]
    clock.now_s += 1e6
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2.0]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.integers(1, 20))
def test_no_more_than_the_burst_and_the_flow_come_through(pauses: list[float], burst: int) -> None:
    clock = Clock()
    buckets = Buckets(burst, 0.1, clock)
    taken = 0
    for pause in pauses:
        clock.now_s += pause
        taken += not buckets.take("a")
    assert taken <= burst + 0.1 * sum(pauses) + 1e-6


def test_what_is_remembered_is_bounded_and_the_busy_stay() -> None:
    buckets = Buckets(2, 0.001, Clock(), most=10)
    for number in range(100):
        buckets.take("busy")
        buckets.take(number)

    assert len(buckets) == 10
    assert buckets.take("busy") > 0


def test_a_workspaces_bound_is_of_all_its_members() -> None:
    throttle = Throttle(2, 3, Clock())

    assert [throttle.wait_s(TEAM, "U1") > 0 for _ in range(3)] == [False, False, True]
    assert throttle.wait_s(TEAM, "U2") == 0
    assert throttle.wait_s(TEAM, "U3") > 0
    assert throttle.wait_s(Team("", "T2"), "U3") == 0
    assert throttle.wait_s(Team("E1", "T1"), "U3") == 0


def test_without_a_bound_nobody_waits() -> None:
    throttle = Throttle(0, 0, Clock())

    assert {throttle.wait_s(TEAM, "U1") for _ in range(10_000)} == {0}


def test_they_hear_of_it_once_in_a_while() -> None:
    clock = Clock()
    throttle = Throttle(1, 1, clock)

    assert [throttle.is_to_hear(TEAM, "U1") for _ in range(3)] == [True, False, False]
    clock.now_s += TOLD_S
    assert throttle.is_to_hear(TEAM, "U1")


def test_it_says_when_in_the_language_of_who_asks() -> None:
    assert "again in 1 second." in slow_down_message(0.2, say_in(ENGLISH)).text
    assert "again in 12 seconds." in slow_down_message(11.1, say_in(ENGLISH)).text
    assert "12 秒" in slow_down_message(11.1, say_in(CHINESE)).text


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_a_command_too_many_is_answered_so(socket_mode: bool) -> None:  # noqa: FBT001
    async with stage(socket_mode=socket_mode, rates=(MUCH, 100)) as scene:
        for _ in range(MUCH):
            assert "Try again in" not in (await said(scene, "8 H100")).text

        refused = await said(scene, "8 H100")

        assert "Try again in" in refused.text
        assert refused.is_ephemeral
        assert "Try again in" not in (await said(scene, "8 H100", user="ben")).text


async def test_clicks_too_many_are_told_once() -> None:
    async with stage(rates=(MUCH, 100)) as scene:
        answer = await said(scene, "8 H100")
        for _ in range(MUCH - 1):
            await scene.slack.suggest(answer, controls.REGION, "fran", user="ada")
        before = len(scene.slack.visible_messages("ada", "general"))

        for _ in range(3):
            await scene.slack.click(answer, controls.SOURCES, user="ada")
        await scene.settle()

        found = scene.slack.visible_messages("ada", "general")[before:]
        assert ["Try again in" in message.text for message in found] == [True]
        offered = await scene.slack.suggest(answer, controls.REGION, "fran", user="ada")
        assert offered.options == []


async def test_mentions_too_many_are_told_once_to_who_asked() -> None:
    async with stage(rates=(MUCH, 100)) as scene:
        slack = scene.slack
        slack.invite_bot("general")
        for _ in range(MUCH):
            slack.say(user="ada", channel="general", text="@carbon 8 H100")
        await scene.settle()
        before = slack.calls("chat.postMessage")

        for _ in range(3):
            slack.say(user="ada", channel="general", text="@carbon 8 H100")
        await scene.settle()

        assert slack.calls("chat.postMessage") == before
        assert slack.calls("chat.postEphemeral") == 1


async def test_a_form_stays_open_with_what_was_entered() -> None:
    async with stage(rates=(MUCH, 100)) as scene:
        await scene.slack.command(user="ada", channel="general", text="/carbon new")
        view = await scene.slack.opened_view("ada")
        for _ in range(MUCH - 1):
            await said(scene, "8 H100")

        outcome = await scene.slack.submit_view(view, user="ada")

        assert "That is more than carbon answers" in next(iter(outcome.errors.values()))
        assert scene.slack.views("ada") == [view]


async def test_what_slack_repeats_is_not_counted() -> None:
    async with stage(rates=(1, 100)) as scene, aiohttp.ClientSession() as session:
        client = Client(scene.bot.address, session)
        for number in range(5):
            event = {
                "type": "event_callback",
                "team_id": "T1",
                "event_id": "Ev1",
                "event": {"type": "message", "channel": "C1", "ts": "1.1", "user": "U1"},
            }
            body = json.dumps(event).encode()
            headers = client.signed(body, secret=config.SIGNING_SECRET)
            headers |= {"Content-Type": "application/json", "X-Slack-Retry-Num": str(number)}
            assert {TIMESTAMP, SIGNATURE} < {*headers}
            assert (await client.post(body, headers))[0] == 200

        assert await _is_answered(scene)


async def _is_answered(scene: Stage) -> bool:
    return "Try again in" not in (await said(scene, "8 H100")).text
