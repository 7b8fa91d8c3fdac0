"""Speed, as ratios against baselines in the same run: ``make bench``.

Both sides alternate, so that what else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time

from bot import commands
from bot.language import LanguageError, parse, to_text
from estimator import estimate
from tests.bench import estimator_speed, slack_speed
from tests.bot.language.test_forms import NONSENSE
from tests.bot.people import ASKER

ROUNDS = 300


def slowest_refusal_ms() -> float:
    """The slowest refusal of hostile input [ms]; a clear answer within 50 ms is aimed at."""
    slowest = 0.0
    for text in NONSENSE:
        start = time.process_time()
        with contextlib.suppress(LanguageError):
            parse(text, ASKER.catalogue)
        slowest = max(slowest, time.process_time() - start)
    return 1000 * slowest


def steps_of_an_answer() -> None:
    """Print what each step of an answer costs [µs]; no two commands are alike."""
    times: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        text = f"{number + 1} GPU {2 * number + 3} TPU"
        marks = [time.perf_counter()]
        run = parse(text, ASKER.catalogue).run
        marks.append(time.perf_counter())
        estimate(run, ASKER.catalogue)
        marks.append(time.perf_counter())
        to_text(run, catalogue=ASKER.catalogue)
        marks.append(time.perf_counter())
        commands.answer(text, ASKER).message.payload()
        marks.append(time.perf_counter())
        for step, first, last in zip(
            ("parse", "estimate", "say it again", "answer, with all of these and the blocks"),
            marks,
            marks[1:],
            strict=False,
        ):
            times.setdefault(step, []).append(last - first)
    for step, found in times.items():
        print(f"{step}: {1e6 * statistics.median(found[20:]):.0f} µs median")


if __name__ == "__main__":
    print(f"slowest refusal of {len(NONSENSE)} hostile commands: {slowest_refusal_ms():.0f} ms")
    steps_of_an_answer()
    estimator_speed.main()
    asyncio.run(slack_speed.main())
