"""The sources that the settings turn on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime

import aiohttp

from bot.live.electricity_maps import ElectricityMaps, headers
from bot.live.fetching import Fetching
from bot.live.figures import Live
from bot.live.grids import LiveGrids
from bot.live.uk import UkGrid
from bot.settings import Settings
from estimator.live import PUBLISHERS


@asynccontextmanager
async def live_grids(settings: Settings, now: Callable[[], datetime]) -> AsyncIterator[LiveGrids]:
    """What knows the grids as they are now; by default nobody is asked.

    With connections of their own: those to Slack are counted as calls of Slack.
    """
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        aclosing(LiveGrids(_sources(settings, session), now)) as grids,
    ):
        yield grids


def _sources(settings: Settings, session: aiohttp.ClientSession) -> list[Live]:
    sources: list[Live] = []
    if settings.live_grid in {"uk", "both"}:
        url, name = str(settings.carbon_intensity_url), PUBLISHERS["neso"].name
        sources.append(UkGrid(Fetching(session, url, name)))
    token = settings.electricity_maps_token
    if settings.live_grid in {"electricity-maps", "both"} and token is not None:
        url, name = str(settings.electricity_maps_url), PUBLISHERS["electricity-maps"].name
        sources.append(ElectricityMaps(Fetching(session, url, name, headers(token))))
    return sources
