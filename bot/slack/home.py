"""The Home tab: published when somebody opens it, and again when something in it changed.

Each publication carries the ``hash`` of the tab that the member saw, so that of two at once the
older never stays. See https://docs.slack.dev/reference/methods/views.publish.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot import commands
from bot.budget import Scope, State
from bot.commands.estimate import estimated
from bot.reports.budgeting import Budgets
from bot.slack.answering import Answering
from bot.slack.asking import Askers
from bot.slack.failures import FAILURES, reason
from bot.slack.opening import open_view
from bot.slack.payload import Who, value_of
from bot.store import Store, Team
from bot.views.form import message_view, result_view
from bot.views.home import HELP, OPEN, WELCOMED, Recent, home_view

log = logging.getLogger(__name__)

Body = dict[str, Any]

BUDGETS: Final = 5
"""Budgets that are shown."""
_CHANGED: Final = "hash_conflict"
"""The tab was published again in the meantime."""


async def budgets_of(team: Team, store: Store, budgets: Budgets) -> tuple[list[State], int]:
    """The first budgets that are no channel's, as they stand, and how many there are.

    A channel's is for its members, and who opens the tab need not be one.
    """
    found = [one for one in await store.budgets.all(team) if one.scope is not Scope.CHANNEL]
    found.sort(key=lambda one: one.scope is not Scope.WORKSPACE)
    return [await budgets.state(team, one) for one in found[:BUDGETS]], len(found)


def register(
    app: AsyncApp, askers: Askers, answering: Answering, store: Store, budgets: Budgets
) -> None:
    """Attach the listeners of the Home tab."""

    async def view_of(who: Who, client: AsyncWebClient) -> Body:
        asker = await askers.asker(who, client)
        recent: list[Recent] = []
        states: list[State] = []
        number, welcome = 0, True
        try:
            found = await store.history.recent(who.team, who.user_id)
            states, number = await budgets_of(who.team, store, budgets)
            recent = [Recent(a.command, a.total_kgco2e, a.energy_kwh) for a in found]
            member = await store.members.get(who.team, who.user_id)
            # Who has asked once needs no welcome any more.
            welcome = not recent and (member is None or member.welcomed_at is None)
        except (SQLAlchemyError, OSError) as error:
            log.warning("a Home tab without its history: %s", type(error).__name__)
        left_out = number - len(states)
        return home_view(recent, asker, welcome=welcome, budgets=states, more=left_out)

    async def publish(who: Who, client: AsyncWebClient, seen: Body | None) -> None:
        """Publish over the tab that the member saw; over a newer one what holds by then."""
        view = await view_of(who, client)
        try:
            try:
                seen_hash = (seen or {}).get("hash")
                await client.views_publish(user_id=who.user_id, view=view, hash=seen_hash)
            except SlackApiError as error:
                if reason(error) != _CHANGED:
                    raise
                # Either may be the older one. What is read after both is not.
                await client.views_publish(user_id=who.user_id, view=await view_of(who, client))
        except FAILURES as error:
            log.warning("a Home tab could not be published: %s", reason(error))

    @app.event("app_home_opened")
    async def opened(body: Body, client: AsyncWebClient) -> None:
        if body["event"].get("tab") == "home":
            # The event's channel is the conversation with the bot, whose settings are nobody's.
            who = Who.of_event(body).at("")
            answering.later(publish(who, client, body["event"].get("view")))

    @app.action(WELCOMED)
    async def welcomed(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        who = Who.of_interaction(body)
        await store.members.welcomed(who.team, who.user_id)
        await publish(who, client, body.get("view"))

    @app.action(OPEN)
    async def open_again(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        answer = estimated(value_of(action), asker)
        await open_view(client, body["trigger_id"], result_view(answer.message, asker))

    @app.action(HELP)
    async def help_me(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        asker = await askers.asker(Who.of_interaction(body), client)
        message = commands.answer("help", asker).message
        view = message_view(asker.say("Help"), message, asker)
        await open_view(client, body["trigger_id"], view)
