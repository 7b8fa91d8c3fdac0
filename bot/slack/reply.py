"""Clicks on the menus and buttons of an answer."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks import controls
from bot.commands import change, suggest
from bot.commands import cut as cutting
from bot.commands import estimate as estimating
from bot.slack.asking import Askers
from bot.slack.payload import Who, command_in, options

Body = dict[str, Any]


def register(app: AsyncApp, askers: Askers) -> None:
    """Attach the listeners for the controls of an answer."""

    @app.action(controls.SHARE)
    async def share(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = estimating.shared(action["value"], asker, body["user"]["id"])
        await respond(**message.payload(), replace_original=False)
        await respond(delete_original=True)

    @app.action(controls.SOURCES)
    async def sources(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = estimating.sources(action["value"], asker)
        await respond(**message.payload(), replace_original=False)

    @app.action(controls.CUT)
    async def cut(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = await asyncio.to_thread(cutting.clicked, action["value"], asker)
        await respond(**message.payload(), replace_original=False)

    @app.action(controls.DISMISS)
    async def dismiss(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    @app.action(controls.REGION)
    async def region(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        place = action["selected_option"]["value"]
        command = change.with_location(command_in(action), place, asker)
        message = estimating.answer(command, asker)
        await respond(**message.payload(), replace_original=True)

    @app.action(controls.DEVICE)
    async def device(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        model = action["selected_option"]["value"]
        command = change.with_device(command_in(action), model, asker)
        message = estimating.answer(command, asker)
        await respond(**message.payload(), replace_original=True)

    @app.action(controls.DURATION)
    async def duration(
        ack: AsyncAck, respond: AsyncRespond, body: Body, action: Body, client: AsyncWebClient
    ) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        hours = float(action["selected_option"]["value"])
        command = change.with_duration(command_in(action), hours, asker)
        message = estimating.answer(command, asker)
        await respond(**message.payload(), replace_original=True)

    @app.options(controls.REGION)
    async def places(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        asker = await askers.asker(Who.of_interaction(body), client)
        await ack(options=options(suggest.places(body.get("value") or "", asker)))

    @app.options(controls.DEVICE)
    async def devices(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        asker = await askers.asker(Who.of_interaction(body), client)
        await ack(options=options(suggest.devices(body.get("value") or "", asker)))
