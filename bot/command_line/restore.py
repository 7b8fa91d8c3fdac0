"""``python -m bot restore FILE``: a backup into an empty database, of either kind.

With ``--in-place`` the database was brought back by other means, such as a disk's snapshot: then
only that is done which keeps the bot from posting again what it had posted since.
"""

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
from bot.store.copying import Contents, check_it_is_there, copy_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and whether in earnest."""
    from_where = parser.add_mutually_exclusive_group(required=True)
    from_where.add_argument("file", nargs="?", type=Path, metavar="FILE", help="what backup wrote")
    from_where.add_argument(
        "--in-place",
        action="store_true",
        help="the database was brought back already, by a snapshot or the like; stop the bot first",
    )
    parser.add_argument(
        "--check", action="store_true", help="only try whether it could be restored"
    )


def run(options: argparse.Namespace) -> int:
    """Restore, and list what was written."""
    if options.in_place and options.check:
        print("carbon cannot restore: --check tries a FILE", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        if options.in_place:
            return asyncio.run(_in_place())
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


async def _in_place() -> int:
    target = database_url()
    check_it_is_there(target)
    async with open_store(target) as store:
        due = await expect_posted(store, datetime.now(UTC))
    print(f"Summaries that were due, and are looked for in Slack before they are posted: {due}.")
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
