"""Every example of the documents is run, parsed by what would run it, or listed with a reason."""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

from bot.command_line import COMMANDS, command_named
from bot.command_line import main as bot
from bot.commands import (
    REGISTRY,
    budget,
    calibrating,
    exporting,
    ledger,
    live,
    privacy,
    subcommand_in,
    summaries,
)
from bot.commands.estimate import ask
from bot.message import Message
from bot.periods import Report
from estimator.__main__ import main as estimator
from tests.bot.people import ASKER
from tests.docs.examples import ROOT, Shell, blocks, inline, shells, typed

NOT_RUN: Final = {
    "cosign": "verifies a published image; nothing is published here",
    "cp": "of a shell, not of ours",
    "docker": "needs a container engine; tests/deploy does the image's steps without one",
    "echo": "of a shell, not of ours",
    "find": "of a shell, not of ours",
    "gh": "verifies a published release; nothing is published here",
    "grep": "of a shell, not of ours",
    "helm": "needs a cluster; tests/deploy renders the chart with the same options",
    "jq": "of a shell, not of ours",
    "kubectl": "needs a cluster",
    "mkdir": "of a shell, not of ours",
    "sha256sum": "verifies a published release; nothing is published here",
}
"""Programs of the examples that no test runs, and why. What they are told is read by bash."""

PARSED: Final = {
    "backup": "tests/docs/test_backup_page.py runs it",
    "copy-database": "tests/store/test_copying.py runs it, with a PostgreSQL",
    "doctor": "tests/command_line runs it, against the local Slack",
    "migrate": "tests/docs/test_backup_page.py runs it",
    "new-key": "tests/command_line/test_whole_way.py runs it",
    "recompute": "tests/docs/test_backup_page.py runs it",
    "restore": "tests/docs/test_backup_page.py runs it",
    "rotate-keys": "tests/command_line/test_whole_way.py runs it",
}
"""Commands of ``python -m bot`` whose arguments are parsed here, and what runs them."""


def _nothing(said: str) -> None:
    assert not said


def _name(said: str) -> str:
    return ledger.name_alone(said, "edit")


STORED: Final[dict[str, Callable[[str], Any]]] = {
    "budget": budget.read,
    "calibrate": lambda said: calibrating.wish_in(said) or pytest.fail(said),
    "connect": _nothing,
    "disconnect": _nothing,
    "done": lambda said: ledger.read_done(said, ASKER),
    "drop": _name,
    "edit": _name,
    "export": exporting.format_in,
    "import": _nothing,
    "log": lambda said: ledger.read_log(said, ASKER),
    "monthly": lambda said: summaries.read(said, Report.MONTHLY),
    "new": _nothing,
    "privacy": lambda said: privacy.wish_in(said) or pytest.fail(said),
    "quarterly": lambda said: summaries.read(said, Report.QUARTERLY),
    "runs": str,
    "settings": _nothing,
    "status": _nothing,
    "weekly": lambda said: summaries.read(said, Report.WEEKLY),
    "when": lambda said: isinstance(live.when_asked(said, ASKER), Message) and pytest.fail(said),
}
"""Subcommands that need what is stored, and what reads the words after each."""
ALONE: Final = frozenset({"budget", "weekly", "monthly", "quarterly", "done", "log", "export"})
"""Named alone, they are shown, or stand in the text for all of what they do."""

BLOCKS: Final = blocks()
SHELLS: Final = shells()
OURS: Final = [one for one in SHELLS if one.program == "python"]


def test_every_block_says_what_it_is() -> None:
    known = {"console", "csv", "json", "pycon", "sh", "text", "toml", "yaml"}

    assert {(one.page, one.language) for one in BLOCKS if one.language not in known} == set()


@pytest.mark.parametrize("language", ["csv", "json", "toml", "yaml"])
def test_data_in_a_block_is_read_by_its_parser(language: str) -> None:
    read: dict[str, Callable[[str], Any]] = {
        "csv": lambda body: list(csv.DictReader(body.splitlines(), strict=True)),
        "json": json.loads,
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
    }
    for one in BLOCKS:
        if one.language == language:
            assert read[language](one.body), one.page


def test_bash_can_read_every_shell_block() -> None:
    script = "\n".join(one.body for one in BLOCKS if one.language == "sh")

    read = subprocess.run(
        ["bash", "-n"],  # noqa: S607 - the one in the path is the one that people have
        input=script,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (read.returncode, read.stderr) == (0, "")


def test_every_program_is_run_parsed_or_listed_with_a_reason() -> None:
    assert {one.program for one in SHELLS} == {"make", "python", *NOT_RUN}


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    asked = {word for one in SHELLS if one.program == "make" for word in one.words[1:]}
    assert {word for word in asked if "=" not in word} <= targets
    assert {code.split()[1] for code in inline() if re.match(r"make [a-z]+$", code)} <= targets


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.line)
def test_a_command_line_is_run_or_parsed(one: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert one.words[1] == "-m"
    module, *rest = one.words[2:]
    if module == "estimator" or (module == "bot" and rest[:1] == ["ask"]):
        assert (estimator if module == "estimator" else bot)(rest) == 0
        assert capsys.readouterr().out
    elif module == "bot":
        assert rest[0] in PARSED
        _parser_of_bot(rest[0]).parse_args(rest[1:])
    elif module == "pytest":
        assert all((ROOT / word).exists() for word in rest if "/" in word)
    else:
        _module_knows(module, rest)


def test_a_command_in_the_text_names_what_exists() -> None:
    found = [code.split() for code in inline() if code.startswith("python -m ")]

    assert len(found) > 10
    for _, _, module, *rest in found:
        if module == "bot" and rest and not rest[0].startswith("-"):
            assert rest[0] in COMMANDS
            options = _parser_of_bot(rest[0]).format_help()
        elif module == "estimator" and rest and not rest[0].startswith("-"):
            options = _help_of_estimator(rest[0])
        else:
            _module_knows(module, rest)
            continue
        assert [word for word in rest if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize("said", typed("/carbon "))
def test_what_is_typed_is_understood_where_it_needs_what_is_stored(said: str) -> None:
    found = subcommand_in(said)
    if found is None or found[0].answer is not None:
        return
    subcommand, rest = found
    if rest or subcommand.name not in ALONE:
        STORED[subcommand.name](rest)


def test_every_subcommand_that_is_stored_has_its_reader() -> None:
    assert {one.name for one in REGISTRY if one.answer is None} == set(STORED)


def test_what_is_said_in_a_mention_is_understood() -> None:
    for said in typed("@carbon "):
        found = subcommand_in(said)
        if found is None:
            ask(said, ASKER)
        elif found[1] != "…":
            STORED[found[0].name](found[1])


def test_reasons_are_not_kept_for_what_no_page_says() -> None:
    said = {one.words[3] for one in OURS if one.words[2] == "bot"}

    assert set(PARSED) == said - {"ask"}


def _parser_of_bot(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    command_named(name).add_arguments(parser)
    return parser


def _help_of_estimator(name: str) -> str:
    said = StringIO()
    with redirect_stdout(said), suppress(SystemExit):
        estimator([name, "--help"])
    return said.getvalue()


def _module_knows(module: str, arguments: list[str]) -> None:
    """A program of ours exists, and its code names each option that it is given."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    if spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{module}.__main__")
    assert spec is not None
    assert spec.loader is not None
    source = spec.loader.get_source(spec.name)  # type: ignore[attr-defined]
    flags = [word for word in arguments if word.startswith("--") and word != "--help"]
    assert [flag for flag in flags if f'"{flag}"' not in source] == []
