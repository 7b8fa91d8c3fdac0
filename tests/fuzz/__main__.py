"""Fuzzing by one command: ``python -m tests.fuzz parser --inputs 1000000 --seed 1``.

The same seed gives the same inputs; guided by coverage, also the same version of atheris is needed.
"""

from __future__ import annotations

import argparse
import gc
import math
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import guided
from tests.fuzz.running import Tally, generated
from tests.fuzz.targets import TARGETS

INPUTS = {
    "parser": 1_000_000,
    "factor-files": 20_000,
    "imports": 20_000,
    "ingest": 100_000,
    "payloads": 100_000,
}
"""How many of each, where nothing else is said."""


def _run(name: str, inputs: int, seed: int, found_in: Path, *, plain: bool, seconds: float) -> int:
    print(
        f"## {name}: {inputs:,} inputs, seed {seed}, inputs that fail go to {found_in}", flush=True
    )
    if name == "payloads":
        from tests.fuzz import payloads  # noqa: PLC0415 - a whole bot, for this alone

        return payloads.run(inputs, seed, found_in, seconds)
    if not plain and guided.is_there():
        return guided.run(name, inputs, seed, found_in, seconds)
    why = "as was asked" if plain else f"there is no atheris for {platform.platform()}"
    print(f"without guidance by coverage ({why}): from the seed alone", flush=True)
    target = TARGETS[name]()
    gc.freeze()  # what is imported by now stays, and needs no looking at each time
    tally = generated(Tally(target, inputs, found_in), seed, seconds)
    print(tally.summary(), flush=True)
    return 0 if tally.is_clean else 1


def main() -> int:
    """Fuzz one target or all; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", choices=INPUTS, help="all of them where none is named")
    parser.add_argument("--inputs", type=int, help="how many; each target has its own number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without atheris, where it is there")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long")
    parser.add_argument("--found", type=Path, help="folder for inputs that fail")
    options = parser.parse_args()
    found_in = options.found or Path(tempfile.mkdtemp(prefix="carbon-fuzz-"))
    started = time.perf_counter()
    worst = 0
    for name in [options.target] if options.target else INPUTS:
        inputs = options.inputs or INPUTS[name]
        code = _run(
            name, inputs, options.seed, found_in, plain=options.plain, seconds=options.seconds
        )
        worst = max(worst, abs(code))
    print(
        f"{'clean' if not worst else 'SOMETHING WAS FOUND'}, {time.perf_counter() - started:.0f} s"
    )
    return worst


if __name__ == "__main__":
    sys.exit(main())
