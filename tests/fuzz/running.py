"""Runs inputs, and tells what came of them: kinds, crashes, slowness, memory."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import math
import os
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any, Final, TypeGuard

from tests.fuzz.target import Target, nothing_kept

MARKS: Final = 50
"""How often memory is looked at."""
TRIES: Final = 5
"""A slow input is measured again so often, and the quickest counts."""
GROWTH: Final = 0.05
"""By how much of itself memory may grow from the second tenth to the last."""
POOL: Final = 2000
"""Inputs that are changed into others."""
USUAL: Final = 400
"""Bytes of most of them: long ones cost much and tell little."""
_OURS: Final = frozenset({"bot", "deploy", "estimator", "tests"})
"""Packages whose caches are ours."""


def rss_mb() -> float:
    """Memory of this process [MB]; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def empty_caches() -> int:
    """Empty each cache of ours that keeps a bounded number of results, and count them.

    They fill while a run goes on, and are full at their bound: what they keep is no leak, and would
    look like one. Caches of one result keep what is read at the start, and stay.
    """
    caches: set[_lru_cache_wrapper[Any]] = set()
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] in _OURS:
            caches.update(one for one in vars(module).values() if is_bounded_cache(one))
    for cache in caches:
        cache.cache_clear()
    return len(caches)


def is_bounded_cache(found: object) -> TypeGuard[_lru_cache_wrapper[Any]]:
    """Whether something keeps results, more than one and at most so many."""
    if not isinstance(found, _lru_cache_wrapper):
        return False
    return (found.cache_parameters()["maxsize"] or 0) > 1


