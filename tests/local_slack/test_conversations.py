"""Threads, history and its pages, permalinks, scheduled messages, and who is where."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from tests.local_slack.conftest import Bot, Stage, client_of, error_of

PLANNING = "C0PLANNING"


async def post(client: AsyncWebClient, text: str = "x", **more: Any) -> str:
    """Post a message, and return its timestamp."""
    ts: str = (await client.chat_postMessage(channel=PLANNING, text=text, **more))["ts"]
    return ts


async def test_a_reply_stands_in_its_thread_and_not_in_the_history(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/methods/conversations.replies."""
    parent = await post(client, "parent")
    await post(client, "reply", thread_ts=parent, metadata=KEY)
    history = await client.conversations_history(channel=PLANNING)
    assert [entry["text"] for entry in history["messages"]] == ["parent"]
    assert history["messages"][0]["reply_count"] == 1
    thread = await client.conversations_replies(
        channel=PLANNING, ts=parent, include_all_metadata=True
    )
    assert [entry["text"] for entry in thread["messages"]] == ["parent", "reply"]
    assert thread["messages"][1]["metadata"] == KEY
    assert thread["messages"][1]["thread_ts"] == parent
    assert [
        entry.text for entry in slack.thread("ada", slack.workspace.find(PLANNING, parent))
    ] == ["reply"]


KEY = {"event_type": "weekly", "event_payload": {"key": "1"}}


