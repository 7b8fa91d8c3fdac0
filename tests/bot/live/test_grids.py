"""Sources are asked once for what many want, kept as long as it holds, and waited for no longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from bot.live.electricity_maps import ElectricityMaps, headers
from bot.live.fetching import Fetching
from bot.live.figures import Figure, Forecast, NoFigure
from bot.live.grids import MOST_KEPT, LiveGrids
from bot.live.uk import UkGrid
from bot.live.zones import Zone, fits, known_zones, zones_of
from estimator import DeviceQuantity, TrainingRun, load_default
from estimator.live import LiveIntensity
from tests.bot.live.server import TOKEN, GridServer, grid_server

NOW = datetime(2026, 11, 24, 16, 41, tzinfo=UTC)
CATALOGUE = load_default()
GB = Zone("neso", "GB")
DE = Zone("electricity-maps", "DE")
LONG = 30.0


@pytest.fixture
async def server() -> AsyncIterator[GridServer]:
    async with grid_server(NOW) as found:
        found.latest = {"DE": (322, 0), "GB": (180, 0)}
        yield found


@pytest.fixture
async def grids(server: GridServer) -> AsyncIterator[LiveGrids]:
    async with aiohttp.ClientSession() as session:
        maps = Fetching(session, f"{server.address}/v4", "EM", headers(SecretStr(TOKEN)))
        uk = UkGrid(Fetching(session, server.address, "UK"))
        found = LiveGrids([uk, ElectricityMaps(maps)], lambda: server.now)
        yield found
        await found.aclose()


async def test_a_figure_is_kept_until_its_half_hour_is_over(
    grids: LiveGrids, server: GridServer
) -> None:
    assert grids.known(GB) is None
    first = await grids.now(GB, LONG)
    assert isinstance(first, Figure)
    assert grids.known(GB) is await grids.now(GB, LONG) is first
    assert len(server.asked) == 1
    server.now += timedelta(minutes=19)
    assert grids.known(GB) is None
    second = await grids.now(GB, LONG)
    assert isinstance(second, Figure)
    assert second.live.at == first.live.at + timedelta(minutes=30)


async def test_a_late_figure_is_asked_for_again_in_five_minutes(
    grids: LiveGrids, server: GridServer
) -> None:
    server.latest["DE"] = (300, 2)
    await grids.now(DE, LONG)
    assert grids.known(DE) is not None
    server.now += timedelta(minutes=5)
    assert grids.known(DE) is None


async def test_a_failure_is_kept_for_as_long_as_the_source_is_left_alone(
    grids: LiveGrids, server: GridServer
) -> None:
    server.fails(503, Retry_After="90")
    found = await grids.now(GB, LONG)
    assert isinstance(found, NoFigure)
    assert grids.known(GB) is found
    server.now += timedelta(seconds=91)
    assert grids.known(GB) is None


async def test_a_failure_of_one_source_is_none_of_the_other(
    grids: LiveGrids, server: GridServer
) -> None:
    server.fails(500)
    await grids.now(GB, LONG)
    server.instead = None
    assert isinstance(await grids.now(DE, LONG), Figure)


async def test_many_who_ask_at_once_ask_once(grids: LiveGrids, server: GridServer) -> None:
    server.gate = asyncio.Event()
    asking = [asyncio.create_task(grids.now(GB, LONG)) for _ in range(50)]
    await asyncio.sleep(0)
    server.gate.set()
    found = await asyncio.gather(*asking)
    assert len(set(map(id, found))) == 1
    assert len(server.asked) == 1


async def test_nobody_waits_longer_than_they_say(grids: LiveGrids, server: GridServer) -> None:
    server.gate = asyncio.Event()
    early = await grids.now(GB, 0.0)
    assert isinstance(early, NoFigure)
    assert "in time" in str(early.why)
    assert grids.known(GB) is None
    server.gate.set()
    assert isinstance(await grids.now(GB, LONG), Figure)
    assert len(server.asked) == 1


async def test_a_stop_waits_for_nothing(grids: LiveGrids, server: GridServer) -> None:
    server.gate = asyncio.Event()
    await grids.now(GB, 0.0)
    await grids.aclose()


async def test_forecasts_are_kept_apart(grids: LiveGrids, server: GridServer) -> None:
    for _ in range(3):
        assert isinstance(await grids.forecast(GB, LONG), Forecast)
    assert isinstance(await grids.now(GB, LONG), Figure)
    assert len(server.asked) == 2


async def test_what_is_kept_is_bounded(grids: LiveGrids, server: GridServer) -> None:
    server.fails(404)
    for i in range(MOST_KEPT + 10):
        await grids.now(Zone("electricity-maps", f"Z{i}"), LONG)
    assert len(grids._figures._kept) == MOST_KEPT


def test_without_a_source_nothing_is_live() -> None:
    grids = LiveGrids()
    assert not grids.is_on
    assert grids.zone_of("United Kingdom", CATALOGUE) is None


@pytest.mark.parametrize(
    ("place", "zones"),
    [
        ("United Kingdom", [("neso", "GB"), ("electricity-maps", "GB")]),
        ("uk", [("neso", "GB"), ("electricity-maps", "GB")]),
        ("eu-west-2", [("neso", "GB"), ("electricity-maps", "GB")]),
        ("ukwest", [("neso", "7"), ("neso", "GB"), ("electricity-maps", "GB")]),
        ("Germany", [("electricity-maps", "DE")]),
        ("us-west-1", [("electricity-maps", "US-CAL-CISO")]),
        ("East Denmark", [("electricity-maps", "DK-DK2")]),
        ("world", []),
        ("Bermuda", []),
        ("nowhere at all", []),
    ],
)
def test_a_place_is_in_its_zones(place: str, zones: list[tuple[str, str]]) -> None:
    assert [(zone.source, zone.name) for zone in zones_of(place, CATALOGUE)] == zones


def places() -> Iterator[str]:
    yield from (place for place, _ in known_zones())


def test_every_place_with_a_zone_is_in_the_catalogue() -> None:
    known = {*CATALOGUE.grids, *CATALOGUE.regions}
    assert {place for place in places() if place not in known} == set()
    assert len(set(places())) > 300


def test_a_live_figure_fits_its_own_place_alone() -> None:
    live = LiveIntensity(gco2e_per_kwh=1.0, at=NOW, source="neso", zone="GB")
    devices = (DeviceQuantity(device="H100", quantity=8),)
    for place, is_its_own in (("eu-west-2", True), ("ukwest", True), ("France", False)):
        run = TrainingRun(devices=devices, location=place, live=live)
        assert fits(live, run, CATALOGUE) is is_its_own
