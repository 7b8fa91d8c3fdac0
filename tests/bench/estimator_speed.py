"""Speed of the estimator, as ratios against baselines in the same run."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable, Sequence

from estimator import DeviceQuantity, TrainingRun, estimate, load_default
from estimator.sweeping import sweep

ROUNDS = 15
CALLS = 300
PROCESSES = 7


def describe() -> TrainingRun:
    """A specification as commands give it."""
    return TrainingRun(
        devices=(DeviceQuantity(device="H100", quantity=64),),
        duration_h=336.0,
        location="eu-west-1",
    )


def compared(work: Callable[[], object], baseline: Callable[[], object]) -> float:
    """Median ratio of two pieces of work that are timed in turn."""
    ratios = []
    for _ in range(ROUNDS):
        first = timeit.timeit(work, number=CALLS)
        ratios.append(first / timeit.timeit(baseline, number=CALLS))
    return statistics.median(ratios)


def cpu_s(arguments: Sequence[str]) -> float:
    """Processor time of a whole Python process [s], its modules compiled as those of a library."""
    kept = {name: said for name, said in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=kept)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the ratios beside what is aimed at."""
    catalogue, run = load_default(), describe()
    ratio = compared(lambda: estimate(run, catalogue), describe)
    print(f"one estimate with intervals: {ratio:.1f} × building its specification (aim: ≤ 25)")
    points = len(sweep(run, catalogue))
    ratios = []
    for _ in range(3):
        each = timeit.timeit(lambda: sweep(run, catalogue), number=1) / points
        ratios.append(
            each / (timeit.timeit(lambda: estimate(run, catalogue), number=CALLS) / CALLS)
        )
    print(
        f"a point of a sweep over {points:,}: {statistics.median(ratios):.3f} × one estimate "
        "(aim: ≤ 0.2)"
    )
    commands = {
        "import estimator": (["-c", "import estimator"], 1.5),
        "python -m estimator estimate": (["-m", "estimator", "estimate", "--device", "8xH100"], 3),
    }
    for name, (arguments, aim) in commands.items():
        cpu_s(arguments)  # compiles modules, and keeps the data
        pairs = [(cpu_s(arguments), cpu_s(["-c", "import pydantic"])) for _ in range(PROCESSES)]
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        print(f"{name}: {ratio:.2f} × import pydantic, whole processes (aim: ≤ {aim:g})")
