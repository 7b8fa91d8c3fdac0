"""``python -m bot new-key`` and ``rotate-keys``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.command_line import main
from bot.settings import Settings
from bot.store import open_store
from bot.token_keys import TokenKeys, new_key
from tests.store.test_installations import ALONE, TOKEN, installed

OLD, NEW = new_key(), new_key()


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database with an installation in it, in the settings of many workspaces."""
    found = f"sqlite:///{tmp_path}/carbon.db"
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "whisper",
        "SLACK_SIGNING_SECRET": "hush",
        "PUBLIC_URL": "https://carbon.example",
        "DATABASE_URL": found,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)  # where there is no .env

    async def install() -> None:
        async with open_store(found, keys=TokenKeys([OLD])) as store:
            await store.installations.put(installed())

    asyncio.run(install())
    return found


async def token(url: str, key: str) -> str:
    async with open_store(url, keys=TokenKeys([key])) as store:
        found = await store.installations.of(ALONE)
    assert found is not None
    return found.token


def test_a_key_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-key"]) == 0
    made = capsys.readouterr().out.strip()
    assert TokenKeys([made]).open(TokenKeys([made]).seal("secret", "T1"), "T1") == "secret"


def test_after_a_rotation_the_old_key_is_needed_no_more(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN_KEYS", f"{NEW},{OLD}")
    assert main(["rotate-keys"]) == 0
    said = capsys.readouterr().out
    assert "encrypted with the newest key: 1." in said
    assert "older keys can be taken out" in said
    assert asyncio.run(token(url, NEW)) == TOKEN


@pytest.mark.usefixtures("url")
def test_a_key_that_is_missing_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN_KEYS", NEW)
    assert main(["rotate-keys"]) == 1
    said = capsys.readouterr()
    assert "No key in TOKEN_KEYS opens 1 more" in said.err
    assert "taken out" not in said.out
    for secret in (NEW, OLD, "whisper", TOKEN):
        assert secret not in said.out + said.err


@pytest.mark.usefixtures("url")
def test_settings_that_are_wrong_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rotate-keys"]) == 2
    assert "TOKEN_KEYS: is not set" in capsys.readouterr().err
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert main(["rotate-keys"]) == 2
    assert "Only many workspaces have keys" in capsys.readouterr().err
