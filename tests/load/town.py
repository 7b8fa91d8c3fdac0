"""Many workspaces of one deployment, each with settings that make its answers its own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from bot.asker import Asker
from bot.i18n import CHINESE, ENGLISH, say_in
from bot.preferences import Preferences
from bot.slack.scopes import SCOPES
from bot.store import Store, Team
from bot.store.installations import Installed
from bot.store.preferences import WORKSPACE
from estimator import Catalogue

MEMBERS: Final = 2
PLACES: Final = (
    "France",
    "Germany",
    "Japan",
    "Ireland",
    "Brazil",
    "eu-north-1",
    "us-east-1",
    "asia-east1",
)


@dataclass(frozen=True)
class Workspace:
    """A workspace that has installed the app.

    Attributes:
        number: from 0.
        preferences: what it has set; no two have the same PUE.
    """

    number: int
    preferences: Preferences

    @property
    def team(self) -> Team:
        return Team("", f"T{self.number:010d}")

    @property
    def channel_id(self) -> str:
        return f"C{self.number:010d}"

    def user_id(self, member: int) -> str:
        return f"U{self.number:08d}{member:02d}"

    @property
    def prefix(self) -> str:
        """What the names of its runs begin with."""
        return f"w{self.number}-"

    def asker(self, catalogue: Catalogue, today: date) -> Asker:
        """Whoever asks in it, as an answer depends on them."""
        language = self.preferences.language or ENGLISH
        return Asker(catalogue, say_in(language), today, self.preferences)


def workspaces(count: int, seed: int) -> list[Workspace]:
    """That many workspaces."""
    rng = random.Random(seed)  # noqa: S311 - made again from its seed
    return [
        Workspace(
            number,
            Preferences(
                location=rng.choice(PLACES),
                pue=round(1.05 + number / 1000, 3),
                language=rng.choice((ENGLISH, CHINESE)),
                lifetime_years=rng.choice((None, 4, 6)),
            ),
        )
        for number in range(count)
    ]


async def install(store: Store, found: list[Workspace]) -> None:
    """Install the app in each, with its settings, and with members whom Slack has told of."""
    now = datetime.now(UTC)
    for workspace in found:
        team = workspace.team
        installed = Installed(
            team=team,
            app_id="A0CARBON01",
            bot_id=f"B{workspace.number:010d}",
            bot_user=f"U{workspace.number:08d}99",
            scopes=frozenset(SCOPES),
            token=f"xoxb-{workspace.number}",
            refresh_token=None,
            expires_at=None,
            installed_by=workspace.user_id(0),
            installed_at=now,
        )
        await store.installations.put(installed)
        await store.preferences.put(team, WORKSPACE, workspace.preferences, workspace.user_id(0))
        for member in range(MEMBERS):
            await store.members.fetched(
                team, workspace.user_id(member), "en-US", "Europe/Paris", is_admin=member == 0
            )
