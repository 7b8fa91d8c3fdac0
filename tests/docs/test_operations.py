"""What `docs/operations.md`, the dashboard and the alert rules name is what a bot exports."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from opentelemetry.sdk import environment_variables
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import Settings
from bot.store import open_store
from deploy.local_slack.faults import Fault
from tests.bot.test_measuring import connected, sent
from tests.bot.test_metrics import LABELS, due_since, watched

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/observability"
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
NAME = re.compile(r"\b(?:carbon|process)_\w+")
MATCHER = re.compile(r"\b((?:carbon|process)_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
PROMTOOL = shutil.which("promtool")
RULES = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
ALERTS: list[dict[str, Any]] = RULES["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]


async def traffic(folder: Path) -> str:
    """What a bot exports that did a little of everything."""
    url, now = f"sqlite:///{folder}/carbon.db", datetime.now(UTC)
    schedule = due_since(now - timedelta(minutes=1))
    async with watched(url) as scene, open_store(url) as store:
        wait = Fault(status=429, error="ratelimited", retry_after_s=1)
        scene.stage.slack.fail("users.info", wait)
        await scene.said("8 H100 in France")
        await sent(scene.stage, await connected(scene.stage))
        await store.schedules.put(schedule)
        await scene.stage.bot.reports.run_due()
        await scene.stage.settle()
        return await scene.text()


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metric]:
    """What it exports, by the names that are used in queries, without a histogram's endings."""
    text = asyncio.run(traffic(tmp_path_factory.mktemp("traffic")))
    found = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        # When a counter began is told beside it.
        if not family.name.endswith("_created"):
            found[name] = family
    return found


@pytest.fixture(scope="module")
def exported(families: dict[str, Metric]) -> dict[str, set[str]]:
    """Names of samples, and the labels of each."""
    found: dict[str, set[str]] = {}
    for family in families.values():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def queries() -> list[str]:
    asked = [str(rule["expr"]) for rule in ALERTS]
    for panel in PANELS:
        asked += [str(target["expr"]) for target in panel.get("targets", ())]
    if sys.platform != "linux":
        # Only Linux tells of processes.
        asked = [query for query in asked if "process_" not in query]
    return asked


def test_every_metric_of_the_rules_and_the_dashboard_is_exported(
    exported: dict[str, set[str]],
) -> None:
    for query in queries():
        names = set(NAME.findall(query))
        assert names
        assert names <= set(exported), query


def test_every_label_of_the_rules_and_the_dashboard_is_one_of_the_metrics(
    exported: dict[str, set[str]],
) -> None:
    for query in queries():
        known = set[str]().union(*(exported[name] for name in NAME.findall(query)))
        known |= {"instance"}  # of the scrape
        for names in GROUPED.findall(query):
            assert {name.strip() for name in names.split(",")} <= known, query
        for name, matchers in MATCHER.findall(query):
            for label, values in re.findall(r'(\w+)(?:=~?|![=~])"([^"]*)"', matchers):
                assert label in exported[name] | {"instance"}, query
                if label != "instance":
                    assert set(values.split("|")) <= LABELS[label], query


def test_the_dashboard_shows_every_metric() -> None:
    shown = " ".join(queries())
    rows = re.findall(r"^\| `(carbon_\w+)` \|", PAGE, re.MULTILINE)
    assert rows
    assert [name for name in rows if name not in shown] == []


def test_the_page_lists_every_metric(
    families: dict[str, Metric], exported: dict[str, set[str]]
) -> None:
    rows = re.findall(r"^\| `(carbon_\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", PAGE, re.MULTILINE)
    listed = {name: (kind, labels, what) for name, kind, labels, what in rows}
    own = {name: family for name, family in families.items() if name.startswith("carbon_")}

    assert set(listed) == set(own)
    for name, family in own.items():
        kind, labels, what = listed[name]
        assert (kind, what) == (family.type, family.documentation)
        sample = f"{name}_count" if kind == "histogram" else name
        assert set(re.findall(r"`(\w+)`", labels)) == exported[sample], name


def test_every_alert_has_what_it_needs_and_a_runbook() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {"summary", "description", "runbook"} == set(rule["annotations"])
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        severity = rule["labels"]["severity"]
        assert f"| [{rule['alert']}](#{rule['alert'].lower()}) | {severity} |" in PAGE
    assert re.findall(r"^### (Carbon\w+)$", PAGE, re.MULTILINE) == names


def test_the_dashboard_has_what_grafana_needs() -> None:
    assert DASHBOARD["uid"]
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource", "instance"}
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["description"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"]
        assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool here")
def test_prometheus_takes_the_rules_and_they_fire_when_they_should() -> None:
    for command in (("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")):
        done = subprocess.run(
            [str(PROMTOOL), *command], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_names_only_settings_that_there_are() -> None:
    names = {*(name.upper() for name in Settings.model_fields), *vars(environment_variables)}
    said = set(re.findall(r"`([A-Z]{3,}_[A-Z_]+)`", PAGE)) | {"PORT"}
    assert said <= names
