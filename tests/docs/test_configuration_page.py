"""The page of settings and the example of a `.env`: made from the settings, and up to date."""

from __future__ import annotations

import pytest
from dotenv import dotenv_values

from bot.settings import Settings
from bot.settings_reference import (
    EXAMPLE,
    PAGE,
    every_setting,
    main,
    page,
    problems_of_example,
    problems_of_page,
)


def test_page_and_example_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_every_setting_has_a_row_with_all_there_is_to_know() -> None:
    by_name = {setting.name: setting for setting in every_setting()}

    assert set(by_name) == {name.upper() for name in Settings.model_fields}
    assert all(setting.meaning.endswith((".", "…")) for setting in by_name.values())
    assert (by_name["PORT"].kind, by_name["PORT"].default) == (
        "whole number from 1 to 65,535",
        "3000",
    )
    assert by_name["LOG_LEVEL"].kind.startswith("`DEBUG`, ")
    rows = page().splitlines()
    for setting in by_name.values():
        (row,) = [one for one in rows if one.startswith(f"| `{setting.name}` |")]
        assert setting.meaning in row


def test_what_holds_a_secret_is_said_to_be_one() -> None:
    secrets = {setting.name for setting in every_setting() if setting.is_secret}

    assert {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"} <= secrets
    assert "DATABASE_URL" in secrets
    for setting in every_setting():
        if setting.name.endswith(("_TOKEN", "_SECRET", "_PASSWORD")):
            assert setting.is_secret, f"{setting.name} is not kept out of logs: use SecretStr"


def test_an_old_page_is_found() -> None:
    found = PAGE.read_text(encoding="utf-8")

    assert problems_of_page(found) == []
    assert "python -m bot.settings_reference" in problems_of_page(f"{found}more")[0]


def test_an_example_with_a_wrong_name_or_value_is_found() -> None:
    found = dict(dotenv_values(EXAMPLE, interpolate=False))
    del found["HOST"]

    assert problems_of_example({**found, "PROT": "3000", "LOG_LEVEL": "DEBUG"}) == [
        "carbon.env.example lacks HOST",
        "carbon.env.example: there is no setting PROT",
        "carbon.env.example: LOG_LEVEL is 'DEBUG', and by default 'INFO'",
    ]
