"""What fuzzing has found stays found, and a part of what it does is done with every test run.

Hangs are told by processor time, of which the best of five tries counts, and twenty times what
fuzzing allows: what once took seconds is seen on the slowest machine, a busy one breaks nothing.
"""

from __future__ import annotations

import pytest

from tests.fuzz.payloads import TARGET, Fuzzing
from tests.fuzz.running import Tally, generated
from tests.fuzz.target import CORPUS
from tests.fuzz.targets import TARGETS

PATIENCE = 20.0
SLICES = {"parser": 2000, "factor-files": 150, "imports": 300, "ingest": 1000}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_was_found_stays_found(name: str) -> None:
    target = TARGETS[name]()
    kept = target.corpus()
    tally = Tally(target, len(kept), patience=PATIENCE, watched=False)
    for raw in kept:
        tally.take(raw)
    assert kept
    assert tally.is_clean, tally.summary()


@pytest.mark.no_cover
@pytest.mark.parametrize(("name", "inputs"), sorted(SLICES.items()))
def test_a_slice_of_fuzzing_finds_nothing(name: str, inputs: int) -> None:
    tally = Tally(TARGETS[name](), inputs, patience=PATIENCE, watched=False)
    generated(tally, seed=7)
    assert tally.done == inputs
    assert len(tally.kinds) > 4
    assert tally.is_clean, tally.summary()


@pytest.mark.no_cover
async def test_a_slice_of_payloads_finds_nothing() -> None:
    fuzzing = Fuzzing(300, 7, None, rehearsed=40, patience=PATIENCE, watched=False)
    tally = await fuzzing.run()
    assert tally.done == 300
    assert fuzzing.sorts > 8
    assert tally.is_clean, tally.summary()


async def test_what_was_found_in_payloads_stays_found() -> None:
    kept = TARGET.corpus()
    fuzzing = Fuzzing(len(kept), 7, None, rehearsed=40, patience=PATIENCE, watched=False)
    tally = await fuzzing.run()
    # All but those of a wrong shape come as far as to what answers.
    assert tally.kinds["status 400"] == 2
    assert tally.is_clean, tally.summary()


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*")) < 300_000
