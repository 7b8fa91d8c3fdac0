"""The request that something is done for, wherever that goes on: by its id the log is searched."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from bot.refusals import Reason

Refused = Callable[[Reason, str, str, str], None]
"""Is told why, what, and of which workspace and member, as ``Refusals.note`` is."""


def _nobody(*_: str) -> None:
    """Is told where nobody counts."""


class Request:
    """A request of Slack's, a measurement that arrives, or something that is due.

    Attributes:
        counted: is told of each apology and its cause.
        noted: is told of each refusal.
        failed: whether somebody was told sorry.
    """

    __slots__ = ("_id", "counted", "failed", "noted")

    def __init__(self, counted: Callable[[str], None] = _nobody, noted: Refused = _nobody) -> None:
        self._id: str | None = None
        self.counted = counted
        self.noted = noted
        self.failed = False

    @property
    def id(self) -> str:
        """On every line that is logged for it; the reference in an apology.

        It is short enough to be read out; with the hour it is the only one. Drawn when somebody
        asks, as most requests leave no line.
        """
        if self._id is None:
            self._id = secrets.token_hex(4)
        return self._id

    def apologised(self, cause: str) -> None:
        """Note that it failed; the cause is ``slack`` or ``carbon``."""
        self.failed = True
        self.counted(cause)

    def refused(self, reason: Reason, what: str, team_id: str = "", user_id: str = "") -> None:
        """Note that it was refused, as ``Refusals.note`` says."""
        self.noted(reason, what, team_id, user_id)


# Of the task that works on it, and of all tasks and threads that this one begins.
CURRENT: Final[ContextVar[Request | None]] = ContextVar("request", default=None)


def current() -> Request:
    """The request that something is done for; a new one where it is for none."""
    return CURRENT.get() or Request()


@contextmanager
def request() -> Iterator[Request]:
    """Do something that no request asked for, under an id of its own."""
    made = Request()
    before = CURRENT.set(made)
    try:
        yield made
    finally:
        CURRENT.reset(before)
