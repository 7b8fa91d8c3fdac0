"""``python -m bot`` serves Slack; ``python -m bot COMMAND`` does what else an operator needs.

Exit codes: 0 for an answer or a clean stop, 1 where something was found that is not right, 2 for
bad input or settings.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final, Protocol, cast

OK: Final = 0
EXIT_FOUND: Final = 1
"""What was looked at is not right: recorded figures cannot be made again, say."""
EXIT_BAD_INPUT: Final = 2

SERVE: Final = "serve"
COMMANDS: Final = {
    SERVE: "serve Slack (the default)",
    "migrate": "bring the database to this release's schema; a bot that starts does it, too",
    "doctor": "examine settings, Slack and the database, and say what to do",
    "ask": "answer what would follow /carbon",
    "recompute": "make every recorded estimate again, with the factors of its time",
    "backup": "write everything to a file while the bot runs",
    "restore": "bring a backup back into an empty database",
    "copy-database": "copy everything to an empty database; stop the bot first",
    "new-key": "make a key for TOKEN_KEYS",
    "rotate-keys": "encrypt all tokens with the newest key in TOKEN_KEYS; the bot may go on",
}
"""Every command and what it does; its code is the module here of the same name."""


class Command(Protocol):
    """What a command's module has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what follows the command."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; returns the exit code."""


def command_named(name: str) -> Command:
    """The code of a command: the only one that is imported, so that each starts quickly."""
    return cast("Command", importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments) or [SERVE]
    parser = argparse.ArgumentParser(prog="bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, does in COMMANDS.items():
        one = commands.add_parser(name, help=does)
        if name == given[0]:
            command_named(name).add_arguments(one)
    options = parser.parse_args(given)
    return command_named(options.command).run(options)
