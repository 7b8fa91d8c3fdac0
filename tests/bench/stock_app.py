"""The baseline: a stock Bolt app that acknowledges ``/carbon`` and does nothing else.

Run as a program, as the bot is: ``python -m tests.bench.stock_app``; its settings are the bot's.
"""

from __future__ import annotations

import asyncio
import os

from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


async def main() -> None:
    """Serve until stopped."""
    token = os.environ.pop("SLACK_BOT_TOKEN")  # Bolt reads it too, and warns of the second one
    client = AsyncWebClient(token=token, base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])

    @app.command("/carbon")
    async def carbon(ack: AsyncAck) -> None:
        await ack()

    runner = web.AppRunner(app.web_app("/slack/events"), access_log=None)
    await runner.setup()
    port = int(os.environ["PORT"])
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"stock app listens on http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
