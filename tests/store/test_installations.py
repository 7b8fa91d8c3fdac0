"""Installations: whose they are, and that their tokens are readable with the keys alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.store import Store, StoreError, Team, open_store
from bot.store import installations as module
from bot.store.errors import WrongKey
from bot.store.installations import Installed, Resealed
from bot.store.schema import installations
from bot.token_keys import TokenKeys, new_key
from tests.store.conftest import KEYS

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ALONE, ORG = Team("", "T1"), Team("E1", "")
TOKEN, REFRESH = "xoxe.xoxb-planted-token", "xoxe-planted-refresh"


def installed(team: Team = ALONE, token: str = TOKEN) -> Installed:
    """An installation whose token expires."""
    return Installed(
        team=team,
        app_id="A1",
        bot_id="B1",
        bot_user="U0BOT",
        scopes=frozenset({"commands", "chat:write"}),
        token=token,
        refresh_token=REFRESH,
        expires_at=NOW + timedelta(hours=12),
        installed_by="U1",
        installed_at=NOW,
    )


async def test_an_installation_is_kept_and_replaced(store: Store) -> None:
    assert await store.installations.of(ALONE) is None
    await store.installations.put(installed())
    first = await store.installations.of(ALONE)
    assert first is not None
    assert replace(first, revision="") == installed()
    await store.installations.put(replace(installed(), token="xoxb-2", refresh_token=None))
    second = await store.installations.of(ALONE)
    assert second is not None
    assert (second.token, second.refresh_token) == ("xoxb-2", None)
    assert second.revision != first.revision
    assert TOKEN not in repr(first)
    assert REFRESH not in repr(first)


async def test_a_workspace_is_served_by_its_own_installation_or_its_organisations(
    store: Store,
) -> None:
    own, other = Team("E1", "T1"), Team("E1", "T2")
    await store.installations.put(installed(ORG, "xoxb-org"))
    await store.installations.put(installed(own, "xoxb-own"))

    async def token_of(team: Team) -> str | None:
        found = await store.installations.of(team)
        return found.token if found else None

    assert await token_of(own) == "xoxb-own"
    assert await token_of(other) == await token_of(ORG) == "xoxb-org"
    assert await store.installations.own(other) is None
    # The same workspace id elsewhere, and a workspace of no organisation, are served by neither.
    assert await token_of(Team("E2", "T1")) is None
    assert await token_of(Team("", "T1")) is None
    assert await token_of(Team("", "")) is None


async def test_a_token_is_renewed_unless_somebody_was_quicker(store: Store) -> None:
    await store.installations.put(installed())
    read = await store.installations.of(ALONE)
    assert read is not None
    later = NOW + timedelta(hours=24)
    assert await store.installations.renew(read, "xoxb-2", "xoxe-2", later)
    assert not await store.installations.renew(read, "xoxb-3", "xoxe-3", later)
    found = await store.installations.of(ALONE)
    assert found is not None
    assert (found.token, found.refresh_token, found.expires_at) == ("xoxb-2", "xoxe-2", later)
    # As when it was installed again meanwhile.
    await store.installations.put(installed())
    assert not await store.installations.renew(found, "xoxb-4", "xoxe-4", later)


async def test_an_uninstallation_leaves_what_was_installed_after_it(store: Store) -> None:
    await store.installations.put(installed())
    await store.installations.put(installed(Team("", "T2")))
    assert not await store.installations.delete(ALONE, until=NOW - timedelta(seconds=1))
    assert await store.installations.of(ALONE) is not None
    assert await store.installations.delete(ALONE, until=NOW)
    assert await store.installations.of(ALONE) is None
    assert not await store.installations.delete(ALONE)
    assert await store.installations.of(Team("", "T2")) is not None


async def test_what_an_installation_lacks_is_told(store: Store) -> None:
    await store.installations.put(installed())
    await store.installations.put(
        replace(installed(ORG), scopes=frozenset({"commands", "chat:write", "files:write"}))
    )
    wanted = {"commands", "chat:write", "files:write"}
    assert await store.installations.lacking(wanted) == {ALONE: {"files:write"}}
    assert await store.installations.lacking({"commands"}) == {}


def everything_in(folder: Path) -> bytes:
    """Every byte of the files in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_no_token_is_in_the_file(tmp_path: Path) -> None:
    key = new_key()
    async with open_store(f"sqlite:///{tmp_path}/carbon.db", keys=TokenKeys([key])) as store:
        await store.installations.put(installed())
    content = everything_in(tmp_path)
    assert b"U0BOT" in content
    for secret in (TOKEN, REFRESH, "planted", key):
        assert secret.encode() not in content


