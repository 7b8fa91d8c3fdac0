"""The grammar of a command.

A command is a run of parts in any order. Devices, places and published runs are free words: which
of them belong together is decided against the catalogue, by the longest name that fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

import lark
from lark import Lark

from bot.language import words
from estimator import live
from estimator.datacache import kept_as


def any_of(spellings: Iterable[str]) -> str:
    """A regular expression for any of the spellings, the longest first."""
    ordered = sorted(spellings, key=len, reverse=True)
    return "|".join(re.escape(s).replace(r"\ ", " +").replace("/", r"\/") for s in ordered)


def _keyword(spellings: Iterable[str]) -> str:
    return rf"/(?:{any_of(spellings)}){_END}/i"


# Possessive, so that a long row of digits is not read once for each of its beginnings.
NUMBER: Final = r"(?:\d++(?:[.,]\d++)*+|\.\d++)(?:e[+\-]?\d{1,3})?"
SCALE: Final = rf"(?:[kmbt]\b| *(?:{any_of(words.SCALES)})(?![a-z]))?"
_END: Final = r"(?![\w.'\-])"
# `60% duty 30%`: the word belongs to the value after it, not to the one before.
_NO_VALUE: Final = r"(?! *(?:cycle|runs)? *[:=]? *[\d.])"
_PERCENT: Final = rf"{NUMBER} *(?:%|(?:{any_of(words.PERCENT)}){_END})"
_YEAR: Final = r"(?:19|20|21)\d\d"
_MONTH: Final = any_of(words.MONTHS)
_FIGURE: Final = r"\d++(?:\.\d++)?(?:e[+\-]?\d{1,3})?"
_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"
_ZONE: Final = rf"(?:{any_of(live.PUBLISHERS)})\/[a-z0-9][a-z0-9\-]*(?![\w\/])"
_MONTH_OF_YEAR: Final = rf"(?:1[0-2]|0?[1-9]) *月|(?:{_MONTH}|0?[1-9]|1[0-2]){_END}"

GRAMMAR: Final = rf"""
start: _part*

_part: COMMA | AND | PUBLIC | LIVE | IN | ON | LIKE | NUMBER | COUNT | ONE | WORD | TIMES
     | duration | utilisation | pue | factors | workload | energy | power | year | month | duty
     | overhead | storage | transfer | lifetime | live

duration: FOR? (TIME+ | HALF) | FOR (NUMBER WORD?)?
utilisation: AT? PERCENT UTILISATION? | UTILISATION EQUALS? (NUMBER | PERCENT)
           | AT NUMBER UTILISATION?
pue: PUE EQUALS? NUMBER
lifetime: LIFETIME EQUALS? (TIME | NUMBER)
factors: USING? FACTORS EQUALS? WORD | USING WORD FACTORS
workload: PARAMETERS | ACTIVE | TOKENS | PRECISION | KIND | SHARE_MFU
        | MFU EQUALS? (NUMBER | PERCENT)
energy: ENERGY
power: POWER
year: YEAR EQUALS? NUMBER | IN_YEAR
month: SAID_MONTH
live: LIVE_FIGURE
duty: DUTY EQUALS? (NUMBER | PERCENT) | SHARE_DUTY
overhead: OVERHEAD EQUALS? (NUMBER | PERCENT) | SHARE_FAILED
storage: STORAGE EQUALS? (DATA | NUMBER) | DATA_STORED
transfer: TRANSFER EQUALS? (DATA | NUMBER) | DATA_MOVED

