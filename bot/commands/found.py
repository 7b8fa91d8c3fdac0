"""The run that somebody describes in a message: the longest part of it that can be estimated."""

from __future__ import annotations

import re
from typing import Final

from bot.asker import Asker
from bot.language import is_understood
from estimator import EstimatorError

READ: Final = 40_000
"""Characters of a message that are looked at: the most that Slack takes."""
TRIES: Final = 300
"""Parts of a message that are read as a command. One takes up to a millisecond."""
_TRIES_OF_ONE: Final = 120
"""Of those, for one sentence: a long one must not use up what a later one needs."""
_LONGEST: Final = 32
_NEAR: Final = 4
_SENTENCE: Final = re.compile(r"[.!?;。！？；\n]+(?:\s|$)|[\n。！？；]")
_WORD: Final = re.compile(r"[㐀-鿿]|[^\s㐀-鿿]+")
"""Chinese has no spaces: each of its characters may be a beginning or an end."""
_BEGINS: Final = re.compile(
    r"^\W*(?:[0-9０-９]|like\b|[一二两三四五六七八九十百千万])", re.IGNORECASE
)
_NAME: Final = re.compile(r"(?:(?<=\d)[xX*])?([A-Za-z][A-Za-z0-9.+-]*)")
_PAIR: Final = re.compile(r"([A-Za-z]+)[ -](?=([A-Za-z0-9]+))")
"""Names of two words, as RTX 4090."""
_WITHOUT_DEVICE: Final = re.compile(
    r"\blike\b|\b(?:param|token)|\d\s*[BT]\b|[kMGT]Wh\b|参数|词元|千瓦时|度电", re.IGNORECASE
)
"""What a run that names no device says instead."""


def find_run(message: str, asker: Asker, tries: int = TRIES) -> str | None:
    """The part of a message that is a command; ``None`` where there is none.

    Each sentence that names a device or a piece of work is read for itself. Within one, every
    beginning that looks like an amount is tried with as many words as make sense, the most first.

    Args:
        message: what somebody wrote.
        asker: whose names of devices and places count.
        tries: how many parts of it are read at most.
    """
    best, left = "", tries
    for sentence in _SENTENCE.split(message[:READ]):
        if left <= 0:
            break
        if not _may_hold_a_run(sentence, asker):
            continue
        search = _Search(sentence, asker, min(left, _TRIES_OF_ONE))
        best = max(best, search.longest(), key=len)
        left -= search.tried
    return best or None


class _Search:
    """The search for a run in one sentence, within a number of tries."""

    def __init__(self, sentence: str, asker: Asker, tries: int) -> None:
        self.tried = 0
        self._sentence = sentence
        self._asker = asker
        self._tries = tries
        self._words = [(word.start(), word.end()) for word in _WORD.finditer(sentence)]

    def longest(self) -> str:
        whole = self._sentence.strip(" ,:()，：（）、")
        if self._is_run(whole):
            return whole
        best = ""
        for first in sorted(self._starts(), key=self._is_far_from_a_device):
            for last in range(min(len(self._words), first + _LONGEST) - 1, first - 1, -1):
                piece = self._between(first, last).strip(" ,:()?!，：（）、")
                if len(piece) <= len(best) or self.tried >= self._tries:
                    break
                if self._is_run(piece):
                    best = piece
        return best

    def _starts(self) -> list[int]:
        starts = (start for start, _ in self._words)
        return [n for n, start in enumerate(starts) if _BEGINS.match(self._sentence[start:])]

    def _is_far_from_a_device(self, first: int) -> bool:
        last = min(first + _NEAR, len(self._words)) - 1
        return not _may_hold_a_run(self._between(first, last), self._asker)

    def _between(self, first: int, last: int) -> str:
        return self._sentence[self._words[first][0] : self._words[last][1]]

    def _is_run(self, text: str) -> bool:
        self.tried += 1
        return bool(text) and is_understood(text, self._asker.catalogue)


def _may_hold_a_run(sentence: str, asker: Asker) -> bool:
    """Whether a device is named, or something that a run can be without one."""
    if _WITHOUT_DEVICE.search(sentence):
        return True
    pairs = [" ".join(pair) for pair in _PAIR.findall(sentence)]
    return any(_is_device(name, asker) for name in (*_NAME.findall(sentence), *pairs))


def _is_device(name: str, asker: Asker) -> bool:
    find = asker.catalogue.find_device
    try:
        return find(name) is not None or find(name.rstrip(".-s")) is not None
    except EstimatorError:
        # A slice of TPUs that cannot exist: who reads it says so.
        return True
