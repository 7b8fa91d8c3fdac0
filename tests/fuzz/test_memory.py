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


def is_ours(cache: Any) -> bool:
    """Whether it is around a function of ours, and in use.

    A library may keep results of an object of ours, and another test may have loaded a module anew,
    whose caches are others now.
    """
    name = getattr(cache, "__name__", None)
    if name is None or cache.__module__.partition(".")[0] not in {"bot", "estimator"}:
        return False
    current = getattr(sys.modules.get(cache.__module__), name, cache)
    return current is cache or not is_bounded_cache(current)


def test_every_bounded_cache_of_ours_is_emptied() -> None:
    parse("8 H100 for 2 weeks in Germany", load_default())
    figures(0)
    # As the collector knows them, wherever they are kept.
    ours = [found for found in gc.get_objects() if is_bounded_cache(found) and is_ours(found)]
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
