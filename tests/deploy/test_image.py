"""The image: what is in it, and that the bot runs with nothing else, without writing to it."""

from __future__ import annotations

import ast
import asyncio
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.blocks import controls
from deploy.local_slack import config
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import PATIENCE_S, free_port
from tests.deploy.container import Container, why_not
from tests.deploy.dockerfile import DOCKERFILE, ROOT, is_sent, stages
from tests.deploy.programs import program


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [program("hadolint"), "--failure-threshold", "style", str(DOCKERFILE)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "bot/.env",
        ".git/config",
        "secrets/slack.env",
        "data/carbon.db",
        "deploy/carbon.env",
        "deploy/local_slack/server.py",
        "tests/conftest.py",
        "docs/speed.md",
        "requirements-dev.lock",
        "bot/__pycache__/wiring.cpython-312.pyc",
        "estimator/__pycache__/catalogue.0.pickle",
    ],
)
def test_the_build_is_not_sent(path: str) -> None:
    assert not is_sent(path)


def test_the_build_is_sent_the_bot_and_the_estimator_whole() -> None:
    tracked = subprocess.run(
        [program("git"), "ls-files", "bot", "estimator", "LICENSE", "requirements.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode != 0:
        pytest.skip("no checkout of git")

    assert [path for path in tracked.stdout.splitlines() if not is_sent(path)] == []


def test_it_runs_as_a_user_without_privileges_and_stops_when_asked() -> None:
    image = stages()["image"]

    assert image.one("USER") == "10001"
    assert image.one("STOPSIGNAL") == "SIGTERM"
    assert image.one("VOLUME") == "/data"
    # As a program itself: a shell in between would keep SIGTERM from the bot.
    assert image.command == ["python", "-m", "bot"]


def test_what_the_bot_imports_is_in_the_lock_that_the_image_installs() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {
        name.lower().replace("_", "-")
        for name in re.findall(r"^([\w.-]+)[\[=]", lock, re.MULTILINE)
    }
    distributions = packages_distributions()
    ours = {"bot", "estimator"} | set(sys.stdlib_module_names)
    for_developers = ROOT / "bot" / "i18n" / "messages.py"  # collects the sentences
    missing = {
        name
        for folder in ("bot", "estimator")
        for path in (ROOT / folder).rglob("*.py")
        if path != for_developers
        for name in _imported(path) - ours
        if not {d.lower().replace("_", "-") for d in distributions.get(name, [name])} & locked
    }

    assert missing == set()


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """A container with the bot in it."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("container")
    made = Container(folder)
    made.build()
    yield made
    shutil.rmtree(folder)


async def test_it_answers_and_draws_on_a_file_system_that_cannot_be_written(
    container: Container,
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with LocalSlack(bot_url=f"{url}/slack/events", ack_timeout_s=PATIENCE_S) as slack:
        command = container.command(
            *stages()["image"].command,
            SLACK_BOT_TOKEN=config.BOT_TOKEN,
            SLACK_SIGNING_SECRET=config.SIGNING_SECRET,
            SLACK_API_URL=slack.api_url,
            PORT=str(port),
        )
        bot = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
        assert bot.stdout is not None
        try:
            line = await asyncio.wait_for(bot.stdout.readline(), PATIENCE_S)
            assert b"listens on http://0.0.0.0" in line
            healthy = container.command(*stages()["image"].health_check, PORT=str(port))
            assert await (await asyncio.create_subprocess_exec(*healthy)).wait() == 0
            asked = await slack.command(
                user="ada", channel="general", text="/carbon 64 H100 for 2 weeks in France"
            )
            assert asked.message is not None
            assert "kWh" in str(asked.message)
            shown = len(slack.visible_messages("ada", "general"))
            await slack.click(asked.message, controls.MORE, user="ada", chosen=controls.PICTURE)
            await slack.wait_for(
                lambda: len(slack.visible_messages("ada", "general")) > shown, timeout_s=PATIENCE_S
            )
        finally:
            bot.terminate()
            said = b"".join(await bot.communicate()).decode()

    assert bot.returncode == 0
    assert not re.search("Traceback|read-only|not a writable|not drawn", said, re.IGNORECASE)


def test_it_writes_nowhere_else_and_has_no_privileges(container: Container) -> None:
    script = """
import os, pathlib
for place in ("/", "/app", "/app/bot", "/app/estimator/__pycache__", "/venv", "/usr"):
    try:
        pathlib.Path(place, "written").touch()
    except OSError:
        continue
    raise SystemExit(f"{place} can be written")
pathlib.Path("/tmp/written").touch()
pathlib.Path("/data/written").touch()
status = pathlib.Path("/proc/self/status").read_text()
assert os.getuid() == os.getgid() == 10001 and os.getgroups() == []
assert "CapEff:\\t0000000000000000" in status and "NoNewPrivs:\\t1" in status, status
"""
    done = subprocess.run(
        container.command("python", "-c", script), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_it_migrates_as_the_chart_has_it_do(container: Container) -> None:
    done = subprocess.run(
        container.command("python", "-m", "bot", "migrate", "sqlite:////data/migrated.db"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_its_code_and_its_data_are_read_already(container: Container) -> None:
    """And stay so in a layer, which keeps times of change in whole seconds."""
    script = """
import pathlib
from estimator import datafiles
del datafiles.load
import estimator
estimator.load_default()
for path in pathlib.Path("/app").rglob("*"):
    if path.is_dir() or path.parent.name == "__pycache__":
        continue
    assert path.stat().st_mtime_ns % 10**9 == 0, path
    if path.suffix == ".py":
        (compiled,) = (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")
        assert compiled.read_bytes()[4] == 1, f"{compiled} depends on the source's time"
"""
    done = subprocess.run(
        container.command("python", "-c", script), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
