"""What the app may do in a workspace, and what for. Nothing else is asked of an administrator.

The manifest, the install page and docs/install.md have the same; tests compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.i18n import Text, text

SCOPES: Final[Mapping[str, Text]] = {
    "app_mentions:read": text("Read messages that mention carbon, to answer them."),
    "channels:history": text(
        "Find in public channels that carbon is in what it posted there, so that no summary is "
        "posted twice."
    ),
    "chat:write": text("Post answers, summaries and warnings of budgets."),
    "commands": text("Offer /carbon and the shortcuts."),
    "files:read": text("Read the factor files and ledgers that somebody uploads in a form."),
    "files:write": text("Send exports and pictures."),
    "groups:history": text("The same as channels:history in private channels that carbon is in."),
    "im:history": text("Read direct messages to carbon, to answer them."),
    "users:read": text(
        "Know a member's language, time zone and whether they are an administrator."
    ),
}
"""Why each scope is needed, by its name."""
