"""Signed payloads into the running bot: commands, clicks, forms, shortcuts, events, options.

The shapes are those that the local Slack really sent: members do all sorts of things first, and
what was delivered is kept. Then it is changed, by values that Slack might send and by ones that it
never would, signed with the bot's own secret and posted. Every answer has a status below 500,
nothing is logged as an error, and the bot goes on answering.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp

from bot.commands import REGISTRY
from bot.language import syntax
from deploy.local_slack import config
from deploy.local_slack.transport import Delivery, Reply, Transport, sign
from tests.bot.any_sequence import Ears, Players, Theatre, theatre
from tests.fuzz import sentences
from tests.fuzz.mutating import Mutator, bytes_of, text_of
from tests.fuzz.running import TRIES, Tally
from tests.fuzz.target import ALLOWED_MS, Target

ON_A_STAGE: Final = 10_000
"""Payloads that one bot takes, so that what the local Slack keeps stays bounded."""
CHECKED_EVERY: Final = 250
"""After so many payloads it is looked whether a plain command is answered."""
TOLD_EVERY: Final = 5_000
"""After so many it is told how far it is."""
REHEARSED: Final = 160
"""Things that members do before anything is changed."""
KEPT: Final = 1500
"""Deliveries that are changed."""
LONGEST: Final = 60_000
PLAIN: Final = "10 GPU 20 TPU for 2 weeks in France"

_RESPONSE_URL: Final = re.compile(rb"http%3A%2F%2F127\.0\.0\.1%3A\d+%2Fresponse%2F\w+")

Json = dict[str, Any]
Path_ = tuple[str | int, ...]

_ODD: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**63,
        10**30,
        1e308,
        "",
        " ",
        "x",
        "null",
        "0",
        "\x00",
        "\ud800",
    ),
    *(
        [],
        {},
        [None],
        [[]],
        {"": None},
        [{}],
        {"id": None},
        "U0",
        "C0",
        "é" * 300,
        "x" * 4000,
        "🌍",
    ),
    *("<!channel>", "<@U1>", "{}", "[]", '{"a":1}', "../../etc/passwd", "=1+1", "%00", "1e400"),
)
_TEXTS: Final = frozenset(
    ("text", "value", "private_metadata", "block_id", "action_id", "callback_id", "command")
)
_SUBCOMMANDS: Final = tuple(word for one in REGISTRY for word in (one.name, *one.aliases))
_MUTATOR: Final = Mutator((*sentences.vocabulary()[::3], *_SUBCOMMANDS), 3000)


@dataclass
class Recorder:
    """A way to the bot that keeps what was delivered."""

    through: Transport
    seen: list[Delivery]

    async def deliver(self, delivery: Delivery) -> Reply:
        """Keep a delivery, and deliver it."""
        self.seen.append(copy.deepcopy(delivery))
        return await self.through.deliver(delivery)


async def rehearsed(where: Theatre, seed: int, things: int) -> list[Delivery]:
    """What the local Slack delivers while members do all sorts of things."""
    line = where.slack.parts.line
    recorder = Recorder(line.transport, [])
    line.transport = recorder
    players = Players(where, seed)
    chance = random.Random(seed)  # noqa: S311 - it must repeat itself, not be secret
    ways = (
        players.command,
        players.use,
        players.submit,
        players.shortcut,
        players.say,
        players.home,
    )
    try:
        for number in range(things):
            # At first something has to be there that can be clicked.
            way = (
                players.command
                if number < things // 8
                else chance.choices(ways, (3, 8, 5, 2, 2, 3))[0]
            )
            await way()
            await where.settle()
            players._remember()
    finally:
        line.transport = recorder.through
    return recorder.seen


class Changer:
    """Changes deliveries, each by what else was delivered."""

    def __init__(self, seen: list[Delivery]) -> None:
        by_kind: dict[str, list[Delivery]] = {}
        for one in seen:
            payload = one.payload
            actions = payload.get("actions") or [{}]
            event = payload.get("event") or {}
            inner = actions[0].get("action_id") or event.get("type") or payload.get("callback_id")
            by_kind.setdefault(f"{one.kind} {payload.get('type')} {inner}", []).append(one)
        self._kinds = [ones[-KEPT:] for _, ones in sorted(by_kind.items())]
        self._values: dict[str, list[Any]] = {}
        for one in seen[-KEPT:]:
            for path, value in _leaves(one.payload):
                if isinstance(path[-1], str):
                    self._values.setdefault(path[-1], []).append(value)

    @property
    def kinds(self) -> int:
        """How many sorts of deliveries there are."""
        return len(self._kinds)

    def next(self, chance: random.Random) -> bytes:
        """A delivery as it is posted, a little changed or much."""
        # Rare sorts as often as frequent ones.
        one = chance.choice(chance.choice(self._kinds))
        payload = copy.deepcopy(one.payload)
        draw = chance.random()
        if draw < 0.45:
            for _ in range(chance.choice((1, 1, 2))):
                self._gently(chance, payload)
        elif draw < 0.92:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                self._roughly(chance, payload)
        body = encoded(one.kind, payload)
        if draw >= 0.96:
            body = _MUTATOR._bytewise(chance, body)
        return body

    def _gently(self, chance: random.Random, payload: Json) -> None:
        """Say something else in it, of the same type: what Slack could send."""
        if "command" in payload and chance.random() < 0.9:
            payload["text"] = said(chance)
            return
        places = [(path, value) for path, value in _leaves(payload) if isinstance(value, str)]
        told = [one for one in places if one[0][-1] in _TEXTS]
        if not places:
            return
        path, value = chance.choice(told if told and chance.random() < 0.7 else places)
        others = [v for v in self._values.get(str(path[-1]), []) if isinstance(v, str)]
        draw = chance.random()
        if others and draw < 0.5:
            changed = chance.choice(others)
        elif draw < 0.75:
            changed = text_of(_MUTATOR.mutated(chance, bytes_of(value), b""))
        else:
            changed = said(chance)
        _put(payload, path, changed.encode("utf-8", "replace").decode())

    def _roughly(self, chance: random.Random, payload: Json) -> None:
        """Break its shape: what Slack never sends."""
        places = list(_places(payload))
        path, value = chance.choice(places)
        match chance.randrange(6):
            case 0 | 1:
                _put(payload, path, copy.deepcopy(chance.choice(_ODD)))
            case 2:
                _delete(payload, path)
            case 3:
                other = chance.choice(chance.choice(self._kinds)).payload
                _put(payload, path, copy.deepcopy(chance.choice(list(_places(other)))[1]))
            case 4:
                _put(payload, path, [value] if chance.random() < 0.5 else {"value": value})
            case _:
                same = self._values.get(str(path[-1])) or [None]
                _put(payload, path, copy.deepcopy(chance.choice(same)))


def said(chance: random.Random) -> str:
    """What somebody types after ``/carbon``."""
    draw = chance.random()
    run = sentences.command(chance)
    if draw < 0.3:
        return run
    if draw < 0.5:
        return (
            text_of(_MUTATOR.mutated(chance, bytes_of(run), b""))
            .encode("utf-8", "replace")
            .decode()
        )
    word = chance.choice(_SUBCOMMANDS)
    rest = chance.choice(
        ("", "", "off", "now", "preview", "forget me", f"llama-ft {run}", "llama-ft 433 MWh", run)
    )
    return f"{word} {rest}".strip()


def _places(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every place in a payload, and what stands there."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _leaves(value: Any) -> Iterator[tuple[Path_, Any]]:
    for path, inner in _places(value):
        if not isinstance(inner, dict | list):
            yield path, inner


def _parent(payload: Any, path: Path_) -> Any:
    for step in path[:-1]:
        payload = payload[step]
    return payload


def _put(payload: Json, path: Path_, value: Any) -> None:
    _parent(payload, path)[path[-1]] = value


def _delete(payload: Json, path: Path_) -> None:
    del _parent(payload, path)[path[-1]]


def encoded(kind: str, payload: Json) -> bytes:
    """A payload as Slack posts it."""
    if kind == "events_api":
        return json.dumps(payload).encode()
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(
        {name: value if isinstance(value, str) else str(value) for name, value in fields.items()},
        errors="replace",
    ).encode()


def answered_here(body: bytes, where: Theatre) -> bytes:
    """A kept body whose answers go to this local Slack: those to another are refused."""
    handles = where.slack.desk.team.workspace.handles
    address = f"{where.slack.url}/response/{next(reversed(handles.response_urls))}"
    return _RESPONSE_URL.sub(quote(address, safe="").encode(), body)


class Post:
    """Posts signed bodies to a bot, and looks at what comes of them."""

    def __init__(self, where: Theatre, session: aiohttp.ClientSession, ears: Ears) -> None:
        self._where = where
        self._session = session
        self._ears = ears
        self._sent = 0

    async def send(self, body: bytes) -> tuple[int, bytes]:
        """Post a body as Slack does, and wait until the bot has done what follows."""
        self._sent += 1
        # The same body may be sent again, which the same second would make a replay.
        timestamp = int(time.time()) - self._sent % 200
        is_json = body.startswith(b"{")
        headers = {
            "Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": sign(config.SIGNING_SECRET, timestamp, body),
        }
        self._renew_handles()
        url = self._where.slack.bot_url
        async with self._session.post(url, data=body, headers=headers) as answer:
            found = answer.status, await answer.read()
        assert self._where.bot is not None
        await self._where.bot.idle()
        return found

    def _renew_handles(self) -> None:
        """Let triggers and response URLs be used again, so that forms open and answers arrive."""
        handles, now = self._where.slack.desk.team.workspace.handles, self._where.clock()
        for trigger in handles.triggers.values():
            trigger.used, trigger.created = False, now
        for url in handles.response_urls.values():
            url.uses, url.created = 0, now

    async def problem(self, body: bytes) -> tuple[str, str, float]:
        """Post a body; what came of it, what is wrong with that, and processor time [ms]."""
        start = time.thread_time()
        try:
            status, _ = await self.send(body)
        except (aiohttp.ClientError, TimeoutError) as error:
            return "no answer", repr(error), 0.0
        took_ms = 1000 * (time.thread_time() - start)
        wrong = [f"status {status}"] if status >= 500 else []
        wrong += self._ears.heard
        self._ears.heard = []
        posting = self._where.slack.desk.team.posting
        wrong += [f"an invalid message: {one}" for one in posting.violations]
        posting.violations.clear()
        posting.manners.clear()
        return f"status {status}", "\n".join(wrong), took_ms

    async def is_answering(self) -> str:
        """What is wrong with the answer to a plain command, if anything is."""
        slack = self._where.slack
        user = slack.workspace.people()[-1].name
        outcome = await slack.command(user=user, channel="general", text=f"/carbon {PLAIN}")
        await self._where.settle()
        shown = json.dumps(outcome.message.all_blocks if outcome.message else [])
        if outcome.status == 200 and "CO2e" in shown and "France" in shown:
            return ""
        return f"a plain command is answered with {outcome.status}: {shown[:500]}"


@dataclass
class Fuzzing:
    """Payloads into one bot after another."""

    inputs: int
    seed: int
    found_in: Path | None
    on_a_stage: int = ON_A_STAGE
    rehearsed: int = REHEARSED
    seconds: float = math.inf
    patience: float = 1.0
    watched: bool = True

    def __post_init__(self) -> None:
        self.tally = Tally(TARGET, self.inputs, self.found_in, self.patience, self.watched)
        self.sorts = 0

    async def run(self) -> Tally:
        """Send so many payloads."""
        ears = Ears()
        ears.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        root = logging.getLogger()
        root.addHandler(ears)
        try:
            stage = 0
            while self.tally.done < self.inputs and not self._is_over():
                with tempfile.TemporaryDirectory() as folder:
                    await self._on_a_stage(Path(folder), self.seed * 1000 + stage, ears)
                gc.collect()  # a task that failed and was never asked is told of now
                self.tally.trouble(b"(the end of a stage)", "\n".join(ears.heard))
                ears.heard = []
                stage += 1
        finally:
            root.removeHandler(ears)
        return self.tally

    def _is_over(self) -> bool:
        return time.perf_counter() - self.tally.started > self.seconds

    async def _on_a_stage(self, folder: Path, seed: int, ears: Ears) -> None:
        chance = random.Random(seed)  # noqa: S311 - it must repeat itself, not be secret
        async with theatre(folder) as where, aiohttp.ClientSession() as session:
            seen = await rehearsed(where, seed, self.rehearsed)
            ears.heard = []
            changer, post = Changer(seen), Post(where, session, ears)
            self.sorts = max(self.sorts, changer.kinds)
            kept = [answered_here(body, where) for body in TARGET.corpus() if not self.tally.done]
            most = min(self.on_a_stage, self.inputs - self.tally.done)
            for number in range(1, most + 1):
                if self._is_over():
                    break
                body = kept.pop() if kept else changer.next(chance)
                await self._take(post, body)
                if self.tally.done % TOLD_EVERY == 0:
                    took_s = time.perf_counter() - self.tally.started
                    sys.stdout.write(f"{self.tally.done:,} payloads, {took_s:.0f} s\n")
                    sys.stdout.flush()
                if number % CHECKED_EVERY == 0 or number == most:
                    self.tally.trouble(body, await post.is_answering())
                    ears.heard = []

    async def _take(self, post: Post, body: bytes) -> None:
        kind, wrong, took_ms = await post.problem(body)
        for _ in range(TRIES - 1):
            if took_ms <= max(self.patience * TARGET.allowed_ms(body), self.tally.slowest[0]):
                break
            took_ms = min(took_ms, (await post.problem(body))[2])
        self.tally.note(body, kind, wrong, took_ms)


def _never(_raw: bytes) -> str:
    raise NotImplementedError  # payloads are posted, which takes a loop


def _allowed_ms(_raw: bytes) -> float:
    """The local Slack and the client work in the same thread as the bot, and are in the figure."""
    return 2 * ALLOWED_MS


TARGET: Final = Target(
    "payloads",
    _never,
    lambda chance: said(chance).encode(),
    _MUTATOR,
    LONGEST,
    _allowed_ms,
    forget=syntax._parts_of.cache_clear,
)


def run(inputs: int, seed: int, found_in: Path, seconds: float) -> int:
    """Send so many payloads, and print what came of them; 1 where something was found."""
    fuzzing = Fuzzing(inputs, seed, found_in, seconds=seconds)
    tally = asyncio.run(fuzzing.run())
    sys.stdout.write(f"{tally.summary()}\n{fuzzing.sorts} sorts of payloads were changed\n")
    return 0 if tally.is_clean else 1
