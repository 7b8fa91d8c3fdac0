"""When something breaks, the user hears so, with a number that the log has too."""

from __future__ import annotations

import copy
import re
from typing import Any, Final

import pytest

from bot.commands import estimate
from deploy.local_slack.outcomes import ActionOutcome
from deploy.local_slack.people import Json
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import manifest_with, stage

CHOSEN: Final = {"carbon_duration": "336", "carbon_more": "working"}


def reference_in(text: str) -> str:
    found = re.search(r"reference ([0-9a-f]{8})", text)
    assert found, text
    return found[1]


def later(payload: Json) -> Json:
    """A click as it is made again a minute later, so that it is no double click."""
    found = copy.deepcopy(payload)
    action = found["actions"][0]
    action["action_ts"] = f"{float(action['action_ts']) + 60:.6f}"
    return found


async def test_a_broken_command_is_answered_with_an_apology_that_the_log_explains(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with stage(manifest=manifest_with("/broken")) as found:

        @found.bot.app.command("/broken")
        async def broken() -> None:
            msg = "the cause"
            raise RuntimeError(msg)

        outcome = await found.slack.command(user="ada", channel="general", text="/broken")

    assert outcome.status == 200
    assert outcome.message
    assert outcome.message.visible_to is not None
    record = next(r for r in caplog.records if reference_in(outcome.message.text) in r.getMessage())
    assert record.exc_info
    assert str(record.exc_info[1]) == "the cause"


async def test_a_broken_click_is_answered_with_an_apology(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message
    monkeypatch.delattr(estimate, "sources")

    await slack.click(outcome.message, "carbon_sources", user="ada")
    await slack.wait_for(lambda: len(slack.visible_messages("ada", "general")) > 1)

    assert reference_in(slack.visible_messages("ada", "general")[-1].text)


@pytest.mark.parametrize(
    ("action_id", "changed", "told"),
    [
        # A button of another release, whose command this one cannot read.
        ("carbon_sources", {"value": "8 Abacus"}, "There is no device “Abacus”"),
        ("carbon_compare", {"value": None}, "cannot be read by this release"),
        ("carbon_duration", {"block_id": "b"}, "cannot be read by this release"),
        ("carbon_more", {"selected_option": {"value": "dance"}}, "cannot be read by this release"),
        ("carbon_more", {"selected_option": None}, "cannot be read by this release"),
        # What no menu of ours offers.
        (
            "carbon_duration",
            {"selected_option": {"value": "a week"}},
            "cannot be read by this release",
        ),
        (
            "carbon_duration",
            {"selected_option": {"value": "nan"}},
            "cannot be read by this release",
        ),
        (
            "carbon_duration",
            {"selected_option": {"value": "1e999"}},
            "cannot be read by this release",
        ),
        (
            "carbon_device",
            {"block_id": "run 433 MWh in France", "selected_option": {"value": "H100"}},
            "cannot be read by this release",
        ),
    ],
)
async def test_a_click_that_carries_nothing_of_ours_is_told_so_and_is_no_error(
    slack: LocalSlack,
    caplog: pytest.LogCaptureFixture,
    action_id: str,
    changed: dict[str, Any],
    told: str,
) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message
    found = await slack.click(outcome.message, action_id, user="ada", chosen=CHOSEN.get(action_id))
    payload = later(found.payload)
    payload["actions"][0] |= changed
    await slack.settle()
    before = len(slack.visible_messages("ada", "general"))

    again = ActionOutcome()
    reply = await slack.desk.team.interact(again, payload)
    await slack.wait_for(lambda: len(slack.visible_messages("ada", "general")) > before)

    assert reply is not None
    assert reply.status == 200
    assert told in slack.visible_messages("ada", "general")[-1].text
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_form_that_carries_nothing_of_ours_is_no_error(
    slack: LocalSlack, caplog: pytest.LogCaptureFixture
) -> None:
    await slack.command(user="ada", channel="general", text="/carbon new")
    view = await slack.opened_view("ada")
    view.content["private_metadata"] = "of another app"

    outcome = await slack.submit_view(view, user="ada")

    assert outcome.status == 200
    assert "no Purpose" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_button_of_a_message_that_comes_from_none_is_no_error(
    slack: LocalSlack, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message
    found = await slack.click(outcome.message, "carbon_sources", user="ada")
    payload = later(found.payload)
    del payload["response_url"]

    reply = await slack.desk.team.interact(ActionOutcome(), payload)

    assert reply is not None
    assert reply.status == 200
    assert "outside of one" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]
