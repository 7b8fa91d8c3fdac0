"""docs/administrator.md, *The whole way*: its settings and commands, in its order, as programs."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.engine import make_url

from bot.store.database import open_database
from bot.store.migrations import HEAD
from bot.store.migrations.run import upgrade
from bot.store.schema import metadata
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import PATIENCE_S, free_port
from tests.bot.installing import FIRST_TEAM, Browser
from tests.bot.programs import NAMES, ROOT, Program, environment, program, run_here
from tests.store.conftest import new_postgresql

# slack_sdk sends the app's secrets by aiohttp's BasicAuth, which aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

PAGE: Final = (ROOT / "docs" / "administrator.md").read_text(encoding="utf-8")
OLDER: Final = "0002"
"""The release that first had a ledger. It served one workspace, by its bot token."""
HOST: Final = "https://YOUR-HOST"


def step(heading: str) -> str:
    """What the page says of a step."""
    (found,) = re.findall(rf"^### \d\. {heading}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def commands(heading: str) -> list[list[str]]:
    """The commands of a step, in their order, as their words after ``python``."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```", step(heading), re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in found for line in block.splitlines()]
    assert all(words[:3] == ["python", "-m", "bot"] for words in lines)
    return [words[1:] for words in lines]


def typed(heading: str) -> list[str]:
    """What the page has somebody type in Slack."""
    return re.findall(r"`(/carbon [^`]+)`", step(heading))


def settings_of_the_page() -> dict[str, str]:
    (found,) = re.findall(r"^ *```text\n(.*?)^ *```", step("Install"), re.MULTILINE | re.DOTALL)
    return dict(line.split("=", 1) for line in found.split())


def app_at(origin: str) -> dict[str, Any]:
    """The app's manifest with a host in it, as Slack is given it."""
    text = config.MANIFEST.read_text(encoding="utf-8").replace(HOST, origin)
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass(frozen=True)
class Machine:
    """A folder with settings, and the programs that are run in it.

    Attributes:
        runs_here: commands, bots aside, are run in this process, which takes a third of the time.
        port: that its bots listen on.
        settings: what is in its ``.env``.
    """

    folder: Path
    runs_here: bool
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set(self, **values: str) -> None:
        self.settings.update(values)
        file = self.folder / ".env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{n}={v}\n" for n, v in self.settings.items()), encoding="utf-8")

    async def run(self, words: list[str], ends_with: int = 0) -> str:
        """Run a command of the page; returns what it prints."""
        if self.runs_here:
            code, told, wrong = await run_here(self.folder, words[2:])
        else:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *words),
                cwd=self.folder,
                env=environment(),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
            )
            told, wrong = [text.decode() for text in await process.communicate()]
            code = process.returncode or 0
        assert code == ends_with, told + wrong
        if ends_with == 0:
            assert wrong == ""
        return told + wrong

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Program]:
        """``python -m bot``, until it is asked to stop; it ends without a complaint."""
        async with program(self.folder, PORT=str(self.port)) as bot:
            await bot.ready()
            yield bot
            bot.stop()
            assert await bot.ended() == 0
            assert "Traceback" not in bot.log.read_text()


@dataclass(frozen=True)
class People:
    """Whoever is in the workspace, and asks."""

    slack: LocalSlack

    async def say(self, typed: str) -> str:
        """Type a command; returns the text and the blocks of the answer."""
        outcome = await self.slack.command(user="ada", channel="ml-planning", text=typed)
        assert outcome.error is None, outcome.detail
        answer = await self.slack.answer_to(outcome)
        blocks = [{n: v for n, v in one.items() if n != "block_id"} for one in answer.blocks]
        return f"{answer.text}\n{json.dumps(blocks, ensure_ascii=False)}"

    async def ask_all(self) -> dict[str, str]:
        """What is answered from what is kept; and a form, which Slack opens for a token alone."""
        asked = ("runs", "weekly", "budget", "privacy")
        found = {words: await self.say(f"/carbon {words}") for words in asked}
        await self.slack.command(user="ada", channel="ml-planning", text="/carbon settings")
        form = await self.slack.opened_view("ada")
        await self.slack.close_view(form, user="ada")
        return {**found, "settings": str(form.content["title"])}


