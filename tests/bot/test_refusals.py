"""What is refused is counted by why, and has a line in the log that says whose it was."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import pytest

from bot.logs import handler
from bot.refusals import LINES, PERIOD_S, Reason, Refusals
from bot.request import request
from bot.slack.installing import COOKIE, REDIRECT
from bot.slack.requests import by_the_loop
from deploy.local_slack import config
from deploy.local_slack.transport import Delivery
from tests.bot.conftest import Stage, free_port, stage
from tests.bot.installing import deployment
from tests.bot.test_measuring import PUBLIC, connected, sent
from tests.bot.test_metrics import Figures
from tests.bot.test_requests import Client, command
from tests.bot.test_runs import RUN, said
from tests.bot.test_settings_form import whole_workspace

TEAM, ADA, BEN = "T0LOCAL001", "U0ADA00001", "U0BEN00001"


@contextmanager
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines about refusals, as an operator's log has them."""
    stream = io.StringIO()
    writes = handler("json", [config.SIGNING_SECRET], stream)
    root = logging.getLogger()
    root.addHandler(writes)

    def found() -> list[dict[str, Any]]:
        every = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [line for line in every if line["message"].startswith("refused (")]

    try:
        yield found
    finally:
        root.removeHandler(writes)


class Watched:
    """A bot that is watched: its figures and its lines."""

    def __init__(self, scene: Stage, port: int, found: Callable[[], list[dict[str, Any]]]) -> None:
        self.scene = scene
        self.lines = found
        self._port = port

    async def refused(self) -> dict[str, float]:
        """How many were refused, by why."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self._port}/metrics") as response,
        ):
            figures = Figures(await response.text())
        counts = {r.value: figures("carbon_refusals_total", reason=r.value) for r in Reason}
        return {reason: number for reason, number in counts.items() if number}


@asynccontextmanager
async def watched(**options: Any) -> AsyncIterator[Watched]:
    port = free_port()
    async with stage(metrics_port=port, public_url=PUBLIC, **options) as scene:
        with lines() as found:
            yield Watched(scene, port, found)


def test_a_flood_has_so_many_lines_and_one_that_says_how_many_have_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted: list[str] = []
    ends: list[tuple[float, Callable[[], None]]] = []
    refusals = Refusals(counted.append, lambda after_s, end: ends.append((after_s, end)))

    for _ in range(LINES + 12):
        refusals.note(Reason.SIGNATURE, "not Slack's")
    refusals.note(Reason.STALE, "old")

    assert len(counted) == LINES + 13
    assert [after_s for after_s, _ in ends] == [PERIOD_S, PERIOD_S]
    assert caplog.messages == ["refused (signature): not Slack's"] * LINES + [
        "refused (stale): old"
    ]
    caplog.clear()
    for _, end in ends:
        end()
    assert caplog.messages == ["refused (signature): 12 more, which have no line"]
    caplog.clear()
    refusals.note(Reason.SIGNATURE, "not Slack's")
    assert caplog.messages == ["refused (signature): not Slack's"]
    assert len(ends) == 3


def test_what_has_no_line_is_told_when_the_bot_stops(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals(lambda _: None, lambda _, __: None)
    for _ in range(LINES + 1):
        refusals.note(Reason.STALE, "old")

    refusals.end()
    refusals.end()

    assert caplog.messages[LINES:] == ["refused (stale): 1 more, which have no line"]


async def test_the_loop_ends_a_period_and_no_request_is_named_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.refusals.PERIOD_S", 0.0)
    refusals = Refusals(lambda _: None, by_the_loop)
    with lines() as found, request():
        for _ in range(LINES + 1):
            refusals.note(Reason.STALE, "old")
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(0.0, over.set)
        await over.wait()
    assert found()[LINES]["message"] == "refused (stale): 1 more, which have no line"
    assert [line for line in found() if "request_id" not in line] == found()[LINES:]


async def test_requests_that_are_not_slacks_are_counted_by_why_under_their_ids() -> None:
    async with watched() as found, aiohttp.ClientSession() as session:
        client = Client(found.scene.bot.address, session)

        async def post(body: bytes | io.BytesIO, headers: dict[str, str]) -> str:
            url = f"{client.url}/slack/events"
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status >= 400
                return answer.headers["X-Request-Id"]

        def signed(
            body: bytes, age_s: int = 0, secret: str = config.SIGNING_SECRET
        ) -> dict[str, str]:
            return client.signed(body, secret=secret, at=client.clock.now() - age_s)

        body = command("12 H100 of nobody's business", found.scene.slack.api_url)
        ids = [
            await post(body, {}),
            await post(body, signed(body, secret="another secret")),
            await post(body, signed(body, 400)),
            await post(b"payload=null", signed(b"payload=null")),
            await post(io.BytesIO(b"x" * 2_000_000), {}),
        ]
        headers = signed(body)
        assert (await client.post(body, headers))[0] == 200
        ids.append(await post(body, headers))
        assert await found.refused() == {
            "signature": 2,
            "stale": 1,
            "malformed": 1,
            "too_large": 1,
            "replayed": 1,
        }
        told = found.lines()

    assert [line["request_id"] for line in told] == ids
    assert [line["message"].split(":")[0] for line in told] == [
        f"refused ({why})"
        for why in ("signature", "signature", "stale", "malformed", "too_large", "replayed")
    ]
    assert "nobody's business" not in json.dumps(told)
    assert "v0=" not in json.dumps(told)


async def test_nonsense_over_a_socket_is_counted_too() -> None:
    async with watched(socket_mode=True) as found:
        wrong = {"type": "block_actions", "user": None}
        await found.scene.slack.parts.sockets.deliver(Delivery("interactive", wrong))

        assert await found.refused() == {"malformed": 1}
        (line,) = found.lines()
        assert line["request_id"]


async def test_measurements_that_are_refused_are_counted_and_no_address_is_told() -> None:
    async with watched() as found:
        secret = await connected(found.scene)
        assert (await sent(found.scene, "nobodys-secret"))[0] == 404
        assert (await sent(found.scene, secret, b"{"))[0] == 400
        assert (await sent(found.scene, secret, {"run_id": "of nobody's business"}))[0] == 400
        assert (await sent(found.scene, secret, b"x" * 100_000))[0] == 413

        assert await found.refused() == {"unknown_address": 1, "malformed": 2, "too_large": 1}
        told = json.dumps(found.lines())
    assert secret not in told
    assert "nobodys-secret" not in told
    assert "nobody's business" not in told


async def test_who_asks_for_too_much_is_named() -> None:
    async with watched(rates=(2, 100)) as found:
        for _ in range(2):
            await said(found.scene, RUN)
        await said(found.scene, "9 H100")

        assert await found.refused() == {"rate_limited": 1}
        (line,) = found.lines()
        assert line["message"].endswith(f", workspace {TEAM}, member {ADA}")
        assert "9 H100" not in line["message"]


async def test_what_a_member_may_not_do_is_counted_and_told_with_who_asked() -> None:
    async with watched() as found:
        scene, slack = found.scene, found.scene.slack
        await said(scene, f"log secret-project {RUN}")
        assert await found.refused() == {}
        early = await whole_workspace(scene, user="ben")
        view = await whole_workspace(scene)
        await slack.enter(view, "carbon_settings_editors", "admins", user="ada")
        await slack.submit_view(view, user="ada")
        await slack.submit_view(early, user="ben")
        asked = (
            *("drop secret-project", "done secret-project 5 MWh", "edit secret-project"),
            *("privacy forget workspace", "status", "budget 5 t a month", "weekly on", "connect"),
            *("disconnect", "calibrate off"),
        )
        for text in asked:
            await slack.command(user="ben", channel="general", text=f"/carbon {text}")
            await scene.settle()

        told = found.lines()
        assert (await found.refused()) == {"not_permitted": len(told)}
    assert [line["message"].partition(": ")[2] for line in told] == [
        f"{what}, workspace {TEAM}, member {BEN}"
        for what in (
            "to change settings",
            *["to change another's run"] * 3,
            "to delete the workspace's data",
            "to see the status",
            "to set a budget",
            "to change summaries",
            *["to change a channel's addresses"] * 2,
        )
    ]
    assert "secret-project" not in json.dumps(told)


async def test_who_did_not_begin_an_installation_here_and_where_there_is_none_is_told() -> None:
    async with deployment() as many:
        with lines() as found:
            forged = f"{many.browser.origin}{REDIRECT}?code=1.2.3&state=forged"
            assert (await many.browser.open(forged, Cookie=f"{COOKIE}=forged")).status == 401
            await many.said(many.slack, "ada", "general", f"/carbon {RUN}")
            told = found()
    assert [line["message"] for line in told] == [
        "refused (installation): invalid_state",
        f"refused (not_installed): carbon is not installed there, workspace {TEAM}",
    ]
    assert all(line["request_id"] for line in told)
