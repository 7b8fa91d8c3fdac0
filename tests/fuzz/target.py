"""What is fuzzed: something that takes bytes, and what it may say of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.mutating import Mutator

CORPUS: Final = Path(__file__).parent / "corpus"
ALLOWED_MS: Final = 50.0
"""Processor time that one input may take."""

Chance = random.Random


def plain_allowance(_raw: bytes) -> float:
    """Processor time that any input may take [ms]."""
    return ALLOWED_MS


def nothing_kept() -> None:
    """There is nothing to forget between two tries."""


@dataclass(frozen=True)
class Target:
    """Something that takes inputs of one kind.

    Attributes:
        name: what it is called on the command line.
        take: reads an input, and says in a word or two what came of it; raises what nobody
            documented.
        fresh: a new input, well formed or nearly.
        mutator: makes inputs from others.
        longest: bytes of an input.
        allowed_ms: processor time that an input may take.
        forget: empties what would make a second reading of the same input quicker.
    """

    name: str
    take: Callable[[bytes], str]
    fresh: Callable[[Chance], bytes]
    mutator: Mutator
    longest: int
    allowed_ms: Callable[[bytes], float] = plain_allowance
    forget: Callable[[], None] = nothing_kept

    def corpus(self) -> list[bytes]:
        """The inputs that are kept, in the order of their names."""
        return [path.read_bytes() for path in sorted((CORPUS / self.name).glob("*"))]

    def next_input(self, chance: Chance, pool: list[bytes]) -> bytes:
        """A new input, or one of the pool changed."""
        if not pool or chance.random() < 0.5:
            fresh = self.fresh(chance)
            if chance.random() < 0.4:
                return fresh[: self.longest]
            return self.mutator.mutated(chance, fresh, fresh)
        return self.mutator.mutated(chance, chance.choice(pool), chance.choice(pool))
