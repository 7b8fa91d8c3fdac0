"""The form: opened from a command, a shortcut or an answer; previewed; submitted."""

from __future__ import annotations

import logging
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.asker import Asker
from bot.blocks import controls
from bot.commands import compare, estimate, form, suggest
from bot.commands.estimate import Answer, estimated
from bot.commands.form import Fields
from bot.commands.found import find_run
from bot.commands.reading import read
from bot.i18n import Text, text
from bot.language import LanguageError
from bot.message import Message
from bot.slack import mentions
from bot.slack.answering import Answering
from bot.slack.asking import Askers
from bot.slack.commands import Opener, remember
from bot.slack.payload import Who, options
from bot.store import Store
from bot.views.form import (
    FIELD,
    FORM,
    RESULT,
    Purpose,
    Shown,
    fields_in,
    form_view,
    result_view,
)

log = logging.getLogger(__name__)

NEW: Final = "carbon_new"
"""The global shortcut, and buttons that open an empty form."""
ESTIMATE_THIS: Final = "carbon_estimate_this"
"""The shortcut on a message."""
_OVER: Final = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""The form was changed or closed in the meantime: nothing to update any more."""

Body = dict[str, Any]


async def open_form(
    client: AsyncWebClient, trigger_id: str, shown: Shown, purpose: Purpose, asker: Asker
) -> None:
    """Open the form; a trigger that was used already or is over opens nothing."""
    try:
        await client.views_open(trigger_id=trigger_id, view=form_view(shown, purpose, asker))
    except SlackApiError as error:
        # A double click uses the same trigger twice.
        log.info("a form was not opened: %s", error.response["error"])


def shown_from(command: str, asker: Asker, note: Text | None = None) -> Shown:
    """The form filled in with a command; where it cannot be read, as text to mend."""
    if not command:
        return Shown(Fields(), note)
    try:
        return Shown(form.fields_of(read(command, asker).run), note)
    except LanguageError as error:
        return Shown(Fields(more=command[:1000]), error.message)


def opener(askers: Askers) -> Opener:
    """Opens the form for ``/carbon new``."""

    async def open_new(command: Body, client: AsyncWebClient, rest: str) -> None:
        asker = await askers.asker(Who.of_command(command), client, rest)
        purpose = Purpose(url=command["response_url"])
        await open_form(client, command["trigger_id"], shown_from(rest, asker), purpose, asker)

    return open_new


def register(app: AsyncApp, askers: Askers, answering: Answering, store: Store) -> None:
    """Attach the listeners of the form and of the shortcuts."""
    _openers(app, askers, answering, store)
    _editing(app, askers)
    _submissions(app, askers, answering, store)


def _openers(app: AsyncApp, askers: Askers, answering: Answering, store: Store) -> None:
    async def new(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        await open_form(client, body["trigger_id"], Shown(Fields()), Purpose(), asker)

    app.shortcut(NEW)(new)
    app.action(NEW)(new)

    @app.shortcut(ESTIMATE_THIS)
    async def estimate_this(
        ack: AsyncAck, respond: AsyncRespond, body: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        lines = str(body["message"].get("text") or "").splitlines()
        said = "\n".join(mentions.said({"text": line}, None) for line in lines)
        who = Who.of_interaction(body)
        asker = await askers.asker(who, client, said)
        command = find_run(said, asker)
        if command is None:
            note = text("No run was found in that message: describe it here.")
            purpose = Purpose(url=body["response_url"])
            shown = Shown(Fields(), note)
            await open_form(client, body["trigger_id"], shown, purpose, asker)
            return
        answer = estimated(command, asker)
        remember(store.history, who, answer)
        answering.later(_respond(respond, answer.message))

    @app.action(controls.EDIT)
    async def edit(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        own = bool(body["container"].get("is_ephemeral"))
        purpose = Purpose(url=body.get("response_url") or "", replace=own)
        shown = shown_from(action["value"], asker)
        await open_form(client, body["trigger_id"], shown, purpose, asker)

    @app.action(controls.COMPARE)
    async def other_run(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        purpose = Purpose(base=action["value"], url=body.get("response_url") or "")
        shown = shown_from(action["value"], asker, text("Change what is to be compared."))
        await open_form(client, body["trigger_id"], shown, purpose, asker)

    @app.action(controls.SHARE_COMPARISON)
    async def share(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = compare.answer(action["value"], asker, shared_by=body["user"]["id"])
        await respond(**message.payload(), replace_original=False)
        await respond(delete_original=True)


def _editing(app: AsyncApp, askers: Askers) -> None:
    async def edited(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        view = body["view"]
        asker = await askers.asker(Who.of_interaction(body), client)
        shown = Shown(fields_in(view["state"]["values"]))
        try:
            await client.views_update(
                view_id=view["id"],
                hash=view["hash"],
                view=form_view(shown, purpose_of(view), asker),
            )
        except SlackApiError as error:
            if error.response["error"] not in _OVER:
                raise

    for name in Fields.__dataclass_fields__:
        app.action(f"{FIELD}{name}")(edited)

    @app.options(f"{FIELD}{form.PLACE}")
    async def places(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        asker = await askers.asker(Who.of_interaction(body), client)
        await ack(options=options(suggest.places(body.get("value") or "", asker)))

    @app.options(f"{FIELD}{form.DEVICE}")
    async def devices(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        asker = await askers.asker(Who.of_interaction(body), client)
        await ack(options=options(suggest.devices(body.get("value") or "", asker)))


def _submissions(app: AsyncApp, askers: Askers, answering: Answering, store: Store) -> None:
    @app.view(FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        who, purpose = Who.of_interaction(body), purpose_of(view)
        asker = await askers.asker(who, client)
        fields = fields_in(view["state"]["values"])
        wrong = form.mistakes(fields, asker)
        if wrong:
            await ack(
                response_action="errors",
                errors={name: asker.say(why)[:150] for name, why in wrong.items()},
            )
            return
        command = form.command_of(fields)
        if purpose.base:
            message = compare.answer(f"{purpose.base} vs {command}", asker)
            answer = Answer(message)
        else:
            answer = estimated(command, asker)
            remember(store.history, who, answer)
        if not purpose.url:
            await ack(response_action="update", view=result_view(answer, asker))
            return
        await ack()
        answering.later(_send(client, who, purpose, answer.message))

    @app.view(RESULT)
    async def shown(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        await ack()
        who = Who.of_interaction(body)
        asker = await askers.asker(who, client)
        message = estimate.shared(view["private_metadata"], asker, who.user_id)
        for target in body.get("response_urls") or []:
            purpose = Purpose(url=target["response_url"])
            answering.later(_send(client, who, purpose, message))


def purpose_of(view: Body) -> Purpose:
    """What a form was opened for."""
    return Purpose.model_validate_json(view["private_metadata"])


async def _respond(respond: AsyncRespond, message: Message) -> None:
    await respond(**message.payload(), replace_original=False)


async def _send(client: AsyncWebClient, who: Who, purpose: Purpose, message: Message) -> None:
    """Send an answer where the form was opened from; where that is over, to the member."""
    webhook = AsyncWebhookClient(purpose.url, session=client.session)
    payload = message.payload() | {"replace_original": purpose.replace}
    try:
        answer = await webhook.send_dict(payload)
        status: object = answer.status_code
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        status = type(error).__name__
    if status == 200:
        return
    # The address is good for half an hour and five answers: the member gets theirs all the same.
    log.info("an answer went to its member, not to its message: %s", status)
    try:
        await client.chat_postMessage(
            channel=who.user_id,
            text=message.text,
            blocks=list(message.blocks),
            unfurl_links=False,
            unfurl_media=False,
        )
    except SlackApiError as error:
        log.warning("an answer could not be delivered: %s", error.response["error"])
