"""``python -m bot new-key``: a key for TOKEN_KEYS."""

from __future__ import annotations

import argparse

from bot.command_line import OK
from bot.token_keys import new_key


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """There is nothing to say."""


def run(_options: argparse.Namespace) -> int:
    """Print a new key."""
    print(new_key())
    return OK
