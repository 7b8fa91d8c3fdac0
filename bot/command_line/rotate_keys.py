"""``python -m bot rotate-keys``: every token is encrypted with the newest key in TOKEN_KEYS."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bot.command_line import EXIT_BAD_INPUT, EXIT_FOUND, OK
from bot.settings import SettingsError, read_settings
from bot.store import StoreError, open_store
from bot.store.installations import Resealed
from bot.token_keys import TokenKeys


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Everything is in the settings."""


def run(_options: argparse.Namespace) -> int:
    """Encrypt anew, and say whether the older keys are needed any more."""
    try:
        settings = read_settings()
        if settings.token_keys is None:
            print("TOKEN_KEYS: is not set. Only many workspaces have keys", file=sys.stderr)
            return EXIT_BAD_INPUT
        keys = TokenKeys.parse(settings.token_keys.get_secret_value())
        found = asyncio.run(_reseal(settings.database_url.get_secret_value(), keys))
    except (SettingsError, StoreError) as error:
        print(f"carbon cannot rotate its keys: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    print(f"Installations encrypted with the newest key: {found.installations}.")
    if found.unreadable:
        print(
            f"No key in TOKEN_KEYS opens {found.unreadable} more. Add the key that they were made "
            "with after the newest one, and run this again; or let these workspaces install the "
            "app anew.",
            file=sys.stderr,
        )
        return EXIT_FOUND
    print("The older keys can be taken out of TOKEN_KEYS.")
    return OK


async def _reseal(database: str, keys: TokenKeys) -> Resealed:
    async with open_store(database, keys=keys) as store:
        return await store.installations.reseal()
