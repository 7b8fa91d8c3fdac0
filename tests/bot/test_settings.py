"""Settings: one clear line per wrong or missing value, and no secret in it."""

from __future__ import annotations

import pytest

from bot.settings import SettingsError, read_settings

GOOD = {"slack_bot_token": "xoxb-1-secret", "slack_signing_secret": "hush-hush"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)


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
    shown = repr(read_settings(_env_file=None, **GOOD))

    assert "xoxb-1-secret" not in shown
    assert "hush-hush" not in shown
