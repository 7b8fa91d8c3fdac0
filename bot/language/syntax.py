"""The parts of a command by the grammar, which are the same for commands with the same words.

Whole numbers that stand by themselves are parts whatever they say: ``10 GPU`` and ``64 GPU`` are
alike. So the grammar's reading is kept by the command with other digits in those places, as many
of them, and only the numbers are put back.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lark import Token, Tree

from bot.language.grammar import GRAMMAR_PARSER

Part = Token | Tree[Token]

# Years and months are told from other numbers by their digits.
_TOLD: Final = r"(?:19|20|21)\d\d|1[0-2]|0\d?"
_NUMBER: Final = re.compile(rf"(?<![^ ])(?!(?:{_TOLD})(?!\d))[0-9]+(?![^ ])")


def parts(plain: str) -> list[Part]:
    """The parts of a normalised command, in their order.

    Raises:
        lark.exceptions.UnexpectedInput: it is not of the language.
    """
    alike = _NUMBER.sub(_other_digits, plain)
    return [_said(part, plain) for part in _parts_of(alike)]


def _other_digits(number: re.Match[str]) -> str:
    return "7" * len(number[0])


@lru_cache(maxsize=1024)
def _parts_of(plain: str) -> tuple[Part, ...]:
    return tuple(GRAMMAR_PARSER.parse(plain).children)


def _said(part: Part, plain: str) -> Part:
    """A part with what stands in its place in this command."""
    if isinstance(part, Token):
        said = plain[part.start_pos : part.end_pos]
        return part if said == part else Token.new_borrow_pos(part.type, said, part)
    return Tree(part.data, [_said(child, plain) for child in part.children])
