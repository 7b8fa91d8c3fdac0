"""The page on installing asks for what the manifest and the code ask for, and for what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.slack.installing import INSTALL, REDIRECT
from bot.slack.scopes import SCOPES
from deploy.local_slack.config import MANIFEST

PAGE = Path(__file__).resolve().parents[2] / "docs/install.md"
_ROW = re.compile(r"^\| `([a-z_:]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_page_manifest_and_code_ask_for_the_same_scopes_and_say_why() -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert {scope: why for scope, why, _ in rows} == {
        name: str(why) for name, why in SCOPES.items()
    }
    assert len(rows) == len(SCOPES)
    assert sorted(SCOPES) == sorted(manifest["oauth_config"]["scopes"]["bot"])
    assert {*manifest["oauth_config"]["scopes"]} == {"bot"}


def test_the_addresses_are_those_that_are_served() -> None:
    page = PAGE.read_text(encoding="utf-8")
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    assert f"`https://YOUR-HOST{INSTALL}`" in page
    assert manifest["oauth_config"]["redirect_urls"] == [f"https://YOUR-HOST{REDIRECT}"]
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    told = {"app_uninstalled", "team_access_revoked", "tokens_revoked"}
    assert told <= events
    assert all(f"(`{event}`)" in page for event in told)
