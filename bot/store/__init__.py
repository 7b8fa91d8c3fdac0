"""What the bot remembers: settings, members, estimates and runs."""

from bot.store.errors import StoreError
from bot.store.store import Store, open_store
from bot.store.team import Team

__all__ = ["Store", "StoreError", "Team", "open_store"]
