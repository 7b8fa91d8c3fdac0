"""What members type, and what has to come back."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final

import orjson

from bot import commands
from bot.blocks.error import apology_message, unkept_message
from bot.blocks.ledger import logged_message
from bot.commands import ledger
from bot.i18n import LANGUAGES, say_in
from estimator import Catalogue
from tests.load.town import MEMBERS, Workspace

OF_EACH: Final = 6
"""Commands of a workspace that are asked again and again, so that each answer is made once here."""
SHAPES: Final = (
    "{n} H100 for {d} days",
    "{n} A100 for {d} days and {n} V100 for {d} hours",
    "{n} GPU {d} TPU",
    "{n} p5.48xlarge for {d} days",
    "tpu v4-{pod} for {d} days",
    "{d}B params {n}B tokens on H100",
    "{n}k A100-hours",
    "{n} MWh in France",
    "{d}x BLOOM",
    "{n}张H100 训练{d}天",
)
WORST: Final = 20
"""How many of those that were not right are kept to be looked at."""
SLOW: Final = "regions {n} H100 for {d} days"
APOLOGIES: Final = tuple(
    words("", say_in(language)).text.partition("(")[0].partition("（")[0]
    for words in (apology_message, unkept_message)
    for language in LANGUAGES
)
"""What a message begins with that says that the bot could not."""
ANNOUNCEMENTS: Final = {
    say_in(language)("Still working on it, the answer follows.") for language in LANGUAGES
}
DELIVERY: Final = {"response_type", "replace_original"}
_NAME: Final = re.compile(r"\bw(\d+)-\d+")
_GPU_T: Final = 1000
_TPU_T: Final = 2000


class Kind(Enum):
    """What a command is checked by."""

    ARTICLE = "the article's factors, by hand"
    KNOWN = "the answer that pure code gives"
    LOG = "a run that is entered"
    RUNS = "the runs of the channel"


class Fate(Enum):
    """What became of a command."""

    RIGHT = "right"
    APOLOGY = "apology"
    WRONG = "wrong"
    CROSSED = "of another workspace"
    ALREADY = "entered before, and told so"
    ANNOUNCED = "promised"
    NOTHING = "no answer"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a member types.

    Attributes:
        number: counts all commands of a load.
        name: of the run that it enters, if it enters one.
    """

    number: int
    kind: Kind
    workspace: Workspace
    user_id: str
    text: str
    total_t: int = 0
    name: str = ""


def _digest(said: dict[str, Any]) -> bytes:
    """Of what is shown: where, and to whom, is the same for a command that names neither."""
    shown = {name: value for name, value in said.items() if name not in DELIVERY}
    body = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(body, digest_size=16).digest()


@dataclass
class Oracle:
    """Knows what has to come back; asks the pure code, which knows nothing of other workspaces."""

    catalogue: Catalogue
    _known: dict[tuple[int, str, date], bytes] = field(default_factory=dict)
    _owner: dict[bytes, int] = field(default_factory=dict)
    _estimates: set[str] = field(default_factory=set)

    def fate(
        self, command: Command, status: int, body: bytes, asked_on: date, *, again: bool = False
    ) -> Fate:
        """What became of a command that was answered.

        Args:
            command: what was asked.
            status: of the answer.
            body: of the answer.
            asked_on: the day on which it was asked, by which the age of figures is told.
            again: it was sent a second time, as nobody knew whether the first time was heard.
        """
        if status != 200:
            return Fate.WRONG
        said = orjson.loads(body)
        text = str(said.get("text", ""))
        if text in ANNOUNCEMENTS:
            return Fate.ANNOUNCED
        if command.kind is Kind.KNOWN:
            days = {asked_on, datetime.now(UTC).date()}
            found = _digest(said)
            if any(self._expected(command, day) == found for day in days):
                return Fate.RIGHT
            other = self._owner.get(found)
            if other is not None and other != command.workspace.number:
                return Fate.CROSSED
        if text.startswith(APOLOGIES):
            return Fate.APOLOGY
        if command.kind is Kind.LOG:
            if text == self._entered(command, asked_on):
                return Fate.RIGHT
            if again and command.name in text:
                return Fate.ALREADY
        return _CHECKS[command.kind](command, text)

    def is_estimate(self, command: Command) -> bool:
        """Whether a command that was answered rightly is in the history."""
        return command.kind is Kind.ARTICLE or command.text in self._estimates

    def _entered(self, command: Command, day: date) -> str:
        workspace = command.workspace
        asker = workspace.asker(self.catalogue, day)
        found = ledger.read_log(command.text.removeprefix("log "), asker)
        entry = ledger.entry_of(found, workspace.channel_id, command.user_id, day)
        return logged_message(entry, asker.say).text

    def _expected(self, command: Command, day: date) -> bytes:
        workspace = command.workspace
        key = workspace.number, command.text, day
        if key not in self._known:
            answer = commands.answer(command.text, workspace.asker(self.catalogue, day))
            self._known[key] = _digest(orjson.loads(orjson.dumps(answer.message.payload())))
            self._owner[self._known[key]] = workspace.number
            if answer.run is not None and answer.result is not None:
                self._estimates.add(command.text)
        return self._known[key]


