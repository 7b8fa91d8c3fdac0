"""Run the local Slack until it is interrupted: ``python -m deploy.local_slack``."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path

from deploy.local_slack.app import keep_time, serve
from deploy.local_slack.config import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_URL,
    MANIFEST,
    PORT,
    SIGNING_SECRET,
    Config,
)


def parse_arguments(arguments: Sequence[str] | None = None) -> Config:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local_slack", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="port on 127.0.0.1")
    parser.add_argument("--bot-url", default=BOT_URL, help="the bot's request URL")
    parser.add_argument("--socket-mode", action="store_true", help="deliver over Socket Mode")
    parser.add_argument("--second-team", action="store_true", help="add a second workspace")
    parser.add_argument("--signing-secret", default=SIGNING_SECRET)
    parser.add_argument("--bot-token", default=BOT_TOKEN)
    parser.add_argument("--app-token", default=APP_TOKEN)
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="the app's manifest")
    found = parser.parse_args(arguments)
    return Config(
        port=found.port,
        bot_url=found.bot_url,
        socket_mode=found.socket_mode,
        second_team=found.second_team,
        signing_secret=found.signing_secret,
        bot_token=found.bot_token,
        app_token=found.app_token,
        manifest=found.manifest,
    )


async def run(config: Config) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with serve(config) as slack:
        print(f"Local Slack: open {slack.site.base_url}/ and type a command.", flush=True)
        slack.site.run(keep_time(slack))
        await stop.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(run(parse_arguments()))
