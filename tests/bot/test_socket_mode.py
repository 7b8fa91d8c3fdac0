"""The bot over Socket Mode."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.blocks.controls import SHARE
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import manifest_with, stage


async def test_a_command_is_answered(socket_slack: LocalSlack) -> None:
    outcome = await socket_slack.command(user="ada", channel="general", text="/carbon 8 H100")

    assert outcome.message
    assert "Energy" in outcome.message.text


async def test_a_click_is_answered(socket_slack: LocalSlack) -> None:
    outcome = await socket_slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message

    await socket_slack.click(outcome.message, SHARE, user="ada")
    await socket_slack.wait_for(lambda: bool(socket_slack.visible_messages("ben", "general")))


async def test_the_bot_comes_back_when_its_socket_is_dropped(socket_slack: LocalSlack) -> None:
    assert await socket_slack.drop_sockets() == 1
    await socket_slack.sockets_connected(timeout_s=20)

    outcome = await socket_slack.command(user="ada", channel="general", text="/carbon 8 H100")

    assert outcome.message


async def test_the_bot_comes_back_when_slack_asks_for_a_new_socket(
    socket_slack: LocalSlack,
) -> None:
    await socket_slack.disconnect_sockets("refresh_requested")
    await socket_slack.wait_for(
        lambda: socket_slack.calls("apps.connections.open") == 2, timeout_s=20
    )
    await socket_slack.sockets_connected(timeout_s=20)

    outcome = await socket_slack.command(user="ada", channel="general", text="/carbon 8 H100")

    assert outcome.message


async def test_a_command_that_was_not_acknowledged_survives_the_drop_of_its_socket() -> None:
    async with stage(socket_mode=True, manifest=manifest_with("/slow")) as found:
        started, release = asyncio.Event(), asyncio.Event()
        deliveries = 0

        @found.bot.app.command("/slow")
        async def slow(ack: Callable[..., Awaitable[None]]) -> None:
            nonlocal deliveries
            deliveries += 1
            if deliveries == 1:
                started.set()
                await release.wait()
            await ack(text="answered", response_type="ephemeral")

        asking = asyncio.ensure_future(
            found.slack.command(user="ada", channel="general", text="/slow")
        )
        await started.wait()
        assert await found.slack.drop_sockets() == 1
        outcome = await asking
        release.set()

        assert outcome.error is None
        assert outcome.message
        assert outcome.message.text == "answered"
        assert deliveries == 2


async def test_a_stop_answers_what_is_in_flight() -> None:
    async with stage(socket_mode=True, manifest=manifest_with("/slow")) as found:
        started = asyncio.Event()

        @found.bot.app.command("/slow")
        async def slow(ack: Callable[..., Awaitable[None]]) -> None:
            started.set()
            await asyncio.sleep(0)
            await ack(text="answered", response_type="ephemeral")

        asking = asyncio.ensure_future(
            found.slack.command(user="ada", channel="general", text="/slow")
        )
        await started.wait()
    outcome = await asking
    assert outcome.message
    assert outcome.message.text == "answered"