async def test_a_token_is_of_no_use_in_another_row_or_column(store: Store) -> None:
    """Whoever can write to the database cannot let one workspace act with another's token."""
    mallory = Team("", "T0MALLORY")
    await store.installations.put(installed())
    await store.installations.put(installed(mallory, "xoxb-mallory"))
    async with store.database.transaction() as connection:
        stolen = (
            await connection.execute(
                select(installations.c.token).where(installations.c.team_id == ALONE.team_id)
            )
        ).scalar_one()
        statement = update(installations).where(installations.c.team_id == mallory.team_id)
        await connection.execute(statement.values(token=stolen))
    with pytest.raises(WrongKey, match="sealed for another workspace"):
        await store.installations.of(mallory)
    async with store.database.transaction() as connection:
        await connection.execute(statement.values(token=installations.c.refresh_token))
    with pytest.raises(WrongKey, match="sealed for another workspace"):
        await store.installations.of(mallory)


async def test_keys_are_rotated_and_the_old_one_is_needed_no_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)  # so that there is more than one
    old, new = new_key(), new_key()
    teams = [Team("", f"T{number}") for number in range(4)] + [ORG]
    async with open_store(database_url, keys=TokenKeys([old])) as store:
        for team in teams:
            await store.installations.put(installed(team))
        before = await store.installations.of(ORG)
    async with open_store(database_url, keys=TokenKeys([new])) as store:
        assert await store.installations.unreadable() == Resealed(0, len(teams))
        assert await store.installations.reseal() == Resealed(0, len(teams))
        assert await store.installations.problem() == (
            "none of the keys in TOKEN_KEYS opens a token that is kept"
        )
    async with open_store(database_url, keys=TokenKeys([new, old])) as store:
        assert await store.installations.problem() is None
        assert await store.installations.reseal() == Resealed(len(teams), 0)
        # A second time nothing is left to do; a bot's own changes are not lost meanwhile.
        assert await store.installations.reseal() == Resealed(len(teams), 0)
    async with open_store(database_url, keys=TokenKeys([new])) as store:
        assert await store.installations.unreadable() == Resealed(len(teams), 0)
        assert await store.installations.of(ORG) == before


async def test_without_keys_tokens_are_neither_read_nor_written(store: Store) -> None:
    await store.installations.put(installed())
    url = store.database.engine.url.render_as_string(hide_password=False)
    async with open_store(url) as other:
        with pytest.raises(StoreError, match="TOKEN_KEYS is not set"):
            await other.installations.of(ALONE)
        with pytest.raises(StoreError, match="TOKEN_KEYS is not set"):
            await other.installations.put(installed())


def test_keys_are_told_from_what_is_none() -> None:
    one, two = new_key(), new_key()
    sealed = TokenKeys.parse(one).seal("secret", "T1")
    assert TokenKeys.parse(f"{two}, {one}").open(sealed, "T1") == "secret"
    with pytest.raises(ValueError, match="there is no key"):
        TokenKeys.parse(" ")
    with pytest.raises(ValueError, match="key 2 of 2 is no key") as caught:
        TokenKeys.parse(f"{one},hunter2")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(WrongKey):
        KEYS.open("no such thing", "T1")


def test_a_ticket_is_good_for_one_purpose_and_for_a_while() -> None:
    now = 1_800_000_000.0
    ticket = KEYS.ticket("install", now)
    assert KEYS.is_ticket(ticket, "install", now + 599, 600)
    assert not KEYS.is_ticket(ticket, "install", now + 601, 600)
    assert not KEYS.is_ticket(ticket, "other", now, 600)
    assert not KEYS.is_ticket(ticket[:-4] + "AAAA", "install", now, 600)
    assert not KEYS.is_ticket("é", "install", now, 600)
    # A token that is kept is no ticket, though the same keys seal both.
    assert not KEYS.is_ticket(KEYS.seal("secret", "install"), "install", 1e10, 10**10)
    assert KEYS.ticket("install", now) != ticket
