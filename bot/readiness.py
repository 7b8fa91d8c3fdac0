"""Whether requests may be sent to this process, and if not, why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

Check = Callable[[], Awaitable[str | None]]
"""What is wrong with something; ``None`` where nothing is."""


class Problem(NamedTuple):
    """A check that does not pass.

    Attributes:
        check: its name.
        reason: what it says.
        takes_requests: whether requests may come all the same: it is no better elsewhere.
    """

    check: str
    reason: str
    takes_requests: bool = False


class Readiness:
    """Asks each thing that answers depend on. Being alive is less: that is to answer at all.

    Attributes:
        stopping: whether the process is about to end; it still answers then.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._shared: set[str] = set()
        self._were_well: set[str] = set()
        self.stopping = False

    def add(self, name: str, check: Check, *, shared: bool = False) -> None:
        """Ask something more; those that were added first are asked first.

        Args:
            name: of the check.
            check: says what is wrong.
            shared: it is one thing for all replicas. Once it was well, a replica that stopped to
                take requests for it would help nobody: then all would, and members would hear
                nothing at all, where they hear an answer or an apology now.
        """
        self._checks[name] = check
        if shared:
            self._shared.add(name)

    async def problems(self) -> dict[str, str | None]:
        """What each check says."""
        found = {"stopping": "the bot is being stopped" if self.stopping else None}
        for name in self._checks:
            found[name] = await self._ask(name)
        return found

    async def problem(self) -> Problem | None:
        """The first check for which no requests may come, else the first that does not pass."""
        if self.stopping:
            return Problem("stopping", "the bot is being stopped")
        worst: Problem | None = None
        for name in self._checks:
            reason = await self._ask(name)
            if reason is None:
                continue
            found = Problem(name, reason, name in self._shared & self._were_well)
            if not found.takes_requests:
                return found
            worst = worst or found
        return worst

    async def _ask(self, name: str) -> str | None:
        reason = await self._checks[name]()
        if reason is None:
            self._were_well.add(name)
        return reason
