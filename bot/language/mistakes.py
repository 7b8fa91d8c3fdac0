"""A mistake while it is being found, before anybody has looked for a correction."""

from __future__ import annotations

from lark import Token

from bot.i18n import Text

Span = tuple[int, int]
"""Where something begins and ends in the normalised command."""


class Mistake(Exception):
    """A mistake with what might repair it: each repair stands in for the span."""

    def __init__(self, code: str, message: Text, span: Span, repairs: tuple[str, ...] = ()) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.span = span
        self.repairs = repairs


def span_of(first: Token, last: Token | None = None) -> Span:
    """From the beginning of one token to the end of another."""
    last = last or first
    return first.start_pos or 0, last.end_pos or 0
