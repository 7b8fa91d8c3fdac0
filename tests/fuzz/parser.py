"""The parser: any text becomes a specification or a refusal that helps."""

from __future__ import annotations

import random
import zlib
from typing import Final

from bot.i18n import CHINESE, say_in
from bot.language import LanguageError, is_understood, parse, syntax, to_text
from estimator import load_default
from tests.fuzz.mutating import Mutator, bytes_of, text_of
from tests.fuzz.sentences import command, vocabulary
from tests.fuzz.target import Target

_CATALOGUE: Final = load_default()
_CHINESE: Final = say_in(CHINESE)
LONGEST: Final = 6000
"""Bytes; what is longer than 6,000 characters is cut before it is read."""


def take(raw: bytes) -> str:
    """Read a command. What is understood is said and read again; what is not is corrected."""
    text = text_of(raw)
    try:
        found = parse(text, _CATALOGUE)
    except LanguageError as error:
        _check_refusal(error)
        if zlib.crc32(raw) % 4 == 0:  # of a part of the inputs, for it costs as much as reading
            assert not is_understood(text, _CATALOGUE), "refused, and understood"
            if error.correction is not None:
                parse(error.correction, _CATALOGUE)
        return error.code
    said = to_text(found.run, public=found.public, catalogue=_CATALOGUE)
    assert parse(said, _CATALOGUE) == found, f"said as {said!r}, which is another run"
    return "understood"


def _check_refusal(error: LanguageError) -> None:
    assert str(error.message), "refused without a word"
    assert _CHINESE(error.message), "refused without a Chinese word"
    assert 0 <= error.start <= len(error.text), "the mistake lies outside of the command"
    assert error.caret()


def fresh(chance: random.Random) -> bytes:
    """A command by the language's own words."""
    return bytes_of(command(chance))


def target() -> Target:
    """The parser, to be fuzzed."""
    return Target(
        "parser",
        take,
        fresh,
        Mutator(vocabulary(), LONGEST),
        LONGEST,
        forget=syntax._parts_of.cache_clear,
    )
