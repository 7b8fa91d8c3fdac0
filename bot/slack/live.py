"""What the grid emits now and when it will emit least: looked up in time, or left out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot import commands
from bot.asker import Asker
from bot.blocks.live import no_zone
from bot.commands.live import Wanted, wanted, when_answer, when_asked, when_off, with_live
from bot.live.figures import NoFigure
from bot.live.grids import LiveGrids
from bot.message import Message
from bot.slack.asking import Askers
from bot.slack.payload import Who

_Responder = Callable[[dict[str, Any], AsyncWebClient, str], Awaitable[Message]]

BESIDE_S: Final = 1.0
"""How long an answer waits for what stands beside it. Slack waits for all of it for 3 s."""
ASKED_S: Final = 8.0
"""How long it waits for what was asked for: it is announced in the meantime."""


class Lookup:
    """Looks up what a command needs of the grids."""

    def __init__(self, grids: LiveGrids) -> None:
        self._grids = grids

    def at_once(self, command: str, asker: Asker) -> tuple[str, Asker] | None:
        """The command and the asker with what is known; ``None`` where a source is to be asked."""
        if not self._grids.is_on or commands.subcommand_in(command) is not None:
            return command, asker
        found = wanted(command, asker)
        if found is None:
            return command, asker
        if isinstance(found, NoFigure):
            return command, replace(asker, live=found)
        zone = self._grids.zone_of(found.location, asker.catalogue)
        if zone is None:
            none = no_zone(found.location) if found.is_asked else None
            return command, replace(asker, live=none)
        known = self._grids.known(zone)
        return with_live(command, asker, found, known) if known is not None else None

    async def fetched(self, command: str, asker: Asker) -> tuple[str, Asker]:
        """The command and the asker with what the grid emits now, asked for where it is unknown."""
        ready = self.at_once(command, asker)
        if ready is not None:
            return ready
        found = wanted(command, asker)
        assert isinstance(found, Wanted)  # noqa: S101 - it is looked up for nothing else
        zone = self._grids.zone_of(found.location, asker.catalogue)
        assert zone is not None  # noqa: S101 - as above
        patience_s = ASKED_S if found.is_asked else BESIDE_S
        return with_live(command, asker, found, await self._grids.now(zone, patience_s))

    async def when(self, rest: str, asker: Asker) -> Message:
        """The best time for a run."""
        asked = when_asked(rest, asker)
        if isinstance(asked, Message):
            return asked
        if not self._grids.is_on:
            return when_off(asked, asker)
        place = str(asked.run.location)
        zone = self._grids.zone_of(place, asker.catalogue)
        if zone is None:
            return when_answer(asked, no_zone(place), self._grids.moment, asker)
        found = await self._grids.forecast(zone, ASKED_S)
        return when_answer(asked, found, self._grids.moment, asker)


def responders(askers: Askers, lookup: Lookup) -> dict[str, _Responder]:
    """What answers ``/carbon when``."""

    async def when(command: dict[str, Any], client: AsyncWebClient, rest: str) -> Message:
        asker = await askers.asker(Who.of_command(command), client, command["text"])
        return await lookup.when(rest, asker)

    return {"when": when}
