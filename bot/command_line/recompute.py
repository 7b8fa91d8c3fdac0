"""``python -m bot recompute``: every recorded estimate again, with the factors of its time."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bot.command_line import EXIT_BAD_INPUT, EXIT_FOUND, OK
from bot.recomputing import Recomputed, Recomputing
from bot.settings import database_url
from bot.store import StoreError, open_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose estimates."""
    parser.add_argument(
        "database",
        nargs="?",
        default=database_url(),
        help="sqlite:///… or postgresql://…; else DATABASE_URL",
    )


def run(options: argparse.Namespace) -> int:
    """Recompute, and say what came out differently."""

    async def all_again() -> Recomputed:
        async with open_store(options.database) as store:
            return await Recomputing(store).all()

    try:
        found = asyncio.run(all_again())
    except StoreError as error:
        print(f"carbon cannot recompute: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    versions = ", ".join(f"{version} ({n})" for version, n in found.versions.items()) or "none"
    print(f"Factors: {versions}.")
    print(f"{found.same} recorded estimates come out the same, bit for bit.")
    for line in found.different:
        print(line)
    if found.different:
        print(f"{len(found.different)} do not.")
    return EXIT_FOUND if found.different else OK
