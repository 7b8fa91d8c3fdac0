"""Whether requests may be sent to this process, and if not, why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Check = Callable[[], Awaitable[str | None]]
"""What is wrong with something; ``None`` where nothing is."""


class Readiness:
    """Asks each thing that answers depend on. Being alive is less: that is to answer at all.

    Attributes:
        stopping: whether the process is about to end; it still answers then.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self.stopping = False

    def add(self, name: str, check: Check) -> None:
        """Ask something more; those that were added first are asked first."""
        self._checks[name] = check

    async def problems(self) -> dict[str, str | None]:
        """What each check says."""
        found = {"stopping": "the bot is being stopped" if self.stopping else None}
        for name, check in self._checks.items():
            found[name] = await check()
        return found

    async def problem(self) -> tuple[str, str] | None:
        """The first check that does not pass, and why."""
        if self.stopping:
            return "stopping", "the bot is being stopped"
        for name, check in self._checks.items():
            reason = await check()
            if reason is not None:
                return name, reason
        return None
