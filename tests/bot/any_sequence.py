"""Whatever members do, in any order: generated sequences of what they can do, against the real bot.

``python -m tests.bot.any_sequence 10000`` plays so many and prints what went wrong. What can be
clicked, chosen and filled in is found in the messages and views themselves, so new features are
covered without a change here. A sequence is told by the seed of its stage and its number on it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import aiohttp

from bot.commands import REGISTRY
from bot.settings import Settings
from bot.slack.once import DOUBLE_CLICK
from bot.wiring import RunningBot, running
from deploy.local_slack import config, state
from deploy.local_slack.errors import SlackError
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message, interactive_elements
from deploy.local_slack.outcomes import ActionOutcome, CommandOutcome
from deploy.local_slack.people import Json, User
from deploy.local_slack.server import LocalSlack
from deploy.local_slack.views import View
from tests.bot.conftest import PATIENCE_S, Clock, free_port
from tests.bot.corpus import COMMANDS
from tests.bot.test_ledger_files import CODECARBON
from tests.bot.test_measuring import MEASURED

Surface = Message | View
Outcome = CommandOutcome | ActionOutcome | None
Done = Callable[[], Awaitable[Outcome]]

ON_A_STAGE: Final = 40
"""Sequences that one stage serves."""
STEPS: Final = (4, 12)
REMEMBERED: Final = 60
"""Old messages and views that are still used; the page of a member may be as old."""
WRITES: Final = ("chat.", "views.", "files.", "response_url")
"""Calls by which the bot answers; what it asks Slack is no answer."""

RUNS: Final = (
    *COMMANDS,
    "8 H100 for 3 days in Germany",
    "8 H100 in France public",
    "10块GPU 训练3天 在法国",
    "64张H100 训练两周 在瑞典",
    "4 A100 for 1e9 years",
    "0 H100",
    "9999999 H100 for 900 years in Poland",
    "8 H100 pue 0.2 at 900%",
)
WORDS: Final = (
    *("8", "H100", "for", "2 weeks", "in", "France", "vs", "compare", "public", "#llm", "llama-ft"),
    *("两周", "在法国", "块", "，", "%", "60%", "pue", "1.1", "MWh", "433", "at", "-3", "1e400"),
    *("<!channel>", "@carbon", "@ada", "#general", "`", "*", "_", "&", "<", ">", '"', "\\", "|"),
    *("\u202e", "\x00", "🌍", "é", "\n", "𝟠", "۸", "null", "{x}", "%(x)s", "weekly", "now"),
)
TYPED: Final = (
    *("", "8", "0", "-1", "1.5", "H100", "h", "fr", "france", "eu-west", "法国", "2 weeks", "周"),
    *("60%", "1.1", "99999999999", "llama-ft", "#llm", "2 fortnights", "8 H100 in France"),
    *(
        "70B params 15T tokens",
        "overhead 50%",
        "<!channel>",
        "🌍" * 30,
        "x" * 999,
        "paris",
        "\u202e",
    ),
)
FILES: Final = (
    ("factors.toml", "x = ["),
    ("factors.toml", '["grid.FR"]\nvalue = 12\nunit = "gCO2e/kWh"\n'),
    ("factors.csv", "\u202e,,,\n" * 20),
    ("emissions.csv", CODECARBON),
    (
        "ledger.csv",
        "name,state,counted_on,command\nllama-ft,planned,2026-11-01,8 H100 in France\n=x,,1,\n",
    ),
)
PUBLIC: Final = "https://carbon.example.com"
SECRET: Final = re.compile(rf"{PUBLIC}/ingest/([\w-]+)")


class Ears(logging.Handler):
    """Hears what nobody may hear: errors, and anything with a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record that tells of a mistake of ours."""
        if record.exc_info or record.levelno >= logging.ERROR:
            self.heard.append(self.format(record))


@dataclass
class Theatre:
    """A local Slack, and a bot that can be started anew on the same database."""

    slack: LocalSlack
    clock: Clock
    database_url: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    bot: RunningBot | None = None

    def now(self) -> datetime:
        """What the bot times its reports by."""
        return datetime.fromtimestamp(self.clock(), UTC)

    async def restart(self, *, at_rest: bool = True) -> None:
        """Stop the bot, and start another one on the same database."""
        if at_rest:
            await self.settle()
        await self.stack.aclose()
        port = free_port()
        settings = Settings(
            _env_file=None,
            slack_bot_token=config.BOT_TOKEN,
            slack_signing_secret=config.SIGNING_SECRET,
            slack_api_url=self.slack.api_url,
            database_url=self.database_url,
            port=port,
            public_url=PUBLIC,
            rate_per_user=0,
            rate_per_workspace=0,
        )
        self.bot = await self.stack.enter_async_context(
            running(settings, now=self.now, patience_s=PATIENCE_S)
        )
        self.slack.bot_url = f"http://127.0.0.1:{port}/slack/events"

    async def settle(self) -> None:
        """Wait until everything was delivered and done."""
        for _ in range(2):
            await self.slack.settle()
            if self.bot is not None:
                await self.bot.idle()


@asynccontextmanager
async def theatre(folder: Path) -> AsyncIterator[Theatre]:
    """A local Slack with the bot behind it."""
    clock = Clock()
    async with LocalSlack(clock=clock, manifest=config.MANIFEST, ack_timeout_s=PATIENCE_S) as slack:
        found = Theatre(slack, clock, f"sqlite:///{folder}/carbon.db")
        try:
            await found.restart()
            yield found
        finally:
            await found.stack.aclose()


class Players:
    """Members who do anything."""

    def __init__(self, where: Theatre, seed: int) -> None:
        self._where = where
        self._slack = where.slack
        self._chance = random.Random(seed)  # noqa: S311 - it must repeat itself, not be secret
        self._old: deque[Surface] = deque(maxlen=REMEMBERED)
        self._trouble = False
        self.steps: list[str] = []
        self.wrong: list[str] = []
        self.done: Counter[str] = Counter()
        self._kinds: tuple[tuple[int, Callable[[], Awaitable[None]]], ...] = (
            (6, self.command),
            (12, self.use),
            (5, self.submit),
            (1, self.close),
            (2, self.shortcut),
            (3, self.say),
            (1, self.change_a_message),
            (2, self.home),
            (1, self.time_passes),
            (1, self.channel_changes),
            (2, self.fault),
            (2, self.measurement_arrives),
            (1, self.starts_anew_at_work),
        )

    async def sequence(self) -> list[str]:
        """Do some things in any order, and return what went wrong."""
        self.steps, self.wrong, self._trouble = [], [], False
        if self._chance.random() < 0.03:
            self.steps.append("the bot starts anew")
            await self._where.restart()
        weights = [weight for weight, _ in self._kinds]
        for _ in range(self._chance.randint(*STEPS)):
            (kind,) = self._chance.choices([kind for _, kind in self._kinds], weights)
            self.done[kind.__name__] += 1
            await kind()
            await self._where.settle()
            self._remember()
        self._slack.parts.web_api.faults.forget()
        for outcome in self._slack.events:
            if outcome.error is not None:
                self.wrong.append(f"an event was not taken: {outcome.attempts} {outcome.payload}")
        self._slack.events.clear()
        for found in (self._slack.desk.team.posting.violations, self._slack.manners):
            self.wrong += [f"an invalid message: {violation}" for violation in found]
        self._slack.desk.team.posting.violations.clear()
        self._slack.desk.team.posting.manners.clear()
        return self.wrong

    async def command(self) -> None:
        """Type a command."""
        user, text = self._person(), self._text()
        channel = self._channel_of(user)

        async def run() -> Outcome:
            return await self._slack.command(user=user.name, channel=channel, text=text)

        await self._do(f"{user.name} types {text!r} in {channel}", run, must_answer=True)

    async def use(self) -> None:
        """Click, choose or type somewhere in anything that is or was visible."""
        await self._use(self._surface())

    async def home(self) -> None:
        """Open the Home tab, or do something there."""
        user = self._person()
        home = self._slack.home(user.name)
        if home is not None and self._chance.random() < 0.6:
            await self._use(home)
            return
        self.steps.append(f"{user.name} opens the Home tab")
        self._slack.open_home(user=user.name, tab=self._chance.choice(("home", "messages")))

    async def submit(self) -> None:
        """Submit a form that is or was open; sometimes after filling in something."""
        view = self._view()
        if view is None or not view.content.get("submit"):
            await self.command()
            return
        for _ in range(self._chance.randint(0, 3)):
            await self._use(view)
            await self._where.settle()
        user = self._slack.workspace.user(view.user)
        modals = self._slack.desk.modals

        async def send() -> Outcome:
            return await modals.submit(user, view)

        await self._do(f"{user.name} submits {view.content.get('callback_id')}", send)

    async def close(self) -> None:
        """Close a form."""
        view = self._view()
        if view is not None:
            self.steps.append(f"{view.user} closes {view.content.get('callback_id')}")
            await self._slack.close_view(view, user=view.user, whole=self._chance.random() < 0.5)

    async def shortcut(self) -> None:
        """Use any shortcut, on any message."""
        shortcut = self._chance.choice(self._slack.desk.team.manifest.shortcuts)
        user = self._person()
        message = None
        if shortcut.kind == "message":
            seen = [
                message
                for message in self._visible(user)
                if not message.is_ephemeral and message.kind == "message"
            ]
            if not seen:
                return
            message = self._chance.choice(seen)

        async def pick() -> Outcome:
            return await self._slack.shortcut(shortcut.callback_id, user=user.name, message=message)

        on = "" if message is None else f" on {message.text!r}"
        await self._do(f"{user.name} uses {shortcut.callback_id}{on}", pick, must_answer=True)

    async def say(self) -> None:
        """Write a message, to the bot or not, in a thread or not."""
        user = self._person()
        channel = self._channel_of(user)
        text = self._text().removeprefix("/carbon ")
        if self._chance.random() < 0.7:
            text = f"@carbon {text}"
        seen = [message for message in self._visible(user) if message.channel == channel]
        parent = self._chance.choice(seen) if seen and self._chance.random() < 0.3 else None
        self.steps.append(f"{user.name} says {text!r} in {channel}")
        try:
            self._slack.say(user=user.name, channel=channel, text=text, thread=parent)
        except SlackError as error:
            self.steps.append(f"… {error.code}")

    async def change_a_message(self) -> None:
        """Edit or delete a message of a member, or delete one of the bot's."""
        seen = [message for message in self._visible(self._person()) if message.kind == "message"]
        if not seen:
            return
        message = self._chance.choice(seen)
        workspace = self._slack.workspace
        if message.user == workspace.bot_user or self._chance.random() < 0.3:
            self.steps.append(f"{message.text!r} is deleted")
            workspace.delete(message)
        else:
            self.steps.append(f"{message.text!r} is edited")
            workspace.edit(message, {"text": f"<@{workspace.bot_user}> {self._text()}"})

    async def time_passes(self) -> None:
        """Let a trigger, a response URL or a day be over."""
        ahead_s = self._chance.choice((4, 31 * 60, 25 * 3600, 7 * 24 * 3600))
        self.steps.append(f"{ahead_s} s pass")
        self._where.clock.ahead_s += ahead_s
        await self._bot().reports.run_due()

    async def measurement_arrives(self) -> None:
        """Send a measurement, or something else, to an address that was handed out."""
        chance = self._chance
        shown = [str(message.all_blocks) for message in self._visible(self._person())]
        secrets = [secret for blocks in shown for secret in SECRET.findall(blocks)]
        if not secrets:
            user = self._person()
            channel = self._channel_of(user)

            async def ask() -> Outcome:
                return await self._slack.command(
                    user=user.name, channel=channel, text="/carbon connect"
                )

            await self._do(f"{user.name} connects {channel}", ask, must_answer=True)
            return
        secret = chance.choice((*secrets, "unknown"))
        body = {**MEASURED, "run_id": f"run-{chance.randint(1, 5)}"}
        wrong = chance.choice(sorted(body))
        if chance.random() < 0.4:
            body[wrong] = chance.choice((None, -1, "", "x" * 99, 1e300, [], {}))
        raw = chance.choice((json.dumps(body).encode(),) * 4 + (b"", b"[1", b"\xff", b"[]"))
        self.steps.append(f"a measurement arrives: {raw!r}")
        url = f"{self._bot().address}/ingest/{secret}"
        async with aiohttp.ClientSession() as session, session.post(url, data=raw) as answer:
            if answer.status >= 500 and not self._trouble:
                self.wrong.append(f"a measurement: status {answer.status}")
            await answer.json()

    async def starts_anew_at_work(self) -> None:
        """Stop the bot while it answers, and start another one."""
        user = self._person()
        channel = self._channel_of(user)
        texts = [self._text() for _ in range(3)]
        self.steps.append(f"the bot starts anew while {user.name} types {texts} in {channel}")
        self._trouble = True
        typing = [
            asyncio.create_task(self._slack.command(user=user.name, channel=channel, text=text))
            for text in texts
        ]
        for _ in range(self._chance.randint(0, 60)):
            await asyncio.sleep(0)
        await self._where.restart(at_rest=False)
        await asyncio.gather(*typing)
        await self._where.settle()
        # Slack sends again what came while nobody listened, and gives it up sooner than it would.
        self._slack.events.clear()

    async def channel_changes(self) -> None:
        """Invite or remove the bot, archive a channel or open it again."""
        channels = self._slack.workspace.channels.values()
        channel = self._chance.choice([one for one in channels if one.kind != "im"])
        if channel.is_archived:
            channel.is_archived = False
        elif self._slack.workspace.bot_user not in channel.members:
            self._slack.invite_bot(channel.id)
        elif self._chance.random() < 0.7:
            self._slack.remove_bot(channel.id)
        else:
            self._slack.archive(channel.id)
        self.steps.append(f"{channel.name} is changed")

    async def fault(self) -> None:
        """Let Slack fail at something soon."""
        method = self._chance.choice(
            (
                *("users.info", "views.open", "views.update", "views.publish", "views.push"),
                *("chat.postMessage", "response_url", "files.getUploadURLExternal", "files.info"),
                *("conversations.info", "files.completeUploadExternal", "chat.update"),
            )
        )
        fault = self._chance.choice(
            (
                Fault(),
                Fault(status=200, error="internal_error"),
                Fault(status=429, error="ratelimited", retry_after_s=0),
                Fault(status=503, error="service_unavailable"),
                Fault(status=503, is_page=True),
                Fault(drop=True, accepted=self._chance.random() < 0.5),
            )
        )
        self._trouble = True
        times = self._chance.randint(1, 4)
        self.steps.append(f"{method} fails {times} times: {fault}")
        self._slack.fail(method, fault, times=times)

    async def _use(self, surface: Surface | None) -> None:
        if surface is None:
            await self.command()
            return
        elements = list(interactive_elements(surface.all_blocks))
        if not elements:
            return
        block, element = self._chance.choice(elements)
        user = self._user_of(surface)
        actions = self._slack.desk.actions
        action_id, block_id = element["action_id"], block["block_id"]
        chosen = await self._chosen(user, surface, block_id, element)
        if not self._is_offered(block, element, chosen):
            return
        trigger = self._chance.choice(("on_enter_pressed", "on_character_entered"))

        async def act() -> Outcome:
            if block["type"] == "input":
                return await actions.enter(user, surface, (block_id, action_id), chosen, trigger)
            return await actions.use(user, surface, action_id, block_id, chosen)

        what = f"{user.name} uses {action_id} with {chosen!r}"
        is_button = element["type"] == "button" and "url" not in element
        await self._do(what, act, must_answer=is_button and self._is_there(surface))

    async def _chosen(
        self, user: User, surface: Surface, block_id: str, element: Json
    ) -> state.Chosen:
        """Something that could be chosen in an element."""
        kind, chance = element["type"], self._chance
        if kind in state.TEXTS:
            return chance.choice((*TYPED, self._text()[8:999]))
        workspace = self._slack.workspace
        offers: Sequence[str]
        if "external" in kind:
            outcome = await self._slack.desk.actions.suggest(
                user, surface, element["action_id"], chance.choice(TYPED)[:40], block_id
            )
            self._check(f"options of {element['action_id']}", outcome)
            grouped = [option for group in outcome.groups for option in group["options"]]
            offers = [option["value"] for option in (*outcome.options, *grouped)]
        elif "users" in kind:
            offers = [one.id for one in workspace.people()]
        elif "channels" in kind or "conversations" in kind:
            offers = [one.id for one in workspace.channels.values() if user.id in one.members]
        elif kind == "datepicker":
            offers = ["2026-11-24", "1970-01-01"]
        elif kind == "timepicker":
            offers = ["09:00", "23:59"]
        elif kind == "datetimepicker":
            offers = ["1800000000"]
        elif kind == "file_input":
            offers = [self._upload(user)]
        elif kind == "feedback_buttons":
            offers = [element[side]["value"] for side in ("positive_button", "negative_button")]
        else:
            offers = [option["value"] for option in state.options_of(element)]
        if not offers or kind == "button":
            return None
        several = kind in {"checkboxes", "file_input"} or kind.startswith("multi_")
        if several:
            return chance.sample(sorted(set(offers)), chance.randint(0, min(3, len(set(offers)))))
        return chance.choice(offers)

    def _upload(self, user: User) -> str:
        name, content = self._chance.choice(FILES)
        files, raw = self._slack.workspace.files, content.encode()
        file = files.announce(user.id, name, len(raw))
        files.receive(file, raw)
        files.complete(file.id)
        return file.id

    async def _do(self, what: str, act: Done, *, must_answer: bool = False) -> None:
        """Do something once, or as a double click, and look at what came of it."""
        self.steps.append(what)
        # What somebody does next is no double click.
        self._where.clock.ahead_s += DOUBLE_CLICK.total_seconds() + 1
        twice = self._chance.random() < 0.15
        writes = self._writes()
        try:
            outcomes = await asyncio.gather(*(act() for _ in range(2 if twice else 1)))
        except (KeyError, SlackError) as error:
            # The page of the member offered what is not there any more: Slack refuses it itself.
            self.steps.append(f"… refused: {error}")
            return
        await self._where.settle()
        for outcome in outcomes:
            self._check(what, outcome)
        told = any(isinstance(one, CommandOutcome) and one.message for one in outcomes)
        if must_answer and not self._trouble and not told and self._writes() == writes:
            self.wrong.append(f"silence: {what}")

    def _check(self, what: str, outcome: Outcome) -> None:
        if outcome is None or outcome.error == "unknown_command":
            return
        if outcome.error is not None:
            self.wrong.append(f"{what}: {outcome.status} {outcome.error} {outcome.detail}")
        unheard = isinstance(outcome, ActionOutcome) and outcome.status is None
        if outcome.status != 200 and not unheard:
            self.wrong.append(f"{what}: status {outcome.status}")

    def _writes(self) -> int:
        calls = self._slack.parts.web_api.calls
        return sum(n for method, n in calls.items() if method.startswith(WRITES))

    def _is_there(self, surface: Surface) -> bool:
        workspace = self._slack.workspace
        if isinstance(surface, Message):
            return workspace.has(surface)
        return surface.id in workspace.views.modals or surface in workspace.views.homes.values()

    def _remember(self) -> None:
        """Keep what is visible now, for when it has been replaced or closed."""
        for user in self._slack.workspace.people():
            for view in self._slack.views(user.name):
                if view not in self._old:
                    self._old.append(view)
            for message in self._visible(user)[-4:]:
                if message.all_blocks and message not in self._old:
                    self._old.append(message)
                    if self._chance.random() < 0.2:
                        # What a page shows that has not heard yet of what replaced it.
                        self._old.append(replace(message, entered={}))

    def _surface(self) -> Surface | None:
        user = self._person()
        open_views = self._slack.views(user.name)
        if open_views and self._chance.random() < 0.5:
            return open_views[-1]
        return self._chance.choice(self._old) if self._old else None

    def _view(self) -> View | None:
        open_views = [
            views[-1]
            for user in self._slack.workspace.people()
            if (views := self._slack.views(user.name))
        ]
        if open_views and self._chance.random() < 0.85:
            return self._chance.choice(open_views)
        old = [surface for surface in self._old if isinstance(surface, View)]
        return self._chance.choice(old) if old else None

    def _is_offered(self, block: Json, element: Json, chosen: state.Chosen) -> bool:
        """Whether Slack lets somebody choose that: a menu is emptied only in an optional input."""
        if chosen or element["type"] in {"button", "icon_button", "overflow", *state.TEXTS}:
            return chosen is not None or element["type"] != "overflow"
        return bool(block.get("optional")) or isinstance(chosen, list)

    def _user_of(self, surface: Surface) -> User:
        workspace = self._slack.workspace
        if isinstance(surface, View):
            return workspace.user(surface.user)
        if surface.visible_to is not None:
            return workspace.user(surface.visible_to)
        members = [one for one in workspace.people() if one.id in _members(self._slack, surface)]
        return self._chance.choice(members)

    def _bot(self) -> RunningBot:
        assert self._where.bot is not None
        return self._where.bot

    def _visible(self, user: User) -> list[Message]:
        return [
            message
            for channel in self._slack.workspace.channels.values()
            for message in self._slack.workspace.visible(user.id, channel.id)[-12:]
        ]

    def _person(self) -> User:
        return self._chance.choice(self._slack.workspace.people())

    def _channel_of(self, user: User) -> str:
        channels = self._slack.workspace.channels.values()
        return self._chance.choice([one.id for one in channels if user.id in one.members])

    def _text(self) -> str:
        """Something after the command's word: a run, a subcommand, or nonsense."""
        chance = self._chance
        draw = chance.random()
        if draw < 0.35:
            said = chance.choice(RUNS)
        elif draw < 0.5:
            said = chance.choice(REGISTRY).usage
        elif draw < 0.75:
            found = chance.choice(REGISTRY)
            word = chance.choice((found.name, *found.aliases))
            rest = chance.choice(("", chance.choice(RUNS), f"llama-ft {chance.choice(RUNS)}"))
            said = f"{word} {rest}"
        elif draw < 0.97:
            said = " ".join(chance.choices(WORDS, k=chance.randint(1, 9)))
        else:
            said = chance.choice(WORDS) * chance.choice((100, 1000))
        return f"/carbon {said}".rstrip()


