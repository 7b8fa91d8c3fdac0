"""Settings: one clear line per wrong or missing value, and no secret in it."""

from __future__ import annotations

import pytest

from bot.settings import Settings, SettingsError, read_settings
from bot.token_keys import new_key

KEY = new_key()
MANY = {
    "slack_client_id": "1.2",
    "slack_client_secret": "whisper",
    "token_keys": KEY,
    "slack_signing_secret": "hush-hush",
    "public_url": "https://carbon.example/",
}
GOOD = {"slack_bot_token": "xoxb-1-secret", "slack_signing_secret": "hush-hush"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def complaint(**values: object) -> str:
    with pytest.raises(SettingsError) as error:
        read_settings(_env_file=None, **values)
    return str(error.value)


def test_the_usual_names_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("PORT", "8080")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:3001/api")
    monkeypatch.setenv("CARBON_DEFAULT_GPU", "L4")

    found = read_settings(_env_file=None)

    assert found.port == 8080
    assert found.api_base_url == "http://127.0.0.1:3001/api/"
    assert found.device_meanings == {"GPU": "L4"}
    assert found.slack_app_token


def test_a_missing_token_is_named() -> None:
    assert complaint().startswith("SLACK_BOT_TOKEN: is not set.")


def test_one_way_in_is_needed() -> None:
    assert "SLACK_SIGNING_SECRET" in complaint(slack_bot_token="xoxb-1")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("slack_bot_token", "xapp-secret-value", "starts with xoxb-"),
        ("slack_app_token", "xoxb-secret-value", "starts with xapp-"),
        ("slack_api_url", "secret-value", "valid URL"),
        ("port", "secret-value", "valid integer"),
        ("port", 70000, "less than or equal to 65535"),
        ("log_level", "LOUD", "'DEBUG'"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(name: str, value: object, why: str) -> None:
    text = complaint(**{**GOOD, name: value})

    assert text.startswith(f"{name.upper()}: ")
    assert why in text
    assert "secret-value" not in text
    assert len(text.splitlines()) == 1


def test_secrets_are_not_shown() -> None:
    shown = repr(read_settings(_env_file=None, **GOOD)) + repr(
        read_settings(_env_file=None, **MANY)
    )

    for secret in ("xoxb-1-secret", "hush-hush", "whisper", KEY):
        assert secret not in shown


def test_many_workspaces_need_no_bot_token() -> None:
    found = read_settings(_env_file=None, **MANY)
    assert found.serves_many
    assert found.authorize_url == "https://slack.com/oauth/v2/authorize"
    assert found.public_path("/slack/install") == "https://carbon.example/slack/install"
    assert not read_settings(_env_file=None, **GOOD).serves_many


@pytest.mark.parametrize("name", ["slack_client_id", "slack_client_secret", "token_keys"])
def test_half_of_what_many_workspaces_need_is_named(name: str) -> None:
    text = complaint(**{key: value for key, value in MANY.items() if key != name})
    assert text.startswith(f"{name.upper()}: is not set.")
    assert "whisper" not in text


def test_many_workspaces_need_an_address() -> None:
    text = complaint(**{key: value for key, value in MANY.items() if key != "public_url"})
    assert text.startswith("PUBLIC_URL: is not set.")
    text = complaint(**{**MANY, "public_url": "http://carbon.example"})
    assert text.startswith("PUBLIC_URL: has to begin with https://")
    for address in ("http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"):
        assert read_settings(_env_file=None, **{**MANY, "public_url": address}).serves_many


@pytest.mark.parametrize("name", ["slack_client_id", "slack_client_secret", "token_keys"])
def test_one_and_many_workspaces_exclude_each_other(name: str) -> None:
    text = complaint(**GOOD, **{name: MANY[name]})
    assert text.startswith(f"SLACK_BOT_TOKEN is for one workspace and {name.upper()} for many")


def test_a_key_that_is_none_is_named_and_not_repeated() -> None:
    text = complaint(**{**MANY, "token_keys": f"{KEY},hunter2"})
    assert text == "TOKEN_KEYS: key 2 of 2 is no key; `python -m bot new-key` makes one"
