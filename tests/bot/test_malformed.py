"""What is signed and still no payload of Slack: refused in a line, and nothing breaks of it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.blocks import controls
from bot.settings import Settings
from bot.slack import shapes
from bot.slack.shapes import Malformed
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from deploy.local_slack.transport import Delivery, Reply, Transport
from tests.bot.conftest import Stage, free_port, stage
from tests.bot.test_requests import Client, command

FORM = shapes.FORM
JSON = shapes.JSON
USER, TEAM = {"id": "U1", "team_id": "T1"}, {"id": "T1"}
ACTION: dict[str, Any] = {
    "type": "button",
    "action_id": controls.DISMISS,
    "block_id": "b",
    "action_ts": "1.1",
    "value": "v",
}
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": USER,
    "team": TEAM,
    "trigger_id": "1.1",
    "actions": [ACTION],
}
VIEW: dict[str, Any] = {
    "type": "modal",
    "id": "V1",
    "callback_id": "carbon_form",
    "private_metadata": "{}",
    "state": {"values": {}},
}
EVENT: dict[str, Any] = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {"type": "app_mention", "channel": "C1", "ts": "1.1", "user": "U1", "text": "8 H100"},
}


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def payload(what: object) -> bytes:
    return form(payload=json.dumps(what))


def nested(levels: int) -> Any:
    found: Any = "deep"
    for _ in range(levels):
        found = {"a": [found]}
    return found


def nonsense() -> Iterator[tuple[str, bytes, str, int]]:
    """Bodies that are no payload, with their content type and the answer's status."""
    what: Any
    wrong: Any
    whole: dict[str, Any]
    for what in (None, [], 5, "x", True, {}, {"type": None}, {"type": []}, {"type": "party"}):
        yield f"payload={what}", payload(what), FORM, 400
        yield f"body {what}", json.dumps(what).encode(), JSON, 400
    for raw in ("", "{", '{"type": NaN}', '{"a": "\\ud800"}', "nul", '{"a":1}}', "\x00"):
        yield f"no JSON {raw!r}", form(payload=raw), FORM, 400
        yield f"no JSON {raw!r}", raw.encode() or b" ", JSON, 400
    yield "an empty body", b"", FORM, 400
    yield "an empty body", b"", JSON, 400
    yield "another type", command("8 H100"), "text/plain", 415
    yield "another type", payload(CLICK), "application/xml", 415
    yield "no type", command("8 H100"), "", 415
    yield "two payloads", payload(CLICK) + b"&" + payload(CLICK), FORM, 400
    yield "two texts", command("8 H100") + b"&text=9+H100", FORM, 400
    yield "many fields", command("8") + b"".join(b"&f%d=1" % n for n in range(20_000)), FORM, 400
    yield "many keys", payload({"type": "x", **{str(n): n for n in range(20_000)}}), FORM, 400
    yield "no UTF-8", command("8 H100").replace(b"H100", b"%FF%FE"), FORM, 400
    yield "a NUL in an id", command("8").replace(b"user_id=U1", b"user_id=U%001"), FORM, 400
    yield "a NUL in an id", payload({**CLICK, "user": {"id": "U\x001"}}), FORM, 400
    for levels in (40, 100, 400, 10_000):
        deep = '{"a":[' * levels + "]}" * levels
        yield f"{levels} levels", form(payload=deep), FORM, 400
    yield "nested", payload({**CLICK, "other": nested(60)}), FORM, 400
    for name in ("team_id", "user_id", "channel_id", "trigger_id", "response_url"):
        whole = dict(field.split("=") for field in command("8").decode().split("&"))
        del whole[name]
        yield f"a command without {name}", urlencode(whole).encode(), FORM, 400
    for wrong in ("", "x" * 33, "U1\n", "<!channel>", "../U1", "U1 OR 1=1"):
        body = command("8").replace(b"user_id=U1", urlencode({"user_id": wrong}).encode())
        yield f"user_id={wrong}", body, FORM, 400
    yield "a command as a payload", payload({"command": "/carbon", "type": "x"}), FORM, 400
    yield "a click as a command", payload({**CLICK, "command": "/carbon"}), FORM, 400
    for wrong in (
        {"actions": []},
        {"actions": None},
        {"actions": [None]},
        {"actions": [{}]},
        {"actions": {"0": ACTION}},
        {"actions": [{**ACTION, "action_ts": "9" * 300}]},
        {"actions": [{**ACTION, "action_ts": 1e308}]},
        {"actions": [{**ACTION, "value": {}}]},
        {"actions": [{**ACTION, "selected_option": "x"}]},
        {"actions": [{**ACTION, "action_id": "a\nforged line"}]},
        {"user": None},
        {"user": "U1"},
        {"user": {}},
        {"user": {"id": None}},
        {"team": "T1"},
        {"team": None, "user": {"id": "U1"}},
        {"channel": 5},
        {"container": []},
        {"response_url": 5},
        {"response_urls": [None]},
        {"trigger_id": None},
        {"view": []},
    ):
        yield f"a click with {wrong}", payload({**CLICK, **wrong}), FORM, 400
    for wrong in ({"view": None}, {"view": {}}, {"view": {**VIEW, "state": None}}):
        whole = {**CLICK, "type": "view_submission", "view": VIEW, **wrong}
        yield f"a form with {wrong}", payload(whole), FORM, 400
    for kind in ("interactive_message", "dialog_submission", "workflow_step_edit"):
        yield kind, payload({**CLICK, "type": kind}), FORM, 400
    for wrong in (
        {"event": None},
        {"event": {}},
        {"event": "x"},
        {"event": {"type": []}},
        {"event": {"type": "app_mention"}},
        {"event": {**EVENT["event"], "ts": 5}},
        {"event": {**EVENT["event"], "user": {"id": "U1"}}},
        {"event": {**EVENT["event"], "text": ["8 H100"]}},
        {"event": {"type": "app_home_opened"}},
        {"event": {"type": "nobody's", "channel": 5}},
        {"event_id": None},
        {"team_id": None},
        {"team_id": ["T1"]},
        {"authorizations": 5},
        {"authorizations": [5]},
    ):
        yield f"an event with {wrong}", json.dumps({**EVENT, **wrong}).encode(), JSON, 400
    yield "no challenge", b'{"type":"url_verification","challenge":{}}', JSON, 400
    yield (
        "an event of nobody",
        json.dumps({**EVENT, "event": {"type": "nobody's", "channel": "C1"}}).encode(),
        JSON,
        404,
    )
    other = {**ACTION, "action_id": "nobody's"}
    yield "a button of nobody", payload({**CLICK, "actions": [other]}), FORM, 404


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    port = free_port()
    settings = Settings(
        _env_file=None,
        slack_bot_token="xoxb-test",
        slack_signing_secret=config.SIGNING_SECRET,
        slack_api_url="http://127.0.0.1:9/api/",
        database_url="sqlite:///:memory:",
        port=port,
    )
    async with running(settings) as bot, aiohttp.ClientSession() as session:
        yield Client(bot.address, session)


