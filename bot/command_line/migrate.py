"""``python -m bot migrate``: the database at this release's schema, before a replica starts.

A replica that starts does the same; a deployment of several does it once, and sees that it worked.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import psycopg

from bot.command_line import EXIT_BAD_INPUT, OK
from bot.reports import queue
from bot.settings import database_url
from bot.store import StoreError, open_store
from bot.store.migrations import HEAD


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which database."""
    parser.add_argument(
        "database",
        nargs="?",
        default=database_url(),
        help="sqlite:///… or postgresql://…; else DATABASE_URL, where a password is in no list",
    )


def run(options: argparse.Namespace) -> int:
    """Migrate what is behind; what is at it stays as it is."""
    try:
        asyncio.run(_migrate(options.database))
    except (StoreError, psycopg.Error) as error:
        print(f"carbon cannot migrate: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(f"The database is at revision {HEAD}, which is this release's.")
    return OK


async def _migrate(address: str) -> None:
    async with open_store(address) as store:
        if not store.database.is_sqlite:
            await queue.bring_up_to_date(store.database.dsn)
