"""Shortcuts of the manifest: from the composer and on a message.

See https://docs.slack.dev/interactivity/implementing-shortcuts.
"""

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.people import Json
from deploy.local_slack.workspace import SlackError
from tests.local_slack.conftest import Bot, Stage, modal


async def test_a_global_shortcut_has_no_channel_and_no_response_url(
    slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload."""
    await slack.shortcut("new_run", user="ada")
    (payload,) = bot.received
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "new_run")
    assert payload["user"]["id"] == "U0ADA00001"
    assert payload["trigger_id"]
    assert payload["action_ts"]
    assert not {"channel", "response_url", "message"} & payload.keys()


async def test_a_message_shortcut_has_the_message_and_a_response_url(
    slack: LocalSlack, bot: Bot
) -> None:
    """See https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload."""
    said = slack.say(user="ben", channel="general", text="8 H100 for a week")
    outcome = await slack.shortcut("estimate_this", user="ada", message=said)
    (payload,) = bot.received
    assert (payload["type"], payload["message_ts"]) == ("message_action", said.ts)
    assert payload["message"]["text"] == "8 H100 for a week"
    assert payload["channel"] == {"id": "C0GENERAL1", "name": "general"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(payload["response_url"], json={"text": "12 kg"}) as answer,
    ):
        assert answer.status == 200
    assert (await slack.answer_to(outcome)).visible_to == "U0ADA00001"


async def test_only_shortcuts_of_the_manifest_exist(slack: LocalSlack) -> None:
    said = slack.say(user="ben", channel="general", text="hi")
    for callback_id, message in (("other", None), ("new_run", said), ("estimate_this", None)):
        with pytest.raises(KeyError, match="the manifest has no"):
            await slack.shortcut(callback_id, user="ada", message=message)


async def test_an_unseen_message_has_no_shortcut(slack: LocalSlack) -> None:
    said = slack.say(user="ben", channel="private", text="hi")
    with pytest.raises(SlackError, match="message_not_found"):
        await slack.shortcut("estimate_this", user="chen", message=said)


async def test_bolt_opens_a_modal_from_a_shortcut(stage: Stage) -> None:
    def set_up(app: AsyncApp) -> None:
        @app.shortcut("new_run")
        async def new_run(ack: object, body: Json, client: AsyncWebClient) -> None:
            await ack()  # type: ignore[operator]
            await client.views_open(trigger_id=body["trigger_id"], view=modal())

    slack = await stage.with_bolt(set_up)
    await slack.shortcut("new_run", user="chen")
    assert (await slack.opened_view("chen")).content["title"]["text"] == "Run"
