"""``/carbon privacy``: what is kept is shown, sent and really deleted, by who may."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.blocks.privacy import FORGET_ME, FORGET_WORKSPACE, FORGET_WORKSPACE_NOW, KEEP
from bot.commands.privacy import Wish, wish_in
from bot.ledger import FORGOTTEN
from bot.store import open_store
from bot.store.schema import estimates
from deploy.local_slack.messages import Message
from tests.bot.conftest import Stage, stage
from tests.bot.test_mentions import heard
from tests.bot.test_runs import RUN, said
from tests.store.test_forgetting import files, rows, with_it

ADA, BEN = "U0ADA00001", "U0BEN00001"
DIRECT = {"ada": "D0ADA00001", "ben": "D0BEN00001"}
"""Each member's direct messages with the bot."""


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[tuple[Stage, str, Path]]:
    """A bot that keeps what it keeps in a file."""
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as scene:
        yield scene, url, tmp_path


async def pressed(scene: Stage, message: Message, action: str, user: str) -> Message:
    await scene.slack.click(message, action, user=user)
    await scene.settle()
    return scene.slack.visible_messages(user, "general")[-1]


async def busy(scene: Stage) -> None:
    """Two members ask for estimates, and log a run each."""
    for user in ("ada", "ben"):
        await said(scene, "8 H100 for 2 days in France", user)
        await said(scene, "4 A100 for 2 days in Germany", user)
        await said(scene, f"log {user}s-run {RUN}", user)
        await heard(scene, "8 H100 for 1 day in Sweden", user, DIRECT[user])
        await heard(scene, f"log {user}s-own {RUN}", user, DIRECT[user])
    await scene.settle()


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", Wish.SHOW),
        (" Export ", Wish.EXPORT),
        ("forget  me", Wish.FORGET_ME),
        ("忘记我", Wish.FORGET_ME),
        ("Forget Workspace", Wish.FORGET_WORKSPACE),
        ("forget everybody", None),
    ],
)
def test_what_follows_is_understood(typed: str, wish: Wish | None) -> None:
    assert wish_in(typed) is wish


async def test_what_is_kept_is_told_to_who_asks_alone(scene: Stage) -> None:
    await busy(scene)
    found = await said(scene, "privacy", "ben")
    assert "Your estimates (3)" in found.text
    assert "They are kept without a limit." in found.text
    assert "runs that you entered (2)" in found.text
    assert "forget workspace" not in found.text
    assert "`/carbon privacy forget workspace`" in (await said(scene, "privacy", "ada")).text
    assert scene.slack.visible_messages("chen", "general") == []
    chinese = await said(scene, "隐私", "chen")
    assert "你的估算（0 条）" in chinese.text
    wrong = await said(scene, "privacy forget everybody", "ben")
    assert "After `privacy` comes nothing" in wrong.text


async def test_the_export_is_a_file_of_what_is_kept_and_of_nobody_else(scene: Stage) -> None:
    await busy(scene)
    answer = await said(scene, "privacy export", "ben")
    assert "carbon-privacy.json is in your direct messages" in answer.text
    raw = [*scene.slack.workspace.files.by_id.values()][-1].content
    assert raw
    found = json.loads(raw)
    assert found["user_id"] == BEN
    counted = {name: len(kept) for name, kept in found["tables"].items()}
    assert counted == {"estimates": 3, "members": 1, "runs": 2}
    assert {run["name"] for run in found["tables"]["runs"]} == {"bens-run", "bens-own"}
    assert ADA not in raw.decode()


async def test_a_member_is_forgotten_once_they_confirm(kept: tuple[Stage, str, Path]) -> None:
    scene, url, folder = kept
    await busy(scene)
    asked = await said(scene, "privacy forget me", "ben")
    assert "your 3 estimates" in asked.text
    assert "Nothing was deleted." in (await pressed(scene, asked, KEEP, "ben")).text
    assert BEN.encode() in files(folder)

    asked = await said(scene, "privacy forget me", "ben")
    done = await pressed(scene, asked, FORGET_ME, "ben")

    assert "Estimates deleted: 3; runs of the team that you are taken out of: 1." in done.text
    for gone in (BEN, DIRECT["ben"], "bens-own"):
        assert gone.encode() not in files(folder)
    async with open_store(url) as store:
        assert await with_it(store, BEN) == set()
        owners = {row["name"]: row["owner_id"] for row in (await rows(store))["runs"]}
        assert owners == {"adas-run": ADA, "adas-own": ADA, "bens-run": FORGOTTEN}
    # The team's ledger goes on: it is listed, and an administrator may change it.
    listed = await said(scene, "runs", "chen")
    assert "bens-run" in str(listed.all_blocks)
    await said(scene, "done bens-run 433 MWh", "ada")
    # Ben's own run is nobody's now.
    refused = await said(scene, "drop bens-run", "ben")
    assert "bens-run" in refused.text
    assert "bens-run" in str((await said(scene, "runs", "ben")).all_blocks)


