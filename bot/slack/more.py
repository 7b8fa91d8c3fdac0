"""The menu `…` of an answer: its working, and what it is taken along as."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import controls, parts
from bot.blocks.exports import RECORD_FILE, record_message, record_note
from bot.blocks.listing import plain_message
from bot.blocks.picture import FILE_NAME as PICTURE_FILE
from bot.commands import estimate
from bot.i18n import text
from bot.message import Message
from bot.pictures.studio import NotDrawn, Studio
from bot.slack.answering import Answering, apology
from bot.slack.asking import Askers
from bot.slack.failures import FAILURES, reason
from bot.slack.files import sent
from bot.slack.payload import NotOurs, Who, chosen_in, command_in, value_of

log = logging.getLogger(__name__)

Body = dict[str, Any]

PROCESSING_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""How long Slack is given to look through a picture, between one question after it and the next.

A block that shows it earlier is refused. See https://github.com/slackapi/node-slack-sdk/issues/2170
"""
AGAIN_S: Final = (1.0, 3.0)
"""After this long a message with a picture is sent again that was refused all the same."""

_MESSAGES: Final = {
    controls.WORKING: estimate.working,
    controls.PARAGRAPH: estimate.paragraph,
    controls.LIKE: estimate.like,
}


def register(app: AsyncApp, askers: Askers, answering: Answering, studio: Studio) -> None:
    """Attach the listeners of the menu."""

    @app.action(controls.MORE)
    async def more(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        chosen = chosen_in(action)
        await show(chosen, command_in(action), respond, body, client, asker)

    @app.action(controls.MORE_BUTTON)
    async def button(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        chosen = action["action_id"].rpartition("_")[2]
        await show(chosen, value_of(action), respond, body, client, asker)

    async def show(  # noqa: PLR0913, PLR0917 - what Bolt gives a listener
        chosen: str,
        command: str,
        respond: AsyncRespond,
        body: Body,
        client: AsyncWebClient,
        asker: Asker,
    ) -> None:
        if chosen == controls.RECORD:
            record = _send_record(respond, client, Who.of_interaction(body), command, asker)
            answering.later(_never_silent(record, respond, asker, answering.install_url))
        elif chosen == controls.PICTURE:
            picture = _send_picture(respond, client, studio, command, asker)
            answering.later(_never_silent(picture, respond, asker, answering.install_url))
        else:
            answer = _MESSAGES.get(chosen)
            if answer is None:
                raise NotOurs("an entry that the menu has not")
            message = answer(command, asker)
            await respond(**message.payload(), replace_original=False)


async def _never_silent(
    work: Awaitable[None], respond: AsyncRespond, asker: Asker, install_url: str | None
) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever broke, who asked hears of it
        message = apology(error, "menu", asker.say, install_url)
        await respond(**message.payload(), replace_original=False)


async def _send_picture(
    respond: AsyncRespond, client: AsyncWebClient, studio: Studio, command: str, asker: Asker
) -> None:
    """Draw how sure an answer is, and show it to the member; without the picture where it fails."""
    picture = await asyncio.to_thread(estimate.picture, command, asker)
    message = picture.message
    if picture.curve is not None:
        message = picture.without_file(asker.say)
        try:
            drawn = await studio.draw(picture.curve)
            file_id = await _uploaded(client, drawn, picture.alt_text)
            if await _shown(respond, picture.with_file(file_id)):
                return
        except NotDrawn:
            pass  # the studio told the log
        except FAILURES as error:
            log.warning("a picture could not be shown: %s", reason(error))
    await respond(**message.payload(), replace_original=False)


async def _uploaded(client: AsyncWebClient, picture: bytes, alt_text: str) -> str:
    """The id of a picture that Slack has and may show. It is in no channel."""
    answer = await client.files_upload_v2(
        file=picture, filename=PICTURE_FILE, title=PICTURE_FILE, alt_txt=alt_text
    )
    file_id: str = answer["file"]["id"]
    for wait_s in PROCESSING_S:
        told = await client.files_info(file=file_id)
        if told["file"].get("mimetype"):
            break
        await asyncio.sleep(wait_s)
    return file_id


async def _shown(respond: AsyncRespond, message: Message) -> bool:
    """Whether Slack took a message with a picture. A refusal may mean that it is not ready yet."""
    for wait_s in (0.0, *AGAIN_S):
        await asyncio.sleep(wait_s)
        answer = await respond(**message.payload(), replace_original=False)
        if answer.status_code == 200:
            return True
    log.warning("a picture could not be shown: %s", answer.body)
    return False


async def _send_record(
    respond: AsyncRespond, client: AsyncWebClient, who: Who, command: str, asker: Asker
) -> None:
    """Show the record, or send it to the member as a file where it is long and say where it is."""
    record = estimate.record(command, asker)
    message = record_message(record, asker, command=command)
    if message is None:
        note = parts.escape(record_note(command, asker))
        took = await sent(client, who.user_id, note, RECORD_FILE, record)
        where = (
            text("The record is in your direct messages with carbon.")
            if took
            else text("The record could not be sent: Slack did not take the file.")
        )
        message = plain_message(asker.say(where))
    await respond(**message.payload(), replace_original=False)
