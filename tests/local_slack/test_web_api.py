"""The Web API, asked by the real client of slack_sdk.

See https://docs.slack.dev/reference/methods.
"""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import APP_TOKEN, BOT_TOKEN
from tests.local_slack.conftest import client_of, error_of

PLANNING = "C0PLANNING"
HEADER = {"type": "header", "text": {"type": "plain_text", "text": "12 kg"}}


async def test_the_token_says_who_the_bot_is(slack: LocalSlack, client: AsyncWebClient) -> None:
    found = await client.auth_test()
    assert found["user_id"] == slack.workspace.bot_user
    assert found["bot_id"] == slack.workspace.bot_id
    assert slack.calls("auth.test") == 1


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), (None, "not_authed")])
async def test_other_tokens_are_refused(slack: LocalSlack, token: str | None, error: str) -> None:
    client = client_of(slack, token)
    assert await error_of(client.auth_test()) == error


async def test_a_connection_needs_the_token_of_the_app(client: AsyncWebClient) -> None:
    assert await error_of(client.apps_connections_open(app_token=BOT_TOKEN)) == (
        "not_allowed_token_type"
    )
    found = await client.apps_connections_open(app_token=APP_TOKEN)
    assert found["url"].startswith("ws://127.0.0.1:")


async def test_an_unknown_method_is_named_so(client: AsyncWebClient) -> None:
    assert await error_of(client.api_call("chat.shout")) == "unknown_method"


async def test_a_message_is_posted_changed_found_and_deleted(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "weekly", "event_payload": {"key": "1"}}
    posted = await client.chat_postMessage(
        channel=PLANNING, text="12 kg", blocks=[HEADER], metadata=metadata
    )
    ts = posted["ts"]
    assert [entry.text for entry in slack.visible_messages("chen", "ml-planning")] == ["12 kg"]
    found = await client.conversations_history(channel=PLANNING, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == metadata
    found = await client.conversations_history(channel=PLANNING)
    assert "metadata" not in found["messages"][0]
    await client.chat_update(channel=PLANNING, ts=ts, text="13 kg")
    (message,) = slack.visible_messages("ada", "ml-planning")
    assert (message.text, message.blocks, message.edited) == ("13 kg", [], True)
    await client.chat_delete(channel=PLANNING, ts=ts)
    assert slack.visible_messages("ada", "ml-planning") == []
    assert await error_of(client.chat_delete(channel=PLANNING, ts=ts)) == "message_not_found"


async def test_an_ephemeral_message_is_for_one_person(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel=PLANNING, user="U0BEN00001", text="psst")
    assert len(slack.visible_messages("ben", "ml-planning")) == 1
    assert slack.visible_messages("ada", "ml-planning") == []


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0GENERAL1", "not_in_channel"),
        ("C0PRIVATE1", "channel_not_found"),
        ("C0MISSING1", "channel_not_found"),
    ],
)
async def test_the_bot_posts_only_where_it_is(
    client: AsyncWebClient, channel: str, error: str
) -> None:
    assert await error_of(client.chat_postMessage(channel=channel, text="hi")) == error


async def test_an_invited_bot_may_post(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.invite_bot("private")
    await client.chat_postMessage(channel="C0PRIVATE1", text="hi")
    slack.remove_bot("private")
    posted = client.chat_postMessage(channel="C0PRIVATE1", text="hi")
    assert await error_of(posted) == "channel_not_found"


async def test_a_user_id_opens_the_direct_message(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="U0CHEN0001", text="hi")
    assert posted["channel"] == "D0CHEN0001"
    assert len(slack.visible_messages("chen", "dm")) == 1
    assert slack.visible_messages("ada", "dm") == []


async def test_invalid_blocks_come_with_the_place(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=PLANNING, text="x", blocks=[{"type": "table"}])
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] missing required property 'rows' [json-pointer:/blocks/0]"
    ]
    assert slack.visible_messages("ada", "ml-planning") == []
    assert len(slack.violations) == 1


async def test_an_updated_text_is_shorter(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=PLANNING, text="x" * 4001)
    changed = client.chat_update(channel=PLANNING, ts=posted["ts"], text="x" * 4001)
    assert await error_of(changed) == "msg_too_long"


async def test_a_user_has_a_time_zone_and_on_request_a_locale(client: AsyncWebClient) -> None:
    user = (await client.users_info(user="U0CHEN0001"))["user"]
    assert (user["tz"], user["tz_offset"]) == ("Asia/Shanghai", 8 * 3600)
    assert "locale" not in user
    user = (await client.users_info(user="U0CHEN0001", include_locale=True))["user"]
    assert user["locale"] == "zh-CN"
    assert await error_of(client.users_info(user="U0")) == "user_not_found"


async def test_channels_are_listed_by_kind(client: AsyncWebClient) -> None:
    listed = await client.conversations_list()
    assert [entry["name"] for entry in listed["channels"]] == ["general", "ml-planning"]
    info = (await client.conversations_info(channel=PLANNING))["channel"]
    assert (info["is_member"], info["is_private"]) == (True, False)
    assert (await client.bots_info(bot="B0CARBON01"))["bot"]["name"] == "carbon"


async def test_a_held_method_answers_429_as_often_as_told(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=PLANNING, text="hi")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel=PLANNING, text="hi")


async def test_the_retry_handler_of_the_sdk_gets_through(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.rate_limit("chat.postMessage", retry_after=0)
    await client.chat_postMessage(channel=PLANNING, text="hi")
    assert slack.calls("chat.postMessage") == 2


async def test_a_home_tab_is_published(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.views_publish(user_id="U0ADA00001", view={"type": "home", "blocks": [HEADER]})
    home = slack.home("ada")
    assert home is not None
    assert home.blocks[0]["text"] == HEADER["text"]


async def test_blocks_are_validated_on_request(slack: LocalSlack) -> None:
    client = client_of(slack, None)
    assert (await client.api_call("blocks.validate", json={"blocks": [HEADER]}))["ok"]
    bad = client.api_call("blocks.validate", json={"blocks": [{"type": "headline"}]})
    assert await error_of(bad) == "invalid_blocks"