def _article(command: Command, text: str) -> Fate:
    """50,000 t and 50,000 kWh, and nobody else's figures."""
    if f"{command.total_t:,} t CO2e" in text and f"{command.total_t:,} kWh" in text:
        return Fate.RIGHT
    return Fate.CROSSED if "factors article" in text else Fate.WRONG


def _runs(command: Command, text: str) -> Fate:
    """Only runs of the own workspace."""
    named = {int(number) for number in _NAME.findall(text)}
    return Fate.RIGHT if named <= {command.workspace.number} else Fate.CROSSED


def _other(command: Command, text: str) -> Fate:
    """It is not what it should be: is it another's?"""
    return Fate.CROSSED if _runs(command, text) is Fate.CROSSED else Fate.WRONG


_CHECKS: Final = {
    Kind.ARTICLE: _article,
    Kind.KNOWN: _other,
    Kind.LOG: _other,
    Kind.RUNS: _runs,
}


def typed(found: list[Workspace], seed: int) -> Iterator[Command]:
    """Commands without an end: from every workspace in a mixed order, those of a seed always."""
    rng = random.Random(seed)  # noqa: S311 - made again from its seed
    pools = [_pool(workspace, seed) for workspace in found]
    for number in itertools.count():
        workspace = found[rng.randrange(len(found))]
        user = workspace.user_id(rng.randrange(MEMBERS))
        share = rng.random()
        if share < 0.5:
            gpu, tpu = number % 997 + 1, number // 997 + 1
            total = gpu * _GPU_T + tpu * _TPU_T
            text = f"{gpu} GPU {tpu} TPU factors article"
            yield Command(number, Kind.ARTICLE, workspace, user, text, total_t=total)
        elif share < 0.96:
            quick, slow = pools[workspace.number]
            text = slow if share > 0.955 else rng.choice(quick)
            yield Command(number, Kind.KNOWN, workspace, user, text)
        elif share < 0.99:
            name = f"{workspace.prefix}{number}"
            text = f"log {name} #load {rng.randrange(1, 99)} H100 for {rng.randrange(1, 9)} days"
            yield Command(number, Kind.LOG, workspace, user, text, name=name)
        else:
            yield Command(number, Kind.RUNS, workspace, user, "runs load")


def _pool(workspace: Workspace, seed: int) -> tuple[list[str], str]:
    rng = random.Random(f"{seed} {workspace.number}")  # noqa: S311 - made again from its seed

    def said(shape: str) -> str:
        pod = 2 ** rng.randrange(3, 10)
        return shape.format(n=rng.randrange(2, 500), d=rng.randrange(2, 30), pod=pod)

    return [said(shape) for shape in rng.sample(SHAPES, OF_EACH)], said(SLOW)


@dataclass
class Tally:
    """What became of all commands.

    Attributes:
        entered: names of the runs whose entering was answered so, by workspace.
        tried: names of all runs that were to be entered.
        estimates: answers that are estimates, by workspace.
        bad: the first of those that were not right, with what came back.
    """

    fates: Counter[Fate] = field(default_factory=Counter)
    entered: dict[int, set[str]] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    estimates: Counter[int] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return self.fates.total()

    def count(self, command: Command, fate: Fate, body: bytes, *, is_estimate: bool) -> None:
        """Count a command."""
        self.fates[fate] += 1
        number = command.workspace.number
        if command.kind is Kind.LOG:
            self.tried.add(command.name)
        if fate in {Fate.RIGHT, Fate.ALREADY} and command.kind is Kind.LOG:
            self.entered.setdefault(number, set()).add(command.name)
        elif fate is Fate.RIGHT:
            self.estimates[number] += is_estimate
        elif len(self.bad) < WORST:
            said = body[:600].decode(errors="replace")
            where = command.workspace.team.team_id
            self.bad.append(f"{fate.value}: {where} {command.text!r}: {said}")
