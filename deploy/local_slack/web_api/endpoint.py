"""The address of the Web API: who calls, what the call is to fail with, what it answers."""

from collections import Counter
from collections.abc import Mapping

from aiohttp import web

from deploy.local_slack.config import Config
from deploy.local_slack.errors import SlackError
from deploy.local_slack.faults import Fault, Faults
from deploy.local_slack.handles import ResponseUrl
from deploy.local_slack.installing import Installing
from deploy.local_slack.people import Json
from deploy.local_slack.socket_mode import SocketMode
from deploy.local_slack.team import Team
from deploy.local_slack.web_api import conversations, files, people, views
from deploy.local_slack.web_api.calls import Method, describe, read_call
from deploy.local_slack.web_api.chat import Chat
from deploy.local_slack.web_api.scopes import require_scope

RESPONSE_URL = "response_url"


class WebApi:
    """Answers ``/api/<method>`` and response URLs.

    Attributes:
        calls: Number of calls per method, refused ones included.
        faults: How calls are to fail.
    """

    def __init__(
        self, config: Config, teams: list[Team], sockets: SocketMode, installing: Installing
    ) -> None:
        self.config = config
        self.teams = teams
        self.sockets = sockets
        self.installing = installing
        self.calls: Counter[str] = Counter()
        self.faults = Faults(config.clock)
        self._methods: dict[str, Method] = {
            **Chat().methods(),
            **conversations.methods(),
            **files.methods(),
            **people.methods(),
            **views.methods(),
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a method call; Slack's errors come with HTTP status 200."""
        method = request.match_info["method"]
        self.calls[method] += 1
        self.teams[0].workspace.changed()
        try:
            call = await read_call(request)
        except SlackError as error:
            return web.json_response(_refusal(error))
        header = request.headers.get("Authorization", "")
        fault = self.faults.next(method, call)
        if fault is not None and fault.late:
            await self.faults.hang()
            fault = None
        if fault is not None and not fault.accepted:
            return await self._fail(request, fault)
        try:
            answer = self._answer(method, header, call)
        except SlackError as error:
            answer = _refusal(error)
        if isinstance(answer, Fault):
            return await self._fail(request, answer)
        if fault is not None:
            return await self._fail(request, fault)
        return web.json_response(answer, headers=self._granted(header))

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer a post to a response URL: ``ok``, or the error as text.

        A refused message gets HTTP 400, as
        https://github.com/slackapi/java-slack-sdk/issues/1017 shows; a used or expired URL 404.
        """
        team, handle = self._handle(request.match_info["id"])
        if team is None or handle is None:
            return web.Response(status=404, text="no_such_url")
        self.calls[RESPONSE_URL] += 1
        fault = self.faults.next(RESPONSE_URL, {})
        if fault is not None and not fault.accepted:
            return await self._fail(request, fault)
        try:
            payload = await read_call(request)
            if isinstance(payload.get("payload"), dict):
                payload = payload["payload"]
            team.posting.respond(handle, payload)
        except SlackError as error:
            status = 404 if error.code in {"used_url", "expired_url"} else 400
            return web.Response(status=status, text=error.code)
        if fault is not None:
            return await self._fail(request, fault)
        return web.Response(text="ok")

    def _answer(self, method: str, header: str, call: Json) -> Json | Fault:
        if method == "api.test":
            return {"ok": True, "args": call}
        if method == "blocks.validate":
            return {"ok": True, **people.validate(call)}
        if method == "oauth.v2.access":
            return {"ok": True, **self.installing.access(call, header)}
        token = header.removeprefix("Bearer ").strip() or str(call.pop("token", ""))
        if method == "apps.connections.open":
            self._require_app_token(token)
            return {"ok": True, "url": self.sockets.issue_url()}
        team = self._team(token, call)
        known = self._methods.get(method)
        if known is None:
            raise SlackError("unknown_method")
        require_scope(team, method)
        slow_down = self.faults.over_rate(team.workspace.team_id, method, call)
        if slow_down is not None:
            return slow_down
        return {"ok": True, **known(team, {**call})}

    def _granted(self, header: str) -> dict[str, str]:
        """What each answer says of the token's scopes.

        The official client reads them from the header, see ``scopes`` under
        https://docs.slack.dev/tools/node-slack-sdk/reference/web-api/interfaces/WebAPICallResult.
        """
        token = header.removeprefix("Bearer ").strip()
        for team in self.teams:
            scopes = team.manifest.bot_scopes
            if token == team.token and scopes is not None:
                return {"X-OAuth-Scopes": ",".join(sorted(scopes))}
        return {}

    def _require_app_token(self, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if any(token == team.token for team in self.teams):
            raise SlackError("not_allowed_token_type")
        if token != self.config.app_token:
            raise SlackError("invalid_auth")

    def _team(self, token: str, call: Json) -> Team:
        """The workspace that a call is about; a token of a whole organisation is good in each."""
        if not token:
            raise SlackError("not_authed")
        found: list[Team] = []
        gone: SlackError | None = None
        for team in self.teams:
            try:
                found += [team] if team.accepts(token) else []
            except SlackError as error:
                gone = error
        for team in found:
            if call.get("team_id") == team.workspace.team_id or _names_something_of(team, call):
                return team
        if found:
            return found[0]
        if gone is not None:
            raise gone
        raise SlackError("not_allowed_token_type" if token.startswith("xapp-") else "invalid_auth")

    def _handle(self, identifier: str) -> tuple[Team, ResponseUrl] | tuple[None, None]:
        for team in self.teams:
            handle = team.workspace.handles.response_urls.get(identifier)
            if handle is not None:
                return team, handle
        return None, None

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.hang:
            await self.faults.hang()
        if fault.drop and request.transport is not None:
            request.transport.close()
        headers = {}
        if fault.retry_after_s is not None:
            headers["Retry-After"] = str(fault.retry_after_s)
        if fault.is_page:
            page = f"<html><h1>{fault.status}</h1></html>"
            return web.Response(
                text=page, status=fault.status, headers=headers, content_type="text/html"
            )
        body: Mapping[str, object] = {"ok": False, "error": fault.error}
        return web.json_response(body, status=fault.status, headers=headers)


def _names_something_of(team: Team, call: Json) -> bool:
    workspace = team.workspace
    named = {str(call.get(name)) for name in ("channel", "channel_id", "user", "user_id")}
    return not named.isdisjoint({*workspace.channels, *workspace.users})


def _refusal(error: SlackError) -> Json:
    answer: Json = {"ok": False, "error": error.code, **error.more}
    if error.reasons:
        answer["errors"] = [describe(reason) for reason in error.reasons]
        answer["response_metadata"] = {
            "messages": [f"[ERROR] {describe(reason)}" for reason in error.reasons]
        }
    return answer
