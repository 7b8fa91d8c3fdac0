"""The same inputs, guided by the coverage that they reach: with atheris, where it is installed.

libFuzzer ends the process that it runs in, so it runs in one of its own; the one that started it
reads what it says of coverage.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.fuzz.running import Tally

INSTRUMENTED: Final[dict[str, tuple[str, ...]]] = {
    "parser": ("bot.language.parser", "bot.language.chinese", "bot.language.normalise"),
    "factor-files": ("estimator.overrides",),
    "imports": ("bot.commands.importing", "bot.codecarbon"),
    "ingest": ("bot.codecarbon",),
}
"""Modules whose branches guide, by target; what they import is imported before, and does not."""
HANG_S: Final = 300
"""After so long libFuzzer gives an input up as one that never ends; by the wall's clock."""
TOLD_EVERY: Final = 20_000
"""Inputs after which it is told how far it is."""
_STATUS: Final = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


def is_there() -> bool:
    """Whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def run(name: str, inputs: int, seed: int, found_in: Path, seconds: float) -> int:
    """Fuzz in a process of its own; returns its status, not 0 where something was found."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(inputs), str(seed)]
    status = ""
    with subprocess.Popen(
        [*command, str(found_in), str(seconds)], stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        assert process.stderr is not None
        tail: list[str] = []
        for line in process.stderr:
            found = _STATUS.search(line)
            if found:
                status = f"{found[1]} edges, {found[2]} features, {found[3]} inputs kept"
            tail = [*tail[-40:], line]
        code = process.wait()
    if code not in {0, 1}:
        sys.stdout.write("".join(tail))
    sys.stdout.write(f"coverage by libFuzzer: {status or 'not told'}\n")
    return code


def _fuzz(name: str, inputs: int, seed: int, found_in: Path, seconds: float) -> None:
    """Fuzz in this process; it does not come back."""
    atheris: Any = importlib.import_module("atheris")
    _instrument(atheris, INSTRUMENTED[name])
    targets: Any = importlib.import_module("tests.fuzz.targets")
    target = targets.TARGETS[name]()
    gc.freeze()  # what is imported by now stays, and needs no looking at each time
    tally = Tally(target, inputs, found_in)

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))

    def take(raw: bytes) -> None:
        tally.take(raw)
        if tally.done % TOLD_EVERY == 0:
            sys.stdout.write(
                f"{tally.done:,} inputs, {time.perf_counter() - tally.started:.0f} s\n"
            )
            sys.stdout.flush()
        if tally.done >= inputs or stopped or time.perf_counter() - tally.started > seconds:
            sys.stdout.write(f"{tally.summary()}\n")
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0 if tally.is_clean else 1)

    def change(raw: bytes, most: int, dice: int) -> bytes:
        chance = random.Random(dice)  # noqa: S311 - it must repeat itself, not be secret
        if chance.random() < 0.1:
            return bytes(atheris.Mutate(raw, most))
        changed: bytes = target.next_input(chance, [raw])
        return changed[:most]

    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(target.corpus()):
            (Path(folder) / f"{number:04d}").write_bytes(one)
        options = [
            *(f"-seed={seed + 1}", f"-max_len={target.longest}", "-len_control=0"),
            *(f"-timeout={HANG_S}", "-rss_limit_mb=4096", f"-artifact_prefix={found_in}/"),
            *("-verbosity=1", "-print_final_stats=0", folder),
        ]
        found_in.mkdir(parents=True, exist_ok=True)
        atheris.Setup([sys.argv[0], *options], take, custom_mutator=change, internal_libfuzzer=True)
        atheris.Fuzz()


def _instrument(atheris: Any, names: tuple[str, ...]) -> None:
    """Import everything plainly, and those modules once more so that their branches are seen."""
    importlib.import_module("tests.fuzz.targets")
    for name in names:
        module = importlib.import_module(name)
        for found in list(vars(module).values()):
            if getattr(found, "__module__", None) == name:
                _instrument_one(atheris, found)


def _instrument_one(atheris: Any, found: object) -> None:
    members = [found, *vars(found).values()] if isinstance(found, type) else [found]
    for member in members:
        plain: Any = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        plain = getattr(plain, "__wrapped__", plain)
        if hasattr(plain, "__code__"):
            # Edges alone: what is compared with what would guide changes of bytes, not of words.
            plain.__code__ = atheris.patch_code(plain.__code__, trace_dataflow=False)


if __name__ == "__main__":
    _fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]))
