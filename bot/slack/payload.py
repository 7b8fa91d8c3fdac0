"""What the bot reads from Slack's payloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

from pydantic import BaseModel, ValidationError

from bot.blocks import controls, elements
from bot.store import Team

Payload = Mapping[str, Any]
MOST_METADATA: Final = 3000
"""Characters that a form can carry, by Slack's limit."""
_Carried = TypeVar("_Carried", bound=BaseModel)


class NotOurs(ValueError):
    """What a click or a form carries was not put there by this release, nor by one before it.

    Slack tells it with every click, so it is read like anything else that arrives.
    """


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, and where. Ids alone: names change.

    Attributes:
        enterprise_id: the organisation; empty for a workspace that is in none.
        team_id: the workspace.
        channel_id: the channel; empty where there is none, as in a Home tab.
        user_id: the member.
    """

    enterprise_id: str
    team_id: str
    channel_id: str
    user_id: str

    @property
    def team(self) -> Team:
        """The workspace, as everything that is kept is keyed."""
        return Team(self.enterprise_id, self.team_id)

    def at(self, channel_id: str) -> Self:
        """The same member, in another channel: a modal is submitted in none."""
        return replace(self, channel_id=channel_id)

    @classmethod
    def of(cls, body: Payload) -> Self | None:
        """Whose doing a payload tells of, whatever it is; ``None`` where it is nobody's."""
        if "command" in body:
            return cls.of_command(body)
        if "event" in body:
            # Of some events the member or the channel is an object: they are none of a member's.
            who = cls.of_event(body)
            return who if isinstance(who.user_id, str) and isinstance(who.channel_id, str) else None
        return cls.of_interaction(body) if "user" in body else None

    @classmethod
    def of_command(cls, body: Payload) -> Self:
        """Who typed a slash command."""
        return cls(
            body.get("enterprise_id") or "",
            body.get("team_id") or "",
            body.get("channel_id") or "",
            body.get("user_id") or "",
        )

    @classmethod
    def of_interaction(cls, body: Payload) -> Self:
        """Who clicked, chose, submitted or used a shortcut."""
        return cls(
            (body.get("enterprise") or {}).get("id") or "",
            (body.get("team") or {}).get("id") or body.get("user", {}).get("team_id") or "",
            (body.get("channel") or {}).get("id") or "",
            body["user"]["id"],
        )

    @classmethod
    def of_event(cls, body: Payload) -> Self:
        """Whose message or visit an event tells of, in the workspace whose token answers it."""
        event = body["event"]
        # In a channel that workspaces share, the payload may name the other one.
        of = (body.get("authorizations") or [{}])[0]
        return cls(
            of.get("enterprise_id") or body.get("enterprise_id") or "",
            of.get("team_id") or body.get("team_id") or event.get("team") or "",
            event.get("channel") or "",
            event.get("user") or "",
        )


def command_in(action: Payload) -> str:
    """The run that the row of a menu carries.

    Raises:
        NotOurs: it carries none.
    """
    command = controls.command_in(action["block_id"])
    if command is None:
        raise NotOurs("a menu without its run")
    return command


def value_of(action: Payload) -> str:
    """What a button carries.

    Raises:
        NotOurs: it carries nothing.
    """
    value = action.get("value")
    if not isinstance(value, str):
        raise NotOurs("a button without its value")
    return value


def chosen_in(action: Payload) -> str:
    """What was chosen in a menu.

    Raises:
        NotOurs: nothing was.
    """
    option = action.get("selected_option")
    if not option:
        raise NotOurs("a menu in which nothing is chosen")
    value: str = option["value"]
    return value


def view_of(body: Payload) -> dict[str, Any]:
    """The modal that a click was in.

    Raises:
        NotOurs: it was in none.
    """
    view: dict[str, Any] | None = body.get("view")
    if not view or view.get("type") == "home":
        raise NotOurs("an element of a modal outside of one")
    return view


def entered_in(view: Payload) -> dict[str, Any]:
    """What a form holds, by block.

    Raises:
        NotOurs: it is no form.
    """
    state: dict[str, Any] | None = view.get("state")
    if not state:
        raise NotOurs("a form without what was entered")
    values: dict[str, Any] = state["values"]
    return values


def kept_in_form(what: _Carried) -> _Carried:
    """What a form is to carry.

    Raises:
        NotOurs: it is more than a form can, which nothing that we sent is.
    """
    if len(what.model_dump_json()) > MOST_METADATA:
        raise NotOurs("more than a form can carry")
    return what


def carried(made: type[_Carried], text: str) -> _Carried:
    """What a form or a button carries as JSON.

    Raises:
        NotOurs: it carries something else.
    """
    try:
        return made.model_validate_json(text)
    except ValidationError:
        raise NotOurs(f"no {made.__name__}") from None


def options(suggestions: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Labels and values as the options of a menu."""
    return [elements.option(label, value) for label, value in suggestions]
