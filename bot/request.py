"""The request that something is done for, wherever that goes on: by its id the log is searched."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


def _nobody(cause: str) -> None:
    """Is told where nobody counts."""


@dataclass(slots=True, eq=False)
class Request:
    """A request of Slack's, a measurement that arrives, or something that is due.

    Attributes:
        id: on every line that is logged for it; the reference in an apology.
        counted: is told of each apology and its cause.
        failed: whether somebody was told sorry.
    """

    id: str
    counted: Callable[[str], None] = _nobody
    failed: bool = False

    def apologised(self, cause: str) -> None:
        """Note that it failed; the cause is ``slack`` or ``carbon``."""
        self.failed = True
        self.counted(cause)


# Of the task that works on it, and of all tasks and threads that this one begins.
CURRENT: Final[ContextVar[Request | None]] = ContextVar("request", default=None)


def new_id() -> str:
    """An id that is short enough to be read out; with the hour it is the only one."""
    return secrets.token_hex(4)


def current() -> Request:
    """The request that something is done for; a new one where it is for none."""
    return CURRENT.get() or Request(new_id())


@contextmanager
def request() -> Iterator[Request]:
    """Do something that no request asked for, under an id of its own."""
    made = Request(new_id())
    before = CURRENT.set(made)
    try:
        yield made
    finally:
        CURRENT.reset(before)
