"""The sources' documented answers are understood; all others become a reason, and no storm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from bot.live.electricity_maps import ElectricityMaps, headers
from bot.live.fetching import FIRST_PAUSE_S, LONGEST_PAUSE_S, MAX_BYTES, MOST_A_MINUTE, Fetching
from bot.live.figures import Live, LiveError
from bot.live.uk import UkGrid
from tests.bot.live.server import TOKEN, GridServer, grid_server

NOW = datetime(2026, 11, 24, 16, 41, 30, tzinfo=UTC)
HALF_PAST = NOW.replace(minute=30, second=0)
ZONES = {"neso": "GB", "electricity-maps": "DE"}


class Seconds:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def server() -> AsyncIterator[GridServer]:
    async with grid_server(NOW) as found:
        found.latest = {"DE": (322, 0), "US-CAL-CISO": (190, 1)}
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def uk(server: GridServer, session: aiohttp.ClientSession, clock: Seconds) -> UkGrid:
    return UkGrid(Fetching(session, server.address, "UK Carbon Intensity API", clock=clock))


def maps_with(
    token: str, server: GridServer, session: aiohttp.ClientSession, clock: Seconds
) -> ElectricityMaps:
    sent = headers(SecretStr(token))
    url = f"{server.address}/v4"
    return ElectricityMaps(Fetching(session, url, "Electricity Maps", sent, clock))


@pytest.fixture
def maps(server: GridServer, session: aiohttp.ClientSession, clock: Seconds) -> ElectricityMaps:
    return maps_with(TOKEN, server, session, clock)


@pytest.fixture(params=["neso", "electricity-maps"])
def either(request: pytest.FixtureRequest, uk: UkGrid, maps: ElectricityMaps) -> Live:
    sources: dict[str, Live] = {"neso": uk, "electricity-maps": maps}
    return sources[request.param]


async def refusal(live: Live) -> LiveError:
    with pytest.raises(LiveError) as error:
        await live.now(ZONES[live.source], NOW)
    return error.value


async def test_great_britain_now_is_what_was_estimated(uk: UkGrid, server: GridServer) -> None:
    found = await uk.now("GB", NOW)
    assert (found.live.gco2e_per_kwh, found.live.at, found.how) == (147, HALF_PAST, "estimated")
    assert found.until == HALF_PAST + timedelta(minutes=30)
    assert server.asked == ["/intensity"]
    assert server.agents == {"carbon"}


async def test_without_an_estimate_it_is_the_forecast(uk: UkGrid, server: GridServer) -> None:
    server.actual = None
    found = await uk.now("GB", NOW)
    assert (found.live.gco2e_per_kwh, found.how) == (150, "forecast")


async def test_a_region_now_is_a_forecast(uk: UkGrid, server: GridServer) -> None:
    found = await uk.now("7", NOW)
    assert (found.live.gco2e_per_kwh, found.live.zone, found.how) == (150, "7", "forecast")
    assert server.asked == ["/regional/regionid/7"]


@pytest.mark.parametrize(
    ("zone", "path"),
    [
        ("GB", "/intensity/2026-11-24T16:41Z/fw48h"),
        ("7", "/regional/intensity/2026-11-24T16:41Z/fw48h/regionid/7"),
    ],
)
async def test_great_britain_is_forecast_for_48_hours(
    uk: UkGrid, server: GridServer, zone: str, path: str
) -> None:
    found = await uk.forecast(zone, NOW)
    assert server.asked == [path]
    assert len(found.periods) == 96
    assert found.periods[0].start == HALF_PAST
    assert [period.gco2e_per_kwh for period in found.periods[:3]] == [150, 140, 130]
    for before, after in zip(found.periods, found.periods[1:], strict=False):
        assert before.end == after.start


async def test_a_zone_now_is_its_latest_hour(maps: ElectricityMaps, server: GridServer) -> None:
    found = await maps.now("DE", NOW)
    assert (found.live.gco2e_per_kwh, found.how) == (322, "measured")
    assert found.live.at == NOW.replace(minute=0, second=0)
    assert server.tokens == [TOKEN]
    (asked,) = server.asked
    assert TOKEN not in asked
    for part in ("zone=DE", "emissionFactorType=lifecycle", "disableCallerLookup=true"):
        assert part in asked


async def test_what_was_estimated_is_said_to_be(maps: ElectricityMaps, server: GridServer) -> None:
    server.is_estimated = True
    assert (await maps.now("DE", NOW)).how == "estimated"


async def test_a_zone_is_forecast_as_far_as_the_account_gets(
    maps: ElectricityMaps, server: GridServer
) -> None:
    found = await maps.forecast("DE", NOW)
    assert len(found.periods) == 72
    assert found.periods[0].start <= NOW < found.periods[0].end
    assert "horizonHours=72" in server.asked[0]


@pytest.mark.parametrize("latest", [(322.0, 4.0), (None, 0.0), (322.0, -1.0)])
async def test_an_old_hour_is_not_now(
    maps: ElectricityMaps, server: GridServer, latest: tuple[float | None, float]
) -> None:
    server.latest["DE"] = latest
    assert "has none for this hour" in str(await refusal(maps))


async def test_another_zone_than_was_asked_for_is_refused(
    maps: ElectricityMaps, server: GridServer
) -> None:
    server.says(
        '{"zone":"FR","carbonIntensity":30,"datetime":"2026-11-24T16:00:00.000Z",'
        '"emissionFactorType":"lifecycle","isEstimated":false}'
    )
    assert "something unknown" in str(await refusal(maps))


async def test_other_emission_factors_are_refused(
    maps: ElectricityMaps, server: GridServer
) -> None:
    server.says(
        '{"zone":"DE","carbonIntensity":30,"datetime":"2026-11-24T16:00:00.000Z",'
        '"emissionFactorType":"direct","isEstimated":false}'
    )
    assert "something unknown" in str(await refusal(maps))


async def test_a_wrong_token_is_a_reason_without_the_token(
    server: GridServer, session: aiohttp.ClientSession, clock: Seconds
) -> None:
    found = await refusal(maps_with("other-secret", server, session, clock))
    assert "refuses" in str(found)
    assert "other-secret" not in str(found)


async def test_a_zone_outside_the_plan_stops_no_other(maps: ElectricityMaps) -> None:
    with pytest.raises(LiveError, match="refuses"):
        await maps.now("FR", NOW)
    assert (await maps.now("DE", NOW)).live.gco2e_per_kwh == 322


async def test_half_hours_without_figures_are_left_out(uk: UkGrid, server: GridServer) -> None:
    server.says('{"data":[{"from":"2026-11-24T16:30Z","to":"2026-11-24T17:00Z","intensity":{}}]}')
    assert "none for this half hour" in str(await refusal(uk))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>maintenance</html>",
        "null",
        "[]",
        "{}",
        '{"data":null}',
        '{"data":[{}]}',
        '{"data":[{"from":"now","to":"then","intensity":{"forecast":1}}]}',
        '{"data":[{"from":"2026-11-24T16:30Z","to":"2026-11-24T17:00Z","intensity":{"forecast":-5}}]}',
        '{"data":[{"from":"2026-11-24T16:30Z","to":"2026-11-24T17:00Z","intensity":{"forecast":9e9}}]}',
        '{"zone":"DE","carbonIntensity":"NaN","datetime":"2026-11-24T16:00:00Z"}',
        '{"zone":"DE","carbonIntensity":7,"datetime":"2026-11-24 16:00"}',
        "[" * 100_000,
        " " * (MAX_BYTES + 1),
    ],
)
async def test_garbage_is_a_reason(either: Live, server: GridServer, body: str) -> None:
    server.says(body)
    assert "something unknown" in str(await refusal(either))


async def test_no_redirect_is_followed(either: Live, server: GridServer) -> None:
    server.fails(302, Location=f"{server.address}/intensity")
    assert "HTTP 302" in str(await refusal(either))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_after_a_failure_the_server_is_left_alone(
    either: Live, server: GridServer, clock: Seconds, status: int
) -> None:
    server.fails(status)
    await refusal(either)
    for _ in range(20):
        assert "left alone" in str(await refusal(either))
    assert len(server.asked) == 1
    clock.now += FIRST_PAUSE_S + 1
    server.instead = None
    assert (await either.now(ZONES[either.source], NOW)).live.gco2e_per_kwh > 0


async def test_pauses_grow_up_to_an_hour(uk: UkGrid, server: GridServer, clock: Seconds) -> None:
    server.fails(500)
    pauses = []
    for _ in range(10):
        pauses.append((await refusal(uk)).again_after.total_seconds())
        clock.now += pauses[-1] + 1
    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


@pytest.mark.parametrize(
    ("header", "least_s", "most_s"),
    [
        ("120", 120, 120),
        ("999999999", LONGEST_PAUSE_S, LONGEST_PAUSE_S),
        ("Wed, 21 Oct 2015 07:28:00 GMT", FIRST_PAUSE_S, FIRST_PAUSE_S),
        ("Fri, 21 Oct 2185 07:28:00 GMT", LONGEST_PAUSE_S, LONGEST_PAUSE_S),
        ("soon", FIRST_PAUSE_S, FIRST_PAUSE_S),
        ("-5", FIRST_PAUSE_S, FIRST_PAUSE_S),
    ],
)
async def test_it_is_left_alone_for_as_long_as_it_says(
    uk: UkGrid, server: GridServer, header: str, least_s: float, most_s: float
) -> None:
    server.fails(429, Retry_After=header)
    found = await refusal(uk)
    assert "too often" in str(found)
    assert least_s <= found.again_after.total_seconds() <= most_s


async def test_it_is_not_asked_more_often_than_so(
    uk: UkGrid, server: GridServer, clock: Seconds
) -> None:
    for _ in range(MOST_A_MINUTE):
        await uk.now("GB", NOW)
    assert "more often" in str(await refusal(uk))
    clock.now += 61
    await uk.now("GB", NOW)
    assert len(server.asked) == MOST_A_MINUTE + 1


async def test_a_slow_answer_is_given_up(
    either: Live, server: GridServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.live.fetching.TIMEOUT_S", 0.05)
    server.gate = asyncio.Event()
    assert "did not answer in time" in str(await refusal(either))


async def test_a_server_that_is_not_there_is_a_reason(
    session: aiohttp.ClientSession, clock: Seconds
) -> None:
    async with grid_server(NOW) as gone:
        address = gone.address
    live = UkGrid(Fetching(session, address, "UK Carbon Intensity API", clock=clock))
    assert "cannot be reached" in str(await refusal(live))
