"""Events: what is delivered, how, and how often again.

See https://docs.slack.dev/apis/events-api/ and
https://docs.slack.dev/apis/events-api/using-http-request-urls.
"""

import asyncio

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import SIGNING_SECRET
from deploy.local_slack.people import Json
from tests.local_slack.conftest import Bot, Stage, plain


async def test_a_mention_is_delivered_with_the_text_as_slack_writes_it(
    slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/reference/events/app_mention."""
    said = slack.say(user="ada", channel="ml-planning", text="@carbon 64 H100 & more")
    await slack.settle()
    (body,) = bot.received
    event = body["event"]
    assert (body["type"], event["type"]) == ("event_callback", "app_mention")
    assert event["text"] == "<@U0CARBON01> 64 H100 &amp; more"
    assert (event["user"], event["channel"], event["ts"]) == (said.user, said.channel, said.ts)
    assert "thread_ts" not in event
    assert body["event_id"].startswith("Ev")
    assert body["authorizations"][0]["user_id"] == slack.workspace.bot_user


async def test_a_mention_in_a_thread_says_which(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/events/app_mention."""
    parent = slack.say(user="ada", channel="ml-planning", text="which run?")
    slack.say(user="ben", channel="ml-planning", text="@carbon 8 H100", thread=parent)
    await slack.settle()
    assert bot.received[0]["event"]["thread_ts"] == parent.ts


@pytest.mark.parametrize(
    ("channel", "text"),
    [("general", "@carbon hi"), ("ml-planning", "carbon hi"), ("ml-planning", "@ben hi")],
)
async def test_no_event_without_membership_or_mention(
    slack: LocalSlack, bot: Bot, channel: str, text: str
) -> None:
    slack.say(user="ada", channel=channel, text=text)
    await slack.settle()
    assert bot.received == []


async def test_a_direct_message_comes_as_message_im_and_as_nothing_else(
    slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/reference/events/message.im."""
    slack.say(user="chen", channel="dm", text="@carbon 10块GPU")
    await slack.settle()
    (event,) = [body["event"] for body in bot.received]
    assert (event["type"], event["channel_type"]) == ("message", "im")
    assert "bot_id" not in event


async def test_the_bot_hears_its_own_messages_edits_and_deletions_in_a_direct_message(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/events/message/message_changed."""
    posted = await client.chat_postMessage(channel="U0ADA00001", text="12 kg")
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="13 kg")
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    await slack.settle()
    events = [body["event"] for body in bot.received]
    assert [event.get("subtype") for event in events] == [
        None,
        "message_changed",
        "message_deleted",
    ]
    assert events[0]["bot_id"] == slack.workspace.bot_id
    assert events[1]["message"]["text"] == "13 kg"
    assert events[2]["deleted_ts"] == posted["ts"]


async def test_opening_the_home_tab_brings_the_view_that_was_published(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/events/app_home_opened."""
    slack.open_home(user="ada")
    await slack.settle()
    await client.views_publish(user_id="U0ADA00001", view={"type": "home", "blocks": []})
    slack.open_home(user="ada")
    slack.open_home(user="ada", tab="messages")
    await slack.settle()
    first, second, third = [body["event"] for body in bot.received]
    assert (first["tab"], first["channel"]) == ("home", "D0ADA00001")
    assert "view" not in first
    assert second["view"]["type"] == "home"
    assert (third["tab"], "view" in third) == ("messages", False)


async def test_only_what_the_manifest_subscribes_to_is_delivered(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/app-manifest."""
    slack = await stage.with_handler(bot.answer, manifest={})
    slack.say(user="ada", channel="ml-planning", text="@carbon hi")
    slack.open_home(user="ada")
    await slack.settle()
    assert bot.received == []


async def test_an_event_is_signed(slack: LocalSlack, bot: Bot, stage: Stage) -> None:
    """See https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    raw: list[tuple[bytes, dict[str, str]]] = []

    async def handler(request: web.Request) -> web.Response:
        raw.append((await request.read(), dict(request.headers)))
        return web.Response()

    slack = await stage.with_handler(handler)
    await slack.event({"type": "app_uninstalled"})
    assert bot.received == []
    (body, headers) = raw[0]
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)


async def test_a_failure_is_retried_at_once_then_after_one_and_five_minutes(
    slack: LocalSlack, bot: Bot, stage: Stage
) -> None:
    """See https://docs.slack.dev/apis/events-api/#retries."""
    bot.will_fail(500, 500, 404, 500)
    outcome = await slack.event({"type": "app_mention"})
    assert len(bot.received) == 2
    assert await slack.run_due() == 0
    stage.clock.now += 60
    assert await slack.run_due() == 1
    stage.clock.now += 299
    assert await slack.run_due() == 0
    stage.clock.now += 1
    assert await slack.run_due() == 1
    stage.clock.now += 3600
    assert await slack.run_due() == 0
    assert [
        (headers.get("x-slack-retry-num"), headers.get("x-slack-retry-reason"))
        for headers in bot.headers
    ] == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({body["event_id"] for body in bot.received}) == 1
    assert len({body["event_time"] for body in bot.received}) == 1
    assert [attempt.status for attempt in outcome.attempts] == [500, 500, 404, 500]


async def test_a_retry_that_is_taken_is_the_last(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/apis/events-api/#retries."""
    bot.will_fail(500, 204)
    outcome = await slack.event({"type": "app_mention"})
    assert (outcome.status, outcome.error) == (204, None)
    assert len(slack.parts.site.schedule) == 0


async def test_the_bot_may_ask_for_no_retry(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/apis/events-api/#turning-retries-off."""
    bot.will_fail(500, headers={"X-Slack-No-Retry": "1"})
    await slack.event({"type": "app_mention"})
    assert len(bot.received) == 1
    assert len(slack.parts.site.schedule) == 0


async def test_silence_is_a_timeout_and_says_so_in_the_retry(stage: Stage) -> None:
    """See https://docs.slack.dev/apis/events-api/#retries."""
    let_go = asyncio.Event()
    reasons: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        reasons.append(request.headers.get("x-slack-retry-reason"))
        await let_go.wait()
        return web.Response()

    slack = await stage.with_handler(handler, ack_timeout_s=0.05)
    outcome = await slack.event({"type": "app_mention"})
    let_go.set()
    assert outcome.error == "operation_timeout"
    assert reasons == [None, "http_timeout"]


@pytest.mark.parametrize(("hops", "reason"), [(2, None), (3, "too_many_redirects")])
async def test_two_redirects_are_followed(stage: Stage, hops: int, reason: str | None) -> None:
    """See https://docs.slack.dev/apis/events-api/using-http-request-urls."""
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("x-slack-retry-reason"))
        hop = int(request.query.get("hop", "0"))
        if hop < hops:
            raise web.HTTPTemporaryRedirect(f"/slack/events?hop={hop + 1}")
        return web.Response()

    slack = await stage.with_handler(handler)
    outcome = await slack.event({"type": "app_mention"})
    assert (outcome.error is None) == (reason is None)
    assert seen[-1] == reason


async def test_a_bot_that_is_down_is_a_failed_connection(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/apis/events-api/#retries."""
    slack = await stage.slack(bot_url="http://127.0.0.1:9/slack/events")
    await slack.event({"type": "app_mention"})
    slack.bot_url = (await stage.with_handler(bot.answer)).bot_url
    stage.clock.now += 60
    await slack.run_due()
    assert bot.headers[0]["x-slack-retry-reason"] == "connection_failed"


@pytest.mark.parametrize(
    "answer",
    [
        lambda challenge: web.Response(text=challenge),
        lambda challenge: web.json_response({"challenge": challenge}),
        lambda challenge: web.Response(text=f"challenge={challenge}"),
    ],
)
async def test_the_request_url_proves_itself(stage: Stage, answer: object) -> None:
    """See https://docs.slack.dev/reference/events/url_verification."""

    async def handler(request: web.Request) -> web.Response:
        body: Json = await request.json()
        assert body["type"] == "url_verification"
        found: web.Response = answer(body["challenge"])  # type: ignore[operator]
        return found

    slack = await stage.with_handler(handler)
    assert await slack.verify_url() is True


async def test_a_request_url_that_answers_something_else_is_refused(
    slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/reference/events/url_verification."""
    bot.will_answer({"ok": True})
    assert await slack.verify_url() is False
    bot.will_fail(500)
    assert await slack.verify_url() is False


async def test_bolt_answers_the_challenge_and_a_mention_in_its_thread(stage: Stage) -> None:
    """See https://docs.slack.dev/reference/events/app_mention."""

    def set_up(app: AsyncApp) -> None:
        @app.event("app_mention")
        async def mentioned(event: Json, client: AsyncWebClient) -> None:
            thread = event.get("thread_ts", event["ts"])
            await client.chat_postMessage(
                channel=event["channel"], thread_ts=thread, text="12 kg", blocks=[]
            )

    slack = await stage.with_bolt(set_up)
    assert await slack.verify_url() is True
    said = slack.say(user="ada", channel="ml-planning", text="@carbon 64 H100")
    await slack.wait_for(lambda: len(slack.thread("ben", said)) == 1)
    assert [entry.text for entry in slack.thread("ben", said)] == ["12 kg"]


async def test_removing_the_app_is_told_and_ends_its_token(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/events/app_uninstalled."""
    names = ["app_uninstalled", "tokens_revoked", "channel_archive", "channel_left"]
    settings = {"event_subscriptions": {"bot_events": names}}
    slack = await stage.with_handler(bot.answer, manifest={"settings": settings})
    slack.archive("ml-planning")
    slack.remove_bot("ml-planning")
    slack.uninstall()
    await slack.settle()
    events = [body["event"] for body in bot.received]
    assert {event["type"] for event in events} == set(names)
    tokens = next(event["tokens"] for event in events if event["type"] == "tokens_revoked")
    assert tokens == {"oauth": [], "bot": [slack.workspace.bot_user]}
    assert slack.token is None


async def test_an_event_in_socket_mode_is_retried_with_its_attempt(stage: Stage) -> None:
    """See https://docs.slack.dev/apis/events-api/using-socket-mode."""
    slack = await stage.slack(socket_mode=True)
    outcome = await slack.event({"type": "app_mention", "text": plain("x")["text"]})
    assert [attempt.retry_num for attempt in outcome.attempts] == [0, 1]
    assert outcome.attempts[1].reason == "connection_failed"
