"""What docs/deploy.md says is so: its commands fit the chart, its figures the defaults."""

from __future__ import annotations

import re
import shlex

import pytest

from bot.reports import queue
from tests.deploy.chart import CHART, helm
from tests.deploy.dockerfile import ROOT, stages
from tests.deploy.test_compose import SERVICES
from tests.deploy.yaml_files import document

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
VALUES = document((CHART / "values.yaml").read_text(encoding="utf-8"))
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
    if line
]
MIB = 1024**2
SIZES = {"Mi": MIB, "M": MIB}  # Compose's M is 1024 squared, too


def size_of(text: str) -> float:
    found = re.fullmatch(r"(\d+)(Mi|M)", text)
    assert found
    return int(found[1]) * SIZES[found[2]]


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command[0] == "helm"], ids=lambda c: c[1]
)
def test_what_it_installs_can_be_rendered(command: list[str]) -> None:
    assert command[1:4] == ["upgrade", "--install", "carbon"]

    done = helm("template", "carbon", str(ROOT / command[4]), *command[5:])

    assert done.returncode == 0, done.stderr
    assert "host: carbon.example.com" in done.stdout


def test_the_secret_that_it_makes_is_the_one_that_the_chart_reads() -> None:
    (made,) = (command for command in COMMANDS if command[:2] == ["kubectl", "create"])

    assert made[4] == VALUES["secret"]["existing"]


def test_the_values_that_it_names_are_the_charts() -> None:
    names = re.findall(r"^\| ((?:`[\w.*]+`(?:, )?)+) \| .* \| .* \|$", PAGE, re.MULTILINE)

    assert len(names) > 8
    for cell in names:
        # As in `networkPolicy.from`, `.metricsFrom`: the second is where the first is.
        first, *more = re.findall(r"`([\w.*]+)`", cell)
        place = first.partition(".")[0]
        for name in (first, *(f"{place}{name}" if name[0] == "." else name for name in more)):
            found = VALUES
            for part in name.removesuffix(".*").split("."):
                assert part in found, name
                found = found[part]


def test_the_container_that_it_starts_is_shut_off() -> None:
    (run,) = (command for command in COMMANDS if command[:2] == ["docker", "run"])

    assert {"--read-only", "no-new-privileges"} <= set(run)
    assert run[run.index("--tmpfs") + 1] == "/tmp"  # noqa: S108 - of a container
    assert run[run.index("--cap-drop") + 1] == "ALL"
    assert run[run.index("--volume") + 1].endswith(f":{stages()['image'].one('VOLUME')}")


def test_the_limits_hold_what_was_measured() -> None:
    def measured(what: str) -> float:
        (row,) = re.findall(rf"^\| {what}[^|]* \|(.*)\|$", PAGE, re.MULTILINE)
        return max(float(cell) for cell in row.split("|")) * MIB

    worked, most = measured("Memory after about"), measured("The most, with")
    compose = SERVICES["bot"]["deploy"]["resources"]
    for bounds in (VALUES["resources"], compose):
        kept = bounds.get("requests") or bounds["reservations"]
        assert size_of(kept["memory"]) > 1.2 * worked
        assert size_of(bounds["limits"]["memory"]) > 1.5 * most


def test_the_connections_are_counted() -> None:
    # SQLAlchemy's pool has 5 and may open 10 more; the queue listens on one beside its own.
    assert f"at most {15 + queue.CONNECTIONS + 1} connections" in PAGE
