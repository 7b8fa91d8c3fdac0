"""``chat.*``: posting, changing, deleting and scheduling messages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local_slack.errors import SlackError
from deploy.local_slack.limits import UPDATE_TEXT
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Channel, Json
from deploy.local_slack.team import Team
from deploy.local_slack.web_api.calls import Method, next_cursor, page, seen, whole

LONGEST_AHEAD_S = 120 * 24 * 3600
WINDOW_S = 5 * 60
PER_WINDOW = 30


@dataclass
class _Planned:
    """A message that is to be posted later."""

    id: str
    team: Team
    channel: str
    post_at: int
    call: Json
    serial: int = 0

    def describe(self) -> Json:
        return {
            "id": self.id,
            "channel_id": self.channel,
            "post_at": self.post_at,
            "date_created": 0,
            "text": self.call.get("text", ""),
        }


@dataclass
class Chat:
    """The methods, and the messages that wait for their time."""

    planned: dict[str, _Planned] = field(default_factory=dict)

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        return {
            "chat.delete": self.delete,
            "chat.deleteScheduledMessage": self.delete_scheduled,
            "chat.getPermalink": self.get_permalink,
            "chat.postEphemeral": self.post_ephemeral,
            "chat.postMessage": self.post_message,
            "chat.scheduleMessage": self.schedule,
            "chat.scheduledMessages.list": self.list_scheduled,
            "chat.update": self.update,
        }

    def post_message(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.postMessage."""
        channel = postable(team, call)
        _check_thread(team, channel, call)
        _check_metadata(call)
        team.posting.require(call)
        message = team.posting.post(call, channel.id)
        return {
            "channel": channel.id,
            "ts": message.ts,
            "message": team.describe_message(message),
        }

    def post_ephemeral(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.postEphemeral."""
        channel = postable(team, call)
        user = team.workspace.user(str(call.get("user", "")))
        if user.id not in channel.members:
            raise SlackError("user_not_in_channel")
        _check_thread(team, channel, call)
        team.posting.require(call)
        message = team.posting.post(call, channel.id, visible_to=user.id)
        return {"message_ts": message.ts}

    def update(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.update."""
        message = _own(team, call, "cant_update_message")
        _check_metadata(call)
        # Without text and blocks a message keeps what it has: metadata alone may change.
        kept = {} if {"text", "blocks", "attachments"} & call.keys() else {"text": message.text}
        team.posting.require({**kept, **call}, UPDATE_TEXT)
        team.workspace.edit(message, call)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": message.text,
            "message": team.describe_message(message),
        }

    def delete(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.delete."""
        message = _own(team, call, "cant_delete_message")
        team.workspace.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def get_permalink(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.getPermalink."""
        channel = seen(team, call)
        message = team.workspace.find(channel.id, str(call.get("message_ts", "")))
        base = team.workspace.site.base_url
        address = f"{base}/archives/{channel.id}/p{message.ts.replace('.', '')}"
        if message.thread_ts:
            address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
        return {"channel": channel.id, "permalink": address}

    def schedule(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.scheduleMessage."""
        channel = postable(team, call)
        post_at, now = whole(call, "post_at", 0), team.workspace.clock()
        if post_at <= now:
            raise SlackError("time_in_past")
        if post_at > now + LONGEST_AHEAD_S:
            raise SlackError("time_too_far")
        near = [
            entry
            for entry in self.planned.values()
            if entry.channel == channel.id and abs(entry.post_at - post_at) < WINDOW_S
        ]
        if len(near) >= PER_WINDOW:
            raise SlackError("restricted_too_many")
        _check_thread(team, channel, call)
        team.posting.require(call)
        site = team.workspace.site
        planned = _Planned(f"Q{site.serial():08d}", team, channel.id, post_at, call)
        self.planned[planned.id] = planned

        async def send() -> None:
            del self.planned[planned.id]
            # The page warns that a scheduled message with metadata will not post.
            if team.token is not None and not call.get("metadata") and not channel.is_archived:
                team.posting.post(call, channel.id)

        planned.serial = site.schedule.at(post_at, send)
        message = {"text": call.get("text", ""), "type": "delayed_message"}
        return {
            "channel": channel.id,
            "scheduled_message_id": planned.id,
            "post_at": post_at,
            "message": message,
        }

    def list_scheduled(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.scheduledMessages.list."""
        wanted = call.get("channel")
        found = [
            entry
            for entry in self.planned.values()
            if entry.team is team and wanted in {None, "", entry.channel}
        ]
        shown, cursor = page(call, sorted(found, key=lambda entry: entry.post_at))
        return {"scheduled_messages": [entry.describe() for entry in shown], **next_cursor(cursor)}

    def delete_scheduled(self, team: Team, call: Json) -> Json:
        """See https://docs.slack.dev/reference/methods/chat.deleteScheduledMessage."""
        planned = self.planned.get(str(call.get("scheduled_message_id", "")))
        if planned is None or planned.team is not team or planned.channel != call.get("channel"):
            raise SlackError("invalid_scheduled_message_id")
        del self.planned[planned.id]
        team.workspace.site.schedule.cancel(planned.serial)
        return {}


def postable(team: Team, call: Json) -> Channel:
    """Return the channel in which a call may post; a user's id opens the direct message.

    Raises:
        SlackError: The bot may not post there.
    """
    workspace = team.workspace
    key = str(call.get("channel", ""))
    if key in workspace.users:
        key = workspace.channel("dm", key).id
    elif key.startswith("#"):
        key = workspace.channel(key).id
    channel = seen(team, {"channel": key})
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.kind == "im" and not team.manifest.messages_tab:
        raise SlackError("messages_tab_disabled")
    anywhere = team.manifest.bot_scopes and "chat:write.public" in team.manifest.bot_scopes
    if workspace.bot_user not in channel.members and not anywhere:
        raise SlackError("not_in_channel")
    return channel


def _check_thread(team: Team, channel: Channel, call: Json) -> None:
    """Refuse a thread that does not exist.

    Slack's page names ``cannot_reply_to_message`` for messages that take no replies, and asks for
    the parent's ``ts``; whatever else is no parent is refused alike here.
    """
    thread_ts = call.get("thread_ts")
    if thread_ts is None:
        return
    if not isinstance(thread_ts, str):
        raise SlackError("invalid_arguments")
    parent = team.workspace.history[channel.id].get(thread_ts)
    if parent is None or parent.is_ephemeral or parent.thread_ts:
        raise SlackError("cannot_reply_to_message")


def _check_metadata(call: Json) -> None:
    """Refuse metadata of another shape. See https://docs.slack.dev/messaging/message-metadata."""
    metadata = call.get("metadata")
    if metadata is None or metadata == {}:
        return
    if not (
        isinstance(metadata, Mapping)
        and re.fullmatch(r"\w{1,255}", str(metadata.get("event_type", "")))
        and isinstance(metadata.get("event_payload"), Mapping)
    ):
        raise SlackError("invalid_metadata_format")


def _own(team: Team, call: Json, refusal: str) -> Message:
    channel = seen(team, call)
    message = team.workspace.find(channel.id, str(call.get("ts", "")))
    if message.is_ephemeral:
        raise SlackError("message_not_found")
    if message.user != team.workspace.bot_user:
        raise SlackError(refusal)
    if channel.is_archived:
        raise SlackError("is_inactive")
    return message
