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
SECOND_BOT_TOKEN = "xoxb-local-second"  # noqa: S105 - same
APP_TOKEN = "xapp-local"  # noqa: S105 - same
CLIENT_ID = "1111.2222"
CLIENT_SECRET = "local-slack-client-secret"  # noqa: S105 - same

ACK_TIMEOUT_S = 3.0
TOKEN_LIFE_S = 43_200
"""See https://docs.slack.dev/authentication/using-token-rotation."""

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a local Slack needs to know before it starts.

    Attributes:
        port: Port on 127.0.0.1; 0 lets the system choose one.
        bot_url: The bot's request URL, for commands, interactions and events.
        socket_mode: Deliver over Socket Mode instead of HTTP.
        signing_secret: Key of the request signatures.
        bot_token: The bot's token in the first workspace.
        app_token: The one token that ``apps.connections.open`` accepts.
        client_id: The app's client id, for installing it.
        client_secret: The app's client secret, for installing it.
        manifest: The app's manifest, as a path or as its contents.
        token_life_s: How long tokens are good, where the manifest has them rotated, in seconds.
        in_enterprise: Let the workspaces belong to an organisation.
        second_team: Add a second workspace, with people, channels and a token of its own.
        ack_timeout_s: Time within which a delivery has to be acknowledged, in seconds;
            where it is longer than Slack's, trigger ids live as long.
        file_processing_s: Time until an uploaded file can be shown in a block, in seconds.
        clock: Seconds since the epoch, for message timestamps, expiry, retries and schedules.
        signing_clock: Seconds since the epoch, for request signatures.
    """

    port: int = PORT
    bot_url: str = BOT_URL
    socket_mode: bool = False
    signing_secret: str = SIGNING_SECRET
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    manifest: Path | Mapping[str, object] = MANIFEST
    token_life_s: int = TOKEN_LIFE_S
    in_enterprise: bool = False
    second_team: bool = False
    ack_timeout_s: float = ACK_TIMEOUT_S
    file_processing_s: float = 0.0
    clock: Clock = time.time
    signing_clock: Clock = time.time
