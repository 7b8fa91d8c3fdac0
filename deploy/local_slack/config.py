"""Settings of the local Slack: addresses and secrets that only ever work on this machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
PORT = 3001
BOT_URL = "http://127.0.0.1:3000/slack/events"
MANIFEST = Path(__file__).resolve().parent.parent / "slack-manifest.json"

# Obviously local: nobody should mistake these for a workspace's secrets.
SIGNING_SECRET = "local-slack-signing-secret"  # noqa: S105 - the local Slack's own, not a secret
BOT_TOKEN = "xoxb-local"  # noqa: S105 - same
APP_TOKEN = "xapp-local"  # noqa: S105 - same

ACK_TIMEOUT_S = 3.0

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a local Slack needs to know before it starts.

    Attributes:
        port: Port on 127.0.0.1; 0 lets the system choose one.
        bot_url: The bot's request URL, for commands, interactions and events.
        socket_mode: Deliver over Socket Mode instead of HTTP.
        signing_secret: Key of the request signatures.
        bot_token: The one token that the Web API accepts.
        app_token: The one token that ``apps.connections.open`` accepts.
        manifest: The app's manifest, as a path or as its contents.
        ack_timeout_s: Time within which a delivery has to be acknowledged, in seconds.
        clock: Seconds since the epoch, for message timestamps and expiry.
        signing_clock: Seconds since the epoch, for request signatures.
    """

    port: int = PORT
    bot_url: str = BOT_URL
    socket_mode: bool = False
    signing_secret: str = SIGNING_SECRET
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    manifest: Path | Mapping[str, object] = MANIFEST
    ack_timeout_s: float = ACK_TIMEOUT_S
    clock: Clock = time.time
    signing_clock: Clock = time.time
