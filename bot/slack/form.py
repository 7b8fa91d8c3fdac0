"""The form: opened from a command, a shortcut or an answer; previewed; submitted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.asker import Asker
from bot.blocks import controls, elements
from bot.blocks.listing import plain_message
from bot.commands import compare, estimate, form, suggest
from bot.commands.estimate import estimated
from bot.commands.form import Fields
from bot.commands.found import find_run
from bot.commands.reading import read
from bot.i18n import Say, Text, say_in, text
from bot.language import LanguageError
from bot.message import Message
from bot.slack import mentions, suggesting
from bot.slack.answering import Answering
from bot.slack.asking import Askers, spoken
from bot.slack.commands import Opener, remember
from bot.slack.failures import FAILURES, reason
from bot.slack.opening import LiveViews
from bot.slack.payload import Who, carried, entered_in, kept_in_form, value_of, view_of
from bot.slack.sending import delivered
from bot.slack.threads import Thread
from bot.store import Store
from bot.views.form import (
    FIELD,
    FORM,
    RESULT,
    Offer,
    Purpose,
    Shown,
    fields_in,
    form_view,
    is_public,
    loading_view,
    result_view,
)

log = logging.getLogger(__name__)

NEW: Final = "carbon_new"
"""The global shortcut, and buttons that open an empty form."""
ESTIMATE_THIS: Final = "carbon_estimate_this"
"""The shortcut on a message."""
OPENING_S: Final = 0.8
"""How long a form waits for what is known of its member before it opens without."""
_OVER: Final = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""The form was changed or closed in the meantime: nothing to update any more."""
_USED: Final = frozenset({"exchanged_trigger_id", "trigger_exchanged"})
_BESIDE: Final = {"replace": False}

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Who opens a form, with what, and what they said, which tells their language."""

    trigger_id: str
    who: Who
    said: str = ""

    @classmethod
    def of(cls, body: Body, said: str = "") -> Request:
        """The request of a click or a shortcut."""
        return cls(body["trigger_id"], Who.of_interaction(body), said)


class Forms:
    """Opens the form at once: what opens it is good for three seconds."""

    def __init__(self, askers: Askers) -> None:
        self._askers = askers

    async def open(
        self,
        client: AsyncWebClient,
        request: Request,
        purpose: Purpose,
        fill: Callable[[Asker], Shown],
    ) -> None:
        """Open the form; where it takes time to know who asks, it is filled in afterwards.

        Args:
            client: calls Slack.
            request: who opens it.
            purpose: what for.
            fill: what stands in it at first.
        """
        asking = asyncio.ensure_future(self._askers.asker(request.who, client, request.said))
        done, _ = await asyncio.wait({asking}, timeout=OPENING_S)
        try:
            if done:
                asker = asking.result()
                view = form_view(fill(asker), purpose, asker)
                await client.views_open(trigger_id=request.trigger_id, view=view)
                return
            loading = loading_view(say_in(spoken(request.said)))
            opened = await client.views_open(trigger_id=request.trigger_id, view=loading)
            asker = await asking
            view = form_view(fill(asker), purpose, asker)
            await client.views_update(view_id=opened["view"]["id"], view=view)
        except FAILURES as error:
            failure = reason(error)
            log.info("a form was not opened: %s", failure)
            # A double click uses the same trigger twice, and who closes the form wants none.
            if failure not in _USED | _OVER:
                await _apologise(client, request.who, purpose, (await asking).say)


async def _apologise(client: AsyncWebClient, who: Who, purpose: Purpose, say: Say) -> None:
    """Say that there is no form, where it was opened from or to the member."""
    message = plain_message(
        say("The form could not be opened. Try it once more, or type the run: `/carbon 8 H100`")
    )
    beside = purpose.model_copy(update=_BESIDE)
    if purpose.url and await delivered(client, beside, message, who.user_id):
        return
    try:
        await client.chat_postMessage(
            channel=who.user_id, text=message.text, blocks=list(message.blocks)
        )
    except FAILURES as error:
        log.warning("nobody could be told that a form was not opened: %s", reason(error))


def shown_from(command: str, asker: Asker, note: Text | None = None) -> Shown:
    """The form filled in with a command; where it cannot be read, as text to mend."""
    public = bool(asker.preferences.public)
    if not command:
        return Shown(Fields(), note, public)
    try:
        reading = read(command, asker)
    except LanguageError as error:
        return Shown(Fields(more=command), error.message, public)
    return Shown(form.fields_of(reading.run), note, reading.public)


def opener(askers: Askers) -> Opener:
    """Opens the form for ``/carbon new``."""
    forms = Forms(askers)

    async def open_new(command: Body, client: AsyncWebClient, rest: str) -> None:
        request = Request(command["trigger_id"], Who.of_command(command), rest)
        purpose = Purpose(url=command["response_url"])
        await forms.open(client, request, purpose, partial(shown_from, rest))

    return open_new


def register(app: AsyncApp, askers: Askers, answering: Answering, store: Store) -> None:
    """Attach the listeners of the form and of the shortcuts."""
    _openers(app, askers, answering, store)
    _editing(app, askers)
    _submissions(app, askers, store)


def _openers(app: AsyncApp, askers: Askers, answering: Answering, store: Store) -> None:
    forms = Forms(askers)

    async def new(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await forms.open(client, Request.of(body), Purpose(), partial(shown_from, ""))

    app.shortcut(NEW)(new)
    app.action(NEW)(new)

    @app.shortcut(ESTIMATE_THIS)
    async def estimate_this(
        ack: AsyncAck, respond: AsyncRespond, body: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        lines = str((body.get("message") or {}).get("text") or "").splitlines()
        said = "\n".join(mentions.said({"text": line}, None) for line in lines)
        request = Request.of(body, said)
        asker = await askers.asker(request.who, client, said)
        # Of a long message many parts are tried.
        command = await asyncio.to_thread(find_run, said, asker)
        if command is None:
            note = text("No run was found in that message: describe it here.")
            purpose = _from_message(body)
            fill = partial(shown_from, "", note=note)
            await forms.open(client, request, purpose, fill)
            return
        answer = estimated(command, asker)
        remember(store.history, request.who, answer)
        answering.later(_answer(respond, answer.message))

    @app.action(controls.EDIT)
    async def edit(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        purpose = _from_message(
            body, replace=bool((body.get("container") or {}).get("is_ephemeral"))
        )
        await forms.open(client, Request.of(body), purpose, partial(shown_from, value_of(action)))

    @app.action(controls.COMPARE)
    async def other_run(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        purpose = _from_message(body, base=value_of(action))
        note = text("Change what is to be compared.")
        fill = partial(shown_from, value_of(action), note=note)
        await forms.open(client, Request.of(body), purpose, fill)

    @app.action(controls.SHARE_COMPARISON)
    async def share(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = compare.answer(value_of(action), asker, shared_by=body["user"]["id"])
        await respond(**message.payload(), replace_original=False)
        await respond(delete_original=True)


def _from_message(body: Body, base: str = "", *, replace: bool = False) -> Purpose:
    """What a form is for that is opened from a message."""
    thread = Thread.of(body)
    return kept_in_form(
        Purpose(
            base=base,
            url=body.get("response_url") or "",
            replace=replace,
            channel_id=thread.channel_id if thread else "",
            thread_ts=thread.ts if thread else "",
        )
    )


async def _answer(respond: AsyncRespond, message: Message) -> None:
    await respond(**message.payload(), replace_original=False)


def _editing(app: AsyncApp, askers: Askers) -> None:
    live = LiveViews()

    async def edited(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        view, when = view_of(body), str(action["action_ts"])
        live.note(view["id"], when)
        asker = await askers.asker(Who.of_interaction(body), client)
        values = entered_in(view)
        shown = Shown(fields_in(values), public=is_public(values))
        await live.update(client, view, when, form_view(shown, purpose_of(view), asker))

    for name in Fields.__dataclass_fields__:
        app.action(f"{FIELD}{name}")(edited)

    offered = {
        f"{FIELD}{form.PLACE}": suggest.places,
        f"{FIELD}{form.DEVICE}": suggest.devices,
        f"{FIELD}{form.SECOND_DEVICE}": suggest.devices,
    }
    suggesting.register(app, askers, offered)


def _submissions(app: AsyncApp, askers: Askers, store: Store) -> None:
    async def first_time(key: str) -> bool:
        try:
            return await store.handled.first_time(key)
        except (SQLAlchemyError, OSError) as error:
            # An answer that may come twice is better than none.
            log.warning("a submitted form is not remembered: %s", type(error).__name__)
            return True

    @app.view(FORM)
    async def submitted(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        who, purpose, values = Who.of_interaction(body), purpose_of(view), entered_in(view)
        asker = await askers.asker(who, client)
        fields = fields_in(values)
        wrong = form.mistakes(fields, asker)
        if wrong:
            await ack(
                response_action="errors",
                errors={name: elements.complaint(asker.say(why)) for name, why in wrong.items()},
            )
            return
        if not await first_time(f"form {view['id']}"):
            await ack()
            return
        public = asker.preferences.model_copy(update={"public": is_public(values)})
        asker = replace(asker, preferences=public)
        command = form.command_of(fields)
        if purpose.base:
            message = compare.answer(f"{purpose.base} vs {command}", asker)
        else:
            answer = estimated(command, asker)
            remember(store.history, who, answer)
            message = answer.message
        if purpose.url and await delivered(client, purpose, message, who.user_id):
            await ack()
            return
        # The address is good for half an hour and five answers.
        note = text("It could not be sent to where the form was opened.") if purpose.url else None
        await ack(response_action="update", view=result_view(message, asker, note))

    @app.view(RESULT)
    async def shown(ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        who, offer = Who.of_interaction(body), offer_in(view)
        # With its hash: what could not be shown changes the view, and may be tried again.
        if not await first_time(f"shown {view['id']} {view.get('hash')}"):
            await ack()
            return
        asker = await askers.asker(who, client)
        urls = [target["response_url"] for target in body.get("response_urls") or []]
        message = _shown(offer, asker, who.user_id)
        sent = [await delivered(client, Purpose(url=url), message, who.user_id) for url in urls]
        if sent and all(sent):
            await ack()
            return
        note = text("It could not be shown there: try again, or another channel.")
        own = _shown(offer, asker, None)
        await ack(response_action="update", view=result_view(own, asker, note))


def _shown(offer: Offer, asker: Asker, member_id: str | None) -> Message:
    """An answer for the channel, by a member; for the member alone where there is none."""
    if offer.action == controls.SHARE_COMPARISON:
        return compare.answer(offer.command, asker, shared_by=member_id)
    if member_id is None:
        return estimate.answer(offer.command, asker)
    return estimate.shared(offer.command, asker, member_id)


def purpose_of(view: Body) -> Purpose:
    """What a form was opened for."""
    return carried(Purpose, view["private_metadata"])


def offer_in(view: Body) -> Offer:
    """What can be shown from a modal with an answer; of an older release it is the run alone."""
    metadata: str = view["private_metadata"]
    if not metadata.startswith("{"):
        return Offer(action=controls.SHARE, command=metadata)
    return carried(Offer, metadata)
