"""``python -m bot doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections import Counter

from bot.command_line import EXIT_FOUND, OK
from bot.doctor import Finding, Instruments, Level, examine


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing: it examines what the settings say."""


def run(_options: argparse.Namespace) -> int:
    """Examine, a line for each finding, and one for what to do about it."""
    # What libraries log is not for whoever reads this.
    logging.disable(logging.CRITICAL)
    try:
        return asyncio.run(_examined(Instruments()))
    finally:
        logging.disable(logging.NOTSET)


async def _examined(instruments: Instruments) -> int:
    levels: Counter[Level] = Counter()
    async for finding in examine(instruments):
        levels[finding.level] += 1
        print(line_of(finding), flush=True)
    failed, warned = levels[Level.FAIL], levels[Level.WARN]
    if failed:
        print(f"\nNot well: {failed} of {levels.total()} fail.")
        return EXIT_FOUND
    print(f"\nWell{f', but look at {warned} of {levels.total()}' if warned else ''}.")
    return OK


def line_of(finding: Finding) -> str:
    """A finding, as it is printed."""
    line = f"{finding.level:<5} {finding.subject:<13} {finding.found}"
    return f"{line}\n{'':<5} {'':<13} > {finding.remedy}." if finding.remedy else line
