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
from deploy.local_slack.people import ENTERPRISE_NAME, Json
from deploy.local_slack.team import Team

CODE_LIFE_S = 10 * 60


@dataclass
class _Code:
    teams: list[Team]
    user: str
    scope: str
    redirect_uri: str
    created: float
    org_wide: bool


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

        The query may name the workspace as ``team``, or the organisation; otherwise it is the
        first workspace.
        """
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self.config.client_id:
            return web.Response(status=400, text="Invalid client_id parameter")
        manifest = self.teams[0].manifest
        if not any(redirect_uri.startswith(url) for url in manifest.redirect_urls):
            return web.Response(status=400, text="redirect_uri did not match any configured URIs")
        wanted = query.get("team", self.teams[0].workspace.team_id)
        org_wide = wanted == self.teams[0].enterprise
        if org_wide and not manifest.org_deploy:
            return web.Response(status=400, text="This app cannot be installed org-wide")
        answer = {"state": query.get("state", "")}
        if self.consents:
            team = next(
                (entry for entry in self.teams if entry.workspace.team_id == wanted), self.teams[0]
            )
            scope = query.get("scope", "")
            answer["code"] = self.code(team, scope, redirect_uri, org_wide=org_wide)
        else:
            answer["error"] = "access_denied"
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(answer)}"})

    def code(
        self, team: Team, scope: str, redirect_uri: str = "", *, org_wide: bool = False
    ) -> str:
        """Return a code for a workspace, or its organisation, whose first member has agreed."""
        site = team.workspace.site
        code = f"{site.serial()}.{site.serial()}.local"
        user = team.workspace.people()[0].id
        teams = self.teams if org_wide else [team]
        self._codes[code] = _Code(teams, user, scope, redirect_uri, site.clock(), org_wide)
        return code

    def access(self, call: Json, header: str) -> Json:
        """Answer ``oauth.v2.access``: a token for a code, or for a refresh token.

        See https://docs.slack.dev/reference/methods/oauth.v2.access.

        Raises:
            SlackError: The secrets are wrong, or what they came with is unknown, used or too old.
        """
        client_id, secret = _credentials(call, header)
        if client_id != self.config.client_id:
            raise SlackError("invalid_client_id")
        if secret != self.config.client_secret:
            raise SlackError("bad_client_secret")
        if call.get("grant_type") == "refresh_token":
            return self._refresh(str(call.get("refresh_token", "")))
        code = self._codes.pop(str(call.get("code", "")), None)
        if code is None or code.teams[0].workspace.clock() - code.created > CODE_LIFE_S:
            raise SlackError("invalid_code")
        if code.redirect_uri != str(call.get("redirect_uri") or ""):
            raise SlackError("bad_redirect_uri")
        first = code.teams[0]
        token = first.token
        if first.manifest.rotates_tokens or token is None or code.org_wide != first.org_wide:
            self._issue(code.teams)
        for team in code.teams:
            team.org_wide = code.org_wide
            if code.scope:
                # Scopes only add up.
                team.granted = (team.granted or frozenset()) | {*code.scope.split(",")}
        granted = code.scope if first.granted is None else ",".join(sorted(first.granted))
        return {**self._describe(first, granted), "authed_user": {"id": code.user}}

    def _refresh(self, refresh_token: str) -> Json:
        """Exchange a refresh token, which is good once.

        Slack lets it live for a short, undocumented while longer; here it does not.
        See https://docs.slack.dev/authentication/using-token-rotation.
        """
        teams = [team for team in self.teams if team.refresh_token == refresh_token]
        if not refresh_token or not teams:
            raise SlackError("invalid_refresh_token")
        self._issue(teams)
        first = teams[0]
        granted = first.manifest.bot_scopes if first.granted is None else first.granted
        return self._describe(first, ",".join(sorted(granted or ())))

    def _issue(self, teams: list[Team]) -> None:
        number = teams[0].workspace.site.serial()
        rotates = teams[0].manifest.rotates_tokens
        for team in teams:
            if rotates:
                team.issue(f"xoxe.xoxb-local-{number}", f"xoxe-local-{number}")
            else:
                team.issue(f"xoxb-local-{number}")

    def _describe(self, team: Team, scope: str) -> Json:
        workspace = team.workspace
        found: Json = {
            "access_token": team.token,
            "token_type": "bot",
            "scope": scope,
            "bot_user_id": workspace.bot_user,
            "app_id": workspace.app_id,
            "team": {"id": workspace.team_id, "name": workspace.team_name},
            "enterprise": None,
            "is_enterprise_install": team.org_wide,
        }
        if team.org_wide:
            found["team"] = None
        if team.enterprise is not None:
            found["enterprise"] = {"id": team.enterprise, "name": ENTERPRISE_NAME}
        if team.refresh_token is not None:
            found |= {"refresh_token": team.refresh_token, "expires_in": team.token_life_s}
        return found


def _credentials(call: Json, header: str) -> tuple[str, str]:
    if header.startswith("Basic "):
        try:
            plain = base64.b64decode(header.removeprefix("Basic ")).decode()
        except (ValueError, binascii.Error):
            return "", ""
        client_id, _, secret = plain.partition(":")
        return client_id, secret
    return str(call.get("client_id", "")), str(call.get("client_secret", ""))