async def as_an_older_release_left_it(today: str, target: str) -> int:
    """Make a database of an older release, with what another one has for its tables.

    Returns:
        how many rows were put there.
    """

    def columns(connection: Connection) -> dict[str, set[str]]:
        look = inspect(connection)
        return {t: {c["name"] for c in look.get_columns(t)} for t in look.get_table_names()}

    rows = 0
    async with (
        open_database(today, as_it_is=True) as source,
        open_database(target, as_it_is=True) as old,
        source.transaction() as read,
        old.transaction() as write,
    ):
        await write.run_sync(upgrade, OLDER)
        there = await write.run_sync(columns)
        for table in metadata.sorted_tables:
            known = [column for column in table.c if column.name in there.get(table.name, ())]
            found = (await read.execute(select(*known))).mappings().all() if known else []
            if found:
                await write.execute(insert(table), [dict(row) for row in found])
            rows += len(found)
    return rows


async def revision_of(url: str) -> str | None:
    async with open_database(url, as_it_is=True) as database:
        return await database.revision()


def remove(url: str) -> None:
    """Take a database away, with all that is in it."""
    address = make_url(url)
    if address.drivername.startswith("sqlite"):
        shutil.rmtree(Path(str(address.database)).parent)
        return
    server = address.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {address.database}".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of database."""
    return str(request.param)


