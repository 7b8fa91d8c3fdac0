"""Bots that can be killed: one process that has imported everything forks a bot whenever asked.

Reads a line of JSON for each bot, and answers with its process id; the bot itself is the whole of
it, as ``python -m bot`` runs it, but for the time, which it reads from a file.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import procrastinate  # noqa: F401 - so that a bot need not

from bot import wiring
from bot.command_line.serve import event_loop
from bot.reports import queue, ticking
from bot.settings import Settings
from deploy.local_slack import config
from estimator import load_default


def main() -> None:
    """Fork bots until the input ends."""
    load_default()
    gc.freeze()
    # Nobody waits for what is killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("ready")
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            live(wanted)
        say(pid)


def say(word: object) -> None:
    """Answer whoever asks for bots."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def live(wanted: dict[str, Any]) -> None:
    """Be a bot."""
    code = 1
    try:
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        if wanted["largest_file_bytes"]:
            most = wanted["largest_file_bytes"]
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        if wanted["hurry"]:
            # Half a minute takes a second here.
            queue.TICK = "* * * * * *"  # type: ignore[misc]
            ticking.EVERY_S = 1  # type: ignore[misc]
        logging.basicConfig(level=logging.WARNING, format="%(process)d %(name)s %(message)s")
        with asyncio.Runner(loop_factory=event_loop()) as runner:
            runner.run(serve(wanted))
        code = 0
    finally:
        os._exit(code)


async def serve(wanted: dict[str, Any]) -> None:
    """Run a bot until it is told to stop."""

    def now() -> datetime:
        if wanted["time"] is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(float(Path(wanted["time"]).read_text()), UTC)

    settings = Settings(
        _env_file=None,
        slack_bot_token=config.BOT_TOKEN,
        slack_signing_secret=config.SIGNING_SECRET,
        slack_api_url=wanted["slack"],
        database_url=wanted["database"],
        port=wanted["port"],
        # Whoever loads it is quicker than people.
        rate_per_user=0,
        rate_per_workspace=0,
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with wiring.running(settings, now=now):
        await stop.wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
