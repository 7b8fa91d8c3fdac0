"""What Slack signed for one workspace, sent in the name of another: nothing is told or changed.

A click's value, a run's id and what a form carries come back to us from Slack. Here all of them
come in payloads of a workspace that they do not belong to.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.blocks.ledger import EDIT_RUN
from bot.store import Store, Team, open_store
from bot.views.editing import DROP
from deploy.local_slack import config
from deploy.local_slack.transport import Delivery
from tests.bot.conftest import Stage, stage
from tests.bot.test_malformed import Recording, encoded
from tests.bot.test_requests import Client
from tests.bot.test_runs import said
from tests.store.test_tenants import rows_of

OURS, THIEF = "T0LOCAL001", "T0THIEF001"
NAME = "oursalone"


@dataclass
class Crime:
    """Two workspaces' bot, what the first one's people did, and the storage."""

    scene: Stage
    store: Store
    client: Client
    deliveries: list[Delivery]
    secret: str

    async def send(self, kind: str, said: Any) -> str:
        """Send a payload as the other workspace's, and return the answer."""
        stolen = _renamed(said)
        body, content_type = encoded(kind, stolen)
        headers = self.client.signed(body, secret=config.SIGNING_SECRET)
        headers["Content-Type"] = content_type
        status, answer = await self.client.post(body, headers)
        assert status == 200, answer
        await self.scene.settle()
        return answer

    def last(self, kind: str, **fields: str) -> Any:
        """The last payload of a kind, to be sent again."""
        found = [
            one.payload
            for one in self.deliveries
            if one.payload.get("type") == kind
            and fields.items() <= {**(one.payload.get("actions") or [{}])[0], **_of(one)}.items()
        ]
        return deepcopy(found[-1])


def _of(delivery: Delivery) -> dict[str, str]:
    return {"callback_id": str(delivery.payload.get("view", {}).get("callback_id"))}


def _renamed(said: Any) -> Any:
    """A payload with the other workspace's id wherever it has the first one's."""
    return json.loads(json.dumps(said).replace(OURS, THIEF))


async def rows(store: Store) -> dict[str, list[Any]]:
    """What is the first workspace's, but for what telling its language leaves."""
    return {
        name: found
        for name, found in (await rows_of(store, Team("", OURS))).items()
        if name not in {"members", "estimates"}
    }


@pytest.fixture
async def crime(tmp_path: Path) -> AsyncIterator[Crime]:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with (
        stage(database_url=url, public_url="https://carbon.example.org") as scene,
        open_store(url) as store,
        aiohttp.ClientSession() as session,
    ):
        recording = Recording(scene.slack.parts.line.transport)
        scene.slack.parts.line.transport = recording
        await said(scene, f"log {NAME} #{NAME} 8 H100 for 2 days in France")
        await said(scene, f"budget project {NAME} 5 t a month")
        address = await said(scene, "connect")
        found = re.search(r"/ingest/([\w-]{43})", str(address.blocks))
        assert found
        secret = found[1]
        listed = await said(scene, "runs")
        await scene.slack.click(listed, f"{EDIT_RUN}0", user="ada")
        view = await scene.slack.opened_view("ada")
        await scene.slack.submit_view(view, user="ada")
        await scene.settle()
        # What Slack showed up to here is the first workspace's own.
        scene.slack.desk.team.workspace.views.modals.clear()
        client = Client(scene.bot.address, session)
        yield Crime(scene, store, client, recording.deliveries, secret)


def shown(crime: Crime) -> str:
    """Everything that Slack shows in a modal or a Home tab now."""
    views = crime.scene.slack.desk.team.workspace.views
    return str([view.content for view in (*views.modals.values(), *views.homes.values())])


async def test_the_first_workspace_has_what_is_tried_to_be_stolen(crime: Crime) -> None:
    found = await rows(crime.store)

    assert len(found["runs"]) == len(found["budgets"]) == len(found["ingest_urls"]) == 1
    assert len(crime.secret) == 43


