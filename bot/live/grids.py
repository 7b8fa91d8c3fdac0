"""Live figures of places, from the sources that are set up: each asked once for what many want.

An answer of a source is kept until the half hour or hour that it is of has passed, a failure for as
long as the source is to be left alone. What is asked for while it is being fetched is not fetched
twice. Nobody waits longer than they say; what arrives later is there for the next.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from bot.i18n import text
from bot.live.figures import Figure, Forecast, Live, LiveError, NoFigure
from bot.live.zones import Zone, zones_of
from estimator import Catalogue
from estimator.live import PUBLISHERS, LiveSource

MOST_KEPT: Final = 1000
LATE: Final = timedelta(minutes=5)
"""Until a figure is asked for again whose time is over already."""
FORECAST_FOR: Final = timedelta(minutes=30)

Found = TypeVar("Found", Figure, Forecast)


def _utc() -> datetime:
    return datetime.now(UTC)


class _Kept(Generic[Found]):
    """Answers of the sources, by zone, and those that are on their way."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[Zone, tuple[Found | NoFigure, datetime]] = OrderedDict()
        self._coming: dict[Zone, asyncio.Task[Found | NoFigure]] = {}

    def get(self, zone: Zone) -> Found | NoFigure | None:
        found, until = self._kept.get(zone, (None, None))
        return found if until is not None and self._now() < until else None

    async def fetched(
        self,
        zone: Zone,
        fetch: Callable[[], Awaitable[Found]],
        until: Callable[[Found], datetime],
        patience_s: float,
    ) -> Found | NoFigure:
        kept = self.get(zone)
        if kept is not None:
            return kept
        task = self._coming.get(zone)
        if task is None:
            task = asyncio.create_task(self._fetch(zone, fetch, until))
            self._coming[zone] = task
            task.add_done_callback(lambda _: self._coming.pop(zone, None))
        done, _ = await asyncio.wait({task}, timeout=patience_s)
        if not done:
            name = PUBLISHERS[zone.source].name
            return NoFigure(text("{source} did not answer in time", source=name))
        return task.result()

    async def _fetch(
        self,
        zone: Zone,
        fetch: Callable[[], Awaitable[Found]],
        until: Callable[[Found], datetime],
    ) -> Found | NoFigure:
        found: Found | NoFigure
        try:
            found = await fetch()
            good_until = until(found)
        except LiveError as error:
            found, good_until = NoFigure(error.why), self._now() + error.again_after
        self._kept[zone] = found, good_until
        self._kept.move_to_end(zone)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    async def aclose(self) -> None:
        coming = list(self._coming.values())
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


class LiveGrids:
    """Knows the carbon intensity of places as it is now and is forecast."""

    def __init__(self, sources: Sequence[Live] = (), now: Callable[[], datetime] = _utc) -> None:
        """Without a source nothing is live."""
        self._sources: dict[LiveSource, Live] = {live.source: live for live in sources}
        self._now = now
        self._figures: _Kept[Figure] = _Kept(now)
        self._forecasts: _Kept[Forecast] = _Kept(now)

    @property
    def is_on(self) -> bool:
        """Whether there is a source."""
        return bool(self._sources)

    @property
    def moment(self) -> datetime:
        """Now, by the clock that figures are asked for with."""
        return self._now()

    def zone_of(self, location: str, catalogue: Catalogue) -> Zone | None:
        """The zone to ask for a place; ``None`` where no source that is set up has it."""
        zones = zones_of(location, catalogue)
        return next((zone for zone in zones if zone.source in self._sources), None)

    def known(self, zone: Zone) -> Figure | NoFigure | None:
        """What is known of a zone without asking anybody; ``None`` where nothing is."""
        return self._figures.get(zone)

    async def now(self, zone: Zone, patience_s: float) -> Figure | NoFigure:
        """What a zone emits now."""
        live, at = self._sources[zone.source], self._now()

        def until(found: Figure) -> datetime:
            return max(found.until, at + LATE)

        return await self._figures.fetched(zone, lambda: live.now(zone.name, at), until, patience_s)

    async def forecast(self, zone: Zone, patience_s: float) -> Forecast | NoFigure:
        """What a zone is going to emit."""
        live, at = self._sources[zone.source], self._now()
        return await self._forecasts.fetched(
            zone, lambda: live.forecast(zone.name, at), lambda _: at + FORECAST_FOR, patience_s
        )

    async def aclose(self) -> None:
        """Give up what is being fetched."""
        await self._figures.aclose()
        await self._forecasts.aclose()