async def test_a_forgotten_owner_is_named_as_such(scene: Stage) -> None:
    await said(scene, f"log bens-run {RUN}", "ben")
    await pressed(scene, await said(scene, "privacy forget me", "ben"), FORGET_ME, "ben")
    done = await said(scene, "done bens-run 433 MWh", "ada")
    assert FORGOTTEN not in done.text
    assert "&lt;@forgotten" not in str(done.all_blocks)
    assert "<@forgotten" not in str(done.all_blocks)


async def test_a_workspace_is_forgotten_by_an_administrator_who_confirms_twice(
    kept: tuple[Stage, str, Path],
) -> None:
    scene, url, folder = kept
    await busy(scene)
    assert "Only administrators" in (await said(scene, "privacy forget workspace", "ben")).text

    first = await said(scene, "privacy forget workspace", "ada")
    assert "Export the ledgers first" in first.text
    second = await pressed(scene, first, FORGET_WORKSPACE, "ada")
    async with open_store(url) as store:
        assert len((await rows(store))["runs"]) == 4
    done = await pressed(scene, second, FORGET_WORKSPACE_NOW, "ada")

    assert "This workspace is forgotten" in done.text
    team = scene.slack.workspace.team_id
    for gone in (ADA, BEN, "bens-run", team):
        assert gone.encode() not in files(folder)
    async with open_store(url) as store:
        left = {name: len(found) for name, found in (await rows(store)).items() if found}
    # The data of the release, and marks of clicks that name nobody.
    assert set(left) <= {"factor_sets", "handled"}
    assert "is empty" in (await said(scene, "export csv", "ben")).text


async def test_a_message_is_not_kept_only_the_run_in_it(kept: tuple[Stage, str, Path]) -> None:
    scene, _, folder = kept
    await said(scene, "8 H100 for 2 days in France, please", "ben")
    await said(scene, "what does Zarathustra say", "ben")
    await heard(scene, "@carbon Zarathustra says 8 H100", "ben")
    await heard(scene, "@carbon 8 H100 in France", "ben")
    assert b"Zarathustra" not in files(folder)
    assert b"please" not in files(folder)


async def test_old_estimates_are_deleted_when_the_bot_starts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as scene:
        await said(scene, "8 H100 for 2 days in France")
    async with open_store(url) as store, store.database.transaction() as connection:
        old = datetime.now(UTC) - timedelta(days=91)
        await connection.execute(update(estimates).values(created_at=old))
    async with stage(database_url=url, retention_days=90) as scene:
        found = await said(scene, "privacy")
        assert "for 90 days" in found.text

        async def count() -> int:
            async with open_store(url) as store:
                return len((await rows(store))["estimates"])

        while await count():
            await scene.settle()


async def test_it_works_in_direct_messages_and_in_chinese(scene: Stage) -> None:
    asked = await heard(scene, "忘记我", "chen", "D0CHEN0001")
    (refused,) = scene.slack.thread("chen", asked)
    assert refused.visible_to is None
    said_there = await heard(scene, "隐私 忘记我", "chen", "D0CHEN0001")
    (question,) = scene.slack.thread("chen", said_there)
    assert "此操作无法撤销" in question.text
    await scene.slack.click(question, FORGET_ME, user="chen")
    await scene.settle()
    (answer,) = scene.slack.thread("chen", said_there)
    assert "你已被忘记" in answer.text


async def test_in_a_channel_it_is_told_to_who_asks_alone(scene: Stage) -> None:
    await heard(scene, "@carbon privacy", "ben")
    told = scene.slack.visible_messages("ben", "ml-planning")[-1]
    assert "Your estimates (0)" in told.text
    assert told.visible_to == BEN
    assert told not in scene.slack.visible_messages("ada", "ml-planning")
