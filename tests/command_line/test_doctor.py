"""``python -m bot doctor`` finds what is wrong, says what to do, and tells no secret."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from bot.command_line.doctor import _examined
from bot.doctor import Finding, Instruments, Level, examine, machine, slack_side, storage, traces
from bot.doctor.machine import examine_address, examine_pictures, examine_settings
from bot.doctor.slack_side import examine_slack
from bot.doctor.storage import examine_database
from bot.doctor.traces import examine_traces
from bot.periods import Report
from bot.reports.queue import bring_up_to_date
from bot.slack.scopes import SCOPES
from bot.store import Team, open_store
from bot.store.database import open_database
from bot.store.deliveries import DeliveryKey
from bot.store.migrations.run import upgrade
from bot.store.schedules import Schedule
from bot.store.schema import estimates
from bot.token_keys import TokenKeys, new_key
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import free_port
from tests.bot.test_tracing import collecting
from tests.store.conftest import new_postgresql
from tests.store.planted import row
from tests.store.test_installations import REFRESH, TOKEN, installed

MANIFEST: dict[str, Any] = json.loads(config.MANIFEST.read_text(encoding="utf-8"))
TEAM = Team("", "T0LOCAL001")
ENOUGH = 10**12


def manifest(*scopes: str) -> dict[str, Any]:
    return {**MANIFEST, "oauth_config": {"scopes": {"bot": list(scopes)}}}


@dataclass
class Clinic:
    """An installation that is well, until something is done to it."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path
    found: dict[str, Finding] = field(default_factory=dict)

    def settings(self, **values: str) -> None:
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def use(self, slack: LocalSlack) -> None:
        self.settings(SLACK_API_URL=slack.api_url)

    @property
    def url(self) -> str:
        return os.environ["DATABASE_URL"]

    async def examine(
        self, *, ahead_s: float = 0, free_bytes: int = ENOUGH, patience_s: float = 30.0
    ) -> dict[str, Finding]:
        """Every finding by its subject, but for that of the pictures, which takes its time."""
        instruments = Instruments(
            lambda: datetime.now(UTC) + timedelta(seconds=ahead_s), lambda _: free_bytes, patience_s
        )
        settings, found = examine_settings()
        assert settings is not None
        found += await examine_slack(settings, instruments)
        found += await examine_database(settings, instruments)
        found.append(examine_address(settings))
        found += await examine_traces(settings, instruments)
        self.found = {one.subject: one for one in found}
        return self.found

    def only(self, subject: str) -> Finding:
        """What is not well, and is the only such thing."""
        (one,) = [one for one in self.found.values() if one.level is not Level.OK]
        assert one.subject == subject
        assert one.remedy
        return one


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_APP_TOKEN", "PUBLIC_URL", "RETENTION_DAYS", "CARBON_DEFAULT_GPU"):
        monkeypatch.delenv(name, raising=False)
    found = Clinic(monkeypatch, tmp_path)
    found.settings(
        SLACK_BOT_TOKEN=config.BOT_TOKEN,
        SLACK_SIGNING_SECRET=config.SIGNING_SECRET,
        DATABASE_URL=f"sqlite:///{tmp_path}/carbon.db",
    )
    return found


@pytest.fixture
async def slack(clinic: Clinic) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(manifest=config.MANIFEST) as found:
        clinic.use(found)
        async with open_store(clinic.url):
            pass
        yield found


def test_the_scopes_are_the_manifests() -> None:
    assert list(SCOPES) == MANIFEST["oauth_config"]["scopes"]["bot"]


