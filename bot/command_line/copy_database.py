"""``python -m bot copy-database``: everything to another database, verified."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from bot.command_line import EXIT_BAD_INPUT, OK
from bot.store import StoreError
from bot.store.copying import copy_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where to where."""
    parser.add_argument(
        "--from", dest="source", required=True, metavar="URL", help="sqlite:///… or postgresql://…"
    )
    parser.add_argument(
        "--to",
        dest="target",
        metavar="URL",
        default=os.environ.get("DATABASE_URL"),
        help="the same; else DATABASE_URL, where a password is in no history of commands",
    )


def run(options: argparse.Namespace) -> int:
    """Copy, and list what was copied."""
    try:
        copied = asyncio.run(copy_database(options.source, options.target or ""))
    except StoreError as error:
        print(f"carbon cannot copy: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
    for one in copied:
        print(one)
    rows = sum(one.rows for one in copied)
    print(f"Copied and verified: {rows:,} rows of {len(copied)} tables, each the same.")
    return OK
