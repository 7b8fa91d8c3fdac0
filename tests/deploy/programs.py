"""The programs that check deployments: beside this Python, or on the path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


def program(name: str) -> str:
    """The path of a program; the test is skipped where there is none for this platform."""
    beside = Path(sys.prefix) / "bin" / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed on this platform")
    return found
