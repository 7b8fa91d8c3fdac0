"""The app's manifest, as far as the local Slack needs it: name and slash commands.

See https://docs.slack.dev/reference/app-manifest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SlashCommand:
    """One slash command of the manifest."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Manifest:
    """The part of a manifest that shapes what users see."""

    name: str
    commands: tuple[SlashCommand, ...]
    bot_scopes: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, source: Path | Mapping[str, Any]) -> "Manifest":
        """Read a manifest from a file or from its contents."""
        found: Mapping[str, Any] = (
            json.loads(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
        )
        features = found.get("features", {})
        name = (
            features.get("bot_user", {}).get("display_name")
            or found.get("display_information", {}).get("name")
            or "carbon"
        )
        scopes = found.get("oauth_config", {}).get("scopes", {}).get("bot", [])
        commands = tuple(
            SlashCommand(
                command=entry["command"],
                description=entry.get("description", ""),
                usage_hint=entry.get("usage_hint", ""),
                should_escape=bool(entry.get("should_escape", False)),
            )
            for entry in features.get("slash_commands", [])
        )
        return cls(name, commands, frozenset(scopes))

    def find(self, command: str) -> SlashCommand | None:
        """Find a command by its name, slash included."""
        return next((entry for entry in self.commands if entry.command == command), None)
