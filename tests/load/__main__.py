"""``python -m tests.load``: signed commands from many workspaces at two bots on one PostgreSQL.

Exit codes: 0 where every answer was right and nothing was lost, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.load import breaking, million

MOST_BROKEN = 50
"""Workspaces of a deployment in which things break: each is answered often enough so."""


async def _break(workspaces: int, seed: int) -> int:
    print(breaking.head(), flush=True)
    bad: list[str] = []
    for broken in breaking.ALL:
        if broken.on_small_disk and not breaking.can_mount():
            print(f"| {broken.name}: needs root |", flush=True)
            continue
        outcome = await breaking.under_load(broken, workspaces, seed)
        print(breaking.row(outcome), flush=True)
        if not outcome.is_clean:
            bad += [f"{broken.name}:", *outcome.tally.bad, str(outcome.kept)]
    print("\n".join(bad))
    return 1 if bad else 0


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000, help="how many are sent")
    parser.add_argument("--workspaces", type=int, default=500, help="how many send them")
    parser.add_argument("--seed", type=int, default=1, help="of what is asked")
    parser.add_argument(
        "--rounds", type=int, default=2, help="beside the stock app, before and after"
    )
    parser.add_argument(
        "--break",
        dest="breaking",
        action="store_true",
        help="let things break instead, one after the other, and print a table",
    )
    options = parser.parse_args()
    if options.breaking:
        return asyncio.run(_break(min(options.workspaces, MOST_BROKEN), options.seed))
    found = asyncio.run(
        million.run(options.commands, options.workspaces, options.seed, options.rounds)
    )
    print(million.described(found, options.commands))
    return 0 if found.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
