"""Installing the app by OAuth: the page with the button, what Slack leads back to, and the stores.

Bolt's flow asks and checks; see https://docs.slack.dev/authentication/installing-with-oauth.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_bolt_request
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.i18n import Say, say_in
from bot.refusals import Reason
from bot.request import current
from bot.slack.failures import FAILURES, reason
from bot.slack.pages import (
    HEADERS,
    accepted_language,
    failed_page,
    install_page,
    installed_in_organisation_page,
    installed_page,
)
from bot.slack.requests import Requests
from bot.slack.scopes import SCOPES
from bot.store import Store, Team
from bot.store.handled import Handled
from bot.store.installations import InstallationStore, Installed

if TYPE_CHECKING:
    from bot.token_keys import TokenKeys  # not imported to serve one workspace

log = logging.getLogger(__name__)

INSTALL: Final = "/slack/install"
REDIRECT: Final = "/slack/oauth_redirect"
STATE_LIFE_S: Final = 600
"""As long as Slack's code."""
COOKIE: Final = "__Host-carbon-install"
"""With this prefix no other host of the domain can set it, and it comes over https alone."""
_STATE: Final = "install"
_TEAM: Final = re.compile(r"[TE][A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The app, as Slack knows it.

    Attributes:
        client_id: its id.
        client_secret: its secret.
        authorize_url: where Slack asks whether it may be installed.
        public_url: where it is reached, without a slash at the end.
    """

    client_id: str
    client_secret: str
    authorize_url: str
    public_url: str

    @property
    def install_url(self) -> str:
        """The page with the button."""
        return f"{self.public_url}{INSTALL}"


class SlackInstallations(AsyncInstallationStore):
    """Bolt's view of the installations that are kept."""

    def __init__(self, installations: InstallationStore) -> None:
        self._installations = installations

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation in place of an earlier one of the same workspace."""
        await self._installations.put(
            Installed(
                team=_team(
                    installation.enterprise_id,
                    installation.team_id,
                    org_wide=installation.is_enterprise_install,
                ),
                app_id=installation.app_id or "",
                bot_id=installation.bot_id or "",
                bot_user=installation.bot_user_id or "",
                scopes=frozenset(installation.bot_scopes or ()),
                token=installation.bot_token or "",
                refresh_token=installation.bot_refresh_token,
                expires_at=_moment(installation.bot_token_expires_at),
                installed_by=installation.user_id,
                installed_at=datetime.fromtimestamp(installation.installed_at, UTC),
            )
        )

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep the bot's new token."""
        team = _team(bot.enterprise_id, bot.team_id, org_wide=bot.is_enterprise_install or False)
        found = await self._installations.own(team)
        if found is None or bot.bot_token_expires_at is None:
            return
        expires_at = datetime.fromtimestamp(bot.bot_token_expires_at, UTC)
        await self._installations.renew(found, bot.bot_token, bot.bot_refresh_token, expires_at)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a workspace."""
        found = await self.async_find_installation(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )
        return None if found is None else found.to_bot()

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The installation that serves a workspace. It has no tokens of members."""
        del user_id
        team = _team(enterprise_id, team_id, org_wide=bool(is_enterprise_install))
        found = await self._installations.of(team)
        if found is None:
            return None
        return Installation(
            app_id=found.app_id,
            enterprise_id=found.team.enterprise_id or None,
            team_id=found.team.team_id or None,
            bot_token=found.token,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user,
            bot_scopes=sorted(found.scopes),
            bot_refresh_token=found.refresh_token,
            bot_token_expires_at=found.expires_at,
            user_id=found.installed_by,
            is_enterprise_install=found.is_org_wide,
            installed_at=found.installed_at,
        )

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete a workspace's installation, or an organisation's where no workspace is given."""
        await self._installations.delete(Team(enterprise_id or "", team_id or ""))

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Delete it; of a single member nothing is kept that could be deleted."""
        if user_id is None:
            await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)


