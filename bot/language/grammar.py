"""The grammar of a command.

A command is a run of parts in any order. Devices and places are free words: which of them belong
together is decided against the catalogue, by the longest name that fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lark import Lark

from bot.language import words


def _any_of(spellings: Iterable[str]) -> str:
    ordered = sorted(spellings, key=len, reverse=True)
    return "|".join(re.escape(s).replace(r"\ ", " +").replace("/", r"\/") for s in ordered)


def _keyword(spellings: Iterable[str]) -> str:
    return rf"/(?:{_any_of(spellings)})(?![\w.'\-])/i"


_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_END: Final = r"(?![\w.'\-])"

GRAMMAR: Final = rf"""
start: _part*

_part: COMMA | AND | PUBLIC | IN | NUMBER | COUNT | ONE | WORD
     | duration | utilisation | pue | factors

duration: FOR? (TIME+ | HALF) | FOR (NUMBER WORD?)?
utilisation: AT? PERCENT UTILISATION? | UTILISATION EQUALS? (NUMBER | PERCENT)
           | AT NUMBER UTILISATION?
pue: PUE EQUALS? NUMBER
factors: USING? FACTORS EQUALS? WORD | USING WORD FACTORS

COMMA.9: /[,+|]/
EQUALS.9: /[:=]/
PUBLIC.8: {_keyword(words.PUBLIC)}
FACTORS.8: {_keyword(words.FACTORS)}
HALF.8: {_keyword(words.HALF)}
AND.7: {_keyword(words.AND)}
FOR.7: {_keyword(words.FOR)}
AT.7: {_keyword(words.AT)}
UTILISATION.7: {_keyword(words.UTILISATION)}
PUE.7: /pue(?![a-z])/i
USING.7: {_keyword(words.USING)}
ONE.7: {_keyword(words.ONE)}
IN.7: /(?:{_any_of(w for w in words.IN if w != "@")}){_END}|@/i
TIME.6: /(?:{_NUMBER}|\.\d+) *(?:{_any_of(words.UNITS)}){_END}/i
PERCENT.6: /{_NUMBER} *(?:%|(?:{_any_of(words.PERCENT)}){_END})/i
COUNT.5: /{_NUMBER}[km]? *[x*](?= *[a-z0-9])/i
NUMBER.4: /{_NUMBER}[km]?(?![\w'\-])|\.\d+(?![\w'\-])/i
WORD.1: /[^\s,+|:=]+/

%ignore / +/
"""

GRAMMAR_PARSER: Final = Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)
