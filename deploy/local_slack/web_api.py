"""The Web API: the methods that a command bot calls, with Slack's answers and errors.

See https://docs.slack.dev/apis/web-api and https://docs.slack.dev/reference/methods.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping

from aiohttp import web

from deploy.local_slack.config import Config
from deploy.local_slack.delivery import Dispatcher, read_form
from deploy.local_slack.limits import UPDATE_TEXT, check_message, check_view
from deploy.local_slack.posting import Posting
from deploy.local_slack.schema import Violation
from deploy.local_slack.socket_mode import SocketMode
from deploy.local_slack.workspace import Channel, Json, Message, SlackError, View, Workspace

Method = Callable[[Json], Json]

WITHOUT_TOKEN = frozenset({"api.test", "blocks.validate"})


class WebApi:
    """Answers ``/api/<method>`` and response URLs.

    Attributes:
        calls: Number of calls per method, refused ones included.
        held: Per method, the remaining answers with HTTP 429 and their ``Retry-After`` in seconds.
    """

    def __init__(
        self, config: Config, posting: Posting, sockets: SocketMode, dispatcher: Dispatcher
    ) -> None:
        self.config = config
        self.posting = posting
        self.sockets = sockets
        self.dispatcher = dispatcher
        self.calls: Counter[str] = Counter()
        self.held: dict[str, tuple[int, int]] = {}
        self._methods: dict[str, Method] = {
            "api.test": lambda call: {"args": call},
            "apps.connections.open": lambda _call: {"url": self.sockets.issue_url()},
            "auth.test": self._auth_test,
            "blocks.validate": self._blocks_validate,
            "bots.info": self._bots_info,
            "chat.delete": self._chat_delete,
            "chat.postEphemeral": self._chat_post_ephemeral,
            "chat.postMessage": self._chat_post_message,
            "chat.update": self._chat_update,
            "conversations.history": self._conversations_history,
            "conversations.info": self._conversations_info,
            "conversations.list": self._conversations_list,
            "conversations.open": self._conversations_open,
            "users.info": self._users_info,
            "views.open": self._views_open,
            "views.publish": self._views_publish,
            "views.update": self._views_update,
        }

    @property
    def workspace(self) -> Workspace:
        """The workspace that the methods act on."""
        return self.posting.workspace

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a method call; Slack's errors come with HTTP status 200."""
        method = request.match_info["method"]
        self.calls[method] += 1
        self.workspace.changed()
        if method in self.held:
            return self._rate_limited(method)
        try:
            call = {**await read_call(request), **dict(request.query)}
            self._authorise(method, request.headers.get("Authorization", ""), call)
            call.pop("token", None)
            answer = {"ok": True, **self._methods.get(method, _unknown_method)(call)}
        except SlackError as error:
            answer = {"ok": False, "error": error.code}
            if error.reasons:
                answer["errors"] = [describe(reason) for reason in error.reasons]
                answer["response_metadata"] = {
                    "messages": [f"[ERROR] {describe(reason)}" for reason in error.reasons]
                }
        return web.json_response(answer)

    async def respond(self, request: web.Request) -> web.Response:
        """Answer a post to a response URL: ``ok``, or the error as text.

        A refused message gets HTTP 400, as
        https://github.com/slackapi/java-slack-sdk/issues/1017 shows; a used or expired URL 404.
        """
        handle = self.workspace.response_urls.get(request.match_info["id"])
        if handle is None:
            return web.Response(status=404, text="no_such_url")
        self.calls["response_url"] += 1
        if "response_url" in self.held:
            return self._rate_limited("response_url")
        try:
            payload = await read_call(request)
            if isinstance(payload.get("payload"), dict):
                payload = payload["payload"]
            self.posting.respond(handle, payload)
        except SlackError as error:
            status = 404 if error.code in {"used_url", "expired_url"} else 400
            return web.Response(status=status, text=error.code)
        return web.Response(text="ok")

    def _rate_limited(self, method: str) -> web.Response:
        times, retry_after = self.held[method]
        if times > 1:
            self.held[method] = (times - 1, retry_after)
        else:
            del self.held[method]
        return web.json_response(
            {"ok": False, "error": "ratelimited"},
            status=429,
            headers={"Retry-After": str(retry_after)},
        )

    def _authorise(self, method: str, header: str, call: Mapping[str, object]) -> None:
        token = header.removeprefix("Bearer ").strip() or call.get("token")
        if method in WITHOUT_TOKEN:
            return
        if not token:
            raise SlackError("not_authed")
        if method == "apps.connections.open":
            if token == self.config.bot_token:
                raise SlackError("not_allowed_token_type")
            wanted = self.config.app_token
        else:
            wanted = self.config.bot_token
        if token != wanted:
            raise SlackError("invalid_auth")

    def _auth_test(self, _call: Json) -> Json:
        return {
            "url": f"{self.workspace.base_url}/",
            "team": "Local",
            "user": self.workspace.users[self.workspace.bot_user].name,
            "team_id": self.workspace.team_id,
            "user_id": self.workspace.bot_user,
            "bot_id": self.workspace.bot_id,
            "is_enterprise_install": False,
        }

    def _blocks_validate(self, call: Json) -> Json:
        if "view" in call:
            found = check_view(call["view"])
        else:
            message = call.get("message") or {"blocks": call.get("blocks")}
            found = check_message(message, surface="response")
        if found:
            raise SlackError(found[0].code, found)
        return {}

    def _bots_info(self, _call: Json) -> Json:
        bot = self.workspace.users[self.workspace.bot_user]
        return {
            "bot": {
                "id": self.workspace.bot_id,
                "deleted": False,
                "name": bot.name,
                "updated": 0,
                "app_id": self.workspace.app_id,
                "user_id": bot.id,
                "icons": {},
            }
        }

    def _chat_post_message(self, call: Json) -> Json:
        channel = self._postable(call)
        self.posting.require(call)
        message = self.posting.post(call, channel.id)
        return {
            "channel": channel.id,
            "ts": message.ts,
            "message": message.describe(self.workspace.bot_id),
        }

    def _chat_post_ephemeral(self, call: Json) -> Json:
        channel = self._postable(call)
        user = self.workspace.user(str(call.get("user", "")))
        if user.id not in channel.members:
            raise SlackError("user_not_in_channel")
        self.posting.require(call)
        message = self.posting.post(call, channel.id, visible_to=user.id)
        return {"message_ts": message.ts}

    def _chat_update(self, call: Json) -> Json:
        message = self._own(call, "cant_update_message")
        self.posting.require(call, UPDATE_TEXT)
        self.workspace.edit(message, call)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": message.text,
            "message": message.describe(self.workspace.bot_id),
        }

    def _chat_delete(self, call: Json) -> Json:
        message = self._own(call, "cant_delete_message")
        self.workspace.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def _conversations_info(self, call: Json) -> Json:
        return {"channel": self._seen(call).describe(self.workspace.bot_user)}

    def _conversations_list(self, call: Json) -> Json:
        kinds = {"public_channel": "public", "private_channel": "private", "im": "im"}
        wanted = {kinds.get(name) for name in call.get("types", "public_channel").split(",")}
        bot = self.workspace.bot_user
        return {
            "channels": [
                channel.describe(bot)
                for channel in self.workspace.channels.values()
                if channel.kind in wanted and (channel.kind == "public" or bot in channel.members)
            ],
            "response_metadata": {"next_cursor": ""},
        }

    def _conversations_open(self, call: Json) -> Json:
        user = self.workspace.user(str(call.get("users", "")))
        return {"channel": {"id": self.workspace.channel("dm", user.id).id}}

    def _conversations_history(self, call: Json) -> Json:
        channel = self._seen(call)
        if self.workspace.bot_user not in channel.members:
            raise SlackError("not_in_channel")
        limit = int(call.get("limit", 100))
        with_metadata = is_true(call.get("include_all_metadata"))
        found = [
            message
            for message in reversed(self.workspace.messages)
            if message.channel == channel.id and not message.is_ephemeral
        ]
        return {
            "messages": [self._describe(message, with_metadata) for message in found[:limit]],
            "has_more": len(found) > limit,
            "response_metadata": {"next_cursor": ""},
        }

    def _users_info(self, call: Json) -> Json:
        user = self.workspace.user(str(call.get("user", "")))
        include = is_true(call.get("include_locale"))
        return {"user": user.profile(now=self.workspace.clock(), include_locale=include)}

    def _views_open(self, call: Json) -> Json:
        content = self._valid_view(call)
        user = self.workspace.use_trigger(str(call.get("trigger_id", "")))
        identifier = f"V{self.workspace.serial():08d}"
        view = View(identifier, user, content, self.workspace.new_ts(), identifier)
        self.workspace.views[identifier] = view
        self.workspace.changed()
        return {"view": self.dispatcher.describe_view(view)}

    def _views_update(self, call: Json) -> Json:
        content = self._valid_view(call)
        for view in self.workspace.views.values():
            named = call.get("external_id") and call["external_id"] == view.content.get(
                "external_id"
            )
            if named or view.id == call.get("view_id"):
                break
        else:
            raise SlackError("not_found")
        if call.get("hash") not in (None, view.hash):
            raise SlackError("hash_conflict")
        view.content, view.hash = content, self.workspace.new_ts()
        self.workspace.changed()
        return {"view": self.dispatcher.describe_view(view)}

    def _views_publish(self, call: Json) -> Json:
        content = self._valid_view(call)
        user = self.workspace.user(str(call.get("user_id", "")))
        identifier = f"V{self.workspace.serial():08d}"
        view = View(identifier, user.id, content, self.workspace.new_ts(), identifier)
        self.workspace.homes[user.id] = view
        self.workspace.changed()
        return {"view": self.dispatcher.describe_view(view)}

    def _valid_view(self, call: Json) -> Json:
        content = call.get("view")
        if not isinstance(content, dict):
            raise SlackError("invalid_arguments")
        found = check_view(content)
        self.posting.record(found)
        if found:
            raise SlackError(found[0].code, found)
        return content

    def _seen(self, call: Json) -> Channel:
        channel = self.workspace.channels.get(str(call.get("channel", "")))
        hidden = channel is not None and channel.kind != "public"
        if channel is None or (hidden and self.workspace.bot_user not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def _postable(self, call: Json) -> Channel:
        key = str(call.get("channel", ""))
        if key in self.workspace.users:
            return self.workspace.channel("dm", key)
        if key.startswith("#"):
            key = self.workspace.channel(key).id
        channel = self._seen({**call, "channel": key})
        anywhere = "chat:write.public" in self.dispatcher.manifest.bot_scopes
        if self.workspace.bot_user not in channel.members and not anywhere:
            raise SlackError("not_in_channel")
        return channel

    def _own(self, call: Json, refusal: str) -> Message:
        channel = self._seen(call)
        message = self.workspace.find(channel.id, str(call.get("ts", "")))
        if message.is_ephemeral:
            raise SlackError("message_not_found")
        if message.user != self.workspace.bot_user:
            raise SlackError(refusal)
        return message

    def _describe(self, message: Message, metadata: object) -> Json:
        own = message.user == self.workspace.bot_user
        return message.describe(self.workspace.bot_id if own else None, metadata=bool(metadata))


def _unknown_method(_call: Json) -> Json:
    raise SlackError("unknown_method")


async def read_call(request: web.Request) -> Json:
    """Read a call's arguments from JSON or from a form.

    Raises:
        SlackError: The body is neither.
    """
    body = await request.text()
    if not body:
        return {}
    try:
        if request.content_type != "application/json":
            return read_form(body)
        found = json.loads(body)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    for name in ("blocks", "attachments", "view", "metadata"):
        if isinstance(found.get(name), str):
            try:
                found[name] = json.loads(found[name])
            except ValueError as error:
                raise SlackError(f"invalid_{name}_format") from error
    return found


def is_true(value: object) -> bool:
    """Read a boolean as Slack's forms write it."""
    return value is True or str(value).lower() in {"true", "1"}


def describe(violation: Violation) -> str:
    """Word a violation as Slack's ``response_metadata`` does."""
    return f"{violation.reason} [json-pointer:{violation.pointer}]"
