"""The command line: every command is told of, and starts without the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot import command_line
from bot.command_line import COMMANDS, command_named, main

FOLDER = Path(command_line.__file__).parent


def test_every_module_is_a_command_and_every_command_a_module() -> None:
    modules = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py")} - {"--init--"}
    assert modules == set(COMMANDS)
    for name in COMMANDS:
        command = command_named(name)
        assert callable(command.add_arguments)
        assert callable(command.run)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: bot {name}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n    {name}" in told


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bakcup"])
    assert ended.value.code == 2
    assert "invalid choice: 'bakcup'" in capsys.readouterr().err


def test_a_command_imports_nothing_of_the_others() -> None:
    """A server's and a database's libraries take a quarter of a second."""
    code = (
        "import sys; from bot.command_line import main; main(['ask', '8 H100 for 1 day']); "
        "print([name for name in ('slack_bolt', 'sqlalchemy', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