async def test_a_reply_may_be_shown_in_the_channel_too(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/chat.postMessage: ``reply_broadcast``."""
    parent = await post(client, "parent")
    await post(client, "reply", thread_ts=parent, reply_broadcast=True)
    history = await client.conversations_history(channel=PLANNING)
    assert [entry.get("subtype") for entry in history["messages"]] == ["thread_broadcast", None]


async def test_only_a_parent_takes_replies(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/chat.postMessage: ``thread_ts``."""
    reply = await post(client, "reply", thread_ts=await post(client, "parent"))
    for wrong in ("1.000000", reply):
        assert await error_of(post(client, thread_ts=wrong)) == "cannot_reply_to_message"
    lost = client.conversations_replies(channel=PLANNING, ts="1.000000")
    assert await error_of(lost) == "thread_not_found"


async def test_a_command_cannot_be_run_in_a_thread(slack: LocalSlack) -> None:
    """See https://docs.slack.dev/interactivity/implementing-slash-commands."""
    parent = slack.say(user="ada", channel="general", text="hi")
    ada = slack.workspace.user("ada")
    outcome = slack.desk.commands.refuse_in_thread(ada, parent, "/carbon 8 H100")
    assert outcome.error == "not_in_threads"
    (told,) = slack.thread("ada", parent)
    assert told.text == "/carbon is not supported in threads. Sorry!"
    assert slack.thread("ben", parent) == []


async def test_history_comes_page_by_page_and_within_bounds(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/apis/web-api/pagination."""
    stamps = [await post(client, str(number)) for number in range(5)]
    texts: list[str] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        found = await client.conversations_history(channel=PLANNING, limit=2, cursor=cursor)
        texts += [entry["text"] for entry in found["messages"]]
        cursor, pages = found["response_metadata"]["next_cursor"], pages + 1
        assert found["has_more"] == bool(cursor)
    assert (texts, pages) == (["4", "3", "2", "1", "0"], 3)
    between = await client.conversations_history(
        channel=PLANNING, oldest=stamps[1], latest=stamps[3]
    )
    assert [entry["text"] for entry in between["messages"]] == ["2"]
    with_ends = await client.conversations_history(
        channel=PLANNING, oldest=stamps[1], latest=stamps[3], inclusive=True
    )
    assert [entry["text"] for entry in with_ends["messages"]] == ["3", "2", "1"]
    wrong = client.conversations_history(channel=PLANNING, cursor="!")
    assert await error_of(wrong) == "invalid_cursor"


async def test_a_permalink_names_channel_and_message(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/chat.getPermalink."""
    ts = await post(client)
    link = (await client.chat_getPermalink(channel=PLANNING, message_ts=ts))["permalink"]
    assert link.endswith(f"/archives/{PLANNING}/p{ts.replace('.', '')}")


@pytest.mark.parametrize(
    "metadata",
    [
        {"event_type": "weekly"},
        {"event_type": "a b", "event_payload": {}},
        {"event_type": "weekly", "event_payload": []},
    ],
)
async def test_metadata_has_a_type_and_a_payload(client: AsyncWebClient, metadata: Any) -> None:
    """See https://docs.slack.dev/messaging/message-metadata."""
    assert await error_of(post(client, metadata=metadata)) == "invalid_metadata_format"


async def test_metadata_alone_may_be_changed(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/chat.update."""
    ts = await post(client, "kept", blocks=[{"type": "divider"}])
    await client.api_call("chat.update", json={"channel": PLANNING, "ts": ts, "metadata": KEY})
    message = slack.workspace.find(PLANNING, ts)
    assert (message.text, len(message.blocks), message.metadata) == ("kept", 1, KEY)


async def test_a_scheduled_message_is_posted_at_its_time(
    slack: LocalSlack, client: AsyncWebClient, stage: Stage
) -> None:
    """See https://docs.slack.dev/reference/methods/chat.scheduleMessage."""
    at = int(stage.clock.now) + 600
    planned = await client.chat_scheduleMessage(channel=PLANNING, post_at=at, text="later")
    dropped = await client.chat_scheduleMessage(channel=PLANNING, post_at=at, text="never")
    listed = await client.chat_scheduledMessages_list(channel=PLANNING)
    assert [entry["text"] for entry in listed["scheduled_messages"]] == ["later", "never"]
    await client.chat_deleteScheduledMessage(
        channel=PLANNING, scheduled_message_id=dropped["scheduled_message_id"]
    )
    assert await slack.run_due() == 0
    stage.clock.now += 600
    assert await slack.run_due() == 1
    assert [entry.text for entry in slack.visible_messages("ben", "ml-planning")] == ["later"]
    gone = client.chat_deleteScheduledMessage(
        channel=PLANNING, scheduled_message_id=planned["scheduled_message_id"]
    )
    assert await error_of(gone) == "invalid_scheduled_message_id"


async def test_scheduling_has_its_bounds(client: AsyncWebClient, stage: Stage) -> None:
    """See https://docs.slack.dev/reference/methods/chat.scheduleMessage."""
    now = int(stage.clock.now)

    def schedule(at: int) -> Any:
        return client.chat_scheduleMessage(channel=PLANNING, post_at=at, text="x")

    assert await error_of(schedule(now)) == "time_in_past"
    assert await error_of(schedule(now + 121 * 24 * 3600)) == "time_too_far"
    for _ in range(30):
        await schedule(now + 600)
    assert await error_of(schedule(now + 700)) == "restricted_too_many"
    await schedule(now + 900)


async def test_people_and_channels_are_listed(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/users.list and conversations.members."""
    listed = await client.users_list(limit=3, include_locale=True)
    assert listed["response_metadata"]["next_cursor"]
    rest = await client.users_list(limit=3, cursor=listed["response_metadata"]["next_cursor"])
    members = {entry["name"]: entry for entry in [*listed["members"], *rest["members"]]}
    assert members["chen"].get("locale", "zh-CN") == "zh-CN"
    assert (members["ada"]["is_admin"], members["ben"]["is_admin"]) == (True, False)
    found = await client.conversations_members(channel="C0GENERAL1")
    assert "U0BEN00001" in found["members"]
    assert (await client.team_info())["team"]["domain"] == "local"
    opened = await client.conversations_open(users="U0BEN00001")
    assert opened["channel"]["id"] == "D0BEN00001"


async def test_the_bot_joins_public_channels_by_itself(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/methods/conversations.join."""
    await client.conversations_join(channel="C0GENERAL1")
    await client.chat_postMessage(channel="C0GENERAL1", text="hi")
    slack.invite_bot("private")
    private = client.conversations_join(channel="C0PRIVATE1")
    assert await error_of(private) == "method_not_supported_for_channel_type"


async def test_a_channel_that_is_gone_says_how(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/chat.postMessage: errors."""
    ts = await post(client)
    slack.archive("ml-planning")
    assert await error_of(post(client)) == "is_archived"
    update = client.chat_update(channel=PLANNING, ts=ts, text="y")
    assert await error_of(update) == "is_inactive"
    slack.delete_channel("ml-planning")
    assert await error_of(post(client)) == "channel_not_found"


async def test_a_missing_scope_is_named(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/methods/chat.postMessage: ``missing_scope``."""
    manifest = {"oauth_config": {"scopes": {"bot": ["commands"]}}}
    client = client_of(await stage.with_handler(bot.answer, manifest=manifest))
    assert await error_of(post(client)) == "missing_scope"
    answer = await client.auth_test()
    assert answer["ok"]


async def test_a_conversation_with_the_bot_needs_the_messages_tab(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/app-home."""
    manifest = {"features": {"app_home": {"messages_tab_enabled": False}}}
    client = client_of(await stage.with_handler(bot.answer, manifest=manifest))
    direct = client.chat_postMessage(channel="U0ADA00001", text="hi")
    assert await error_of(direct) == "messages_tab_disabled"
    home = client.views_publish(user_id="U0ADA00001", view={"type": "home", "blocks": []})
    assert await error_of(home) == "not_enabled"
