"""When something breaks, the user hears so, with a number that the log has too."""

from __future__ import annotations

import re

import pytest

from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import manifest_with, stage


def reference_in(text: str) -> str:
    found = re.search(r"reference ([0-9a-f]{8})", text)
    assert found, text
    return found[1]


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


async def test_a_broken_click_is_answered_with_an_apology(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message
    # A button of an older release, whose command this one cannot read.
    _, button = outcome.message.element("carbon_sources")
    button["value"] = "8 Abacus"

    await slack.click(outcome.message, "carbon_sources", user="ada")
    await slack.wait_for(lambda: len(slack.visible_messages("ada", "general")) > 1)

    assert reference_in(slack.visible_messages("ada", "general")[-1].text)
