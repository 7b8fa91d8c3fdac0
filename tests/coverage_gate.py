"""Fails when branches of the estimator or of the command language are covered below 95 %.

Run after the test suite: ``python -m tests.coverage_gate``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

GATED = ("estimator/", "bot/language/")
LEAST_PERCENT = 95.0


def main() -> int:
    """Print the branch coverage of each gated package; 1 when one is too low."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run(
            [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)], check=True
        )
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    worst = 100.0
    for package in GATED:
        summaries = [f["summary"] for path, f in files.items() if path.startswith(package)]
        branches = sum(s["num_branches"] for s in summaries)
        covered = sum(s["covered_branches"] for s in summaries)
        percent = 100 * covered / branches if branches else 0.0
        worst = min(worst, percent)
        print(f"branches of {package}: {covered} of {branches} covered, {percent:.1f} %")
    if worst < LEAST_PERCENT:
        print(f"at least {LEAST_PERCENT:g} % are wanted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
