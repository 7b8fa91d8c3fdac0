"""What Slack does when somebody types a command, clicks a button or submits a modal."""

import html
import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from deploy.local_slack.limits import Violation, check_view
from deploy.local_slack.manifest import Manifest, SlashCommand
from deploy.local_slack.posting import Posting
from deploy.local_slack.transport import Delivery, DeliveryError, Reply, Transport
from deploy.local_slack.workspace import (
    Channel,
    Json,
    Message,
    ResponseUrl,
    SlackError,
    User,
    View,
    Workspace,
)

logger = logging.getLogger(__name__)

INVALID_COMMAND_RESPONSE = "invalid_command_response"

_MENTION = re.compile(r"(?<!\S)([@#])([\w.-]+)")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>|]+")


@dataclass
class CommandOutcome:
    """What came of a typed command.

    Attributes:
        status: HTTP status of the bot's acknowledgement; None when there was none.
        body: Body of the acknowledgement.
        message: The message that the acknowledgement itself held, if any.
        violations: Limits which that message violated.
        error: What Slack told the typist instead, such as ``operation_timeout``.
        detail: The reason for the error, for the developer.
        later: Messages that came through the command's response URL; it grows.
    """

    status: int | None = None
    body: str = ""
    message: Message | None = None
    violations: list[Violation] = field(default_factory=list)
    error: str | None = None
    detail: str = ""
    later: list[Message] = field(default_factory=list)
    response_url: str = ""


@dataclass
class ActionOutcome:
    """What came of a click or a submitted modal.

    Attributes:
        status: HTTP status of the acknowledgement; None when there was none.
        error: What went wrong, such as ``operation_timeout``.
        detail: The reason for the error, for the developer.
        later: Messages posted or changed through the response URL; it grows.
        payload: What the bot was sent.
        errors: Per block id, what a submitted modal got wrong.
    """

    status: int | None = None
    error: str | None = None
    detail: str = ""
    later: list[Message] = field(default_factory=list)
    payload: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    response_url: str = ""