def _team(enterprise_id: str | None, team_id: str | None, *, org_wide: bool) -> Team:
    return Team(enterprise_id or "", "" if org_wide else team_id or "")


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class States(AsyncOAuthStateStore):
    """What ties Slack's answer to who began: good for ten minutes, and once, on any replica.

    A state is made and checked with the keys of the deployment. Only one that was used is written
    down, so that who opens the page again and again fills no database.
    """

    def __init__(self, keys: TokenKeys, handled: Handled, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._handled = handled
        self._clock = clock

    def now(self) -> datetime:
        """The time that everything here goes by."""
        return self._clock()

    async def async_issue(self, *_: Any, **__: Any) -> str:  # noqa: ANN401 - the SDK's own
        """A new state."""
        return self._keys.ticket(_STATE, self._clock().timestamp())

    async def async_consume(self, state: str) -> bool:
        """Whether a state was made here, is not too old, and was not used before."""
        now = self._clock().timestamp()
        if not self._keys.is_ticket(state, _STATE, now, STATE_LIFE_S):
            return False
        digest = hashlib.sha256(state.encode()).hexdigest()
        return await self._handled.first_time(f"{_STATE} {digest}")


class _Cookie(OAuthStateUtils):
    """Bolt's cookie, which comes along from Slack and from no other page's request."""

    def build_set_cookie_for_new_state(self, state: str) -> str:
        return f"{super().build_set_cookie_for_new_state(state)}; SameSite=Lax"

    def build_set_cookie_for_deletion(self) -> str:
        return f"{super().build_set_cookie_for_deletion()}; SameSite=Lax"


class InstallFlow(AsyncOAuthFlow):
    """Bolt's flow with our pages; it writes no code or token to the log."""

    def __init__(
        self,
        app: OAuthApp,
        client: AsyncWebClient,
        store: Store,
        states: States,
        installed: Callable[[Team], None],
    ) -> None:
        """Take what it works with.

        Args:
            app: the app.
            client: calls Slack without a token.
            store: where installations are kept.
            states: ties Slack's answer to who began.
            installed: is told where the app was installed.
        """
        settings = AsyncOAuthSettings(
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=sorted(SCOPES),
            user_scopes=[],
            redirect_uri=f"{app.public_url}{REDIRECT}",
            authorization_url=app.authorize_url,
            install_path=INSTALL,
            redirect_uri_path=REDIRECT,
            installation_store=SlackInstallations(store.installations),
            state_store=states,
            state_cookie_name=COOKIE,
            state_expiration_seconds=STATE_LIFE_S,
            callback_options=AsyncCallbackOptions(success=self._installed, failure=self._failed),
            logger=log,
        )
        settings.state_utils = _Cookie(cookie_name=COOKIE, expiration_seconds=STATE_LIFE_S)
        super().__init__(client=client, logger=log, settings=settings)
        self._app = app
        self._now = states.now
        self._told = installed

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Slack's page, every value escaped; a workspace may be named with ``?team=``."""
        query = {
            "client_id": self._app.client_id,
            "scope": ",".join(sorted(SCOPES)),
            "user_scope": "",
            "redirect_uri": self.redirect_uri or "",
            "state": state,
        }
        team = (request.query.get("team") or [""])[0]
        if _TEAM.fullmatch(team):
            query["team"] = team
        return f"{self._app.authorize_url}?{urlencode(query)}"

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        """The page with the button."""
        return install_page(url, _say(request))

    async def run_installation(self, code: str) -> Installation | None:
        """Exchange a code for a token; ``None`` where Slack does not accept it.

        Raises:
            SlackClientError: Slack failed, or cannot be reached.
        """
        try:
            answer = await self.client.oauth_v2_access(
                client_id=self._app.client_id,
                client_secret=self._app.client_secret,
                code=code,
                redirect_uri=self.redirect_uri,
            )
        except SlackApiError as error:
            log.warning("an installation failed: %s", reason(error))
            return None
        token, life_s = answer["access_token"], answer.get("expires_in")
        now = self._now()
        who = await self.client.auth_test(token=token)
        return Installation(
            app_id=answer.get("app_id"),
            enterprise_id=(answer.get("enterprise") or {}).get("id"),
            team_id=(answer.get("team") or {}).get("id"),
            bot_token=token,
            bot_id=who.get("bot_id"),
            bot_user_id=answer.get("bot_user_id"),
            bot_scopes=answer.get("scope") or "",
            bot_refresh_token=answer.get("refresh_token"),
            bot_token_expires_at=None if life_s is None else now + timedelta(seconds=int(life_s)),
            user_id=(answer.get("authed_user") or {}).get("id") or "",
            is_enterprise_install=bool(answer.get("is_enterprise_install")),
            token_type=answer.get("token_type"),
            installed_at=now,
        )

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        """Keep an installation.

        Raises:
            BoltError: the database does not answer.
        """
        try:
            await super().store_installation(request, installation)
        except (SQLAlchemyError, OSError) as error:
            log.error("an installation could not be kept: %s", type(error).__name__)  # noqa: TRY400
            msg = "the database does not answer"
            raise BoltError(msg) from None
        team = _team(
            installation.enterprise_id,
            installation.team_id,
            org_wide=installation.is_enterprise_install,
        )
        self._told(team)
        log.info("the app was installed in %s", team.team_id or team.enterprise_id)

    async def _installed(self, args: AsyncSuccessArgs) -> BoltResponse:
        found, say = args.installation, _say(args.request)
        app_id = found.app_id or ""
        if found.is_enterprise_install:
            page = installed_in_organisation_page(app_id, found.enterprise_id or "", say)
        else:
            page = installed_page(app_id, found.team_id or "", say)
        return self._page(200, page)

    async def _failed(self, args: AsyncFailureArgs) -> BoltResponse:
        if 400 <= args.suggested_status_code < 500:
            # One of Bolt's words; what comes back from Slack has 200.
            current().refused(Reason.INSTALLATION, args.reason)
        return self.failure(args.reason, args.suggested_status_code, args.request)

    def failure(self, why: str, status: int, request: AsyncBoltRequest) -> BoltResponse:
        """The page that says why nothing was installed."""
        return self._page(status, failed_page(why, self._app.install_url, _say(request)))

    def _page(self, status: int, page: str) -> BoltResponse:
        headers: dict[str, str | Sequence[str]] = {
            "Content-Type": "text/html; charset=utf-8",
            "Set-Cookie": self.settings.state_utils.build_set_cookie_for_deletion(),
        }
        return BoltResponse(status=status, body=page, headers=headers)


def add_routes(web_app: web.Application, flow: InstallFlow, requests: Requests) -> None:
    """Serve the page with the button, and the address that Slack leads back to."""

    async def install(request: web.Request) -> web.Response:
        return _response(await flow.handle_installation(await to_bolt_request(request)))

    async def redirected(request: web.Request) -> web.Response:
        asked = await to_bolt_request(request)
        try:
            return _response(await flow.handle_callback(asked))
        except (SQLAlchemyError, OSError) as error:
            log.warning("an installation failed: %s", type(error).__name__)
            return _response(flow.failure("storage_error", 503, asked))
        except FAILURES as error:
            log.warning("an installation failed: %s", reason(error))
            return _response(flow.failure("unreachable", 502, asked))

    web_app.router.add_get(INSTALL, requests.page(install))
    web_app.router.add_get(REDIRECT, requests.page(redirected))


def _say(request: AsyncBoltRequest) -> Say:
    header = (request.headers.get("accept-language") or [""])[0]
    return say_in(accepted_language(header))


def _response(found: BoltResponse) -> web.Response:
    response = web.Response(
        status=found.status, text=found.body, content_type="text/html", headers=HEADERS
    )
    for cookie in found.headers.get("set-cookie", []):
        response.headers.add("Set-Cookie", cookie)
    return response
