"""What the bot reads from Slack's payloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from bot.blocks import controls, elements
from bot.store import Team

Payload = Mapping[str, Any]


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
        """Whose message or visit an event tells of."""
        event = body["event"]
        return cls(
            body.get("enterprise_id") or "",
            body.get("team_id") or event.get("team") or "",
            event.get("channel") or "",
            event.get("user") or "",
        )


def command_in(action: Payload) -> str:
    """The run that the row of a menu carries.

    Raises:
        ValueError: it carries none, which no message of ours does.
    """
    command = controls.command_in(action["block_id"])
    if command is None:
        msg = f"a menu without its run: {action['action_id']}"
        raise ValueError(msg)
    return command


def options(suggestions: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Labels and values as the options of a menu."""
    return [elements.option(label, value) for label, value in suggestions]
