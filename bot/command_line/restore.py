"""``python -m bot restore FILE``: a backup into an empty database, of either kind."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.command_line import EXIT_BAD_INPUT, OK
from bot.reports.restored import expect_posted
from bot.settings import database_url
from bot.store import StoreError, open_store
from bot.store.backup import Backup, unpacked
from bot.store.copying import Contents, copy_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and whether in earnest."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what backup wrote")
    parser.add_argument(
        "--check", action="store_true", help="only try whether it could be restored"
    )


def run(options: argparse.Namespace) -> int:
    """Restore, and list what was written."""
    try:
        found, written = asyncio.run(_restore(options.file, check=options.check))
    except StoreError as error:
        print(f"carbon cannot restore: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(found)
    if options.check:
        print("It is whole, and this program can restore it. Nothing was written.")
        return OK
    for one in written:
        print(one)
    rows = sum(one.rows for one in written)
    print(f"Restored and verified: {rows:,} rows of {len(written)} tables.")
    return OK


async def _restore(file: Path, *, check: bool) -> tuple[Backup, list[Contents]]:
    target = database_url()
    async with unpacked(file, target) as (found, copy):
        # Opening it brings it to today's schema.
        async with open_store(copy) as store:
            await expect_posted(store, datetime.now(UTC))
        if check:
            return found, []
        return found, await copy_database(copy, target, ("the backup", "DATABASE_URL"))