COMMANDS = (
    "runs",
    f"runs {NAME}",
    f"done {NAME} 5 MWh",
    f"done {NAME[:-1]} 5 MWh",
    f"drop {NAME}",
    f"edit {NAME}",
    f"log {NAME} 9 H100 for 3 days",
    "budget",
    f"budget project {NAME} off",
    f"budget project {NAME} 1 t a month",
    "disconnect",
    "connect",
    "summary",
    "export csv",
    "calibrate",
    "weekly",
    "privacy",
    "privacy export",
    "privacy forget me",
    "status",
    "last",
)


async def test_commands_of_another_workspace(crime: Crime) -> None:
    before = await rows(crime.store)
    command = next(one.payload for one in crime.deliveries if one.kind == "slash_commands")
    for typed in COMMANDS:
        answer = await crime.send("slash_commands", {**command, "text": typed})

        # What was typed may be repeated; what is told of the run may not.
        assert "France" not in answer, typed
        assert "2 days" not in answer, typed
        assert crime.secret not in answer, typed
        if NAME not in typed:
            assert NAME not in answer, typed
            assert NAME not in shown(crime), typed
        assert await rows(crime.store) == before, typed


async def test_a_runs_button_clicked_in_another_workspace(crime: Crime) -> None:
    before = await rows(crime.store)

    click = crime.last("block_actions")
    handles = crime.scene.slack.desk.team.workspace.handles
    click["trigger_id"] = handles.new_trigger(click["user"]["id"])

    await crime.send("interactive", click)

    assert "no longer in the ledger" in shown(crime)
    assert NAME not in shown(crime)
    assert await rows(crime.store) == before


async def test_a_runs_form_submitted_in_another_workspace(crime: Crime) -> None:
    before = await rows(crime.store)
    submitted = crime.last("view_submission")
    text = json.dumps(submitted)
    assert before["runs"][0][0] in text, "the form carries the run's id"

    answer = await crime.send("interactive", json.loads(text.replace(NAME, "stolen")))

    assert "no longer in the ledger" in answer
    assert await rows(crime.store) == before


async def test_a_runs_form_that_drops_it_in_another_workspace(crime: Crime) -> None:
    before = await rows(crime.store)
    submitted = crime.last("view_submission")
    click = {
        **{name: submitted[name] for name in ("user", "team", "view")},
        "type": "block_actions",
        "trigger_id": "1.1",
        "container": {"type": "view", "view_id": submitted["view"]["id"]},
        "actions": [
            {"type": "button", "action_id": DROP, "block_id": "b", "action_ts": "1.1", "value": ""}
        ],
    }

    await crime.send("interactive", click)

    assert await rows(crime.store) == before


async def test_settings_saved_in_another_workspace(crime: Crime) -> None:
    scene = crime.scene
    await scene.slack.command(user="ada", channel="general", text="/carbon settings")
    view = await scene.slack.opened_view("ada")
    await scene.slack.submit_view(view, user="ada")
    await scene.settle()
    before = await rows(crime.store)
    saved = crime.last("view_submission", callback_id="carbon_settings")
    saved["view"]["id"] = "V0ANOTHER1"

    await crime.send("interactive", saved)

    assert await rows(crime.store) == before


async def test_an_address_of_another_workspaces_channel_stays_open(crime: Crime) -> None:
    command = next(one.payload for one in crime.deliveries if one.kind == "slash_commands")
    await crime.send("slash_commands", {**command, "text": "disconnect"})
    measured = {"run_id": "a", "project_name": NAME, "energy_consumed": 2.5, "emissions": 0.5}

    address = f"{crime.client.url}/ingest/{crime.secret}"
    async with crime.client.session.post(address, json=measured) as answer:
        assert answer.status == 201
    await crime.scene.settle()

    assert await crime.store.runs.all(Team("", THIEF)) == []
    (run,) = await crime.store.runs.all(Team("", OURS))
    assert run.entry.measured_energy_kwh == 2.5


async def test_the_home_tab_of_another_workspace(crime: Crime) -> None:
    ask = "8 H100 for 77 days in Norway"
    await said(crime.scene, ask)
    ada = crime.scene.slack.desk.team.workspace.users
    event = {
        "type": "event_callback",
        "team_id": OURS,
        "event_id": "Ev0THIEF1",
        "event": {"type": "app_home_opened", "user": next(iter(ada)), "tab": "home"},
        "authorizations": [],
    }

    await crime.send("events_api", event)

    assert "77 days" not in shown(crime)
