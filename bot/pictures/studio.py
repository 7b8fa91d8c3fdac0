"""Has pictures drawn by a process of its own, so that answers do not wait for them."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType
from typing import Final, Self

from bot.pictures.curve import Curve

log = logging.getLogger(__name__)

PATIENCE_S: Final = 30.0
"""A picture takes 0.2 s; the first one also waits for the process and its list of fonts."""
_GOODBYE_S: Final = 2.0
_WORKER: Final = "bot.pictures.worker"
_LENGTH_BYTES: Final = 4
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR", "MPLCONFIGDIR", "SYSTEMROOT")
"""What the process is told: no token and no secret."""


class NotDrawn(Exception):
    """A picture could not be drawn."""


class Studio:
    """Draws one picture at a time, in a process that starts with the first one.

    A process that dies or takes too long is replaced by a new one with the next picture.
    """

    def __init__(self, patience_s: float = PATIENCE_S, worker: str = _WORKER) -> None:
        self._patience_s = patience_s
        self._worker = worker
        self._turn = asyncio.Lock()
        self._process: Process | None = None

    @property
    def process_id(self) -> int | None:
        """The process that draws; ``None`` where there is none."""
        return None if self._process is None else self._process.pid

    async def draw(self, curve: Curve) -> bytes:
        """The picture of a curve, as PNG.

        Raises:
            NotDrawn: the process died, or took too long.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._drawn(curve)
            except (TimeoutError, EOFError, OSError) as error:
                log.warning("a picture was not drawn: %s", type(error).__name__)
                await self._stop()
                raise NotDrawn from error
            except asyncio.CancelledError:
                # What it would still write is not the answer to the next one.
                await self._stop()
                raise

    async def _drawn(self, curve: Curve) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._worker,
                stdin=PIPE,
                stdout=PIPE,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - it was asked for
        assert stdout is not None  # noqa: S101 - likewise
        stdin.write(f"{curve.to_json()}\n".encode())
        await stdin.drain()
        length = int.from_bytes(await stdout.readexactly(_LENGTH_BYTES), "big")
        return await stdout.readexactly(length)

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()
