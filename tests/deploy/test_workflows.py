"""The workflows: what they run is pinned, and they may do no more than they need."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from tests.deploy.dockerfile import ROOT
from tests.deploy.programs import program
from tests.deploy.yaml_files import complaints, document

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yml"))}
MAY_WRITE = {
    ("release.yml", "image"): {"packages", "id-token", "attestations"},
    ("release.yml", "publish"): {"contents", "id-token", "attestations"},
}
every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document(WORKFLOWS[name])["jobs"]
    return found


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_zizmor_finds_nothing() -> None:
    done = subprocess.run(
        [program("zizmor"), "--offline", "--pedantic", "--no-progress", str(FOLDER.parent)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_yamllint_finds_nothing() -> None:
    for path in FOLDER.parent.rglob("*.yml"):
        assert complaints(path.read_text(encoding="utf-8")) == [], path.name


@every_workflow
def test_an_action_is_pinned_to_a_commit_and_says_which_release_that_is(name: str) -> None:
    used = re.findall(r"^\s+(?:- )?uses: (.+)$", WORKFLOWS[name], re.MULTILINE)

    assert used
    for use in used:
        if not use.startswith("./"):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_a_release_of_an_action_is_one_commit_everywhere() -> None:
    used = {
        (action, commit)
        for text in WORKFLOWS.values()
        for action, commit in re.findall(r"uses: (\S+)@([0-9a-f]{40})", text)
    }

    assert len(used) == len({action for action, _ in used})


@every_workflow
def test_a_job_may_write_only_what_it_makes(name: str) -> None:
    assert document(WORKFLOWS[name])["permissions"] == {}
    for job, what in jobs(name).items():
        granted = what["permissions"]
        may_write = {scope for scope, level in granted.items() if level == "write"}
        assert may_write == MAY_WRITE.get((name, job), set())
        assert set(granted.values()) <= {"read", "write"}


@every_workflow
def test_a_checkout_leaves_no_token_behind(name: str) -> None:
    for job in jobs(name).values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@every_workflow
def test_a_job_ends(name: str) -> None:
    for job in jobs(name).values():
        assert "uses" in job or job["timeout-minutes"] <= 60


@every_workflow
def test_what_a_step_runs_is_bash(name: str) -> None:
    for job in jobs(name).values():
        for step in job.get("steps", []):
            read = subprocess.run(
                [program("bash"), "-n"],
                input=step.get("run", ""),
                capture_output=True,
                text=True,
                check=False,
            )
            assert read.returncode == 0, read.stderr


def test_the_checks_are_those_of_the_project() -> None:
    assert "bash .ci/run" in commands(jobs("ci.yml")["check"])


def test_a_release_is_checked_audited_listed_and_signed_before_it_is_published() -> None:
    release = jobs("release.yml")
    built = commands(release["build"])
    signed = [
        step["uses"].partition("@")[0] for step in release["publish"]["steps"] if "uses" in step
    ]

    assert release["check"]["uses"].endswith("/ci.yml")
    assert [release[job]["needs"] for job in ("build", "image", "publish")] == [
        "check",
        "build",
        "image",
    ]
    for words in ("pip-audit", "--require-hashes", "make sbom", "helm package", "SHA256SUMS"):
        assert words in built
    assert signed.count("actions/attest") == 2
    assert "cosign sign" in commands(release["image"])
    assert release["publish"]["steps"][-1]["run"].startswith("gh release create")