@pytest.fixture
def new_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the address of a new database; of SQLite, by a name."""
    if kind == "sqlite":
        return lambda name: f"sqlite:///{tmp_path}/{name}/carbon.db"
    server = request.getfixturevalue("postgresql")
    return lambda _: new_postgresql(server)


async def test_from_the_manifest_to_another_machine(
    kind: str,
    new_database: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    # With one of both databases each command is a program, as for an administrator.
    machine = Machine(tmp_path / "machine", runs_here=kind == "postgresql")
    app = app_at(machine.origin)
    async with LocalSlack(
        bot_url=app["settings"]["event_subscriptions"]["request_url"],
        manifest=app,
        ack_timeout_s=PATIENCE_S,
    ) as slack:
        slack.desk.team.revoke()  # it is installed nowhere yet
        people = People(slack)
        old, before = await installed(machine, people, new_database)
        await key_changed(machine, people, old, before)
        await upgraded(machine, people, new_database, before)
        await moved(machine, people, new_database, before)
        assert slack.violations == []


async def opened(machine: Machine) -> None:
    """Choose *Add to Slack* on the install page."""
    browser = Browser(machine.origin)
    try:
        assert (await browser.install(FIRST_TEAM)).status == 200
    finally:
        await browser.session.close()


async def installed(
    machine: Machine, people: People, new_database: Callable[[str], str]
) -> tuple[str, dict[str, str]]:
    """*1. Install*; returns the key, and the answers to what was asked."""
    new_key, doctor = commands("Install")
    key = (await machine.run(new_key)).strip()
    values = {
        "SLACK_CLIENT_ID": config.CLIENT_ID,
        "SLACK_CLIENT_SECRET": config.CLIENT_SECRET,
        "SLACK_SIGNING_SECRET": config.SIGNING_SECRET,
        "TOKEN_KEYS": key,
        "PUBLIC_URL": machine.origin,
        "DATABASE_URL": new_database("first"),
    }
    machine.set(**{name: values[name] for name in settings_of_the_page()})
    machine.set(SLACK_API_URL=people.slack.api_url)  # which nobody sets for Slack itself
    told = await machine.run(doctor)
    assert re.search("^ok .* the bot makes (it|its tables)", told, re.MULTILINE), told

    estimate, log = typed("Install")
    three_days_on = f"{datetime.now(UTC) + timedelta(days=3):%A}"
    async with machine.bot():
        assert "is not installed" in await people.say("/carbon weekly")
        await opened(machine)
        assert "CO2e" in await people.say(estimate)
        assert "llama-ft" in await people.say(log)
        assert "every " in await people.say(f"/carbon weekly on {three_days_on} 09:00 UTC")
        await people.say("/carbon budget 20 t a month")
        answers = await people.ask_all()
    assert "llama-ft" in answers["runs"]
    assert f"every {three_days_on}" in answers["weekly"]
    assert "20 t" in answers["budget"]
    return key, answers


async def key_changed(machine: Machine, people: People, old: str, before: dict[str, str]) -> None:
    """*2. Change the key*: each bot here has no token but the one that is kept."""
    new_key, rotate, doctor = commands("Change the key")
    new = (await machine.run(new_key)).strip()
    machine.set(TOKEN_KEYS=f"{new},{old}")
    async with machine.bot():
        assert await people.ask_all() == before
        assert "with the newest key: 1." in await machine.run(rotate)
        assert await people.ask_all() == before

    machine.set(TOKEN_KEYS=old)
    assert "no key in TOKEN_KEYS opens 1 of 1" in await machine.run(doctor, ends_with=1)
    machine.set(TOKEN_KEYS=new)
    async with machine.bot():
        assert await people.ask_all() == before
    assert "1, with all the scopes that are needed" in await machine.run(doctor)


async def upgraded(
    machine: Machine,
    people: People,
    new_database: Callable[[str], str],
    before: dict[str, str],
) -> None:
    """*3. Upgrade*: from the release that first kept runs, with the rows that it would have."""
    backup, doctor, migrate, recompute = commands("Upgrade")
    today, older = machine.settings["DATABASE_URL"], new_database("older")
    assert await as_an_older_release_left_it(today, older) > 3
    remove(today)
    machine.set(DATABASE_URL=older)
    if older.startswith("sqlite"):
        assert f"revision {OLDER}: " in await machine.run(backup)
    else:
        # This is the new version already, and the older one is not here to be asked.
        told = await machine.run(backup, ends_with=2)
        assert "Make the backup with the version that the bot runs" in told
    told = await machine.run(doctor)
    assert f"at revision {OLDER}; this program needs {HEAD}" in told
    assert "The next start migrates it: make a backup first" in told
    assert await revision_of(older) == OLDER
    assert f"at revision {HEAD}" in await machine.run(migrate)
    assert await revision_of(older) == HEAD

    async with machine.bot():
        assert "is not installed" in await people.say("/carbon weekly")
        await opened(machine)
        assert await people.ask_all() == before
    told = await machine.run(recompute)
    assert re.search(r"^[1-9]\d* recorded estimates come out the same", told, re.MULTILINE), told


async def moved(
    machine: Machine,
    people: People,
    new_database: Callable[[str], str],
    before: dict[str, str],
) -> None:
    """*4. Move to another machine*, while the old one is no more."""
    backup, check, restore, doctor = commands("Move to another machine")
    assert f"revision {HEAD}: " in await machine.run(backup)
    other = Machine(machine.folder.parent / "other", machine.runs_here)
    shutil.copy(machine.folder / backup[-1], other.folder)
    remove(machine.settings["DATABASE_URL"])
    shutil.rmtree(machine.folder)

    other.set(**machine.settings)
    other.set(DATABASE_URL=new_database("other"), PUBLIC_URL=other.origin)
    assert "this program can restore it" in await other.run(check)
    assert "Restored and verified: " in await other.run(restore)
    assert "1, with all the scopes that are needed" in await other.run(doctor)
    people.slack.bot_url = app_at(other.origin)["settings"]["event_subscriptions"]["request_url"]
    async with other.bot():
        assert await people.ask_all() == before