async def test_signed_nonsense_is_refused_in_a_line(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for number, (name, body, content_type, expected) in enumerate(nonsense()):
        # Some are empty: each has a second of its own, so that none is another's replay.
        at = client.clock.now() - number
        headers = client.signed(body, secret=config.SIGNING_SECRET, at=at)
        headers["Content-Type"] = content_type

        status, answer = await client.post(body, headers)

        assert status == expected, (name, status, answer)
        assert len(answer) < 200, name
        assert [*json.loads(answer)] == ["error"], name
        assert "Traceback" not in answer, name

    assert [record.message for record in caplog.records if record.exc_info] == []
    assert max(len(record.message) for record in caplog.records) < 1500
    assert await client.get("/healthz") == (200, '{"status": "alive"}')


async def test_what_slack_sends_beside_commands_is_taken(client: Client) -> None:
    challenge = b'{"type":"url_verification","token":"x","challenge":"3eZb"}'
    limited = b'{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}'
    for body, content_type, expected in (
        (challenge, JSON, "3eZb"),
        (challenge, f"{JSON}; charset=utf-8", "3eZb"),
        (form(ssl_check="1", token="x"), FORM, ""),
        (limited, JSON, ""),
    ):
        headers = client.signed(body, secret=config.SIGNING_SECRET)
        headers["Content-Type"] = content_type
        status, answer = await client.post(body, headers)
        assert (status, expected in answer) == (200, True), (body, answer)
        client.clock.time_s -= 1


async def test_what_is_too_large_is_refused(client: Client) -> None:
    body = form(text="x" * 2_000_000)
    headers = client.signed(body, secret=config.SIGNING_SECRET)

    url = f"{client.url}/slack/events"
    async with client.session.post(url, data=io.BytesIO(body), headers=headers) as answer:
        assert (answer.status, [*await answer.json()]) == (413, ["error"])


@pytest.mark.parametrize("body", [gzip.compress(form(text="x" * 50_000_000)), b"no gzip"])
async def test_nothing_is_unpacked(
    body: bytes, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    headers = client.signed(b"x", secret=config.SIGNING_SECRET) | {"Content-Encoding": "gzip"}

    assert (await client.post(body, headers))[0] == 401
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("number", "length"), [(1, 9000), (200, 1)], ids=["a long header", "many headers"]
)
async def test_headers_are_bounded(number: int, length: int, client: Client) -> None:
    body = command("8 H100")
    headers = client.signed(body, secret=config.SIGNING_SECRET)
    headers |= {f"X-More-{n}": "x" * length for n in range(number)}

    status, answer = await client.post(body, headers)

    assert status == 400
    assert "Traceback" not in answer


@dataclass
class Recording:
    """Delivers as another transport does, and keeps what was delivered."""

    transport: Transport
    deliveries: list[Delivery] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> Reply:
        self.deliveries.append(deepcopy(delivery))
        return await self.transport.deliver(delivery)


def paths(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a payload."""
    if path:
        yield path
    if isinstance(found, dict):
        for name in found:
            # What blocks look like is Slack's own, and read by nobody.
            if name not in {"blocks", "text", "token"} or not path:
                yield from paths(found[name], (*path, name))
    elif isinstance(found, list):
        for number, each in enumerate(found):
            yield from paths(each, (*path, number))


GONE: Any = object()
WRONG: tuple[Any, ...] = (GONE, None, [], {}, 5, "", "x" * 40, True)


def changed(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A payload with something else in one place."""
    made = deepcopy(found)
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


async def payloads_of_a_day(scene: Stage) -> list[Delivery]:
    """What Slack sends when somebody asks, clicks, types into a form and mentions the bot."""
    slack = scene.slack
    recording = Recording(slack.parts.line.transport)
    slack.parts.line.transport = recording
    asked = await slack.command(user="ada", channel="general", text="/carbon 8 H100 for 2 days")
    answer = await slack.answer_to(asked)
    await slack.suggest(answer, controls.REGION, "fran", user="ada")
    await slack.click(answer, controls.SOURCES, user="ada")
    await slack.click(answer, controls.EDIT, user="ada")
    view = await slack.opened_view("ada")
    await slack.submit_view(view, user="ada")
    slack.invite_bot("general")
    slack.say(user="ada", channel="general", text="@carbon 8 H100")
    slack.open_home(user="ada")
    await scene.settle()
    slack.parts.line.transport = recording.transport
    kinds: dict[str, Delivery] = {}
    for delivery in recording.deliveries:
        said = delivery.payload
        name = said.get("event", {}).get("type") or said.get("type") or said.get("command")
        kinds.setdefault(str(name), delivery)
    return [*kinds.values()]


async def test_nothing_breaks_of_a_payload_with_one_thing_wrong(
    scene: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    found = await payloads_of_a_day(scene)
    assert len(found) >= 6
    caplog.clear()
    refused = taken = 0
    async with aiohttp.ClientSession() as session:
        client = Client(scene.bot.address, session)
        for delivery in found:
            for path in paths(delivery.payload):
                for wrong in WRONG:
                    said = changed(delivery.payload, path, wrong)
                    try:
                        shapes.checked_object(said)
                    except Malformed:
                        refused += 1
                        if refused % 10:
                            # The same answer as to the tenth: there is no need to ask.
                            continue
                    else:
                        taken += 1
                        if taken % 10:
                            continue
                    body, content_type = encoded(delivery.kind, said)
                    headers = client.signed(body, secret=config.SIGNING_SECRET)
                    headers["Content-Type"] = content_type
                    status, answer = await client.post(body, headers)
                    assert status < 500, (delivery.kind, path, wrong, answer)
                    assert "Traceback" not in answer
    assert refused > 200
    assert taken > 200
    await scene.settle()
    broken = [record for record in caplog.records if record.exc_info]
    assert [(record.message, str(record.exc_info)) for record in broken] == []


def encoded(kind: str, said: Any) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(said).encode(), JSON
    if kind == "interactive":
        return payload(said), FORM
    return urlencode({name: value for name, value in said.items() if value is not None}).encode(), (
        FORM
    )


async def test_nonsense_over_a_socket_leaves_the_connection_open() -> None:
    async with stage(socket_mode=True) as found:
        slack = found.slack
        (socket,) = slack.parts.sockets.sockets
        for raw in ("{", "[]", "null", '{"type":"interactive"}', '{"a":' * 5000):
            await socket.send_str(raw)
        nothing: tuple[Any, ...] = (None, [], 5, "x", {}, {"type": []}, nested(60))
        for said in (*nothing, {**CLICK, "actions": []}):
            envelope = {"type": "interactive", "envelope_id": "e", "payload": said}
            await socket.send_json(envelope)
        for wrong in ({**CLICK, "user": None}, {**EVENT, "event": None}):
            reply = await slack.parts.sockets.deliver(Delivery("interactive", wrong))
            assert reply == Reply(200)

        assert await command_works(slack)
        assert slack.parts.sockets.sockets == [socket]
        assert slack.calls("apps.connections.open") == 1


async def command_works(slack: LocalSlack) -> bool:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    return outcome.message is not None and "Energy" in outcome.message.text


def test_what_is_read_is_what_was_checked() -> None:
    body = payload(CLICK)

    assert shapes.payload_in(body, FORM) == CLICK
    assert shapes.command_in(command("8 H100 é %"))["text"] == "8 H100 é %"


async def test_an_action_that_nobody_listens_to_may_come_with_no_view(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    body = payload({**CLICK, "view": None, "actions": [{**ACTION, "action_id": "of_another_app"}]})
    headers = client.signed(body, secret=config.SIGNING_SECRET)

    # Bolt says that there is no listener, and means it.
    assert (await client.post(body, headers))[0] == 404
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_a_nul_is_no_character_of_a_text() -> None:
    click = {**CLICK, "actions": [{**ACTION, "value": "a\x00b"}]}
    wanted = {**CLICK, "actions": [{**ACTION, "value": "a\ufffdb"}]}

    assert shapes.payload_in(payload(click), FORM) == wanted
    assert shapes.checked_object(click) == wanted
    assert shapes.command_in(command("8\x00 H100"))["text"] == "8\ufffd H100"
    typed = {**CLICK, "actions": [{**ACTION, "value": "\\u0000"}]}
    assert shapes.payload_in(payload(typed), FORM) == typed


def test_refusals_do_not_repeat_what_was_sent() -> None:
    said = {**VIEW, "state": {"values": {"<!channel> " * 5: {"a": 5}}}}
    with pytest.raises(Malformed) as caught:
        shapes.checked({**CLICK, "type": "view_submission", "view": said})

    assert "channel" not in caught.value.why
