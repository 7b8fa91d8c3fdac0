"""``python -m tests.load``: signed commands from many workspaces at two bots on one PostgreSQL.

Exit codes: 0 where every answer was right and nothing was lost, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.load import million


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000, help="how many are sent")
    parser.add_argument("--workspaces", type=int, default=500, help="how many send them")
    parser.add_argument("--seed", type=int, default=1, help="of what is asked")
    parser.add_argument(
        "--rounds", type=int, default=2, help="beside the stock app, before and after"
    )
    options = parser.parse_args()
    found = asyncio.run(
        million.run(options.commands, options.workspaces, options.seed, options.rounds)
    )
    print(million.described(found, options.commands))
    return 0 if found.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
