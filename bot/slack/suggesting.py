"""Menus with type-ahead: what Slack asks for while somebody types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.commands.suggest import MOST, Suggestion
from bot.slack.asking import Askers
from bot.slack.payload import Who, options

Body = dict[str, Any]
Fitting = Callable[[str, Asker], list[Suggestion]]
"""What fits what was typed."""


def register(
    app: AsyncApp,
    askers: Askers,
    menus: Mapping[str, Fitting],
    none: Callable[[Body, Asker], Suggestion] | None = None,
) -> None:
    """Attach a listener for each menu.

    Args:
        app: the Bolt app.
        askers: knows who asks.
        menus: what fits in each, by its ``action_id``.
        none: the entry that takes a choice back; it comes first while nothing is typed.
    """

    def suggests(fitting: Fitting) -> Callable[..., Any]:
        async def listen(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            asker = await askers.asker(Who.of_interaction(body), client)
            typed = body.get("value") or ""
            found = fitting(typed, asker)
            if none is not None and not typed:
                found = [none(body, asker), *found][:MOST]
            await ack(options=options(found))

        return listen

    for action_id, fitting in menus.items():
        app.options(action_id)(suggests(fitting))
