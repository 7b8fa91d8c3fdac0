"""When requests may be sent to a bot, and that a stop loses none that was."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import text

from bot import wiring
from bot.readiness import Check, Readiness
from bot.reports.pulse import LONGEST_REST_S, Pulse
from bot.reports.ticking import ticking
from bot.settings import Settings
from bot.store import open_store
from bot.store.migrations.run import revisions
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import Stage, free_port, stage
from tests.bot.programs import WAIT_S, Program, program
from tests.bot.test_requests import SECRET, Client, command
from tests.local_slack.conftest import serving
from tests.store.conftest import new_postgresql


async def readyz(scene: Stage) -> tuple[int, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{scene.bot.address}/readyz") as response,
    ):
        return response.status, await response.json()


async def test_it_is_ready_when_all_that_it_needs_is_there(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        async with asyncio.timeout(WAIT_S):
            while (await readyz(scene))[0] != 200:  # noqa: ASYNC110 - it happens there
                await asyncio.sleep(0.02)
        assert await readyz(scene) == (200, {"status": "ready"})


async def test_the_socket_is_needed_where_there_is_one() -> None:
    async with stage(socket_mode=True) as scene:
        async with asyncio.timeout(WAIT_S):
            while (await readyz(scene))[0] != 200:  # noqa: ASYNC110 - same
                await asyncio.sleep(0.02)
        scene.slack.fail("apps.connections.open", Fault(), times=100)
        await scene.slack.drop_sockets()
        async with asyncio.timeout(WAIT_S):
            while (await readyz(scene))[0] == 200:  # noqa: ASYNC110 - same
                await asyncio.sleep(0.02)
        assert (await readyz(scene))[1]["check"] == "socket"


@pytest.mark.parametrize(("revision", "said"), [("0001", "0001"), (None, "missing")])
async def test_a_database_that_is_behind_is_not_served(
    tmp_path: Path, revision: str | None, said: str
) -> None:
    """As one whose backup was restored under a bot that runs."""
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as store, open_store(url) as other:
        assert await store.database.problem() is None
        async with other.database.transaction() as connection:
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :it"), {"it": revision or "0001"}
            )
            if revision is None:
                await connection.execute(text("DELETE FROM alembic_version"))
        problem = await store.database.problem()
        assert problem is not None
        assert f"schema is {said}" in problem


async def test_a_database_that_is_ahead_is_served(tmp_path: Path) -> None:
    """While replicas are replaced one by one, the first new one has migrated."""
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as store:
        async with store.database.transaction() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert await store.database.problem() is None


def test_revisions_are_in_the_order_of_their_names() -> None:
    assert revisions() == sorted(revisions())


async def test_the_first_thing_that_is_wrong_is_named() -> None:
    readiness = Readiness()
    wrong: dict[str, str | None] = {"first": None, "second": "it is away", "third": "so is this"}

    def check(problem: str | None) -> Check:
        async def asked() -> str | None:
            return problem

        return asked

    for name, problem in wrong.items():
        readiness.add(name, check(problem))
    assert await readiness.problem() == ("second", "it is away", False)
    assert await readiness.problems() == {"stopping": None, **wrong}
    readiness.stopping = True
    assert await readiness.problem() == ("stopping", "the bot is being stopped", False)


async def test_what_all_replicas_share_takes_none_away_once_it_was_well() -> None:
    readiness = Readiness()
    wrong: dict[str, str | None] = {"database": "it is away", "scheduler": None}

    async def database() -> str | None:
        return wrong["database"]

    async def scheduler() -> str | None:
        return wrong["scheduler"]

    readiness.add("database", database, shared=True)
    readiness.add("scheduler", scheduler)
    # A replica that never saw it is not ready: it may have the wrong address.
    assert await readiness.problem() == ("database", "it is away", False)
    wrong["database"] = None
    assert await readiness.problem() is None
    wrong["database"] = "it is away"
    assert await readiness.problem() == ("database", "it is away", True)
    wrong["scheduler"] = "it stands still"
    assert await readiness.problem() == ("scheduler", "it stands still", False)


async def test_a_scheduler_that_stands_still_is_noticed() -> None:
    now = 0.0
    pulse = Pulse(lambda: now)
    assert await pulse.problem() == "the scheduler has not begun"
    pulse.works()
    now += 10 * LONGEST_REST_S
    assert await pulse.problem() is None  # a delivery may take long
    pulse.rests()
    now += LONGEST_REST_S
    assert await pulse.problem() is None
    now += 1
    assert await pulse.problem() == "the scheduler has not looked for what is due for 121 s"
    pulse.waits("the queue waits for the database")
    assert await pulse.problem() == "the queue waits for the database"


async def test_the_scheduler_tells_that_it_works() -> None:
    pulse, looked = Pulse(), asyncio.Event()

    async def look() -> None:
        looked.set()

    async def idle() -> None:
        """Nothing is being delivered."""

    async with ticking(look, idle, 1.0, pulse=pulse):
        await looked.wait()
        assert await pulse.problem() is None
    assert await pulse.problem() is not None


@asynccontextmanager
async def slack_and(
    folder: Path, **values: str
) -> AsyncIterator[tuple[LocalSlack, Program, Client]]:
    """A Slack, a bot in a process of its own, and somebody who sends what Slack would send."""
    async with (
        LocalSlack(
            bot_url="http://127.0.0.1:9/", signing_secret=SECRET, ack_timeout_s=WAIT_S
        ) as slack,
        program(
            folder,
            SLACK_BOT_TOKEN=slack.config.bot_token,
            SLACK_SIGNING_SECRET=SECRET,
            SLACK_API_URL=slack.api_url,
            **values,
        ) as bot,
    ):
        slack.bot_url = f"{bot.address}/slack/events"
        await bot.ready()
        yield slack, bot, Client(bot.address, bot.session)


# A connection of which the server knows even less is left to the collector of garbage by asyncio
# (CPython's issue 109564).
@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
async def test_what_comes_as_it_stops_is_answered_or_not_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "GRACE_S", 0.1)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/", answer)
    heard: list[bytes] = []
    for steps in range(12):
        port = free_port()
        settings = Settings(
            _env_file=None, slack_bot_token="xoxb-1", slack_signing_secret="s", port=port
        )
        async with wiring._serving(app, settings, None):
            # The system takes connections in that nobody has accepted yet.
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"GET / HTTP/1.1\r\nHost: carbon\r\n\r\n")
            for _ in range(steps):
                await asyncio.sleep(0)
        with client, suppress(OSError):
            client.settimeout(0)
            heard.append(client.recv(1000)[:15])
    gc.collect()
    assert set(heard) == {b"HTTP/1.1 200 OK"}


async def test_a_stop_is_told_first_and_everything_is_answered_until_it_ends(
    tmp_path: Path,
) -> None:
    async with slack_and(tmp_path, DRAIN_SECONDS="600") as (slack, bot, client):
        slack.fail("users.info", Fault(late=True))
        asking = asyncio.create_task(
            slack.command(user="ada", channel="general", text="/carbon 8 H100")
        )
        await slack.wait_for(lambda: slack.calls("users.info") == 1)
        bot.stop()
        async with asyncio.timeout(WAIT_S):
            found = await bot.get("/readyz")
            while found[0] == 200:
                found = await bot.get("/readyz")
        assert json.loads(found[1])["check"] == "stopping"
        assert (await bot.get("/healthz"))[0] == 200
        body = command("9 H100", slack.api_url)
        async with client.session.post(
            f"{client.url}/slack/events", data=body, headers=client.signed(body)
        ) as response:
            assert response.status == 200
            assert response.headers["Connection"] == "close"
        bot.stop()  # once more: not to wait any longer
        slack.release()
        outcome = await asking
        assert outcome.message
        assert "Wh" in outcome.message.text
        assert await bot.ended() == 0


async def test_what_is_in_flight_is_answered_by_a_bot_that_stops_at_once(tmp_path: Path) -> None:
    async with slack_and(tmp_path) as (slack, bot, _):
        slack.fail("users.info", Fault(late=True))
        asking = asyncio.create_task(
            slack.command(user="ada", channel="general", text="/carbon 8 H100")
        )
        await slack.wait_for(lambda: slack.calls("users.info") == 1)
        bot.stop()
        outcome = await asking
        assert outcome.message
        assert "Wh" in outcome.message.text
        slack.release()
        assert await bot.ended() == 0


@dataclass
class Balancer:
    """Sends commands to replicas that were ready and are not being stopped.

    A single other answer of ``/readyz`` takes none away, as with a load balancer that wants to see
    several: on a busy machine the database may not answer in time.
    """

    session: aiohttp.ClientSession
    api_url: str
    ready: set[Program] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    logged: list[str] = field(default_factory=list)
    under_way: Counter[Program] = field(default_factory=Counter)
    over: bool = False
    announced: int = 0
    late: int = 0
    response_url: str = ""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def watch(self, bot: Program) -> None:
        """Ask a replica again and again whether it is ready."""
        while True:
            try:
                status, said = await bot.get("/readyz")
            except aiohttp.ClientError:
                status, said = 0, "stopping"
            if status == 200:
                self.ready.add(bot)
            elif "stopping" in said:
                self.ready.discard(bot)
            await asyncio.sleep(0.02)

    async def take(self, request: web.Request) -> web.Response:
        """Take an answer that comes after it was announced."""
        self.late += "Wh" in await request.text()
        return web.Response(text="ok")

    async def pass_on(self, request: web.Request) -> web.Response:
        """Pass a call of the Web API on to Slack."""
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        url = f"{self.api_url.rstrip('/')}/{request.match_info['method']}"
        async with self.session.post(url, data=await request.read(), headers=headers) as answer:
            return web.json_response(await answer.json(), status=answer.status)

    async def send_on(self) -> None:
        """Send one command after the other, until it is over."""
        while not self.over:
            number = next(self._numbers)
            bot = min(self.ready, key=lambda bot: self.under_way[bot])
            name = f"run-{number}" if number % 5 == 0 else ""
            said = f"{number % 90 + 1} H100 for {number // 90 + 1} hours in France"
            body = command(f"log {name} {said}" if name else said, self.response_url)
            self.under_way[bot] += 1
            try:
                status, answer = await Client(bot.address, self.session).post(
                    body, Client(bot.address, self.session).signed(body)
                )
                announced = "Still working on it" in answer
                good = status == 200 and (announced or "Wh" in answer)
                self.answers["good" if good else f"{status} {answer}"] += 1
                self.announced += announced
                if name and good:
                    self.logged.append(name)
            except aiohttp.ClientError as error:
                self.answers[repr(error)] += 1
            finally:
                self.under_way[bot] -= 1

    async def serves(self, bot: Program) -> None:
        """Wait until a replica is sent requests."""
        async with asyncio.timeout(WAIT_S):
            while bot not in self.ready:  # noqa: ASYNC110 - it happens there
                await asyncio.sleep(0.01)

    async def replaced(self, bot: Program) -> None:
        """Stop a replica; its time ends when nobody sends it anything any more."""
        bot.stop()
        async with asyncio.timeout(WAIT_S):
            while bot in self.ready or self.under_way[bot]:  # noqa: ASYNC110 - same
                await asyncio.sleep(0.01)
        bot.stop()
        assert await bot.ended() == 0

    async def answered(self, more: int) -> None:
        """Wait for so many more answers."""
        wanted = self.answers.total() + more
        async with asyncio.timeout(WAIT_S):
            while self.answers.total() < wanted:  # noqa: ASYNC110 - same
                await asyncio.sleep(0.01)


async def test_a_replica_is_replaced_by_another_and_no_request_is_lost(
    postgresql: Any,
    tmp_path: Path,
) -> None:
    url = new_postgresql(postgresql)
    async with (
        AsyncExitStack() as stack,
        LocalSlack(bot_url="http://127.0.0.1:9/") as slack,
        aiohttp.ClientSession() as session,
    ):
        values = {
            "SLACK_BOT_TOKEN": slack.config.bot_token,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": url,
            "DRAIN_SECONDS": "600",
            # The balancer is quicker than people.
            "RATE_PER_USER": "0",
            "RATE_PER_WORKSPACE": "0",
        }
        balancer = Balancer(session, slack.api_url)
        answers = web.Application()
        answers.router.add_post("/slack/events", balancer.take)
        answers.router.add_post("/api/{method}", balancer.pass_on)
        balancer.response_url = await stack.enter_async_context(serving(answers))
        # Answers go to Slack's host alone, which is the one of its Web API.
        values["SLACK_API_URL"] = balancer.response_url.replace("/slack/events", "/api/")
        watching: list[asyncio.Task[None]] = []

        async def begun() -> Program:
            bot = await stack.enter_async_context(program(tmp_path, **values))
            watching.append(asyncio.create_task(balancer.watch(bot)))
            await balancer.serves(bot)
            return bot

        old = await begun()
        sending = [asyncio.create_task(balancer.send_on()) for _ in range(4)]
        await balancer.answered(40)
        new = await begun()
        await balancer.answered(40)
        await balancer.replaced(old)
        await balancer.answered(40)
        balancer.over = True
        await asyncio.gather(*sending)
        await balancer.replaced(new)
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
    assert set(balancer.answers) == {"good"}
    assert balancer.late == balancer.announced
    async with open_store(url) as store, store.database.transaction() as connection:
        kept = [name for (name,) in await connection.execute(text("SELECT name FROM runs"))]
        estimates = await connection.scalar(text("SELECT count(*) FROM estimates"))
    assert sorted(kept) == sorted(balancer.logged)
    assert estimates == balancer.answers["good"] - len(balancer.logged)
