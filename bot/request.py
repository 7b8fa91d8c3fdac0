"""The request that something is done for, wherever that goes on: by its id the log is searched."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Final, Protocol

from bot.refusals import Reason

Refused = Callable[[Reason, str, str, str], None]
"""Is told why, what, and of which workspace and member, as ``Refusals.note`` is."""


def _nobody(*_: str) -> None:
    """Is told where nobody counts."""


class Trace(Protocol):
    """What is noted of one request, where requests are traced. No text of anybody is told to it."""

    def step(self, name: str, took_s: float, **more: str) -> None:
        """Note what was just done for it, and how long that took [s]."""

    def end(self, kind: str, outcome: str, request_id: str) -> None:
        """Note what it was, and what became of it. Steps may come afterwards."""


Begin = Callable[[], Trace]
"""Begins to note what is done for a request."""


class Request:
    """A request of Slack's, a measurement that arrives, or something that is due.

    Attributes:
        counted: is told of each apology and its cause.
        noted: is told of each refusal.
        trace: is told of each step; ``None`` where requests are not traced.
        failed: whether somebody was told sorry.
    """

    __slots__ = ("_id", "counted", "failed", "noted", "trace")

    def __init__(
        self,
        counted: Callable[[str], None] = _nobody,
        noted: Refused = _nobody,
        *,
        trace: Trace | None = None,
    ) -> None:
        self._id: str | None = None
        self.counted = counted
        self.noted = noted
        self.trace = trace
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
def request(kind: str = "", begin: Begin | None = None) -> Iterator[Request]:
    """Do something that no request asked for, under an id of its own.

    Args:
        kind: what it is.
        begin: begins its trace; ``None`` where it is not traced.
    """
    made = Request(trace=begin and begin())
    before = CURRENT.set(made)
    try:
        yield made
    except BaseException:
        made.failed = True
        raise
    finally:
        CURRENT.reset(before)
        if made.trace is not None:
            made.trace.end(kind, "error" if made.failed else "ok", made.id)


def done(name: str, took_s: float, **more: str) -> None:
    """Tell the trace of the request what was just done for it, and how long that took [s]."""
    asked = CURRENT.get()
    if asked is not None and asked.trace is not None:
        asked.trace.step(name, took_s, **more)


class Step:
    """A step of what is done for a request: ``with Step("parse"): …``."""

    __slots__ = ("_name", "_started")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        more = {} if kind is None else {"error": kind.__name__}
        done(self._name, time.perf_counter() - self._started, **more)