async def test_what_is_well_is_said_to_be(
    clinic: Clinic, slack: LocalSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.settings(SLACK_APP_TOKEN=config.APP_TOKEN, PUBLIC_URL="https://carbon.example.com")
    assert await _examined(Instruments(free_bytes=lambda _: ENOUGH)) == 0
    told = capsys.readouterr().out
    assert told.endswith("\nWell.\n")
    lines = told.splitlines()[:-2]
    assert all(line.startswith("ok    ") for line in lines)
    assert "ok    bot token     signed in as carbon in " in told
    assert "ok    scopes        all 9 that are needed, and no other" in told
    subjects = [line[6:].split("  ")[0] for line in lines]
    assert subjects == [
        *("settings", "bot token", "scopes", "clock", "Socket Mode"),
        *("database", "schema", "writing", "summaries", "retention", "disk"),
        *("PUBLIC_URL", "pictures"),
    ]
    assert slack.violations == []
    assert slack.calls("chat.postMessage") == 0


async def test_it_works_before_the_bot_was_ever_started(clinic: Clinic) -> None:
    async with LocalSlack(manifest=config.MANIFEST) as found:
        clinic.use(found)
        clinic.settings(DATABASE_URL="sqlite:///data/carbon.db")
        assert {one.level for one in (await clinic.examine()).values()} == {Level.OK}
    assert "the bot makes it at its first start" in clinic.found["database"].found
    assert not (clinic.folder / "data").exists()


@pytest.mark.parametrize(
    ("token", "why"), [("xoxb-wrong", "invalid_auth"), (config.BOT_TOKEN, "token_revoked")]
)
async def test_a_token_that_slack_refuses_is_found(
    clinic: Clinic, slack: LocalSlack, token: str, why: str
) -> None:
    clinic.settings(SLACK_BOT_TOKEN=token)
    slack.uninstall()
    await clinic.examine()
    one = clinic.only("bot token")
    assert (one.level, one.found) == (Level.FAIL, f"Slack refuses it: {why}")
    assert clinic.found["clock"].level is Level.OK


@pytest.mark.parametrize(
    ("granted", "level", "told"),
    [
        (sorted(SCOPES.keys() - {"files:write"}), Level.FAIL, "files:write is missing (Send "),
        ([*SCOPES, "channels:read"], Level.WARN, "more than carbon uses: channels:read"),
        ([*SCOPES, "identify"], Level.OK, "all 9 that are needed, and no other"),
    ],
)
async def test_scopes_that_are_missing_or_too_many_are_named(
    clinic: Clinic, granted: list[str], level: Level, told: str
) -> None:
    async with LocalSlack(manifest=manifest(*granted)) as found:
        clinic.use(found)
        await clinic.examine()
    one = clinic.found["scopes"]
    assert one.level is level
    assert told in one.found
    assert bool(one.remedy) is (level is not Level.OK)


async def test_a_slack_that_does_not_say_the_scopes_is_only_a_warning(clinic: Clinic) -> None:
    async with LocalSlack(manifest={**MANIFEST, "oauth_config": {}}) as found:
        clinic.use(found)
        await clinic.examine()
    assert clinic.only("scopes").level is Level.WARN


@pytest.mark.parametrize(
    ("fault", "level", "told"),
    [
        (Fault(status=502, is_page=True), Level.FAIL, "cannot be reached: HTTP 502"),
        (Fault(drop=True), Level.FAIL, "cannot be reached: ServerDisconnectedError"),
        (Fault(hang=True), Level.FAIL, "cannot be reached: TimeoutError"),
        (Fault(status=429, error="ratelimited"), Level.WARN, "Slack limits the rate"),
        (Fault(status=200, error="account_inactive"), Level.FAIL, "refuses it: account_inactive"),
    ],
)
async def test_a_slack_that_does_not_answer_well_is_told_from_one_that_refuses(
    clinic: Clinic, slack: LocalSlack, fault: Fault, level: Level, told: str
) -> None:
    slack.fail("auth.test", fault)
    await clinic.examine(patience_s=1.0 if fault.hang else 30.0)
    slack.release()
    one = clinic.only("bot token")
    assert one.level is level
    assert told in one.found


async def test_a_slack_that_is_not_there_is_found(clinic: Clinic) -> None:
    clinic.settings(
        SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/", SLACK_APP_TOKEN=config.APP_TOKEN
    )
    await clinic.examine()
    for subject in ("bot token", "Socket Mode"):
        assert "cannot be reached: ClientConnectorError" in clinic.found[subject].found
        assert "SLACK_API_URL" in clinic.found[subject].remedy
    assert "clock" not in clinic.found


@pytest.mark.parametrize(
    ("ahead_s", "level", "told"),
    [
        (0, Level.OK, "Slack's"),
        (90, Level.WARN, "s ahead of Slack's"),
        (-90, Level.WARN, "s behind Slack's"),
        (330, Level.FAIL, "every request of Slack is refused as 5 minutes old"),
        (-86_400, Level.FAIL, "s behind Slack's: every request"),
    ],
)
@pytest.mark.usefixtures("slack")
async def test_a_clock_that_is_off_is_found(
    clinic: Clinic, ahead_s: float, level: Level, told: str
) -> None:
    await clinic.examine(ahead_s=ahead_s)
    assert clinic.found["clock"].level is level
    assert told in clinic.found["clock"].found


async def test_an_app_token_that_slack_refuses_is_found(clinic: Clinic, slack: LocalSlack) -> None:
    clinic.settings(SLACK_APP_TOKEN="xapp-wrong")
    await clinic.examine()
    one = clinic.only("Socket Mode")
    assert (one.level, one.found) == (Level.FAIL, "Slack gives no connection: invalid_auth")
    assert "connections:write" in one.remedy
    assert len(slack.parts.sockets.sockets) == 0


@pytest.mark.parametrize(
    ("revision", "level", "told"),
    [
        ("0001", Level.WARN, "at revision 0001; this program needs "),
        ("9999", Level.FAIL, "at revision 9999, which is newer than this program"),
    ],
)
@pytest.mark.usefixtures("slack")
async def test_a_database_of_another_revision_is_found_and_left_as_it_is(
    clinic: Clinic, revision: str, level: Level, told: str
) -> None:
    clinic.settings(DATABASE_URL=f"sqlite:///{clinic.folder}/other.db")
    async with open_database(clinic.url, as_it_is=True) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(upgrade, "0001")
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :now"), {"now": revision}
            )
        await clinic.examine()
        one = clinic.only("schema")
        assert one.level is level
        assert told in one.found
        assert await db.revision() == revision


