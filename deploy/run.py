"""``make run``: the bot with Slack's tokens, or with a local Slack where there are none."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence

import aiohttp
from dotenv import dotenv_values

from deploy.local_slack import config

TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of a variable
FOR_SLACK = (TOKEN, "SLACK_CLIENT_ID")
"""Where one of these is set, it is Slack that is served."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what the environment (and ``.env``) asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("LOCAL_SLACK_PORT", "3001")))
    parser.add_argument("--bot-port", type=int, default=int(os.environ.get("PORT", "3000")))
    parser.add_argument("--socket-mode", action="store_true", help="connect by Socket Mode")
    options = parser.parse_args(arguments)
    kept = dotenv_values(".env")
    if any(os.environ.get(name) or kept.get(name) for name in FOR_SLACK):
        print("Slack's settings are set: starting the bot for Slack.", flush=True)
        os.execv(sys.executable, [sys.executable, "-m", "bot"])  # noqa: S606 - our own program
    return asyncio.run(_play(options))


async def _play(options: argparse.Namespace) -> int:
    """Run the local Slack and the bot until one of them ends or somebody stops them."""
    slack_options = ["--port", str(options.port)]
    slack_options += ["--bot-url", f"http://127.0.0.1:{options.bot_port}/slack/events"]
    environment = os.environ | {
        TOKEN: config.BOT_TOKEN,
        "SLACK_SIGNING_SECRET": config.SIGNING_SECRET,
        "SLACK_API_URL": f"http://127.0.0.1:{options.port}/api/",
        "HOST": "127.0.0.1",
        "PORT": str(options.bot_port),
    }
    if options.socket_mode:
        slack_options.append("--socket-mode")
        environment["SLACK_APP_TOKEN"] = config.APP_TOKEN
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    slack = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.local_slack", *slack_options, start_new_session=True
    )
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", env=environment, start_new_session=True
    )
    processes = (slack, bot)
    waits = [asyncio.create_task(process.wait()) for process in processes]
    stopping = asyncio.create_task(stop.wait())
    inviting = asyncio.create_task(_invite(options))
    await asyncio.wait([*waits, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    inviting.cancel()
    for process in processes:
        if process.returncode is None:
            process.terminate()
    await asyncio.wait(waits)
    return 0 if stop.is_set() else max(abs(process.returncode or 0) for process in processes)


async def _invite(options: argparse.Namespace) -> None:
    """Say where to go, once there is somebody who answers."""
    ready = f"http://127.0.0.1:{options.bot_port}/readyz"
    async with aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(ready) as response:
                    if response.status == 200:
                        break
            await asyncio.sleep(0.1)
    print(
        "\n  carbon is ready.\n"
        f"  Open http://127.0.0.1:{options.port}/ and type: /carbon 10 GPU 20 TPU\n"
        "  (no Slack tokens are set, so this is a local Slack; Ctrl-C stops both)\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
