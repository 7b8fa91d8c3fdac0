"""The run that somebody describes in a message: the longest part of it that can be estimated."""

from __future__ import annotations

import re
from typing import Final

from bot.asker import Asker
from bot.language import LanguageError, parse

READ: Final = 2000
"""Characters of a message that are looked at."""
_STARTS: Final = 12
_LONGEST: Final = 24
_SENTENCE: Final = re.compile(r"[.!?;。！？；\n]+(?:\s|$)|[\n。！？；]")
_WORD: Final = re.compile(r"\S+")
_BEGINS: Final = re.compile(
    r"^\W*(?:[0-9０-９]|like\b|[一二两三四五六七八九十百千万])", re.IGNORECASE
)


def find_run(message: str, asker: Asker) -> str | None:
    """The part of a message that is a command; ``None`` where there is none.

    Each sentence is read for itself. Within one, every beginning that looks like an amount is tried
    with as many words as make sense, the most first.
    """
    best = ""
    for sentence in _SENTENCE.split(message[:READ]):
        found = _in_sentence(sentence, asker)
        if len(found) > len(best):
            best = found
    return best or None


def _in_sentence(sentence: str, asker: Asker) -> str:
    whole = sentence.strip(" ,:()")
    if _is_run(whole, asker):
        return whole
    words = [(word.start(), word.end()) for word in _WORD.finditer(sentence)]
    starts = [n for n, (start, _) in enumerate(words) if _BEGINS.match(sentence[start:])]
    for first in starts[:_STARTS]:
        for last in range(min(len(words), first + _LONGEST) - 1, first - 1, -1):
            piece = sentence[words[first][0] : words[last][1]].strip(" ,:()?!")
            if _is_run(piece, asker):
                return piece
    return ""


def _is_run(text: str, asker: Asker) -> bool:
    if not text:
        return False
    try:
        parse(text, asker.catalogue)
    except LanguageError:
        return False
    return True