@pytest.mark.usefixtures("slack")
async def test_a_file_that_is_no_database_is_found(clinic: Clinic) -> None:
    (clinic.folder / "page.db").write_text("<html>" * 1000, encoding="utf-8")
    clinic.settings(DATABASE_URL=f"sqlite:///{clinic.folder}/page.db")
    await clinic.examine()
    one = clinic.only("database")
    assert (one.level, "file is not a database" in one.found) == (Level.FAIL, True)


@pytest.mark.usefixtures("slack")
async def test_a_folder_that_is_none_is_found(clinic: Clinic) -> None:
    (clinic.folder / "file").touch()
    clinic.settings(DATABASE_URL=f"sqlite:///{clinic.folder}/file/carbon.db")
    await clinic.examine()
    assert "is no folder" in clinic.only("database").found


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Let nobody write to a folder, and be a user without rights: root may write everywhere."""
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="users have rights of another kind")
@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("has_file", [True, False])
async def test_a_folder_that_cannot_be_written_to_is_found(
    clinic: Clinic, *, has_file: bool
) -> None:
    # Not where the tests' own folders are, into which no other user can look.
    with tempfile.TemporaryDirectory() as name:
        clinic.monkeypatch.chdir(name)
        clinic.settings(DATABASE_URL=f"sqlite:///{name}/carbon.db")
        if has_file:
            async with open_store(clinic.url):
                pass
        with closed(Path(name)):
            await clinic.examine()
    one = clinic.only("database")
    assert one.level is Level.FAIL
    if has_file:
        assert "readonly database" in one.found or "unable to open" in one.found
    else:
        assert one.found == f"{name} cannot be written to"


@pytest.mark.usefixtures("slack")
async def test_a_database_in_memory_is_a_warning(clinic: Clinic) -> None:
    clinic.settings(DATABASE_URL="sqlite://")
    await clinic.examine()
    assert clinic.only("database").level is Level.WARN


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(99_000_000, Level.FAIL), (999_000_000, Level.WARN)]
)
@pytest.mark.usefixtures("slack")
async def test_a_disk_with_little_room_is_found(
    clinic: Clinic, free_bytes: int, level: Level
) -> None:
    await clinic.examine(free_bytes=free_bytes)
    one = clinic.only("disk")
    assert one.level is level
    assert "99 MB free" in one.found


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to a file's size")
@pytest.mark.usefixtures("slack")
async def test_a_disk_that_is_full_is_found() -> None:
    code = (
        "import asyncio, resource; from bot.doctor import Instruments;"
        "from bot.doctor.storage import examine_database; from bot.settings import Settings;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        "found = asyncio.run(examine_database(Settings(), Instruments()));"
        "print(*(f'{one.subject} {one.level}: {one.found}' for one in found), sep='; ')"
    )
    done = await python("-c", code)
    assert done.stderr == ""
    assert done.stdout.startswith("database fail: ")
    assert "cannot be opened: disk I/O error" in done.stdout


async def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in another process, while the local Slack answers it."""
    root = str(Path(__file__).parents[2])
    search = os.pathsep.join((root, os.environ.get("PYTHONPATH", "")))
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": search},
    )


