"""The app's manifest, as far as it shapes what people see and what the app may do.

See https://docs.slack.dev/reference/app-manifest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Shortcut:
    """One shortcut of the manifest.

    Attributes:
        kind: ``global`` for the composer's menu, ``message`` for a message's.
    """

    kind: str
    name: str
    callback_id: str
    description: str = ""


@dataclass(frozen=True)
class Manifest:
    """The part of a manifest that the local Slack acts on.

    Attributes:
        bot_scopes: Scopes granted to the bot; None when the manifest names none, and then
            nothing is refused for want of a scope.
        loads_options: Whether there is a URL from which external menus load their options, or
            Socket Mode in its place.
        org_deploy: Whether an organisation may install it for all of its workspaces.
        rotates_tokens: Whether tokens expire.
    """

    name: str
    commands: tuple[SlashCommand, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    bot_scopes: frozenset[str] | None = None
    bot_events: frozenset[str] = frozenset()
    home_tab: bool = False
    messages_tab: bool = True
    messages_tab_read_only: bool = False
    loads_options: bool = False
    redirect_urls: tuple[str, ...] = field(default=())
    org_deploy: bool = False
    rotates_tokens: bool = False

    @classmethod
    def parse(cls, source: Path | Mapping[str, Any]) -> "Manifest":
        """Read a manifest from a file or from its contents."""
        found: Mapping[str, Any] = (
            json.loads(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
        )
        features = found.get("features", {})
        settings = found.get("settings", {})
        oauth = found.get("oauth_config", {})
        home = features.get("app_home", {})
        interactivity = settings.get("interactivity", {})
        scopes = oauth.get("scopes", {}).get("bot")
        return cls(
            name=(
                features.get("bot_user", {}).get("display_name")
                or found.get("display_information", {}).get("name")
                or "carbon"
            ),
            commands=tuple(
                SlashCommand(
                    command=entry["command"],
                    description=entry.get("description", ""),
                    usage_hint=entry.get("usage_hint", ""),
                    should_escape=bool(entry.get("should_escape", False)),
                )
                for entry in features.get("slash_commands", [])
            ),
            shortcuts=tuple(
                Shortcut(
                    entry["type"],
                    entry["name"],
                    entry["callback_id"],
                    entry.get("description", ""),
                )
                for entry in features.get("shortcuts", [])
            ),
            bot_scopes=None if scopes is None else frozenset(scopes),
            bot_events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            home_tab=bool(home.get("home_tab_enabled", False)),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
            messages_tab_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
            loads_options=(
                "message_menu_options_url" in interactivity
                or bool(settings.get("socket_mode_enabled", False))
            ),
            redirect_urls=tuple(oauth.get("redirect_urls", [])),
            org_deploy=bool(settings.get("org_deploy_enabled", False)),
            rotates_tokens=bool(settings.get("token_rotation_enabled", False)),
        )

    def find(self, command: str) -> SlashCommand | None:
        """Find a command by its name, slash included."""
        return next((entry for entry in self.commands if entry.command == command), None)

    def shortcut(self, kind: str, callback_id: str) -> Shortcut:
        """Find a shortcut.

        Raises:
            KeyError: The manifest declares no such shortcut.
        """
        for entry in self.shortcuts:
            if (entry.kind, entry.callback_id) == (kind, callback_id):
                return entry
        raise KeyError(f"the manifest has no {kind} shortcut {callback_id!r}")

    def has_scope(self, scope: str) -> bool:
        """Whether the bot was granted a scope."""
        return self.bot_scopes is None or scope in self.bot_scopes
