"""What the documents and the deployment files say is true: every example runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from bot import commands
from bot.commands import EXAMPLES, REGISTRY
from bot.commands.estimate import ask
from bot.settings import Settings
from estimator import load_default
from tests.bot.people import ASKER

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CATALOGUE = load_default()


def slash_examples() -> list[str]:
    found = {m for path in DOCUMENTS for m in re.findall(r"`/carbon ([^`]+)`", path.read_text())}
    return sorted(found)


@pytest.mark.parametrize("text", slash_examples())
def test_a_documented_command_is_answered(text: str) -> None:
    if commands.subcommand_in(text) is None:
        ask(text, ASKER)
    assert "Try: " not in commands.answer(text, ASKER).message.text


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_help_is_estimated(text: str) -> None:
    ask(text, ASKER)


def test_readme_shows_every_subcommand() -> None:
    for subcommand in REGISTRY:
        assert f"/carbon {subcommand.name}" in README


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_environment_file_lists_every_setting() -> None:
    lines = (ROOT / "deploy/carbon.env.example").read_text().splitlines()
    listed = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}

    assert listed == {name.upper() for name in Settings.model_fields}


def test_the_manifest_keeps_slacks_documented_bounds() -> None:
    """https://docs.slack.dev/reference/app-manifest."""
    manifest = json.loads((ROOT / "deploy/slack-manifest.json").read_text())
    shown = manifest["display_information"]
    known = {
        "_metadata": {"major_version", "minor_version"},
        "display_information": {"name", "description", "long_description", "background_color"},
        "features": {"app_home", "bot_user", "shortcuts", "slash_commands"},
        "oauth_config": {"redirect_urls", "scopes"},
        "settings": {
            "event_subscriptions",
            "interactivity",
            "org_deploy_enabled",
            "socket_mode_enabled",
            "token_rotation_enabled",
        },
    }

    assert {key: set(value) for key, value in manifest.items()} == known
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    (command,) = manifest["features"]["slash_commands"]
    assert set(command) == {"command", "url", "description", "usage_hint", "should_escape"}
    assert len(command["command"]) <= 32
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
    assert command["url"] == manifest["settings"]["interactivity"]["request_url"]
    assert command["url"].endswith("/slack/events")
    for shortcut in manifest["features"]["shortcuts"]:
        assert set(shortcut) == {"name", "type", "callback_id", "description"}
        assert shortcut["type"] in {"global", "message"}
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150


def test_the_image_runs_as_nobody_special_from_the_hashed_lock() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()

    assert re.search(r"^USER [1-9]\d*$", dockerfile, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert "HEALTHCHECK" in dockerfile


def test_the_locks_carry_hashes_and_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)
        assert len(pins) > 10
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text


def test_the_wheel_carries_the_data() -> None:
    """Built from the tree, the distribution holds every data file."""
    builder = WheelBuilder(str(ROOT))
    packed = {f.distribution_path for f in builder.recurse_included_files()}

    for path in (ROOT / "estimator/data").rglob("*.*"):
        assert str(path.relative_to(ROOT)) in packed