def _members(slack: LocalSlack, message: Message) -> set[str]:
    return slack.workspace.channels[message.channel].members


@dataclass(frozen=True)
class Played:
    """What came of some sequences.

    Attributes:
        sequences: how many there were.
        done: how often each kind of thing was done.
        wrong: what went wrong, with the steps that led to it.
        elapsed_s: how long it took, in seconds.
    """

    sequences: int
    done: Counter[str]
    wrong: list[str]
    elapsed_s: float


async def play(seed: int, sequences: int, folder: Path) -> Played:
    """Play sequences on one stage."""
    started = time.perf_counter()
    ears = Ears()
    ears.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(ears)
    wrong: list[str] = []
    try:
        async with theatre(folder) as where:
            players = Players(where, seed)
            for number in range(sequences):
                found = await players.sequence()
                found += ears.heard
                ears.heard = []
                if found:
                    steps = "\n    ".join(players.steps)
                    reasons = "\n  ".join(found)
                    wrong.append(f"stage {seed}, sequence {number}:\n  {reasons}\n    {steps}")
        gc.collect()  # a task that failed and was never asked is told of now
        wrong += [f"stage {seed}, at its end: {heard}" for heard in ears.heard]
    finally:
        root.removeHandler(ears)
    return Played(sequences, players.done, wrong, time.perf_counter() - started)


