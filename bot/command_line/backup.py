"""``python -m bot backup FILE``: everything in one file, while the bot runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from bot.command_line import EXIT_BAD_INPUT, OK
from bot.settings import database_url
from bot.store import StoreError
from bot.store.backup import back_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file; none is overwritten")


def run(options: argparse.Namespace) -> int:
    """Back up, and list what was written."""
    file: Path = options.file
    try:
        found = asyncio.run(back_up(database_url(), file))
    except StoreError as error:
        print(f"carbon cannot back up: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
    for one in found.tables:
        print(one)
    print(f"{found}\nWritten to {file}: {file.stat().st_size:,} bytes.")
    return OK
