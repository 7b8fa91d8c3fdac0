"""The local Slack as an aiohttp application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from deploy.local_slack.config import HOST, SECOND_BOT_TOKEN, Config
from deploy.local_slack.desk import Desk
from deploy.local_slack.handles import TRIGGER_LIFE_S
from deploy.local_slack.installing import Installing
from deploy.local_slack.local_api import LocalApi
from deploy.local_slack.manifest import Manifest
from deploy.local_slack.people import ENTERPRISE_ID, FIRST, SECOND
from deploy.local_slack.posting import Posting
from deploy.local_slack.site import Site
from deploy.local_slack.socket_mode import SocketMode
from deploy.local_slack.team import Line, Team
from deploy.local_slack.transport import HttpTransport
from deploy.local_slack.web_api import WebApi
from deploy.local_slack.web_api import files as files_api
from deploy.local_slack.workspace import Workspace

UPLOAD_BYTES = 64 * 1024 * 1024
TICK_S = 1.0


@dataclass
class Slack:
    """The parts of one local Slack; ``desks`` has one for each workspace."""

    site: Site
    line: Line
    desks: list[Desk]
    sockets: SocketMode
    web_api: WebApi
    installing: Installing

    @property
    def posting(self) -> Posting:
        """Messages of the first workspace."""
        return self.desks[0].team.posting


SLACK = web.AppKey("slack", Slack)


def create_app(config: Config) -> web.Application:
    """Make the application: Web API, response URLs, sockets, files, and the page.

    Whoever serves it tells ``app[SLACK].site.base_url`` its address.
    """
    manifest = Manifest.parse(config.manifest)
    site = Site(config.clock, f"http://{HOST}:{config.port}")
    line = Line()
    seeds = [(FIRST, config.bot_token)]
    if config.second_team:
        seeds.append((SECOND, SECOND_BOT_TOKEN))
    desks = []
    for seed, token in seeds:
        workspace = Workspace(site, seed, manifest.name)
        workspace.files.processing_s = config.file_processing_s
        workspace.handles.trigger_life_s = max(TRIGGER_LIFE_S, config.ack_timeout_s)
        team = Team(workspace, Posting(workspace), manifest, line, token)
        team.enterprise = ENTERPRISE_ID if config.in_enterprise else None
        team.token_life_s = config.token_life_s
        desks.append(Desk.of(team))
    teams = [desk.team for desk in desks]
    sockets = SocketMode(site, config.ack_timeout_s)
    installing = Installing(config, teams)
    web_api = WebApi(config, teams, sockets, installing)
    local_api = LocalApi(site, desks)

    async def receive(request: web.Request) -> web.Response:
        return await files_api.receive(teams, request)

    async def serve_file(request: web.Request) -> web.Response:
        return await files_api.serve(teams, request)

    app = web.Application(client_max_size=UPLOAD_BYTES)
    app[SLACK] = Slack(site, line, desks, sockets, web_api, installing)
    app.router.add_route("*", "/api/{method}", web_api.handle)
    app.router.add_post("/response/{id}", web_api.respond)
    app.router.add_get("/socket/{ticket}", sockets.serve)
    app.router.add_get("/oauth/v2/authorize", installing.authorize)
    app.router.add_post("/upload/{id}", receive)
    app.router.add_get("/files/{id}/{name}", serve_file)
    local_api.add_routes(app)

    async def connect(_app: web.Application) -> AsyncIterator[None]:
        if config.socket_mode:
            line.transport = sockets
            yield
            return
        async with aiohttp.ClientSession() as session:
            line.transport = HttpTransport(
                session,
                config.bot_url,
                config.signing_secret,
                config.ack_timeout_s,
                config.signing_clock,
            )
            yield

    async def leave(_app: web.Application) -> None:
        web_api.faults.release()
        local_api.close()
        await sockets.drop()
        await site.stop()

    app.cleanup_ctx.append(connect)
    app.on_shutdown.append(leave)
    return app


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[Slack]:
    """Serve a local Slack on 127.0.0.1 for as long as the context lasts."""
    app = create_app(config)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, HOST, config.port)
        await listener.start()
        slack = app[SLACK]
        port = runner.addresses[0][1]
        slack.site.base_url = f"http://{HOST}:{port}"
        yield slack
    finally:
        await runner.cleanup()


async def keep_time(slack: Slack) -> None:
    """Do what is due, once a second, until cancelled: for a local Slack on a real clock."""
    while True:
        await slack.site.schedule.run_due(slack.site.clock())
        await asyncio.sleep(TICK_S)
