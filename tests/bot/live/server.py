"""The one fake of the live sources: a server on loopback that answers as they are documented to.

Shapes of the Carbon Intensity API: https://carbon-intensity.github.io/api-definitions/ ; that
regional forecasts come with the region itself, and not in a list as the page shows, is how clients
read them (https://github.com/GreenScheduler/cats). Shapes of Electricity Maps, version 4:
https://app.electricitymaps.com/developer-hub/api/reference, and version 3, which has the same
fields: https://portal.electricitymaps.com/developer-hub/api/reference
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
TOKEN = "em-secret-token"


def stamp(at: datetime) -> str:
    """A time as the Carbon Intensity API writes it."""
    return f"{at:%Y-%m-%dT%H:%MZ}"


def millis(at: datetime) -> str:
    """A time as Electricity Maps writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


def index_of(grams: float) -> str:
    """The API's word for an intensity."""
    return "low" if grams < 120 else "moderate" if grams < 200 else "high"


@dataclass
class GridServer:
    """What it answers, and what it was asked.

    Attributes:
        now: the moment that it answers for.
        grams: forecast of each half hour from that of ``now`` on, again and again.
        actual: what this half hour is estimated to have had.
        latest: what Electricity Maps has for a zone: intensity, and how many hours ago.
        instead: another answer to everything.
        gate: what slow answers wait for.
        asked: path and query of every request, in their order.
        tokens: the token of each request that had one.
    """

    now: datetime
    grams: tuple[float, ...] = (150, 140, 130, 120, 90, 60, 80, 100)
    actual: float | None = 147
    latest: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    is_estimated: bool = False
    instead: Callable[[], web.Response] | None = None
    gate: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    address: str = ""

    @property
    def half_hour(self) -> datetime:
        """When this half hour began."""
        return self.now.replace(minute=self.now.minute // 30 * 30, second=0, microsecond=0)

    def settings(self, live_grid: str = "both") -> dict[str, Any]:
        """The settings of a bot that asks this server."""
        return {
            "live_grid": live_grid,
            "electricity_maps_token": TOKEN,
            "carbon_intensity_url": self.address,
            "electricity_maps_url": f"{self.address}/v4",
        }

    def fails(self, status: int, **headers: str) -> None:
        """Answer everything so from now on, with an error of the documented shape."""
        body = {"error": {"code": f"{status} error", "message": "string"}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.instead = lambda: web.json_response(body, status=status, headers=named)

    def says(self, body: str) -> None:
        """Answer everything with this text from now on."""
        self.instead = lambda: web.Response(text=body, content_type="application/json")

    # The Carbon Intensity API.

    def half_hours(self, start: datetime, n: int, *, regional: bool = False) -> list[Any]:
        """So many half hours; a region's have no ``actual`` but what its electricity is made of."""
        found: list[Any] = []
        for i in range(n):
            at = start + i * HALF_HOUR
            grams = self.grams[i % len(self.grams)]
            intensity: dict[str, Any] = {"forecast": grams, "index": index_of(grams)}
            entry: dict[str, Any] = {"from": stamp(at), "to": stamp(at + HALF_HOUR)}
            if regional:
                entry["generationmix"] = [{"fuel": "gas", "perc": 43.6}]
            else:
                intensity["actual"] = self.actual if i == 0 else None
            found.append({**entry, "intensity": intensity})
        return found

    async def national(self, _: web.Request) -> dict[str, Any]:
        """GET /intensity."""
        return {"data": self.half_hours(self.half_hour, 1)}

    async def national_forecast(self, request: web.Request) -> dict[str, Any]:
        """GET /intensity/{from}/fw48h; it begins with the half hour that ``from`` is in."""
        datetime.strptime(request.match_info["from"], "%Y-%m-%dT%H:%MZ")  # noqa: DTZ007
        return {"data": self.half_hours(self.half_hour, 96)}

    async def regional(self, request: web.Request) -> dict[str, Any]:
        """GET /regional/regionid/{regionid}."""
        half_hours = self.half_hours(self.half_hour, 1, regional=True)
        return {"data": [self._region(request, half_hours)]}

    async def regional_forecast(self, request: web.Request) -> dict[str, Any]:
        """GET /regional/intensity/{from}/fw48h/regionid/{regionid}."""
        return {"data": self._region(request, self.half_hours(self.half_hour, 96, regional=True))}

    def _region(self, request: web.Request, half_hours: list[Any]) -> dict[str, Any]:
        return {
            "regionid": int(request.match_info["id"]),
            "dnoregion": "WPD South Wales",
            "shortname": "South Wales",
            "data": half_hours,
        }

    # Electricity Maps.

    async def newest(self, request: web.Request) -> dict[str, Any]:
        """GET /v4/carbon-intensity/latest."""
        zone = self._zone(request)
        grams, hours_ago = self.latest[zone]
        at = self.now.replace(minute=0, second=0, microsecond=0) - hours_ago * HOUR
        return {
            "zone": zone,
            "carbonIntensity": grams,
            "datetime": millis(at),
            "updatedAt": millis(self.now),
            "createdAt": millis(at - HOUR),
            "emissionFactorType": "lifecycle",
            "isEstimated": self.is_estimated,
            "estimationMethod": "TIME_SLICER_AVERAGE" if self.is_estimated else None,
        }

    async def expected(self, request: web.Request) -> dict[str, Any]:
        """GET /v4/carbon-intensity/forecast."""
        zone = self._zone(request)
        first = self.now.replace(minute=0, second=0, microsecond=0)
        return {
            "zone": zone,
            "forecast": [
                {
                    "carbonIntensity": self.grams[i % len(self.grams)],
                    "datetime": millis(first + i * HOUR),
                }
                for i in range(int(request.query["horizonHours"]))
            ],
            "updatedAt": millis(self.now),
            "temporalGranularity": request.query["temporalGranularity"],
        }

    def _zone(self, request: web.Request) -> str:
        if request.headers.get("auth-token") != TOKEN:
            raise web.HTTPUnauthorized(text='{"error":"Invalid auth-token"}')
        if request.query["zone"] not in self.latest:
            raise web.HTTPForbidden(text='{"error":"Request unauthorized for zone"}')
        return request.query["zone"]


@asynccontextmanager
async def grid_server(now: datetime | None = None) -> AsyncIterator[GridServer]:
    """A server that answers for a moment."""
    server = GridServer(now or datetime.now(UTC))
    app = web.Application()
    for path, answering in {
        "/intensity": server.national,
        "/intensity/{from}/fw48h": server.national_forecast,
        "/regional/regionid/{id}": server.regional,
        "/regional/intensity/{from}/fw48h/regionid/{id}": server.regional_forecast,
        "/v4/carbon-intensity/latest": server.newest,
        "/v4/carbon-intensity/forecast": server.expected,
    }.items():
        app.router.add_get(path, _route(server, answering))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.address = f"http://{host}:{port}"
        yield server
    finally:
        if server.gate is not None:
            server.gate.set()
        await runner.cleanup()


def _route(server: GridServer, answering: Any) -> Any:
    async def handle(request: web.Request) -> web.StreamResponse:
        server.asked.append(request.path_qs)
        server.agents.add(request.headers.get("User-Agent", ""))
        if "auth-token" in request.headers:
            server.tokens.append(request.headers["auth-token"])
        if server.gate is not None:
            await server.gate.wait()
        if server.instead is not None:
            return server.instead()
        return web.json_response(await answering(request))

    return handle
