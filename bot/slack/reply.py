"""Clicks on the menus and buttons of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.blocks import controls
from bot.commands import change, suggest
from bot.commands import cut as cutting
from bot.commands import estimate as estimating
from bot.slack import suggesting
from bot.slack.asking import Askers
from bot.slack.live import Lookup
from bot.slack.payload import NotOurs, Who, chosen_in, command_in, value_of

Body = dict[str, Any]
Change = Callable[[str, str, Asker], str]
"""The command of a run with what was chosen in it."""
Listener = Callable[..., Awaitable[None]]

_CHANGES: Final[dict[str, Change]] = {
    controls.REGION: change.with_location,
    controls.DEVICE: change.with_device,
    controls.DURATION: change.with_duration,
}
"""What each menu of an answer changes."""


def register(app: AsyncApp, askers: Askers, lookup: Lookup) -> None:
    """Attach the listeners for the controls of an answer."""

    @app.action(controls.SHARE)
    async def share(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        command, asker = await lookup.fetched(value_of(action), asker)
        message = estimating.shared(command, asker, body["user"]["id"])
        await respond(**message.payload(), replace_original=False)
        await respond(delete_original=True)

    @app.action(controls.SOURCES)
    async def sources(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = estimating.sources(value_of(action), asker)
        await respond(**message.payload(), replace_original=False)

    @app.action(controls.CUT)
    async def cut(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = await asyncio.to_thread(cutting.clicked, value_of(action), asker)
        await respond(**message.payload(), replace_original=False)

    @app.action(controls.DISMISS)
    async def dismiss(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    for action_id, changed in _CHANGES.items():
        app.action(action_id)(_changes(changed, askers, lookup))

    offered = {controls.REGION: suggest.places, controls.DEVICE: suggest.devices}
    suggesting.register(app, askers, offered)


def _changes(changed: Change, askers: Askers, lookup: Lookup) -> Listener:
    """A listener that replaces an answer by that of its run with one thing changed."""

    async def listen(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        before, chosen = command_in(action), chosen_in(action)
        try:
            command = changed(before, chosen, asker)
        except ValueError:
            raise NotOurs("a choice that its menu does not offer") from None
        message = estimating.answer(*await lookup.fetched(command, asker))
        await respond(**message.payload(), replace_original=True)

    return listen
