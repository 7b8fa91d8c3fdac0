"""docs/backup.md: an administrator follows it, command by command, from one machine to another."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.settings import read_settings
from bot.store.database import open_database
from bot.store.migrations import HEAD
from bot.store.migrations.run import revisions, upgrade
from bot.store.schema import preferences
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import PATIENCE_S, free_port
from tests.bot.programs import run_here
from tests.store.planted import row

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
FILE = "carbon-2026-11-24.backup"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the page is for a shell")


def blocks(heading: str) -> list[str]:
    """The commands of a section, in their order."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^ *```sh\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    assert found
    return found


@dataclass(frozen=True)
class Machine:
    """A folder with settings, for whoever works in it."""

    folder: Path
    slack: LocalSlack
    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        self.folder.mkdir()
        settings = {
            "SLACK_BOT_TOKEN": config.BOT_TOKEN,
            "SLACK_SIGNING_SECRET": config.SIGNING_SECRET,
            "SLACK_API_URL": self.slack.api_url,
            "DATABASE_URL": "sqlite:///data/carbon.db",
            "PORT": str(free_port()),
        }
        file = self.folder / ".env"
        file.write_text("".join(f"{n}={v}\n" for n, v in settings.items()), encoding="utf-8")
        file.chmod(0o600)
        for name in (*settings, "SLACK_APP_TOKEN", "HOST", "PUBLIC_URL", "RETENTION_DAYS"):
            self.monkeypatch.delenv(name, raising=False)
        self.monkeypatch.chdir(self.folder)

    async def run(self, block: str) -> str:
        """Run the commands of a block; returns what they print."""
        return "".join([await self._run(line) for line in block.splitlines()])

    async def _run(self, line: str) -> str:
        words = shlex.split(line)
        named = list(takewhile(lambda word: "=" in word, words))
        if "$" in line or words[len(named) : len(named) + 3] != ["python", "-m", "bot"]:
            return await self._in_a_shell(line)
        # Ours are run here, where everything is imported already.
        with self.monkeypatch.context() as context:
            for word in named:
                context.setenv(*word.split("=", 1))
            code, told, wrong = await run_here(self.folder, words[len(named) + 3 :])
        assert (code, wrong) == (0, ""), told
        return told

    async def _in_a_shell(self, line: str) -> str:
        python = f'python() {{ "{sys.executable}" "$@"; }}'
        search = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        process = await asyncio.create_subprocess_exec(
            *("sh", "-e", "-c", f"{python}\n{line}"),
            env={**os.environ, "PYTHONPATH": search},
            stdout=PIPE,
            stderr=PIPE,
        )
        told, wrong = await process.communicate()
        assert (process.returncode, wrong.decode()) == (0, ""), line
        return told.decode()

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[None]:
        """``python -m bot``, with the settings of the folder."""
        async with running(read_settings(), patience_s=PATIENCE_S) as bot:
            self.slack.bot_url = f"{bot.address}/slack/events"
            yield

    async def said(self, text: str) -> str:
        outcome = await self.slack.command(user="ada", channel="general", text=f"/carbon {text}")
        return (await self.slack.answer_to(outcome)).text

    async def revision(self) -> str | None:
        url = f"sqlite:///{self.folder}/data/carbon.db"
        async with open_database(url, as_it_is=True) as db:
            return await db.revision()


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(bot_url="", manifest=config.MANIFEST, ack_timeout_s=PATIENCE_S) as found:
        yield found
        assert found.violations == []


async def test_a_backup_is_made_and_restored_on_another_machine(
    slack: LocalSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Machine(tmp_path / "first", slack, monkeypatch)
    async with first.bot():
        await first.said("log llama-ft 64 H100 for 2 weeks in Germany")
        before = await first.said("runs")
        assert "llama-ft" in before
        make, check, nightly = blocks("Make a backup")
        assert f"Written to {FILE}: " in await first.run(make)
        assert "this program can restore it" in await first.run(check)
        assert "Written to backups/carbon-2" in await first.run(nightly)
        await first.said("log too-late 8 H100 for 2 days in France")

    second = Machine(tmp_path / "second", slack, monkeypatch)
    (first.folder / FILE).rename(second.folder / FILE)
    restore, in_place = blocks("Restore on another machine")
    told = await second.run(restore)
    assert "Restored and verified: " in told
    assert told.endswith("Well.\n") or "but look at 1 of " in told  # a disk with little room
    assert "before they are posted: 0." in await second.run(in_place)
    async with second.bot():
        assert await second.said("runs") == before


async def test_an_upgrade_migrates_and_can_be_undone(
    slack: LocalSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, old = Machine(tmp_path / "machine", slack, monkeypatch), revisions()[-2]
    url = f"sqlite:///{machine.folder}/data/carbon.db"
    async with open_database(url, as_it_is=True) as db, db.engine.begin() as connection:
        await connection.run_sync(upgrade, old)
        await connection.execute(insert(preferences), row(preferences, 1))

    backup, doctor, migrate, recompute, undo = blocks("Upgrade")
    assert f"revision {old}: 2 rows" in await machine.run(backup)
    assert f"at revision {old}; this program needs {HEAD}" in await machine.run(doctor)
    assert await machine.revision() == old
    assert f"at revision {HEAD}" in await machine.run(migrate)
    assert await machine.revision() == HEAD
    async with machine.bot():
        await machine.said("8 H100 for 2 days in France")
    assert "1 recorded estimates come out the same" in await machine.run(recompute)
    assert "Restored and verified: 1 rows" in await machine.run(undo)
