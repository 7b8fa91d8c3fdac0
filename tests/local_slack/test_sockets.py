"""Socket Mode, with the real client of slack_sdk.

See https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import APP_TOKEN
from deploy.local_slack.outcomes import CommandOutcome
from deploy.local_slack.people import Json
from tests.local_slack.conftest import Stage, make_bolt

Listener = Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]


@asynccontextmanager
async def connected(slack: LocalSlack, listener: Listener) -> AsyncIterator[SocketModeClient]:
    """Connect a client of slack_sdk and wait until the local Slack knows of it."""
    web_client = AsyncWebClient(base_url=slack.api_url)
    client = SocketModeClient(app_token=APP_TOKEN, web_client=web_client, ping_interval=1)
    client.socket_mode_request_listeners.append(listener)
    before = len(slack.parts.sockets.sockets)
    await client.connect()  # type: ignore[no-untyped-call]
    await slack.sockets_connected(before + 1)
    try:
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]


async def acknowledge(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
    """Answer with the envelope's kind."""
    await client.send_socket_mode_response(
        SocketModeResponse(request.envelope_id, payload={"text": f"got {request.type}"})
    )


async def test_a_command_arrives_and_its_answer_is_shown(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    async with connected(slack, acknowledge):
        outcome = await slack.command(user="ada", channel="general", text="/carbon help")
    assert outcome.message is not None
    assert (outcome.message.text, outcome.error) == ("got slash_commands", None)


async def test_bolt_in_socket_mode_answers_a_command_and_a_click(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    app = make_bolt(slack)
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}

    @app.command("/carbon")
    async def carbon(ack: Callable[..., Awaitable[None]], command: Json) -> None:
        blocks = [{"type": "actions", "elements": [button]}]
        await ack(text=command["text"], blocks=blocks, response_type="ephemeral")

    @app.action("go")
    async def go(
        ack: Callable[..., Awaitable[None]], respond: Callable[..., Awaitable[None]]
    ) -> None:
        await ack()
        await respond(text="gone", replace_original=True)

    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await slack.sockets_connected()
        outcome = await slack.command(user="ada", channel="general", text="/carbon 1 GPU")
        message = await slack.answer_to(outcome)
        assert message.text == "1 GPU"
        assert (await slack.answer_to(await slack.click(message, "go", user="ada"))).text == "gone"
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
    assert slack.violations == []


async def test_without_a_connection_the_command_fails(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.error == "dispatch_failed"


async def test_without_an_acknowledgement_the_command_times_out(stage: Stage) -> None:
    async def silent(_client: AsyncBaseSocketModeClient, _request: SocketModeRequest) -> None:
        pass

    slack = await stage.slack(socket_mode=True, ack_timeout_s=0.05)
    async with connected(slack, silent):
        outcome = await slack.command(user="ada", channel="general", text="/carbon")
    assert outcome.error == "operation_timeout"


async def test_an_envelope_is_sent_again_when_its_socket_drops(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    envelopes: list[str] = []
    received = asyncio.Event()

    async def remember(_client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        envelopes.append(request.envelope_id)
        received.set()

    async def remember_and_answer(
        client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        envelopes.append(request.envelope_id)
        await acknowledge(client, request)

    async with connected(slack, remember) as first:
        first.auto_reconnect_enabled = False
        command = _typing(slack)
        await received.wait()
        assert await slack.drop_sockets() == 1
        async with connected(slack, remember_and_answer):
            outcome = await command
    assert outcome.error is None
    assert len(envelopes) == 2
    assert len(set(envelopes)) == 1


async def test_an_envelope_moves_to_another_connection_when_its_own_closes(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    async with _raw(slack) as first, _raw(slack) as second:
        command = _typing(slack)
        (busy, envelope), (idle, waiting) = await _first_to_receive(first, second)
        await busy.close()
        assert await waiting == envelope
        await idle.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hi"}})
        assert (await command).error is None


async def test_any_connection_may_acknowledge(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    async with _raw(slack) as first, _raw(slack) as second:
        command = _typing(slack)
        (_, envelope), (idle, waiting) = await _first_to_receive(first, second)
        waiting.cancel()
        await idle.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hi"}})
        assert (await command).error is None


async def test_a_socket_address_works_once(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    url = slack.parts.sockets.issue_url()
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_a_disconnect_frame_gives_its_reason(stage: Stage, reason: str) -> None:
    slack = await stage.slack(socket_mode=True)
    async with _raw(slack) as socket:
        await slack.disconnect_sockets(reason)
        frame = await socket.receive_json()
        assert (frame["type"], frame["reason"]) == ("disconnect", reason)


async def test_ten_connections_are_the_most(stage: Stage) -> None:
    slack = await stage.slack(socket_mode=True)
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(_raw(slack))
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(slack.parts.sockets.issue_url()) as socket,
        ):
            assert (await socket.receive_json())["reason"] == "too_many_websockets"


@asynccontextmanager
async def _raw(slack: LocalSlack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(slack.parts.sockets.issue_url()) as socket,
    ):
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


def _typing(slack: LocalSlack) -> asyncio.Future[CommandOutcome]:
    return asyncio.ensure_future(slack.command(user="ada", channel="general", text="/carbon"))


async def _first_to_receive(
    first: aiohttp.ClientWebSocketResponse, second: aiohttp.ClientWebSocketResponse
) -> tuple[
    tuple[aiohttp.ClientWebSocketResponse, Json],
    tuple[aiohttp.ClientWebSocketResponse, asyncio.Future[Json]],
]:
    """Return the connection that receives a frame first with it, and the other, still waiting."""
    sent = {asyncio.ensure_future(socket.receive_json()): socket for socket in (first, second)}
    (task,), (waiting,) = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
    return (sent[task], task.result()), (sent[waiting], waiting)
