"""A channel's ledger of a year, and the clock of a bot that looks back on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

from bot.store import Team, open_store
from bot.store.runs import Entry, RunState
from deploy.local_slack.server import LocalSlack

CHANNEL: Final = "ml-planning"
_TEAM: Final = Team("", "T0LOCAL001")
_CHANNEL_ID: Final = "C0PLANNING"
_ZONE: Final = ZoneInfo("Europe/London")
"""Ada's, in whose day her runs count."""
_BEFORE_KGCO2E: Final = (9200, 7400, 0, 12_100, 10_800, 5300, 6100, 14_500, 2200, 0, 3900)
"""What the months before emitted, the newest first."""
_NOW: Final = (
    "log llama-ft 64 H100 for 2 weeks in Germany",
    "log tokenizer 8 A100 for 3 days in France",
    "log eval-suite #nlp 4 H100 for 5 days in us-east-1",
    "log reranker #search 16 L4 for 9 days in eu-west-1",
    "done llama-ft 17 MWh",
    "64 H100 for 2 weeks in Poland",
    "70B params 15T tokens on H100 in France",
)
"""What members type this month."""


class Calendar:
    """The bot's clock: it shows the real time until somebody turns it to a later day."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def turn_to(self, then: datetime) -> None:
        """Go on from a moment."""
        self._ahead = then - datetime.now(UTC)


def once_over(summary: str) -> datetime:
    """A time at which the last week, month or quarter that is over has today in it.

    It is so in every time zone.
    """
    if summary == "weekly":
        return datetime.now(UTC) + timedelta(days=4)
    months = 1 if summary == "monthly" else 3
    found: datetime = datetime.now(_ZONE) + relativedelta(months=months, day=15)
    return found


async def live(slack: LocalSlack, database_url: str) -> None:
    """Let the year happen, up to the real today."""
    this_month = datetime.now(_ZONE).date().replace(day=1)
    async with open_store(database_url) as store:
        for ago, total_kgco2e in enumerate(_BEFORE_KGCO2E, start=1):
            entry = Entry(
                channel_id=_CHANNEL_ID,
                owner_id="U0ADA00001",
                name=f"run-{ago}",
                counted_on=this_month - relativedelta(months=ago, day=12),
                state=RunState.DONE,
                energy_kwh=3.0 * total_kgco2e,
                total_kgco2e=float(total_kgco2e),
            )
            if total_kgco2e:
                await store.runs.enter(_TEAM, entry)
    for typed in _NOW:
        outcome = await slack.command(user="ada", channel=CHANNEL, text=f"/carbon {typed}")
        await slack.answer_to(outcome)
