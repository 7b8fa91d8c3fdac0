"""The bot over Socket Mode."""

from __future__ import annotations

from bot.blocks.estimate import SHARE
from deploy.local_slack.server import LocalSlack


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
