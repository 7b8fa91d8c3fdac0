"""The page of every setting, docs/configuration.md, made from the settings themselves.

``python -m bot.settings_reference`` writes it; with ``--check`` it says what is out of date, in the
page or in deploy/carbon.env.example.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from bot.settings import Settings

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "configuration.md"
EXAMPLE: Final = ROOT / "deploy" / "carbon.env.example"

_INTRODUCTION: Final = """\
# Configuration

<!-- Made by `python -m bot.settings_reference` from bot/settings.py: change it there. -->

Every setting is an environment variable. They are read once, at the start, from the environment
and from a file `.env` in the folder in which the bot is started; where both name a setting, the
environment wins. An empty value is none. `deploy/carbon.env.example` in the repository is a `.env`
to fill in.

`python -m bot doctor` reads them as the bot does and tries what they lead to. Where one is missing
or wrong, the bot does not start; it names the setting, and never repeats its value.

Secrets are kept out of logs and error messages. Give them to the bot by your platform's secrets, or
in a `.env` that only its user can read.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """What there is to know of a setting.

    Attributes:
        name: of the environment variable.
        kind: which values it takes, in words.
        default: the value without it; empty where there is none.
        is_required: whether the bot does not start without it.
        is_secret: whether its value must be shown to nobody.
        meaning: what it does.
    """

    name: str
    kind: str
    default: str
    is_required: bool
    is_secret: bool
    meaning: str


def every_setting() -> list[Setting]:
    """Every setting of the bot, in the order of the model."""
    described = Settings.model_json_schema()["properties"]
    return [
        Setting(
            name=name.upper(),
            kind=_kind(described[name]),
            default=_written(field.get_default()),
            is_required=field.is_required(),
            is_secret=any(one.get("format") == "password" for one in _forms(described[name])),
            meaning=str(field.description),
        )
        for name, field in Settings.model_fields.items()
    ]


def page() -> str:
    """The page."""
    rows = [
        "| Setting | Value | Default | Secret | Meaning |",
        "| --- | --- | --- | --- | --- |",
        *(_row(setting) for setting in every_setting()),
    ]
    return f"{_INTRODUCTION}\n{chr(10).join(rows)}\n"


def problems_of_page(found: str) -> list[str]:
    """What is wrong with the page."""
    if found == page():
        return []
    return [f"{PAGE.name} is out of date: python -m bot.settings_reference writes it anew"]


def problems_of_example(found: Mapping[str, str | None]) -> list[str]:
    """What is wrong with the names and values of the example."""
    settings = {setting.name: setting for setting in every_setting()}
    return [
        *(f"{EXAMPLE.name} lacks {name}" for name in settings if name not in found),
        *(f"{EXAMPLE.name}: there is no setting {name}" for name in found if name not in settings),
        *(
            f"{EXAMPLE.name}: {name} is {value!r}, and by default {settings[name].default!r}"
            for name, value in found.items()
            if name in settings and (value or "") != settings[name].default
        ),
    ]


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "none"
    cells = (
        f"`{setting.name}`",
        setting.kind,
        "**required**" if setting.is_required else default,
        "**yes**" if setting.is_secret else "no",
        setting.meaning,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _forms(described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a value may be, each for itself, but for nothing at all."""
    return [one for one in described.get("anyOf", [described]) if one.get("type") != "null"]


def _kind(described: Mapping[str, Any]) -> str:
    return " or ".join(_kind_of_form(one) for one in _forms(described))


def _kind_of_form(form: Mapping[str, Any]) -> str:
    match form:
        case {"enum": choices}:
            return ", ".join(f"`{choice}`" for choice in choices)
        case {"const": only}:
            return f"`{only}`"
        case {"type": "integer" | "number" as kind}:
            return " ".join(["whole number" if kind == "integer" else "number", *_range(form)])
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"type": "array"}:
            return "list, as JSON"
        case {"format": "uri"}:
            return "URL"
        case {"format": "path" | "file-path" | "directory-path"}:
            return "path"
        case {"type": "string"}:
            return "text"
    msg = f"no words for a setting that is {dict(form)}: add them here"
    raise ValueError(msg)


def _range(form: Mapping[str, Any]) -> list[str]:
    lowest, highest = form.get("minimum"), form.get("maximum")
    if lowest is not None and highest is not None:
        return [f"from {lowest:,} to {highest:,}"]
    if lowest is not None:
        return [f"from {lowest:,}"]
    return [] if highest is None else [f"up to {highest:,}"]


def _written(value: object) -> str:
    """A value as it is written in the environment."""
    match value:
        case SecretStr():
            # A default is no secret.
            return value.get_secret_value()
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return "" if value is None or value is PydanticUndefined else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it and the example; 1 when a check finds something."""
    parser = argparse.ArgumentParser(prog="bot.settings_reference", description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args(arguments).check:
        PAGE.write_text(page(), encoding="utf-8")
    found = problems_of_page(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "")
    found += problems_of_example(dotenv_values(EXAMPLE, interpolate=False))
    print("\n".join(found) or "every setting is described", file=sys.stderr if found else None)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
