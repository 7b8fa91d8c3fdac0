"""The app's manifest: what the local Slack reads from it, and what Slack would refuse.

See https://docs.slack.dev/reference/app-manifest.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local_slack import check_manifest
from deploy.local_slack.config import MANIFEST
from deploy.local_slack.manifest import Manifest
from tests.local_slack.conftest import MANIFEST as COMMANDS


def test_the_manifest_names_bot_and_commands(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(COMMANDS), encoding="utf-8")
    found = Manifest.parse(path)
    assert found == Manifest.parse(COMMANDS)
    assert found.name == "carbon"
    command = found.find("/carbon")
    assert command is not None
    assert command.should_escape
    assert found.find("/none") is None


def test_the_apps_own_manifest_has_the_command() -> None:
    assert Manifest.parse(MANIFEST).find("/carbon") is not None


LARGEST: dict[str, Any] = {
    "display_information": {"name": "x" * 35, "description": "x" * 140},
    "features": {
        "slash_commands": [{"command": "/carbon", "description": "x" * 2000}] * 50,
        "shortcuts": [
            {"type": "global", "name": "x" * 24, "callback_id": "x" * 255, "description": "x" * 150}
        ]
        * 10,
    },
}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"display_information": {"name": "x" * 36}}, "/display_information/name"),
        ({"display_information": {"name": "x", "long_description": "x" * 173}}, "long_description"),
        ({"features": {"bot_user": {"display_name": "x" * 81}}}, "/display_name"),
        ({"features": {"slash_commands": [{"command": "/x"}]}}, "/slash_commands/0"),
        ({"features": {"slash_commands": [{"command": "/x"}] * 51}}, "/features/slash_commands"),
        ({"features": {"shortcuts": [{"type": "other"}]}}, "/shortcuts/0/type"),
        ({"settings": {"event_subscriptions": {"bot_events": ["x"] * 101}}}, "/bot_events"),
        ({"settings": {"unknown": True}}, "/settings/unknown"),
        ({"oauth_config": {"scopes": {"bots": []}}}, "/oauth_config/scopes/bots"),
    ],
)
def test_a_manifest_is_refused_at_the_place(change: dict[str, Any], pointer: str) -> None:
    """See https://docs.slack.dev/reference/app-manifest."""
    assert check_manifest(LARGEST) == []
    found = check_manifest({**LARGEST, **change})
    assert any(entry.pointer.endswith(pointer) for entry in found)


def test_the_apps_own_manifest_is_accepted() -> None:
    """See https://docs.slack.dev/reference/app-manifest."""
    assert check_manifest(json.loads(MANIFEST.read_text(encoding="utf-8"))) == []