async def test_a_database_that_takes_nothing_is_found(
    clinic: Clinic,
    slack: LocalSlack,
    postgresql: Any,
) -> None:
    assert slack.violations == []
    clinic.settings(DATABASE_URL=new_postgresql(postgresql))
    async with open_store(clinic.url) as store:
        assert {one.level for one in (await clinic.examine()).values()} == {Level.OK}
        async with store.database.engine.begin() as connection:
            name = (await connection.execute(text("SELECT current_database()"))).scalar()
            await connection.execute(
                text(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            )
    await clinic.examine()
    one = clinic.only("writing")
    assert one.level is Level.FAIL
    assert "read-only transaction" in one.found


@pytest.mark.usefixtures("slack")
async def test_a_database_server_that_is_not_there_is_found(clinic: Clinic) -> None:
    clinic.settings(DATABASE_URL="postgresql://carbon:hunter2@127.0.0.1:9/carbon")
    await clinic.examine()
    one = clinic.only("database")
    assert (one.level, "cannot be opened" in one.found) == (Level.FAIL, True)
    assert "hunter2" not in f"{one}"


async def due(url: str, moment: datetime) -> None:
    """Let a summary be due at a moment."""
    async with open_store(url) as store:
        await store.schedules.put(
            Schedule(
                team=TEAM,
                channel_id="C1",
                kind=Report.WEEKLY,
                day=0,
                local_time="09:00",
                time_zone="UTC",
                active=True,
                due_at=moment,
                configured_by="U1",
            )
        )


@pytest.mark.usefixtures("slack")
async def test_summaries_that_nobody_looks_for_are_found(clinic: Clinic) -> None:
    await due(clinic.url, datetime.now(UTC) - timedelta(minutes=9))
    await clinic.examine()
    assert clinic.found["summaries"].level is Level.OK
    await clinic.examine(ahead_s=120)
    one = clinic.found["summaries"]
    assert one.level is Level.WARN
    assert one.found.startswith("1 due and not looked for, the first since 20")


@pytest.mark.usefixtures("slack")
async def test_summaries_that_were_tried_in_vain_are_found_with_slacks_reason(
    clinic: Clinic,
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    async with open_store(clinic.url, lambda: past) as store:
        for number in range(3):
            key = DeliveryKey(TEAM, f"C{number}", Report.WEEKLY.value, "2026-W47-1")
            delivery = await store.deliveries.intend(key)
            if number:
                await store.deliveries.begin(delivery)
                await store.deliveries.failed(key, "team_access_not_granted")
    await clinic.examine()
    one = clinic.only("summaries")
    assert one.level is Level.WARN
    assert "2 team_access_not_granted, 1 not tried yet" in one.found


async def test_jobs_that_no_replica_takes_are_found(
    clinic: Clinic,
    slack: LocalSlack,
    postgresql: Any,
) -> None:
    assert slack.violations == []
    clinic.settings(DATABASE_URL=new_postgresql(postgresql))
    async with open_store(clinic.url) as store:
        await bring_up_to_date(store.database.dsn)
        await clinic.examine()
        assert clinic.found["queue"].level is Level.OK
        async with store.database.transaction() as connection:
            await connection.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
                    "VALUES ('carbon', 'deliver', now() - interval '1 hour')"
                )
            )
    await clinic.examine()
    assert "1 jobs that no replica takes" in clinic.only("queue").found


