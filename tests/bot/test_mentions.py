"""Mentions and direct messages are answered in their thread, once, and nobody else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from tests.bot.conftest import Stage, stage


async def heard(
    scene: Stage, text: str, user: str = "ada", channel: str = "ml-planning"
) -> Message:
    said = scene.slack.say(user=user, channel=channel, text=text)
    await scene.settle()
    return said


async def test_a_mention_is_answered_in_its_thread_for_everybody(scene: Stage) -> None:
    said = await heard(scene, "@carbon 8 H100 for 3 days in France")
    (answer,) = scene.slack.thread("ben", said)
    assert answer.text.startswith("/carbon 8 H100 for 3 days in France: Total")
    assert answer.visible_to is None


async def test_a_mention_in_a_thread_is_answered_in_that_thread(scene: Stage) -> None:
    parent = scene.slack.say(user="ben", channel="ml-planning", text="Which run?")
    scene.slack.say(user="ada", channel="ml-planning", text="@carbon 8 H100", thread=parent)
    await scene.settle()
    assert [m.text[:14] for m in scene.slack.thread("ada", parent)][-1] == "/carbon 8 H100"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("@carbon: 8 H100 in France", "8 H100 in France"),
        ("8 H100 in France @carbon", "8 H100 in France"),
        ("@carbon *8 H100* in _France_", "8 H100 in France"),
        ("@carbon `8 H100 in France`", "8 H100 in France"),
    ],
)
async def test_the_mention_may_stand_anywhere_and_marks_are_undone(
    scene: Stage, text: str, command: str
) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, text))
    assert answer.text.startswith(f"/carbon {command}: ")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "@carbon we plan to run 64 H100 for a week in Ireland, how bad is it?",
            "64 H100 for 1 week in Ireland",
        ),
        ("Is it much, @carbon? Our 8 A100 would train for 3 days in France.", None),
        ("@carbon 我们打算下周用8张H100在法国训练三天", "8 H100 for 3 days in France"),
    ],
)
async def test_a_run_among_other_words_is_estimated(
    scene: Stage, text: str, command: str | None
) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, text))
    assert (
        "8 A100" in answer.text if command is None else answer.text.startswith(f"/carbon {command}")
    )


async def test_where_no_run_is_meant_the_answer_says_so(scene: Stage) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, "@carbon thanks, that helped a lot"))
    assert "is not understood" in answer.text


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("@carbon", "What a training run"),
        ("@carbon compare 8 H100 in France vs 8 H100 in Poland", "/carbon compare"),
    ],
)
async def test_every_subcommand_works_in_a_mention(scene: Stage, text: str, start: str) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, text))
    assert answer.text.startswith(start)


async def test_a_chinese_member_is_answered_in_chinese(scene: Stage) -> None:
    (answer,) = scene.slack.thread("chen", await heard(scene, "@carbon 8 H100", user="chen"))
    assert "总计" in answer.text


async def test_a_mistake_is_explained_and_no_channel_is_notified(scene: Stage) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, "@carbon 8 Abacus <!channel>"))
    assert "There is no device" in answer.text
    assert "<!channel>" not in str(answer.all_blocks) + answer.text


async def test_a_direct_message_is_answered_in_its_thread(scene: Stage) -> None:
    said = await heard(scene, "8 H100 in France", channel="dm")
    (answer,) = scene.slack.thread("ada", said)
    assert answer.text.startswith("/carbon 8 H100 in France:")


async def test_bots_edits_deletions_and_joins_are_not_answered(scene: Stage) -> None:
    said = await heard(scene, "@carbon 8 H100")
    event = scene.slack.events[-1].payload["event"]
    for other in (
        {"bot_id": "B1"},
        {"subtype": "message_changed", "message": {"text": "9 H100"}},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"edited": {"user": "U1", "ts": "1.2"}},
        {"user": None},
    ):
        outcome = await scene.slack.event({**event, **other})
        assert outcome.status == 200
    await scene.settle()
    assert len(scene.slack.thread("ada", said)) == 1


async def test_its_own_messages_in_a_direct_message_are_not_answered(scene: Stage) -> None:
    await heard(scene, "8 H100 in France", channel="dm")
    shown = scene.slack.visible_messages("ada", "dm")
    assert len(shown) == 2


async def test_an_event_that_slack_repeats_is_answered_once(scene: Stage) -> None:
    said = await heard(scene, "@carbon 8 H100")
    event = scene.slack.events[-1]
    again = await scene.slack.event(
        event.payload["event"], event_id=event.event_id, retry_num=1, reason="http_timeout"
    )
    await scene.settle()
    assert again.status == 200
    assert len(scene.slack.thread("ada", said)) == 1


async def test_a_rate_limit_is_waited_for(scene: Stage) -> None:
    scene.slack.fail("chat.postMessage", Fault(status=429, error="ratelimited", retry_after_s=0))
    said = await heard(scene, "@carbon 8 H100")
    await scene.slack.wait_for(lambda: len(scene.slack.thread("ada", said)) == 1)


async def test_an_archived_channel_is_a_line_in_the_log(
    scene: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    scene.slack.fail("chat.postMessage", Fault(error="is_archived"))
    said = await heard(scene, "@carbon 8 H100")
    assert scene.slack.thread("ada", said) == []
    assert any("is_archived" in record.getMessage() for record in caplog.records)


async def test_a_mention_arrives_over_socket_mode_too() -> None:
    async with stage(socket_mode=True) as found:
        said = await heard(found, "@carbon 8 H100")
        await found.slack.wait_for(lambda: len(found.slack.thread("ada", said)) == 1)


@pytest.mark.parametrize("said", ["<!here>", "&lt;!channel&gt;", "<!subteam^S0ABC|@ml>"])
async def test_what_would_notify_many_is_never_repeated(scene: Stage, said: str) -> None:
    (answer,) = scene.slack.thread("ada", await heard(scene, f"@carbon compare 8 {said} vs 9"))
    assert "<!" not in str(answer.all_blocks) + answer.text


async def test_a_mention_is_answered_once_though_the_database_fails(tmp_path: Path) -> None:
    path = tmp_path / "carbon.db"
    async with stage(database_url=f"sqlite:///{path}") as scene:
        with closing(sqlite3.connect(path)) as database:
            database.execute("DROP TABLE handled")
        said = await heard(scene, "@carbon 8 H100 in France")
        event = scene.slack.events[-1]
        await scene.slack.event(
            event.payload["event"], event_id=event.event_id, retry_num=1, reason="http_timeout"
        )
        await scene.settle()
        (answer,) = scene.slack.thread("ada", said)
        assert answer.text.startswith("/carbon 8 H100 in France: Total")


async def test_a_repeated_event_is_not_answered_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as first:
        await heard(first, "@carbon 8 H100")
        event = first.slack.events[-1]
    async with stage(database_url=url) as second:
        parent = second.slack.say(user="ben", channel="ml-planning", text="Which run?")
        again = {**event.payload["event"], "thread_ts": parent.ts}
        outcome = await second.slack.event(again, event_id=event.event_id, retry_num=1)
        await second.settle()
        assert outcome.status == 200
        assert second.slack.thread("ada", parent) == []
        await second.slack.event(again, event_id="EvFRESH")
        await second.settle()
        assert len(second.slack.thread("ada", parent)) == 1
