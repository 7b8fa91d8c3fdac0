"""Failures on demand: HTTP errors, errors after the work was done, silence, and rates.

See https://docs.slack.dev/apis/web-api/rate-limits and
https://docs.slack.dev/reference/methods/chat.postMessage.
"""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import Fault, LocalSlack, Rate
from tests.local_slack.conftest import Stage, error_of

PLANNING = "C0PLANNING"
POST = "chat.postMessage"


def texts(slack: LocalSlack) -> list[str]:
    """Return what stands in the channel."""
    return [entry.text for entry in slack.visible_messages("ada", "ml-planning")]


async def test_a_call_fails_as_often_as_told(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail(POST, Fault(status=500), times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=PLANNING, text="hi")
        assert caught.value.response.status_code == 500
    await client.chat_postMessage(channel=PLANNING, text="hi")
    assert texts(slack) == ["hi"]


@pytest.mark.parametrize("error", ["token_revoked", "is_archived", "fatal_error", "ratelimited"])
async def test_a_call_fails_with_the_error_told(
    slack: LocalSlack, client: AsyncWebClient, error: str
) -> None:
    slack.fail(POST, Fault(status=200, error=error))
    assert await error_of(client.chat_postMessage(channel=PLANNING, text="hi")) == error
    assert texts(slack) == []


async def test_only_the_channel_told_fails(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.fail(POST, Fault(channel="C0GENERAL1"))
    await client.chat_postMessage(channel=PLANNING, text="hi")
    slack.invite_bot("general")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0GENERAL1", text="hi")


async def test_a_post_may_have_happened_although_it_failed(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.fail(POST, Fault(status=500, error="fatal_error", accepted=True))
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=PLANNING, text="hi")
    assert texts(slack) == ["hi"]


async def test_the_connection_may_break_after_the_post(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    client.retry_handlers.clear()
    slack.fail(POST, Fault(accepted=True, drop=True))
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=PLANNING, text="hi")
    assert texts(slack) == ["hi"]


async def test_an_answer_may_be_held_back_after_the_post(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.fail(POST, Fault(accepted=True, hang=True))
    posting = asyncio.ensure_future(client.chat_postMessage(channel=PLANNING, text="hi"))
    await slack.wait_for(lambda: texts(slack) == ["hi"])
    assert not posting.done()
    slack.release()
    with pytest.raises(SlackApiError):
        await posting


async def test_a_response_url_fails_on_demand(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    slack.rate_limit("response_url", retry_after=3)
    async with aiohttp.ClientSession() as session:
        async with session.post(outcome.response_url, json={"text": "x"}) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        async with session.post(outcome.response_url, json={"text": "x"}) as answer:
            assert answer.status == 200


async def test_one_message_a_second_and_channel_when_rates_hold(
    slack: LocalSlack, client: AsyncWebClient, stage: Stage
) -> None:
    """See https://docs.slack.dev/apis/web-api/rate-limits."""
    slack.hold_rates()
    slack.invite_bot("general")
    await client.chat_postMessage(channel=PLANNING, text="1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=PLANNING, text="2")
    assert caught.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="C0GENERAL1", text="1")
    stage.clock.now += 1
    await client.chat_postMessage(channel=PLANNING, text="2")
    assert texts(slack) == ["1", "2"]


async def test_a_rate_of_ones_own_says_how_long_to_wait(
    slack: LocalSlack, client: AsyncWebClient, stage: Stage
) -> None:
    """See https://docs.slack.dev/apis/web-api/rate-limits."""
    slack.hold_rates({"users.info": [Rate(2, 60.0)]})
    await client.users_info(user="U0ADA00001")
    stage.clock.now += 20
    await client.users_info(user="U0ADA00001")
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0ADA00001")
    assert caught.value.response.headers["Retry-After"] == "40"