def serve_many(clinic: Clinic, keys: str) -> None:
    """Let the installation be one for many workspaces."""
    clinic.monkeypatch.delenv("SLACK_BOT_TOKEN")
    clinic.settings(
        SLACK_CLIENT_ID=config.CLIENT_ID,
        SLACK_CLIENT_SECRET=config.CLIENT_SECRET,
        TOKEN_KEYS=keys,
        PUBLIC_URL="https://carbon.example.com",
    )


@pytest.mark.usefixtures("slack")
async def test_the_tokens_of_many_workspaces_are_tried(clinic: Clinic) -> None:
    key, lost = new_key(), new_key()
    serve_many(clinic, key)
    await clinic.examine()
    page = "https://carbon.example.com/slack/install"
    assert clinic.found["installations"].found == f"none yet; the app is installed at {page}"
    assert clinic.found["clock"].level is Level.OK
    assert "bot token" not in clinic.found

    whole = replace(installed(), scopes=frozenset(SCOPES))
    async with open_store(clinic.url, keys=TokenKeys.parse(key)) as store:
        await store.installations.put(whole)
        await clinic.examine()
        assert clinic.found["installations"].level is Level.OK
        await store.installations.put(
            replace(whole, team=Team("", "T2"), scopes=frozenset(SCOPES.keys() - {"files:write"}))
        )
    await clinic.examine()
    one = clinic.only("installations")
    assert (one.level, one.found) == (Level.WARN, "1 of 2 lack files:write")
    assert page in one.remedy

    async with open_store(clinic.url, keys=TokenKeys.parse(lost)) as store:
        await store.installations.put(replace(whole, team=Team("", "T3")))
    await clinic.examine()
    one = clinic.only("installations")
    assert (one.level, one.found) == (Level.FAIL, "no key in TOKEN_KEYS opens 1 of 3")
    assert "rotate-keys" in one.remedy
    told = f"{[*clinic.found.values()]}"
    assert not [secret for secret in (key, lost, TOKEN, REFRESH) if secret in told]


@pytest.mark.usefixtures("slack")
async def test_what_should_have_been_deleted_is_found(clinic: Clinic) -> None:
    old = datetime.now(UTC) - timedelta(days=33)
    async with open_store(clinic.url) as store, store.database.transaction() as connection:
        await connection.execute(insert(estimates), {**row(estimates, 1), "created_at": old})
    clinic.settings(RETENTION_DAYS="30")
    await clinic.examine()
    one = clinic.only("retention")
    assert (one.level, f"{old:%Y-%m-%d}" in one.found) == (Level.WARN, True)
    clinic.settings(RETENTION_DAYS="40")
    assert (await clinic.examine())["retention"].found == "estimates are kept 40 days"


@pytest.mark.parametrize(
    ("url", "level", "told"),
    [
        ("https://carbon.example.com/", Level.OK, "https://carbon.example.com/"),
        ("https://example.com:8443/carbon", Level.OK, "https://example.com:8443/carbon"),
        ("http://carbon.example.com", Level.WARN, "it is not https"),
        ("https://localhost", Level.WARN, "only this machine or network knows it"),
        ("https://192.168.1.7", Level.WARN, "only this machine or network knows it"),
        ("https://carbon:hunter2@example.com", Level.FAIL, "a user's name in it"),
        ("https://example.com/?key=hunter2", Level.FAIL, "more than an address"),
    ],
)
@pytest.mark.usefixtures("slack")
async def test_an_address_that_is_no_good_is_found(
    clinic: Clinic, url: str, level: Level, told: str
) -> None:
    clinic.settings(PUBLIC_URL=url)
    one = (await clinic.examine())["PUBLIC_URL"]
    assert one.level is level
    assert told in one.found
    assert "hunter2" not in f"{one}"