@dataclass
class Memory:
    """Looks at memory now and then, and compares the last tenth with the second.

    Python's own blocks are counted exactly; the system's figure has everything in it, also what
    the fuzzer itself keeps.
    """

    inputs: int
    seen: list[tuple[int, int, float]] = field(default_factory=list)
    """Inputs so far, Python's blocks, and MB."""
    _next: int = 0

    def look(
        self, done: int, forget: Callable[[], None] = nothing_kept, *, anyway: bool = False
    ) -> None:
        """Note what is used after so many inputs, when caches of a bounded size are emptied.

        Args:
            done: inputs so far.
            forget: empties what the target keeps beside.
            anyway: also where it was looked not long ago.
        """
        if done < self._next and not anyway:
            return
        self._next = done + max(1, self.inputs // MARKS)
        forget()
        empty_caches()
        gc.collect()
        self.seen.append((done, sys.getallocatedblocks(), rss_mb()))

    def tenth(self, number: int) -> tuple[float, float]:
        """The mean blocks and MB in a tenth of the run, counted from 1."""
        first, last = self.inputs * (number - 1) / 10, self.inputs * number / 10
        within = [one for one in self.seen if first <= one[0] <= last] or self.seen[-1:]
        return (
            sum(blocks for _, blocks, _ in within) / len(within),
            sum(size for _, _, size in within) / len(within),
        )

    def growth(self) -> tuple[float, float]:
        """By how much of themselves blocks and MB grew from the second tenth to the last."""
        (blocks, size), (last_blocks, last_size) = self.tenth(2), self.tenth(10)
        return last_blocks / blocks - 1, last_size / size - 1 if size else 0.0

    def __str__(self) -> str:
        (blocks, size), (last_blocks, last_size) = self.tenth(2), self.tenth(10)
        more, larger = self.growth()
        return (
            f"memory, second tenth → last: {blocks:,.0f} → {last_blocks:,.0f} Python blocks "
            f"({more:+.2%}), {size:.1f} → {last_size:.1f} MB ({larger:+.2%})"
        )


@dataclass
class Tally:
    """What came of the inputs of a run."""

    target: Target
    inputs: int
    found_in: Path | None = None
    """Where inputs are put that crash or are slow."""
    patience: float = 1.0
    watched: bool = True
    """Whether memory is looked at, which takes a while each time."""
    """How many times what is allowed an input may take: more than once on a machine of tests."""
    done: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, str] = field(default_factory=dict)
    """By where they came from; of each place the first is told."""
    crashed: int = 0
    slow: list[tuple[float, bytes]] = field(default_factory=list)
    slowest: tuple[float, bytes] = (0.0, b"")
    started: float = field(default_factory=time.perf_counter)
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.inputs)

    @property
    def is_clean(self) -> bool:
        """Whether nothing crashed and nothing was slow."""
        return not self.crashes and not self.slow

    def take(self, raw: bytes) -> str:
        """Give the target an input, and note what came of it; empty where it crashed."""
        kind, took_ms = self._measured(raw)
        self.done += 1
        if kind:
            self.kinds[kind] += 1
        allowed_ms = self._allowed_ms(raw)
        if took_ms > min(allowed_ms, max(self.slowest[0], 5.0)):
            took_ms = min(took_ms, *(self._again(raw) for _ in range(TRIES - 1)))
            if took_ms > self.slowest[0]:
                self.slowest = took_ms, raw
            if took_ms > allowed_ms:
                self.slow.append((took_ms, raw))
                self._put_away("slow", raw)
        self._look()
        return kind

    def note(self, raw: bytes, kind: str, wrong: str, took_ms: float) -> None:
        """Note what came of an input that somebody else has run."""
        self.done += 1
        self.kinds[kind] += 1
        self.trouble(raw, wrong)
        if took_ms > self.slowest[0]:
            self.slowest = took_ms, raw
        if took_ms > self._allowed_ms(raw):
            self.slow.append((took_ms, raw))
            self._put_away("slow", raw)
        self._look()

    def trouble(self, raw: bytes, wrong: str) -> None:
        """Note what is wrong with an input, if anything is."""
        if wrong:
            self.crashed += 1
            # Without what differs each time: numbers, references and ids.
            key = re.sub(r"[0-9a-f]{8}|\d+", "…", wrong.splitlines()[-1])[:160]
            places = re.findall(r'File "([^"]+)", line (\d+)', wrong)
            key += f" at {places[-1][0]}:{places[-1][1]}" if places else ""
            if key not in self.crashes:
                self.crashes[key] = f"{raw[:1500]!r}\n{wrong[-6000:]}"
                self._put_away("crash", raw)

    def _look(self) -> None:
        if self.watched:
            self.memory.look(self.done, self.target.forget)

    def _allowed_ms(self, raw: bytes) -> float:
        return self.patience * self.target.allowed_ms(raw)

    def _measured(self, raw: bytes) -> tuple[str, float]:
        start = time.thread_time()
        try:
            kind = self.target.take(raw)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            kind = ""
            self._crash(error, raw)
        return kind, 1000 * (time.thread_time() - start)

    def _again(self, raw: bytes) -> float:
        """Processor time of an input whose first reading is forgotten [ms]."""
        self.target.forget()
        gc.disable()  # what others left is not its fault
        try:
            start = time.thread_time()
            with contextlib.suppress(Exception):
                self.target.take(raw)
            return 1000 * (time.thread_time() - start)
        finally:
            gc.enable()

    def _crash(self, error: Exception, raw: bytes) -> None:
        self.crashed += 1
        where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        key = f"{type(error).__name__} at {where[-1]}"
        if key not in self.crashes:
            trace = "".join(traceback.format_exception(error))
            self.crashes[key] = f"{raw[:500]!r}\n{trace}"
            self._put_away("crash", raw)

    def _put_away(self, what: str, raw: bytes) -> None:
        if self.found_in is not None:
            self.found_in.mkdir(parents=True, exist_ok=True)
            name = f"{self.target.name}-{what}-{hashlib.sha256(raw).hexdigest()[:12]}"
            (self.found_in / name).write_bytes(raw)

    def summary(self) -> str:
        """What there is to say at the end."""
        took_s = time.perf_counter() - self.started
        self.memory.look(self.done, self.target.forget, anyway=True)
        self.memory.inputs = self.done  # fewer than were asked for, where time was up
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in self.kinds.most_common(12))
        more = len(self.kinds) - 12
        each_ms = 1000 * took_s / max(1, self.done)
        slowest_ms, slowest = self.slowest
        lines = [
            f"{self.target.name}: {self.done:,} inputs in {took_s:.0f} s ({each_ms:.2f} ms each)",
            f"what came of them: {kinds}{f', and {more} more kinds' if more > 0 else ''}",
            f"crashes: {self.crashed:,} at {len(self.crashes)} places",
            f"slower than allowed: {len(self.slow)}",
            f"slowest: {slowest_ms:.1f} ms of processor time: {slowest[:160]!r}",
            str(self.memory),
        ]
        lines += [f"\nCRASH {key}\n{told}" for key, told in self.crashes.items()]
        lines += [f"\nSLOW {took_ms:.1f} ms: {raw[:300]!r}" for took_ms, raw in self.slow[:20]]
        return "\n".join(lines)


def generated(tally: Tally, seed: int, seconds: float = math.inf) -> Tally:
    """Run inputs that depend on the seed alone, and on what is kept in the corpus."""
    chance = random.Random(seed)  # noqa: S311 - it must repeat itself, not be secret
    target, inputs = tally.target, tally.inputs
    pool = target.corpus()
    kept = len(pool)
    known: set[str] = set()
    while tally.done < inputs and time.perf_counter() - tally.started < seconds:
        raw = target.next_input(chance, pool)
        kind = tally.take(raw)
        # What is of a kind not met before, and a part of all else, is worth changing further.
        if kind not in known or chance.random() < 0.05:
            known.add(kind)
            raw = raw[:USUAL] if chance.random() < 0.9 else raw
            if len(pool) < POOL:
                pool.append(raw)
            else:
                pool[chance.randrange(kept, POOL)] = raw
    return tally
