"""What can be wrong with the storage, in words for whoever runs the bot."""

from __future__ import annotations


class StoreError(Exception):
    """The storage cannot be used. The message holds no password."""


class ChangedMeanwhile(Exception):
    """Somebody else changed or deleted it since it was read; read it again."""


class WrongKey(Exception):
    """No key opens what is kept, or it is somebody else's. The message holds no secret."""
