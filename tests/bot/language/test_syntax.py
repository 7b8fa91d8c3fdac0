"""The parts of a command that are kept by its words are those that the grammar gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from bot.language import to_text
from bot.language.grammar import GRAMMAR, GRAMMAR_PARSER
from bot.language.normalise import normalise
from bot.language.syntax import Part, parts
from estimator import TrainingRun
from tests.bot.language.strategies import any_runs

WORDS = [
    *(
        "GPU",
        "TPU v4",
        "for",
        "in",
        "year",
        "x",
        "k",
        "%",
        "2 weeks",
        "at",
        "like",
        "GPT-3",
        "H100",
    ),
    *("days", "TB of storage", "e", "-", "MWh", "B params", "T tokens", "duty", "overhead", ","),
    *("10", "7", "1999", "2023", "2199", "2200", "19000", "020", "1.5", "1,000", "8x", "v3-8"),
    *("month", "0", "07", "12", "13"),
]


def told(part: Part) -> tuple[object, ...]:
    if isinstance(part, Token):
        return part.type, str(part), part.value, part.start_pos, part.end_pos
    return part.data, *(told(child) for child in part.children)


@pytest.fixture(scope="module")
def made() -> Lark:
    """The grammar's parser, not as it comes out of the cache."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def both(plain: str) -> tuple[object, object]:
    """What the grammar says of a command, and what is said here; or where each stops."""
    found: list[object] = []
    for read in (lambda text: GRAMMAR_PARSER.parse(text).children, parts):
        try:
            found.append([told(part) for part in read(plain)])
        except UnexpectedInput as error:
            found.append((type(error), error.pos_in_stream))
    return found[0], found[1]


@settings(deadline=None, derandomize=True)
@given(any_runs, st.integers(0, 3_000))
def test_runs(run: TrainingRun, number: int) -> None:
    said = to_text(run)
    for plain in (said, f"{number} {said}", f"{said} in {number}"):
        by_grammar, kept = both(plain)
        assert by_grammar == kept


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WORDS) | st.integers(0, 3_000).map(str), max_size=9).map(" ".join))
def test_any_words(plain: str) -> None:
    by_grammar, kept = both(normalise(plain))
    assert by_grammar == kept


@pytest.mark.parametrize("number", ["8", "1", "64", "2024"])
def test_a_tree_is_not_kept_with_its_numbers(number: str) -> None:
    (*_, duration) = parts(f"8 H100 for {number} weeks")
    assert isinstance(duration, Tree)
    assert str(duration.children[-1]) == f"{number} weeks"


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WORDS) | st.integers(0, 3_000).map(str), max_size=9).map(" ".join))
def test_a_grammar_that_was_kept_reads_alike(made: Lark, plain: str) -> None:
    found: list[object] = []
    for parser in (made, GRAMMAR_PARSER):
        try:
            found.append([told(part) for part in parser.parse(normalise(plain)).children])
        except UnexpectedInput as error:
            found.append(str(error))
    assert found[0] == found[1]
