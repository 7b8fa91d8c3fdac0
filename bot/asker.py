"""What an answer depends on besides the command itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.i18n import Say
from bot.live.figures import Figure, NoFigure
from bot.preferences import NOTHING_SET, Preferences
from estimator import Catalogue
from estimator.overrides import Overrides


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A workspace's factor file, as it was uploaded: its name, by which member, and when."""

    name: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as an answer depends on it.

    Attributes:
        catalogue: the factors of the asker's workspace.
        say: the asker's language.
        today: today, by which the age of a figure is counted.
        preferences: what is set in the channel.
        overrides: the workspace's own factors, which are in the catalogue already.
        uploaded: the file that they come from, also where it cannot be used any more.
        live: what the grid of the run that is asked about emits now, where that was looked up.
    """

    catalogue: Catalogue
    say: Say
    today: date
    preferences: Preferences = NOTHING_SET
    overrides: Overrides | None = None
    uploaded: Uploaded | None = None
    live: Figure | NoFigure | None = None