SHARE_FAILED.10: /\+? *{_PERCENT} *(?:{any_of(words.FAILED)}){_END}{_NO_VALUE}/i
SHARE_DUTY.10: /(?:at +)?{_PERCENT} *(?:{any_of(words.DUTY)}){_END}{_NO_VALUE}/i
SHARE_MFU.10: /(?:at +)?{_PERCENT} *(?:{any_of(words.MFU)}){_END}{_NO_VALUE}/i
LIVE_FIGURE.10: /{words.LIVE_FIGURE} +{_FIGURE} +at +{_TIME} +by +{_ZONE}/i
COMMA.9: /[,+|]/
EQUALS.9: /[:=]/
DATA_STORED.9: /{NUMBER} *(?:{any_of(words.DATA_TB)}) +(?:of +)?(?:{any_of(words.STORAGE)}){_END}/i
DATA_MOVED.9: /{NUMBER} *(?:{any_of(words.DATA_TB)}) +(?:of +)?(?:{any_of(words.TRANSFER)}){_END}/i
DATA.9: /{NUMBER} *(?:{any_of(words.DATA_TB)}){_END}/i
IN_YEAR.8: /in +{_YEAR}(?![\w'\-%,]|\.\d)|(?:在 *)?{_YEAR} *年/i
SAID_MONTH.8: /in +(?:{_MONTH}){_END}|(?:{any_of(words.MONTH)}) *[:=]? *(?:{_MONTH_OF_YEAR})/i
PUBLIC.8: {_keyword(words.PUBLIC)}
LIVE.8: {_keyword(words.LIVE)}
FACTORS.8: {_keyword(words.FACTORS)}
LIFETIME.8: {_keyword(words.LIFETIME)}
HALF.8: {_keyword(words.HALF)}
PARAMETERS.8: /{NUMBER}{SCALE} *-?(?:{any_of(words.PARAMETERS)}){_END}/i
ACTIVE.8: /(?:\( *)?{NUMBER}{SCALE} *-?(?:{any_of(words.ACTIVE)})(?: *\)|{_END})/i
TOKENS.8: /{NUMBER}{SCALE} *-?(?:{any_of(words.TOKENS)}){_END}/i
PRECISION.8: /(?:(?:in|precision) *[:=]? *)?(?:{any_of(words.PRECISIONS)}){_END}/i
KIND.8: /(?:for +)?(?:{any_of(words.KINDS)}){_END}/i
YEAR.8: {_keyword(words.YEAR)}
DUTY.8: {_keyword(words.DUTY)}
OVERHEAD.8: {_keyword(words.OVERHEAD)}
STORAGE.8: {_keyword(words.STORAGE)}
TRANSFER.8: {_keyword(words.TRANSFER)}
MFU.8: /(?:{any_of(words.MFU)})(?![a-z])/i
LIKE.7: {_keyword(words.LIKE)}
AND.7: {_keyword(words.AND)}
FOR.7: {_keyword(words.FOR)}
AT.7: {_keyword(words.AT)}
UTILISATION.7: {_keyword(words.UTILISATION)}
PUE.7: /pue(?![a-z])/i
USING.7: /(?:{any_of(words.USING)})(?= +(?:{any_of(words.FACTORS)}|\S+ +factors)){_END}/i
ON.6: {_keyword(words.ON)}
ONE.7: {_keyword(words.ONE)}
IN.7: /(?:{any_of(w for w in words.IN if w != "@")}){_END}|@/i
TIME.6: /{NUMBER} *(?:{any_of(words.UNITS)}){_END}/i
ENERGY.6: /{NUMBER} *(?:{any_of(words.ENERGIES_KWH)}){_END}/i
POWER.6: /{NUMBER} *(?:{any_of(words.POWERS)}){_END}/i
PERCENT.6: /{_PERCENT}/i
COUNT.5: /{NUMBER}(?:[km]? *[x*](?= *[a-z0-9])| *(?:{any_of(words.COUNTERS)})(?!月))/i
TIMES.5: /x *\d{{1,9}}(?!\w|[.,]\d|['\-])/i
NUMBER.4: /{NUMBER}(?:{SCALE})(?![\w'\-])/i
WORD.1: /[^\s,+|:=]+/

%ignore / +/
"""


def made() -> bytes:
    """What reads commands by the grammar, as Lark saves it."""
    file = BytesIO()
    Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False).save(file)
    return file.getvalue()


# It takes 65 ms to make and 8 to load.
_STATE: Final = sha256(f"{lark.__version__} {GRAMMAR}".encode()).hexdigest()[:16]
GRAMMAR_PARSER: Final = Lark.load(BytesIO(kept_as("grammar", _STATE, Path(__file__).parent, made)))
