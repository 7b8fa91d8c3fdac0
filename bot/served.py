"""Whom the bot serves, one workspace by its bot token or many by OAuth, and Bolt's app for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from slack_bolt.async_app import AsyncApp
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bot.settings import Settings
from bot.slack.clients import WebApi
from bot.slack.commands import AnswerAtOnce, AtOnce
from bot.slack.installing import InstallFlow, OAuthApp, States
from bot.slack.scopes import SCOPES
from bot.slack.tokens import Tokens
from bot.slack.workspaces import ManyWorkspaces, OneWorkspace, OnlyWhereInstalled, Workspaces
from bot.store import Store, Team

if TYPE_CHECKING:
    from bot.token_keys import TokenKeys

BOLT: Final = "slack_bolt"
"""The name of its log."""


def keys_of(settings: Settings) -> TokenKeys | None:
    """The keys of the tokens of many workspaces; ``None`` where one is served."""
    if settings.token_keys is None:
        return None
    from bot.token_keys import TokenKeys  # noqa: PLC0415 - not for one workspace

    return TokenKeys.parse(settings.token_keys.get_secret_value())


def one_workspace(settings: Settings, api: WebApi) -> Workspaces:
    """The workspace whose bot token was set."""
    assert settings.slack_bot_token is not None  # noqa: S101 - the settings saw to it
    token = settings.slack_bot_token.get_secret_value()
    return OneWorkspace(api.patient(token), token)


@dataclass(frozen=True)
class OAuth:
    """What serves many workspaces.

    Attributes:
        installed: told where the app was installed.
    """

    app: OAuthApp
    flow: InstallFlow
    tokens: Tokens
    workspaces: ManyWorkspaces
    installed: list[Callable[[Team], None]]


async def many_workspaces(
    settings: Settings, keys: TokenKeys, api: WebApi, store: Store, now: Callable[[], datetime]
) -> OAuth:
    """Every workspace that installs the app.

    Raises:
        StoreError: none of the keys opens any of the tokens that are kept.
    """
    assert settings.slack_client_id is not None  # noqa: S101 - the settings saw to it
    assert settings.slack_client_secret is not None  # noqa: S101 - same
    app = OAuthApp(
        settings.slack_client_id,
        settings.slack_client_secret.get_secret_value(),
        settings.authorize_url,
        settings.public_path("") or "",
    )
    # Once: a refresh token, and a code, is good once.
    rotator = AsyncTokenRotator(
        client_id=app.client_id, client_secret=app.client_secret, client=api.once()
    )
    tokens = Tokens(store, rotator, now)
    workspaces = ManyWorkspaces(store, tokens, SCOPES)
    await workspaces.check_keys()
    told: list[Callable[[Team], None]] = [tokens.forget]

    def installed(team: Team) -> None:
        for tell in told:
            tell(team)

    flow = InstallFlow(app, api.once(), store, States(keys, store.handled, now), installed)
    return OAuth(app, flow, tokens, workspaces, told)


def install_url_of(oauth: OAuth | None) -> str | None:
    """Where the app is installed; ``None`` where one workspace is served."""
    return None if oauth is None else oauth.app.install_url


def bolt_app(api: WebApi, workspaces: Workspaces, oauth: OAuth | None, at_once: AtOnce) -> AsyncApp:
    """Bolt's app, to which listeners are attached."""
    flow = None if oauth is None else oauth.flow
    app = AsyncApp(
        # Without a name Bolt looks up the file of every module for it: a tenth of a second.
        name="carbon",
        # Without the token, which `authorize` gives.
        client=api.patient(),
        authorize=workspaces.authorize,  # type: ignore[arg-type]  # it takes this too
        oauth_flow=flow,
        # Both, or Bolt makes settings of its own from the environment.
        oauth_settings=None if flow is None else flow.settings,
        # Bolt's own would take the level of all logs.
        logger=logging.getLogger(BOLT),
        before_authorize=AnswerAtOnce(at_once),
        # Without this Bolt polls for the acknowledgement every 10 ms.
        process_before_response=True,
        # The guard in front of Bolt checks signatures, and replays, which Bolt does not.
        request_verification_enabled=False,
    )
    if oauth is not None:
        app.middleware(OnlyWhereInstalled(oauth.app.install_url))
    return app
