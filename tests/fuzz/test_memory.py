"""What a bounded cache keeps is no growth; what is kept without a bound is."""

from __future__ import annotations

import gc
import sys
from typing import Any

from bot.language import parse
from estimator import load_default
from estimator.figures import number
from tests.fuzz.running import Memory, empty_caches, is_bounded_cache

MANY = 400
"""Figures from one look at memory to the next: ten times as many nearly fill the cache of them."""


def figures(step: int) -> list[str]:
    """Figures in words, others at each step, which are kept by a cache of ours."""
    return [number(step * MANY + n + 0.5) for n in range(MANY)]


def is_replaced(cache: Any) -> bool:
    """Whether its module was loaded anew, as another test may do, and has another in its place."""
    current = getattr(sys.modules.get(cache.__module__), cache.__name__, cache)
    return is_bounded_cache(current) and current is not cache


def test_every_bounded_cache_of_ours_is_emptied() -> None:
    parse("8 H100 for 2 weeks in Germany", load_default())
    figures(0)
    # As the collector knows them, wherever they are kept.
    ours = [
        found
        for found in gc.get_objects()
        if is_bounded_cache(found)
        and found.__module__.partition(".")[0] in {"bot", "estimator"}
        and not is_replaced(found)
    ]
    full = [cache for cache in ours if cache.cache_info().currsize]

    emptied = empty_caches()

    assert len(full) > 2
    assert emptied >= len(ours)
    assert not [cache for cache in ours if cache.cache_info().currsize]


def test_a_cache_that_fills_is_no_growth() -> None:
    memory = Memory(100)
    for step in range(11):
        memory.look(10 * step)
        figures(step)

    blocks, _ = memory.growth()

    assert blocks * memory.tenth(2)[0] < MANY


def test_what_is_kept_without_a_bound_is_growth() -> None:
    memory, kept = Memory(100), list[str]()
    for step in range(11):
        memory.look(10 * step)
        kept += figures(step)

    blocks, _ = memory.growth()

    # There are eight steps from the second tenth to the last.
    assert blocks * memory.tenth(2)[0] > 7 * MANY
