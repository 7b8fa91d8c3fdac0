"""The ledger is kept in mentions and direct messages too; a secret is for who asked alone."""

from __future__ import annotations

import pytest

from bot.slack.mentions import said as understood
from deploy.local_slack.messages import Message
from tests.bot.conftest import Stage, stage
from tests.bot.test_measuring import MEASURED, PUBLIC, connected, sent
from tests.bot.test_mentions import heard
from tests.bot.test_runs import RUN


async def answer(
    scene: Stage, text: str, user: str = "ada", channel: str = "ml-planning"
) -> Message:
    """The one answer to a mention, in its thread, as another member sees it."""
    asked = await heard(scene, text, user, channel)
    (found,) = scene.slack.thread(user if channel == "dm" else "ben", asked)
    assert found.visible_to is None
    return found


async def test_runs_are_entered_listed_done_and_dropped_by_mentions(scene: Stage) -> None:
    logged = await answer(scene, f"@carbon log llama_ft #nlp {RUN}")
    assert "Entered in the ledger: “llama_ft”" in logged.text
    assert "llama_ft #nlp" in (await answer(scene, "@carbon runs")).text
    assert "measured 12" in (await answer(scene, "@carbon done llama_ft 12 MWh")).text
    assert "another's" in (await answer(scene, "@carbon drop llama_ft", "ben")).text
    assert "no longer" in (await answer(scene, "@carbon drop llama_ft")).text
    assert "empty" in (await answer(scene, "@carbon 台账")).text


async def test_runs_are_kept_in_a_direct_message(scene: Stage) -> None:
    assert "Entered" in (await answer(scene, f"log llama-ft {RUN}", channel="dm")).text
    assert "llama-ft" in (await answer(scene, "runs", channel="dm")).text
    assert "empty" in (await answer(scene, "@carbon runs")).text


async def test_a_mistake_in_a_mention_is_answered_with_a_command_that_works(scene: Stage) -> None:
    assert "Give the run a name" in (await answer(scene, "@carbon log")).text
    refused = await answer(scene, "@carbon log llama-ft 64 H10")
    assert "There is no device" in refused.text


async def test_an_address_is_shown_to_who_asked_alone() -> None:
    async with stage(public_url=PUBLIC) as scene:
        asked = await heard(scene, "@carbon connect")
        assert scene.slack.thread("ben", asked) == []
        shown = scene.slack.visible_messages("ada", "ml-planning")[-1]
        assert f"{PUBLIC}/ingest/" in str(shown.all_blocks)
        seen = scene.slack.visible_messages("ben", "ml-planning")
        assert "/ingest/" not in str([message.all_blocks for message in seen])
        assert "1 address is revoked" in (await answer(scene, "@carbon disconnect")).text


async def test_an_address_is_shown_in_a_direct_message_and_in_a_thread() -> None:
    async with stage(public_url=PUBLIC) as scene:
        found = await answer(scene, "connect", channel="dm")
        assert f"{PUBLIC}/ingest/" in str(found.all_blocks)
        parent = scene.slack.say(user="ben", channel="ml-planning", text="How?")
        scene.slack.say(user="ada", channel="ml-planning", text="@carbon connect", thread=parent)
        await scene.settle()
        assert len(scene.slack.thread("ben", parent)) == 1
        assert "/ingest/" in str(scene.slack.thread("ada", parent)[-1].all_blocks)


async def test_what_is_measured_is_told_in_the_thread_of_the_mention() -> None:
    async with stage(public_url=PUBLIC) as scene:
        secret = await connected(scene)
        asked = await heard(scene, f"@carbon log llama-ft {RUN}", channel="general")
        await sent(scene, secret, MEASURED)
        assert "measured 13.9 MWh" in scene.slack.thread("ben", asked)[-1].text


async def test_the_weekly_summary_is_turned_on_and_off_by_mentions(scene: Stage) -> None:
    assert "is off" in (await answer(scene, "@carbon weekly")).text
    turned_on = await answer(scene, "@carbon weekly on Monday 09:00 Europe/Paris")
    assert "hears its summary" in turned_on.text
    assert "is off" in (await answer(scene, "@carbon 周报 关")).text


async def test_a_form_is_opened_by_the_slash_command_alone(scene: Stage) -> None:
    assert "/carbon edit" in (await answer(scene, "@carbon edit llama-ft")).text
    assert "/carbon new" in (await answer(scene, "@carbon new")).text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*log* _llama_ft_ `8 H100` ~x~", "log llama_ft 8 H100 x"),
        ("log my_run_2 8 H100", "log my_run_2 8 H100"),
        ("8 H100 in _France_", "8 H100 in France"),
    ],
)
def test_marks_are_undone_and_names_keep_their_underscores(written: str, read: str) -> None:
    assert understood({"text": written}, None) == read