def play_in_process(seed: int, sequences: int) -> Played:
    """Play sequences on one stage, in a loop and a folder of their own."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            return asyncio.run(play(seed, sequences, Path(folder)))
        except Exception:  # noqa: BLE001 - the other stages go on
            wrong = [f"stage {seed} broke down:\n{traceback.format_exc()}"]
            return Played(0, Counter(), wrong, time.perf_counter() - started)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play so many sequences; 1 where something went wrong."""
    parser = argparse.ArgumentParser(prog="any_sequence", description=__doc__)
    parser.add_argument("sequences", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first stage")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    sizes = [
        min(ON_A_STAGE, options.sequences - start)
        for start in range(0, options.sequences, ON_A_STAGE)
    ]
    started = time.perf_counter()
    done: Counter[str] = Counter()
    wrong: list[str] = []
    played = 0
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        seeds = range(options.seed, options.seed + len(sizes))
        for result in pool.map(play_in_process, seeds, sizes):
            played += result.sequences
            done += result.done
            for each in result.wrong:
                sys.stdout.write(f"{each}\n\n")
            wrong += result.wrong
            sys.stdout.flush()
    kinds = ", ".join(f"{name} {number}" for name, number in done.most_common())
    sys.stdout.write(
        f"{played} sequences, {done.total()} steps in {time.perf_counter() - started:.0f} s: "
        f"{len(wrong)} with something wrong\n({kinds})\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
