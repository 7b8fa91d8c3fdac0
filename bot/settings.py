"""Every setting of the bot, read once from the environment and ``.env``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urljoin

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the message has one line per setting."""


LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")
"""Hosts that browsers trust without https."""


def _is_safe(address: AnyHttpUrl | None) -> bool:
    return address is not None and (address.scheme == "https" or address.host in LOOPBACK)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False


class Settings(BaseSettings):
    """The bot's settings. The names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    slack_bot_token: Annotated[
        SecretStr | None,
        Field(description="Bot token (xoxb-…), from OAuth & Permissions. For one workspace."),
    ] = None
    slack_client_id: Annotated[
        str | None,
        Field(description="Client ID, from Basic Information. For many workspaces."),
    ] = None
    slack_client_secret: Annotated[
        SecretStr | None,
        Field(description="Client secret, from Basic Information. For many workspaces."),
    ] = None
    token_keys: Annotated[
        SecretStr | None,
        Field(
            description="Keys that the tokens of many workspaces are encrypted with, the newest "
            "first, with commas between them. `python -m bot new-key` makes one."
        ),
    ] = None
    slack_signing_secret: Annotated[
        SecretStr | None,
        Field(
            description=(
                "Signing secret, from Basic Information. Needed to serve HTTP; "
                "without it SLACK_APP_TOKEN is."
            )
        ),
    ] = None
    slack_app_token: Annotated[
        SecretStr | None,
        Field(description="App-level token (xapp-…) with connections:write. Turns on Socket Mode."),
    ] = None
    slack_api_url: Annotated[
        AnyHttpUrl, Field(description="The Web API to talk to; the local Slack sets its own.")
    ] = AnyHttpUrl("https://slack.com/api/")
    database_url: Annotated[
        SecretStr,
        Field(
            description=(
                "Where settings and history are kept: sqlite:///… or postgresql://… "
                "Several replicas need PostgreSQL."
            )
        ),
    ] = SecretStr("sqlite:///data/carbon.db")
    retention_days: Annotated[
        int | None,
        Field(
            ge=1,
            le=36_500,
            description=(
                "Days that estimates and deliveries are kept; without it, for ever. Runs of the "
                "ledger stay until somebody takes them out."
            ),
        ),
    ] = None
    host: Annotated[str, Field(description="Address to listen on; 0.0.0.0 in a container.")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, Field(ge=1, le=65535, description="Port of /slack/events, /healthz and /readyz.")
    ] = 3000
    metrics_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="Port of /metrics, for Prometheus. Off without it."),
    ] = None
    metrics_host: Annotated[
        str, Field(description="Address of /metrics. Whoever reaches it sees all figures.")
    ] = "127.0.0.1"
    drain_seconds: Annotated[
        int,
        Field(ge=0, le=600, description="Seconds it still answers after SIGTERM, not ready."),
    ] = 0
    public_url: Annotated[
        AnyHttpUrl | None,
        Field(
            description=(
                "Address under which others reach the bot, such as https://carbon.example.com. "
                "/carbon connect gives channels addresses under it; without it, it gives none. "
                "Many workspaces install the app under it, and need it."
            )
        ),
    ] = None
    rate_per_user: Annotated[
        int,
        Field(
            ge=0,
            description="Requests of a member in a minute, clicks and typing counted; 0: no bound.",
        ),
    ] = 600
    rate_per_workspace: Annotated[
        int, Field(ge=0, description="Requests of a workspace in a minute; 0: no bound.")
    ] = 6000
    otel_exporter_otlp_endpoint: Annotated[
        AnyHttpUrl | None,
        Field(
            description=(
                "Where traces are sent by OpenTelemetry (OTLP over HTTP), such as "
                "http://localhost:4318. Off without it. Needs the extra tracing."
            )
        ),
    ] = None
    otel_exporter_otlp_headers: Annotated[
        SecretStr | None,
        Field(
            description=(
                "What is sent along with traces, such as authorization=Bearer%20…, "
                "with commas between several."
            )
        ),
    ] = None
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="What is logged.")
    ] = "INFO"
    log_format: Annotated[
        Literal["text", "json"], Field(description="Lines for a person, or JSON for programs.")
    ] = "text"
    carbon_default_gpu: Annotated[
        str | None, Field(description="The model that plain GPU means, such as A100-SXM4-80GB.")
    ] = None
    carbon_default_tpu: Annotated[
        str | None, Field(description="The model that plain TPU means, such as TPU-v5e.")
    ] = None

    live_grid: Annotated[
        Literal["off", "uk", "electricity-maps", "both"],
        Field(
            description=(
                "Where the carbon intensity of grids is looked up as it is now: uk is the Carbon "
                "Intensity API of Great Britain, which needs no account."
            )
        ),
    ] = "off"
    electricity_maps_token: Annotated[
        SecretStr | None,
        Field(description="API key of Electricity Maps. LIVE_GRID=electricity-maps needs it."),
    ] = None
    carbon_intensity_url: Annotated[
        AnyHttpUrl, Field(description="Where the Carbon Intensity API is reached.")
    ] = AnyHttpUrl("https://api.carbonintensity.org.uk/")
    electricity_maps_url: Annotated[
        AnyHttpUrl, Field(description="Where the API of Electricity Maps is reached.")
    ] = AnyHttpUrl("https://api.electricitymaps.com/v4")

    @field_validator("slack_bot_token")
    @classmethod
    def _is_bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value().startswith(("xoxb-", "xoxe.xoxb-")):
            msg = "a bot token starts with xoxb-"
            raise ValueError(msg)
        return token

    @field_validator("slack_app_token")
    @classmethod
    def _is_app_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value().startswith("xapp-"):
            msg = "an app-level token starts with xapp-"
            raise ValueError(msg)
        return token

    @field_validator("token_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            from bot.token_keys import TokenKeys  # noqa: PLC0415 - not for one workspace

            TokenKeys.parse(keys.get_secret_value())
        return keys

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _can_be_traced(cls, endpoint: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if endpoint is not None and not _is_installed("opentelemetry.exporter.otlp.proto.http"):
            msg = "needs the extra tracing: pip install '.[tracing]', in the folder of carbon"
            raise ValueError(msg)
        return endpoint

    @field_validator("otel_exporter_otlp_headers")
    @classmethod
    def _are_headers(cls, headers: SecretStr | None) -> SecretStr | None:
        if headers is not None and not all(
            all(part.strip() for part in one.partition("=")[::2])
            for one in headers.get_secret_value().split(",")
        ):
            msg = "is name=value, with commas between several: authorization=Bearer%20…"
            raise ValueError(msg)
        return headers

    @model_validator(mode="after")
    def _knows_whom_to_serve(self) -> Self:
        """One workspace by its token, or many by OAuth: not both, and not half of the latter."""
        for_many = {
            "SLACK_CLIENT_ID": self.slack_client_id,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
            "TOKEN_KEYS": self.token_keys,
        }
        found = [name for name, value in for_many.items() if value is not None]
        if self.slack_bot_token is not None and found:
            msg = (
                f"SLACK_BOT_TOKEN is for one workspace and {found[0]} for many: set one of them, "
                "see docs/install.md"
            )
            raise ValueError(msg)
        if self.slack_bot_token is None and not found:
            msg = (
                "SLACK_BOT_TOKEN: is not set. Bot token (xoxb-…), from OAuth & Permissions. "
                f"To serve many workspaces, set {', '.join(for_many)} and PUBLIC_URL instead"
            )
            raise ValueError(msg)
        if not found:
            return self
        needed = {**for_many, "PUBLIC_URL": self.public_url}
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            msg = f"{missing[0]}: is not set. Many workspaces are served with {', '.join(needed)}"
            raise ValueError(msg)
        if not _is_safe(self.public_url):
            # Browsers keep the cookie that ties Slack's answer to them for https alone.
            msg = "PUBLIC_URL: has to begin with https:// where many workspaces install the app"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.slack_signing_secret is None and self.slack_app_token is None:
            msg = (
                "set SLACK_SIGNING_SECRET (Slack sends over HTTP) "
                "or SLACK_APP_TOKEN (Socket Mode), or both"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _live_has_a_token(self) -> Self:
        if self.live_grid in {"electricity-maps", "both"} and self.electricity_maps_token is None:
            msg = f"LIVE_GRID={self.live_grid} needs ELECTRICITY_MAPS_TOKEN"
            raise ValueError(msg)
        return self

    @property
    def api_base_url(self) -> str:
        """The Web API's address as the SDK wants it, with a slash at the end."""
        return f"{str(self.slack_api_url).rstrip('/')}/"

    @property
    def serves_many(self) -> bool:
        """Whether the app is installed by OAuth, in as many workspaces as want it."""
        return self.slack_bot_token is None

    @property
    def authorize_url(self) -> str:
        """Where Slack asks whether the app may be installed."""
        return urljoin(self.api_base_url, "/oauth/v2/authorize")

    def public_path(self, path: str) -> str | None:
        """The address of a path of ours; ``None`` where PUBLIC_URL is not set."""
        return None if self.public_url is None else f"{str(self.public_url).rstrip('/')}{path}"

    @property
    def traces_url(self) -> str | None:
        """Where traces are sent; ``None`` where they are not wanted."""
        endpoint = self.otel_exporter_otlp_endpoint
        return None if endpoint is None else f"{str(endpoint).rstrip('/')}/v1/traces"

    @property
    def device_meanings(self) -> dict[str, str]:
        """What the general names GPU and TPU mean, where it was set."""
        meanings = {"GPU": self.carbon_default_gpu, "TPU": self.carbon_default_tpu}
        return {name: model for name, model in meanings.items() if model}


def read_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - whatever a setting may be
    """The settings of this process.

    Raises:
        SettingsError: something is missing or wrong. No value is repeated: it may be a secret.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in problem["loc"]).upper()
            why = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "missing":
                description = Settings.model_fields[name.lower()].description
                why = f"is not set. {description}"
            lines.append(f"{name}: {why}" if name else why)
        raise SettingsError("\n".join(lines)) from None


class _Database(BaseSettings):
    """One setting alone."""

    model_config = Settings.model_config

    database_url: SecretStr = Settings.model_fields["database_url"].default


def database_url() -> str:
    """``DATABASE_URL``, for commands that need no other setting."""
    return _Database().database_url.get_secret_value()