async def test_pictures_that_cannot_be_drawn_are_found(clinic: Clinic) -> None:
    (clinic.folder / "broken").mkdir()
    (clinic.folder / "broken" / "matplotlib.py").write_text("raise ImportError", encoding="utf-8")
    clinic.settings(PYTHONPATH=str(clinic.folder / "broken"))
    one = await examine_pictures()
    assert (one.level, one.found) == (Level.FAIL, "none can be drawn")


async def test_settings_that_cannot_be_read_are_named_and_end_it(clinic: Clinic) -> None:
    clinic.settings(PORT="high", SLACK_APP_TOKEN="xoxb-hunter2")
    found = [one async for one in examine()]
    assert [(one.subject, one.level) for one in found] == [("settings", Level.FAIL)] * 2
    assert "hunter2" not in f"{found}"


@pytest.mark.usefixtures("slack")
async def test_a_device_that_nobody_knows_is_named(clinic: Clinic) -> None:
    clinic.settings(CARBON_DEFAULT_GPU="abacus")
    await clinic.examine()
    assert "unknown device 'abacus'" in clinic.only("settings").found


@pytest.mark.usefixtures("slack")
async def test_a_file_of_settings_that_all_can_read_is_a_warning(clinic: Clinic) -> None:
    file = clinic.folder / ".env"
    file.write_text("LOG_LEVEL=DEBUG\n", encoding="utf-8")
    file.chmod(0o644)
    await clinic.examine()
    assert clinic.only("settings").remedy == "chmod 600 .env"
    file.chmod(0o600)
    assert (await clinic.examine())["settings"].level is Level.OK


@pytest.mark.usefixtures("slack")
async def test_traces_that_nobody_takes_are_a_warning_without_the_key(clinic: Clinic) -> None:
    async with collecting() as collector:
        clinic.settings(
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_EXPORTER_OTLP_HEADERS="x-key=hunter2"
        )
        assert (await clinic.examine())["traces"].found == "127.0.0.1 takes them"
        assert (collector.spans, collector.keys) == ([], ["hunter2"])
        collector.status = 401
        await clinic.examine()
        assert clinic.only("traces").found == "127.0.0.1 refuses them: HTTP 401"
    await clinic.examine()
    assert "cannot be reached: ClientConnectorError" in clinic.only("traces").found
    assert "hunter2" not in f"{clinic.found}"


async def test_the_command_ends_with_1_where_something_fails_and_tells_no_secret(
    clinic: Clinic, slack: LocalSlack
) -> None:
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-planted-1",
        "SLACK_APP_TOKEN": "xapp-planted-2",
        "SLACK_SIGNING_SECRET": "planted-3",
        "DATABASE_URL": "postgresql://carbon:planted-4@127.0.0.1:9/carbon",
        "LOG_LEVEL": "DEBUG",
    }
    clinic.settings(**secrets)
    assert slack.violations == []
    process = await python("-m", "bot", "doctor")
    told = process.stdout + process.stderr
    assert process.returncode == 1
    assert "Not well: 3 of " in told
    assert "planted" not in told
    assert process.stderr == ""


def test_the_page_lists_every_line() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    known = [machine.SETTINGS, slack_side.BOT_TOKEN, slack_side.SCOPE_NAMES, slack_side.CLOCK]
    known += [slack_side.SOCKET_MODE, slack_side.REQUESTS, storage.DATABASE, storage.SCHEMA]
    known += [
        storage.WRITING,
        storage.INSTALLATIONS,
        storage.SUMMARIES,
        storage.QUEUE,
        storage.RETENTION,
        storage.DISK,
    ]
    assert listed == [*known, machine.ADDRESS, machine.PICTURES, traces.TRACES]
