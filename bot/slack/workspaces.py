"""Which workspaces are served: the one whose token was set, or all where the app was installed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Protocol

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.blocks.error import uninstalled_message
from bot.refusals import Reason
from bot.request import current
from bot.slack.answering import answered_instead
from bot.slack.tokens import Tokens
from bot.store import Store, StoreError, Team
from bot.store.installations import NotInstalled

log = logging.getLogger(__name__)

NAMED: Final = 20
"""Workspaces that the log names where they lack a permission."""


_UNINSTALLED: Final = "carbon_uninstalled"


class OnlyWhereInstalled(AsyncMiddleware):
    """Answers where the app is installed no more, or not yet, and lets everything else pass."""

    def __init__(self, install_url: str) -> None:
        self._install_url = install_url

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name for it
    ) -> BoltResponse | None:
        """Say where the app is installed, or go on."""
        if not req.context.get(_UNINSTALLED):
            await next()
            return resp
        team_id = req.context.team_id or req.context.enterprise_id or ""
        current().refused(Reason.NOT_INSTALLED, "carbon is not installed there", team_id)
        message = uninstalled_message(self._install_url)
        respond = req.context.respond if req.context.response_url else None
        return await answered_instead(req.body, respond, message)


class Workspaces(Protocol):
    """The workspaces that are served."""

    @property
    def authorize(self) -> AsyncAuthorize:
        """What Bolt asks for the token of a request."""

    async def token_of(self, team: Team) -> str:
        """The bot token of a workspace.

        Raises:
            NotInstalled: there is none.
        """

    async def problem(self) -> str | None:
        """Why they cannot be served; ``None`` where they can."""

    async def look(self) -> None:
        """Look at the tokens once the bot serves, for the log and for ``problem``."""

    async def stop(self) -> None:
        """End what is under way."""


class OneWorkspace(AsyncAuthorize):
    """The workspace that the bot token belongs to. Learnt from Slack once, needed by no answer."""

    def __init__(self, client: AsyncWebClient, token: str) -> None:
        self._client = client
        self._token = token
        self._result = AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)
        self._problem: str | None = "Slack has not confirmed the bot token yet"

    async def __call__(self, **_: Any) -> AuthorizeResult:  # noqa: ANN401 - Bolt's own arguments
        """The token, whoever asks."""
        return self._result

    @property
    def authorize(self) -> AsyncAuthorize:
        """What Bolt asks."""
        return self

    async def token_of(self, _team: Team) -> str:
        """The token."""
        return self._token

    async def problem(self) -> str | None:
        """What Slack says of the token."""
        return self._problem

    async def look(self) -> None:
        """Ask Slack until it answers, so that ``/readyz`` tells the truth about the token."""
        wait_s = 1.0
        while True:
            try:
                answer = await self._client.auth_test()
            except SlackApiError as error:
                self._problem = f"Slack refuses the bot token: {error.response['error']}"
                log.error("%s", self._problem)  # noqa: TRY400 - the problem says it all
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._problem = f"Slack's Web API cannot be reached: {type(error).__name__}"
                log.warning("%s", self._problem)
            else:
                self._result = AuthorizeResult.from_auth_test_response(
                    auth_test_response=answer, bot_token=self._token
                )
                self._problem = None
                log.info("signed in as %s in %s", answer.get("user"), answer.get("team"))
                return
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 60.0)

    async def stop(self) -> None:
        """Nothing is under way."""


class ManyWorkspaces(AsyncAuthorize):
    """Every workspace, and every organisation, where the app was installed by OAuth."""

    def __init__(self, store: Store, tokens: Tokens, scopes: Iterable[str]) -> None:
        self._installations = store.installations
        self._tokens = tokens
        self._scopes = frozenset(scopes)

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: Any,  # noqa: ANN401 - Bolt's own arguments
    ) -> AuthorizeResult:
        """The token of the workspace that a request comes from, if there is one."""
        try:
            found = await self._tokens.of(Team(enterprise_id or "", team_id or ""))
        except NotInstalled:
            # Without a result Bolt would answer by itself, in its own words.
            context[_UNINSTALLED] = True
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user,
            bot_token=found.token,
            bot_scopes=sorted(found.scopes),
            user_id=user_id,
        )

    @property
    def authorize(self) -> AsyncAuthorize:
        """What Bolt asks."""
        return self

    async def token_of(self, team: Team) -> str:
        """The token of a workspace."""
        return (await self._tokens.of(team)).token

    async def problem(self) -> str | None:
        """Whether the keys open what is kept; whether Slack accepts it, each workspace tells."""
        try:
            return await self._installations.problem()
        except (SQLAlchemyError, OSError) as error:
            return f"installations cannot be read ({type(error).__name__})"

    async def check_keys(self) -> None:
        """Make sure that the keys are those that the tokens were encrypted with.

        Raises:
            StoreError: none of them opens any of the tokens.
        """
        readable, unreadable = await self._installations.unreadable()
        if unreadable and not readable:
            msg = (
                f"none of the keys in TOKEN_KEYS opens any of the {unreadable} installations that "
                "are kept: add the key that they were made with after the newest one"
            )
            raise StoreError(msg)
        if unreadable:
            log.error("no key in TOKEN_KEYS opens %d of the installations", unreadable)

    async def look(self) -> None:
        """Say in the log which workspaces allowed less than the manifest asks for."""
        try:
            lacking = await self._installations.lacking(self._scopes)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the scopes of installations cannot be read: %s", type(error).__name__)
            return
        for team, scopes in [*lacking.items()][:NAMED]:
            log.warning(
                "%s lacks %s: let an administrator install the app there again",
                team.team_id or team.enterprise_id,
                ", ".join(sorted(scopes)),
            )
        if len(lacking) > NAMED:
            log.warning("%d more workspaces lack scopes", len(lacking) - NAMED)

    async def stop(self) -> None:
        """Wait until new tokens are written."""
        await self._tokens.idle()
