"""``/carbon settings factors``: the workspace's own factor file, and how to upload one."""

from __future__ import annotations

from bot.asker import Asker
from bot.blocks.factor_file import factor_file_message
from bot.message import Message


def answer(_text: str, asker: Asker) -> Message:
    """Which file is in force, since when, by whom, and what it overrides."""
    return factor_file_message(asker)
