"""Installing the app in a workspace: consent, a code, and a token for the code.

See https://docs.slack.dev/authentication/installing-with-oauth.
"""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import urlencode

from aiohttp import web

from deploy.local_slack.config import Config
from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Json
from deploy.local_slack.team import Team

CODE_LIFE_S = 10 * 60


@dataclass
class _Code:
    team: Team
    user: str
    scope: str
    redirect_uri: str
    created: float


@dataclass
class Installing:
    """Gives out codes and exchanges each of them once.

    Attributes:
        consents: Whether the person who is asked agrees.
    """

    config: Config
    teams: list[Team]
    consents: bool = True
    _codes: dict[str, _Code] = field(default_factory=dict)

    async def authorize(self, request: web.Request) -> web.Response:
        """Answer the address that an "Add to Slack" button leads to, as somebody who agrees.

        The query may name the workspace as ``team``; otherwise it is the first.
        """
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self.config.client_id:
            return web.Response(status=400, text="Invalid client_id parameter")
        allowed = self.teams[0].manifest.redirect_urls
        if not any(redirect_uri.startswith(url) for url in allowed):
            return web.Response(status=400, text="redirect_uri did not match any configured URIs")
        answer = {"state": query.get("state", "")}
        if self.consents:
            wanted = query.get("team", self.teams[0].workspace.team_id)
            team = next(entry for entry in self.teams if entry.workspace.team_id == wanted)
            answer["code"] = self.code(team, query.get("scope", ""), redirect_uri)
        else:
            answer["error"] = "access_denied"
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(answer)}"})

    def code(self, team: Team, scope: str, redirect_uri: str = "") -> str:
        """Return a code for a workspace whose first member has agreed."""
        site = team.workspace.site
        code = f"{site.serial()}.{site.serial()}.local"
        user = team.workspace.people()[0].id
        self._codes[code] = _Code(team, user, scope, redirect_uri, site.clock())
        return code

    def access(self, call: Json, header: str) -> Json:
        """Answer ``oauth.v2.access``: the app's secrets and a code for a token.

        See https://docs.slack.dev/reference/methods/oauth.v2.access.

        Raises:
            SlackError: The secrets are wrong, or the code is unknown, used or too old.
        """
        client_id, secret = _credentials(call, header)
        if client_id != self.config.client_id:
            raise SlackError("invalid_client_id")
        if secret != self.config.client_secret:
            raise SlackError("bad_client_secret")
        code = self._codes.pop(str(call.get("code", "")), None)
        if code is None or code.team.workspace.clock() - code.created > CODE_LIFE_S:
            raise SlackError("invalid_code")
        if code.redirect_uri != str(call.get("redirect_uri") or ""):
            raise SlackError("bad_redirect_uri")
        workspace = code.team.workspace
        if code.team.token is None:
            code.team.token = f"xoxb-local-{workspace.site.serial()}"
        return {
            "access_token": code.team.token,
            "token_type": "bot",
            "scope": code.scope,
            "bot_user_id": workspace.bot_user,
            "app_id": workspace.app_id,
            "team": {"id": workspace.team_id, "name": workspace.team_name},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": code.user},
        }


def _credentials(call: Json, header: str) -> tuple[str, str]:
    if header.startswith("Basic "):
        try:
            plain = base64.b64decode(header.removeprefix("Basic ")).decode()
        except (ValueError, binascii.Error):
            return "", ""
        client_id, _, secret = plain.partition(":")
        return client_id, secret
    return str(call.get("client_id", "")), str(call.get("client_secret", ""))
