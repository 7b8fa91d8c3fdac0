"""What an examination finds, and what it examines with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """How good it is."""

    OK = "ok"
    WARN = "warn"
    """It works, and should be looked at."""
    FAIL = "fail"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    Attributes:
        subject: what was examined.
        level: how good it is.
        found: what was found; no secret is in it.
        remedy: what to do about it; empty where there is nothing to do.
    """

    subject: str
    level: Level
    found: str
    remedy: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Instruments:
    """What the machine is asked by.

    Attributes:
        now: its clock.
        free_bytes: how much may still be written to the disk of a folder.
        patience_s: how long Slack and the database may take to answer.
    """

    now: Callable[[], datetime] = _now
    free_bytes: Callable[[Path], int] = _free_bytes
    patience_s: float = 15.0