def escape_command_text(text: str, workspace: Workspace, *, mentions: bool) -> str:
    """Return a command's text as Slack sends it.

    The three control characters are always escaped; people, channels and addresses are turned
    into Slack's notation when the manifest says ``should_escape``.
    See https://docs.slack.dev/interactivity/implementing-slash-commands#escaping_users_warning.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not mentions:
        return escaped

    def notation(match: re.Match[str]) -> str:
        sign, name = match.groups()
        try:
            if sign == "@":
                return f"<@{workspace.user(name).id}|{name}>"
            channel = workspace.channel(name)
        except SlackError:
            return match[0]
        return f"<#{channel.id}|{channel.name if channel.kind == 'public' else ''}>"

    return _ADDRESS.sub(lambda match: f"<{match[0]}>", _MENTION.sub(notation, escaped))


@dataclass
class Dispatcher:
    """Delivers what people do to the bot, and shows them what comes back."""

    workspace: Workspace
    posting: Posting
    manifest: Manifest
    transport: Transport

    async def command(self, user: User, channel: Channel, line: str) -> CommandOutcome:
        """Run a typed command line, such as ``/carbon 10 GPU``.

        See https://docs.slack.dev/interactivity/implementing-slash-commands.

        Raises:
            SlackError: The user is not in the channel.
        """
        if user.id not in channel.members:
            raise SlackError("not_in_channel")
        name, _, text = line.partition(" ")
        known = self.manifest.find(name)
        if known is None:
            self.posting.tell(user.id, channel.id, f"{name} is not a valid command.")
            return CommandOutcome(error="unknown_command", detail=f"{name} is not in the manifest")
        payload = self._command_payload(user, channel, known, text)
        handle = self._handle(payload["response_url"])
        outcome = CommandOutcome(later=handle.messages, response_url=payload["response_url"])
        try:
            reply = await self.transport.deliver(Delivery("slash_commands", payload))
            outcome.status, outcome.body = reply.status, reply.body
            self._show_answer(outcome, reply, handle, line)
        except DeliveryError as error:
            outcome.status = error.status
            self._fail(outcome, handle, name, error)
        return outcome

    async def click(
        self, user: User, message: Message, action_id: str, block_id: str | None, chosen: str | None
    ) -> ActionOutcome:
        """Click a button of a message, or choose ``chosen`` from one of its menus.

        See https://docs.slack.dev/reference/interaction-payloads/block_actions-payload.

        Raises:
            KeyError: The message holds no such element or option.
        """
        found_block, element = message.element(action_id, block_id)
        channel = self.workspace.channels[message.channel]
        response_url = self.workspace.new_response_url(channel.id, user.id, message)
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.is_ephemeral,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload: Json = {
            "type": "block_actions",
            **self._who(user),
            "container": container,
            "trigger_id": self.workspace.new_trigger(user.id),
            "channel": {"id": channel.id, "name": channel.payload_name},
            "state": {"values": {}},
            "response_url": response_url,
            "actions": [self._action(found_block, element, chosen)],
        }
        if not message.is_ephemeral:
            payload["message"] = message.describe(self.workspace.bot_id)
        outcome = ActionOutcome(
            later=self._handle(response_url).messages, payload=payload, response_url=response_url
        )
        await self._interact(outcome, payload)
        return outcome

    async def submit(self, user: User, view: View, values: Json) -> ActionOutcome:
        """Submit a modal with ``values``, by block id and action id.

        See https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
        """
        payload: Json = {
            "type": "view_submission",
            **self._who(user),
            "trigger_id": self.workspace.new_trigger(user.id),
            "view": self.describe_view(view, {"values": values}),
            "response_urls": [],
        }
        outcome = ActionOutcome(payload=payload)
        reply = await self._interact(outcome, payload)
        if reply is not None:
            self._answer_submission(outcome, view, reply)
        return outcome

    async def close(self, user: User, view: View) -> ActionOutcome:
        """Close a modal without submitting it; the bot hears of it if the view says so."""
        self.workspace.views.pop(view.id, None)
        self.workspace.changed()
        outcome = ActionOutcome(status=200)
        if view.content.get("notify_on_close"):
            outcome.payload = {
                "type": "view_closed",
                **self._who(user),
                "view": self.describe_view(view),
                "is_cleared": False,
            }
            await self._interact(outcome, outcome.payload)
        return outcome

    async def event(self, event: Json, *, event_id: str, retry: dict[str, str]) -> ActionOutcome:
        """Deliver an event of the Events API.

        See https://docs.slack.dev/apis/events-api.
        """
        payload: Json = {
            "type": "event_callback",
            "team_id": self.workspace.team_id,
            "api_app_id": self.workspace.app_id,
            "event": event,
            "event_id": event_id,
            "event_time": int(self.workspace.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.workspace.team_id,
                    "user_id": self.workspace.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        outcome = ActionOutcome(payload=payload)
        try:
            reply = await self.transport.deliver(Delivery("events_api", payload, retry))
            outcome.status = reply.status
        except DeliveryError as error:
            outcome.status, outcome.error, outcome.detail = error.status, error.code, error.detail
        return outcome

    def describe_view(self, view: View, state: Json | None = None) -> Json:
        """Return the ``view`` object of the Web API."""
        content = {key: value for key, value in view.content.items() if value is not None}
        return {
            "private_metadata": "",
            "callback_id": "",
            **content,
            "id": view.id,
            "team_id": self.workspace.team_id,
            "app_id": self.workspace.app_id,
            "bot_id": self.workspace.bot_id,
            "hash": view.hash,
            "root_view_id": view.root,
            "previous_view_id": view.previous,
            "state": state or {"values": {}},
        }

    def _command_payload(
        self, user: User, channel: Channel, known: SlashCommand, text: str
    ) -> Json:
        return {
            "token": "",
            "team_id": self.workspace.team_id,
            "team_domain": self.workspace.team_domain,
            "channel_id": channel.id,
            "channel_name": channel.payload_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": known.command,
            "text": escape_command_text(text, self.workspace, mentions=known.should_escape),
            "api_app_id": self.workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": self.workspace.new_response_url(channel.id, user.id),
            "trigger_id": self.workspace.new_trigger(user.id),
        }

    def _who(self, user: User) -> Json:
        team = {"id": self.workspace.team_id, "domain": self.workspace.team_domain}
        return {
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": self.workspace.team_id,
            },
            "api_app_id": self.workspace.app_id,
            "token": "",
            "team": team,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _handle(self, response_url: str) -> ResponseUrl:
        return self.workspace.response_urls[response_url.rpartition("/")[2]]

    def _action(self, block_id: str, element: Json, chosen: str | None) -> Json:
        action: Json = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block_id,
            "action_ts": self.workspace.new_ts(),
        }
        if element["type"] == "button":
            action["text"] = element["text"]
            if "value" in element:
                action["value"] = element["value"]
        elif element["type"] == "users_select":
            action["selected_user"] = chosen
        elif element["type"] == "channels_select":
            action["selected_channel"] = chosen
        elif element["type"] == "conversations_select":
            action["selected_conversation"] = chosen
        elif element["type"] == "datepicker":
            action["selected_date"] = chosen
        elif element["type"] == "timepicker":
            action["selected_time"] = chosen
        else:
            selected = _option(element, chosen)
            several = element["type"] in {"checkboxes", "multi_static_select"}
            action["selected_options" if several else "selected_option"] = (
                [selected] if several else selected
            )
        return action

    async def _interact(self, outcome: ActionOutcome, payload: Json) -> Reply | None:
        try:
            reply = await self.transport.deliver(Delivery("interactive", payload))
        except DeliveryError as error:
            outcome.status, outcome.error, outcome.detail = error.status, error.code, error.detail
            logger.warning(
                "the interaction failed: %s", error, extra={"action": "interaction_failed"}
            )
            return None
        outcome.status = reply.status
        return reply

    def _answer_submission(self, outcome: ActionOutcome, view: View, reply: Reply) -> None:
        answer: Json = json.loads(reply.body) if reply.is_json and reply.body else {}
        action = answer.get("response_action")
        if action == "errors":
            outcome.errors = answer.get("errors", {})
            return
        if action in {"update", "push"}:
            self.posting.record(check_view(answer["view"]))
        if action == "update":
            view.content, view.hash = answer["view"], self.workspace.new_ts()
        elif action == "push":
            new = f"V{self.workspace.serial():08d}"
            self.workspace.views[new] = View(
                new, view.user, answer["view"], self.workspace.new_ts(), view.root, view.id
            )
        elif action == "clear":
            self._drop_views(view.user)
        else:
            self.workspace.views.pop(view.id, None)
        self.workspace.changed()

    def _drop_views(self, user: str) -> None:
        for view in [entry for entry in self.workspace.views.values() if entry.user == user]:
            del self.workspace.views[view.id]

    def _show_answer(
        self, outcome: CommandOutcome, reply: Reply, handle: ResponseUrl, line: str
    ) -> None:
        name = line.split(" ", 1)[0]
        try:
            answer = _read_answer(reply)
        except ValueError as error:
            unreadable = DeliveryError(INVALID_COMMAND_RESPONSE, str(error))
            self._fail(outcome, handle, name, unreadable)
            return
        outcome.violations = self.posting.check(answer, surface="response") if answer else []
        if outcome.violations:
            reasons = "; ".join(map(str, outcome.violations))
            self._fail(outcome, handle, name, DeliveryError(INVALID_COMMAND_RESPONSE, reasons))
            return
        everybody = answer.get("response_type") == "in_channel"
        if everybody:
            self.workspace.post(
                Message(
                    ts=self.workspace.new_ts(),
                    channel=handle.channel,
                    user=handle.user,
                    text=html.escape(line, quote=False),
                    kind="command",
                )
            )
        if any(answer.get(key) for key in ("text", "blocks", "attachments")):
            visible_to = None if everybody else handle.user
            outcome.message = self.posting.post(answer, handle.channel, visible_to=visible_to)

    def _fail(
        self, outcome: CommandOutcome, handle: ResponseUrl, name: str, error: DeliveryError
    ) -> None:
        outcome.error, outcome.detail = error.code, error.detail
        said = f'{name} failed with the error "{error.code}"'
        self.posting.tell(handle.user, handle.channel, said, error.detail)
        logger.warning("%s: %s", said, error.detail, extra={"action": "command_failed"})


def _option(element: Json, chosen: str | None) -> Json:
    options = list(element.get("options", []))
    for group in element.get("option_groups", []):
        options.extend(group["options"])
    for option in options:
        if option["value"] == chosen:
            return dict(option)
    raise KeyError(f"no option {chosen!r} in {element['action_id']!r}")


def _read_answer(reply: Reply) -> dict[str, Any]:
    if not reply.body.strip():
        return {}
    if not reply.is_json:
        return {"text": reply.body, "response_type": "ephemeral"}
    answer = json.loads(reply.body)
    if not isinstance(answer, dict):
        raise ValueError("the body is JSON, but no object")  # noqa: TRY004 - the value is wrong
    if isinstance(answer.get("blocks"), str):
        # Some clients encode the blocks twice, as in a form; Slack reads that too.
        answer["blocks"] = json.loads(answer["blocks"])
    return answer


def read_form(body: str) -> Json:
    """Read a form-encoded body; values that are JSON lists or objects become such."""
    found: Json = {}
    for name, values in parse_qs(body, keep_blank_values=True).items():
        value = values[-1]
        structured = name in {"blocks", "attachments", "metadata", "view", "payload"}
        found[name] = json.loads(value) if structured and value else value
    return found
