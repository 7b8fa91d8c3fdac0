"""The list of parts: what the image installs, all of it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.deploy.dockerfile import ROOT
from tests.deploy.programs import program


def test_make_sbom_lists_every_locked_dependency_with_its_hashes(tmp_path: Path) -> None:
    target = tmp_path / "made" / "sbom.json"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", lock, re.MULTILINE)
    # What is installed is not installed again; the schema takes 5 s, and is for releases.
    options = ["-o", ".venv/.installed", "SBOM_OPTIONS=--no-validate"]
    done = subprocess.run(
        [program("make"), "-s", *options, "sbom", f"SBOM={target}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(target.read_text(encoding="utf-8"))
    listed = {(part["name"], part["version"]): part for part in found["components"]}
    assert found["bomFormat"] == "CycloneDX"
    assert found["metadata"]["component"]["name"] == "carbon-slack-bot"
    assert set(listed) == set(locked)
    assert len(locked) > 40
    for (name, version), part in listed.items():
        assert part["purl"] == f"pkg:pypi/{name}@{version}"
        hashes = {found["content"] for found in part["externalReferences"][0]["hashes"]}
        assert hashes <= set(re.findall("sha256:([0-9a-f]{64})", lock))
        assert hashes
