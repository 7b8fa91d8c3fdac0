"""What is wrong with a command, where, and a command that works."""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.i18n import Text
from bot.language.words import EXAMPLE

SHOWN: Final = 100
"""Characters of the command that are repeated around a mistake."""


class LanguageError(Exception):
    """A command cannot be understood, or what it asks cannot be estimated.

    Attributes:
        code: what kind of mistake it is.
        message: one sentence that names the word.
        text: the command as it was read, shortened around the mistake.
        start: where in ``text`` the mistake begins.
        end: where it ends.
        correction: a corrected command that works when it is sent as it is, where one is known.
        example: a command that works, for when there is no correction.
    """

    example: str = EXAMPLE

    def __init__(
        self,
        code: str,
        message: Text,
        text: str,
        span: tuple[int, int],
        correction: str | None,
    ) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.correction = correction
        self.text, self.start, self.end = _window(text, *span)

    def caret(self) -> str:
        """The command with carets under the mistake; wide characters get two."""
        before = _columns(self.text[: self.start])
        under = max(1, _columns(self.text[self.start : self.end]))
        return f"{self.text}\n{' ' * before}{'^' * under}"


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    end = min(end, start + SHOWN // 2)
    first = max(0, min(start - SHOWN // 3, len(text) - SHOWN))
    last = first + SHOWN
    head = "…" if first else ""
    tail = "…" if last < len(text) else ""
    shift = len(head) - first
    return f"{head}{text[first:last]}{tail}", start + shift, end + shift


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
