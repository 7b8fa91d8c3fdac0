"""The SDK's own interface to installations, as Bolt's flow and its listeners use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_sdk.oauth.installation_store import Installation

from bot.slack.installing import SlackInstallations
from bot.store import Store, Team, open_store
from tests.store.conftest import KEYS


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/carbon.db", keys=KEYS) as found:
        yield found


def installation(enterprise_id: str | None, team_id: str | None) -> Installation:
    return Installation(
        app_id="A1",
        enterprise_id=enterprise_id,
        team_id=team_id,
        bot_token="xoxb-1",
        bot_id="B1",
        bot_user_id="U1",
        bot_scopes="chat:write,commands",
        bot_refresh_token="xoxe-1",
        bot_token_expires_at=1_800_000_000,
        user_id="U2",
        is_enterprise_install=team_id is None,
        installed_at=1_700_000_000.0,
    )


@pytest.mark.parametrize(("enterprise_id", "team_id"), [(None, "T1"), ("E1", "T1"), ("E1", None)])
async def test_what_is_saved_is_found(
    store: Store, enterprise_id: str | None, team_id: str | None
) -> None:
    installations = SlackInstallations(store.installations)
    saved = installation(enterprise_id, team_id)
    await installations.async_save(saved)
    found = await installations.async_find_installation(
        enterprise_id=enterprise_id, team_id="T1", is_enterprise_install=team_id is None
    )
    assert found is not None
    assert found.to_dict() == saved.to_dict()
    bot = await installations.async_find_bot(enterprise_id=enterprise_id, team_id="T1")
    assert bot is not None
    assert bot.bot_token == "xoxb-1"
    other = await installations.async_find_bot(enterprise_id="E2", team_id="T1")
    assert other is None

    bot.bot_token, bot.bot_refresh_token, bot.bot_token_expires_at = (
        "xoxb-2",
        "xoxe-2",
        1_900_000_000,
    )
    await installations.async_save_bot(bot)
    renewed = await store.installations.of(Team(enterprise_id or "", "T1"))
    assert renewed is not None
    assert (renewed.token, renewed.refresh_token) == ("xoxb-2", "xoxe-2")
    assert renewed.expires_at == datetime.fromtimestamp(1_900_000_000, UTC)


async def test_what_is_deleted_is_gone(store: Store) -> None:
    installations = SlackInstallations(store.installations)
    for team_id in ("T1", "T2", "T3"):
        await installations.async_save(installation(None, team_id))
    await installations.async_delete_bot(enterprise_id=None, team_id="T1")
    await installations.async_delete_all(enterprise_id=None, team_id="T2")
    # A member's own token, of which there is none.
    await installations.async_delete_installation(enterprise_id=None, team_id="T3", user_id="U2")
    kept = [team for team in ("T1", "T2", "T3") if await store.installations.has(Team("", team))]
    assert kept == ["T3"]
    bot = installation(None, "T1").to_bot()
    await installations.async_save_bot(bot)
    assert not await store.installations.has(Team("", "T1"))
