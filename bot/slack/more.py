"""The menu `…` of an answer: its working, and what it is taken along as."""

from __future__ import annotations

import logging
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import controls, parts
from bot.blocks.exports import RECORD_FILE, record_message, record_note
from bot.blocks.listing import plain_message
from bot.commands import estimate
from bot.message import Message
from bot.slack.answering import Answering
from bot.slack.asking import Askers
from bot.slack.payload import Who, command_in

log = logging.getLogger(__name__)

Body = dict[str, Any]

_MESSAGES: Final = {
    controls.WORKING: estimate.working,
    controls.PARAGRAPH: estimate.paragraph,
    controls.LIKE: estimate.like,
}


def register(app: AsyncApp, askers: Askers, answering: Answering) -> None:
    """Attach the listeners of the menu."""

    @app.action(controls.MORE)
    async def more(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        who = Who.of_interaction(body)
        asker = await askers.asker(who, client)
        command, chosen = command_in(action), action["selected_option"]["value"]
        if chosen == controls.RECORD:
            answering.later(_send_record(respond, client, who, command, asker))
            return
        message = _MESSAGES[chosen](command, asker)
        await respond(**message.payload(), replace_original=False)

    @app.action(controls.SHOW_WORKING)
    async def working(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = estimate.working(action["value"], asker)
        await respond(**message.payload(), replace_original=False)


async def _send_record(
    respond: AsyncRespond, client: AsyncWebClient, who: Who, command: str, asker: Asker
) -> None:
    """Show the record, or send it to the member as a file where it is long and say where it is."""
    record = estimate.record(command, asker)
    message = record_message(record, asker, command=command)
    if message is None:
        message = await _upload(client, who, record, record_note(command, asker), asker)
    await respond(**message.payload(), replace_original=False)


async def _upload(
    client: AsyncWebClient, who: Who, record: str, note: str, asker: Asker
) -> Message:
    say = asker.say
    try:
        # Posting to a member opens the conversation, in which the file may be shared.
        posted = await client.chat_postMessage(
            channel=who.user_id, text=parts.escape(note), unfurl_links=False
        )
        await client.files_upload_v2(
            channel=posted["channel"],
            thread_ts=posted["ts"],
            filename=RECORD_FILE,
            title=RECORD_FILE,
            content=record,
        )
    except SlackApiError as error:
        log.warning("a record could not be sent: %s", error.response["error"])
        return plain_message(say("The record could not be sent: Slack did not take the file."))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("a record could not be sent: %s", type(error).__name__)
        return plain_message(say("The record could not be sent: Slack did not take the file."))
    return plain_message(say("The record is in your direct messages with carbon."))
