"""What all workspaces of one local Slack share: time, address, numbers, and those who watch."""

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from deploy.local_slack.config import Clock
from deploy.local_slack.schedule import Schedule

APP_ID = "A0LOCAL001"


@dataclass
class Site:
    """The place that the workspaces stand in.

    Attributes:
        clock: Seconds since the epoch.
        base_url: Address of the local Slack.
        revision: Counts changes, so that a page knows when to look again.
        schedule: What is to happen later.
    """

    clock: Clock = time.time
    base_url: str = ""
    revision: int = 0
    schedule: Schedule = field(default_factory=Schedule)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    def serial(self) -> int:
        """Return the next number, for identifiers."""
        return next(self._serial)

    def numbers(self) -> Iterator[int]:
        """Return an endless iterator over further numbers."""
        return self._serial

    def new_ts(self) -> str:
        """Return a timestamp that no other message has."""
        return f"{int(self.clock())}.{self.serial() % 1_000_000:06d}"

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; the result takes it off again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self) -> None:
        """Tell every listener that something changed."""
        self.revision += 1
        for listener in list(self._listeners):
            listener()

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something beside the answer that is being given, such as delivering an event."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait until nothing runs beside any more."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def stop(self) -> None:
        """Stop what still runs beside."""
        for task in self._running:
            task.cancel()
        await self.settle()
