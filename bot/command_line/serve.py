"""``python -m bot serve``, or without a command: serve Slack until somebody stops it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable

from bot.command_line import EXIT_BAD_INPUT, OK


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing: it is told by settings."""


def run(_options: argparse.Namespace) -> int:
    """Serve."""
    gc.disable()  # until it serves: what is imported and loaded stays
    from bot import logs  # noqa: PLC0415 - after the line above
    from bot.settings import SettingsError, read_settings  # noqa: PLC0415 - same
    from bot.store import StoreError  # noqa: PLC0415 - same
    from bot.wiring import running  # noqa: PLC0415 - same
    from estimator import EstimatorError  # noqa: PLC0415 - same

    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"carbon cannot start:\n{error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    # Bolt would read it as well, and warn that it does not use it.
    os.environ.pop("SLACK_BOT_TOKEN", None)
    logs.configure(settings.log_level, settings.log_format, logs.secrets_in(settings))
    logs.no_core_dumps()

    async def serve() -> None:
        stop, hurry = asyncio.Event(), asyncio.Event()

        def asked() -> None:
            (hurry if stop.is_set() else stop).set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked)
        async with running(settings) as bot:
            _spare_what_stays()
            print(f"carbon listens on {bot.address}", flush=True)
            await stop.wait()
            # Whoever sends requests is told first, and until they know they are answered.
            bot.readiness.stopping = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.drain_seconds):
                    await hurry.wait()

    try:
        with asyncio.Runner(loop_factory=event_loop()) as runner:
            runner.run(serve())
    except (EstimatorError, StoreError) as error:
        print(f"carbon cannot start: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        where = error.filename or f"{settings.host}:{settings.port}"
        print(f"carbon cannot listen on {where}: {error.strerror}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return OK


def event_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, where the platform has one."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


def _spare_what_stays() -> None:
    """Keep the collector of cycles from data that lives to the end: a look at all of it is long."""
    gc.freeze()
    # An answer makes a few thousand objects and next to no cycles: the default looks every 700.
    gc.set_threshold(10_000, 20, 50)
    gc.enable()
