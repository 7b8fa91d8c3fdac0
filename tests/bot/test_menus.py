"""The menus under an answer change it in place; the member's Slack decides the language."""

from __future__ import annotations

import pytest

from bot.blocks import controls
from bot.commands import suggest
from bot.language import parse
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from deploy.local_slack.server import LocalSlack
from tests.bot.people import ASKER


async def asked(slack: LocalSlack, text: str, user: str = "ada") -> Message:
    outcome = await slack.command(user=user, channel="general", text=f"/carbon {text}")
    assert outcome.message
    return outcome.message


async def changed(slack: LocalSlack, message: Message, user: str = "ada") -> str:
    """The text that stands in the place of a message after it was replaced."""
    await slack.settle()
    (shown,) = slack.visible_messages(user, "general")
    assert shown.ts == message.ts
    return shown.text


async def test_a_place_found_by_typing_replaces_the_answer(slack: LocalSlack) -> None:
    message = await asked(slack, "8 H100 for 3 days in Germany pue 1.5")
    found = await slack.suggest(message, controls.REGION, "stockholm", user="ada")
    assert any("eu-north-1" in option["text"]["text"] for option in found.options)

    await slack.click(message, controls.REGION, user="ada", chosen="eu-north-1")

    text = await changed(slack, message)
    assert text.startswith("/carbon 8 H100 for 3 days in eu-north-1:")


async def test_an_accelerator_found_by_typing_replaces_the_answer(slack: LocalSlack) -> None:
    message = await asked(slack, "8 H100 for 3 days in Germany")
    found = await slack.suggest(message, controls.DEVICE, "mi300", user="ada")
    assert any("MI300X" in option["value"] for option in found.options)

    await slack.click(message, controls.DEVICE, user="ada", chosen="MI300X")

    text = await changed(slack, message)
    assert text.startswith("/carbon 8 MI300X for 3 days in Germany:")


async def test_a_duration_that_is_chosen_replaces_the_answer(slack: LocalSlack) -> None:
    message = await asked(slack, "8 H100 in Germany")

    await slack.click(message, controls.DURATION, user="ada", chosen="336")

    assert (await changed(slack, message)).startswith("/carbon 8 H100 for 2 weeks in Germany:")


async def test_a_change_can_be_changed_again(slack: LocalSlack) -> None:
    message = await asked(slack, "8 H100 in Germany")
    await slack.click(message, controls.DURATION, user="ada", chosen="336")
    await changed(slack, message)

    await slack.click(message, controls.DURATION, user="ada", chosen="24")

    assert (await changed(slack, message)).startswith("/carbon 8 H100 for 1 day in Germany:")


async def test_an_answer_shown_to_the_channel_has_no_menus(slack: LocalSlack) -> None:
    message = await asked(slack, "8 H100 in Germany public")
    with pytest.raises(KeyError, match="no element"):
        message.element(controls.REGION)


async def test_a_command_too_long_for_a_blocks_id_has_no_menus_and_keeps_its_buttons(
    slack: LocalSlack,
) -> None:
    many = ", ".join(f"{n} {model}" for n, model in enumerate(["H100", "A100", "V100"] * 12, 3))
    command = f"{many} for 2 weeks in Germany at 61% pue 1.17 overhead 21% storage 120 TB"
    message = await asked(slack, command)
    if controls.state_id(command) is None:
        message.element(controls.SHARE)


async def test_a_member_whose_slack_is_chinese_is_answered_in_chinese(slack: LocalSlack) -> None:
    assert "总计" in (await asked(slack, "8 H100 in Germany", user="chen")).text
    assert "Total" in (await asked(slack, "8 H100 in Germany", user="ben")).text


async def test_without_slacks_word_the_language_of_the_command_is_answered(
    slack: LocalSlack,
) -> None:
    slack.fail("users.info", Fault(error="missing_scope"), times=2)
    assert "总计" in (await asked(slack, "10块GPU 训练3天 在法国")).text
    assert "Total" in (await asked(slack, "10 GPU for 3 days in France", user="ben")).text


def test_every_place_and_device_that_is_suggested_can_be_said() -> None:
    places = {value for _, value in suggest.places("", ASKER)}
    for letter in "abcdefghijklmnopqrstuvwxyz":
        places |= {value for _, value in suggest.places(letter, ASKER)}
    assert len(places) > 300
    for place in places:
        assert parse(f"8 H100 in {place}", ASKER.catalogue).run.location
    for _, device in suggest.devices("", ASKER):
        assert parse(f"8 {device}", ASKER.catalogue).run.devices
