"""What one person sees of a workspace, as the page draws it."""

from deploy.local_slack import state
from deploy.local_slack.desk import Desk
from deploy.local_slack.errors import SlackError
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Channel, Json, User
from deploy.local_slack.views import View
from deploy.local_slack.workspace import Workspace

START = "ml-planning"


def of(desk: Desk, user: User, asked: str) -> Json:
    """Return everything that a person sees with a channel open.

    Args:
        desk: The workspace.
        user: The person.
        asked: The channel asked for, by id or name; another where they are not in it.
    """
    workspace, manifest = desk.workspace, desk.team.manifest
    channels = [entry for entry in workspace.channels.values() if user.id in entry.members]
    channel = _open(workspace, user, channels, asked)
    bot = workspace.users[workspace.bot_user]
    home = workspace.views.homes.get(user.id)
    return {
        "team": workspace.team_id,
        "bot": {"id": bot.id, "name": bot.name},
        "me": user.id,
        "users": [
            {"id": entry.id, "name": entry.name, "real_name": entry.real_name}
            | {"tz": entry.tz, "locale": entry.locale, "is_bot": entry.is_bot}
            for entry in workspace.users.values()
        ],
        "channels": [
            {"id": entry.id, "name": entry.name, "kind": entry.kind}
            | {"has_bot": bot.id in entry.members, "is_archived": entry.is_archived}
            for entry in channels
        ],
        "channel": channel.id,
        "messages": [_message(entry, user) for entry in workspace.visible(user.id, channel.id)],
        "views": [_view(entry) for entry in workspace.views.stack(user.id)],
        "home": None if home is None else _view(home),
        "tabs": {
            "home": manifest.home_tab,
            "messages": manifest.messages_tab,
            "read_only": manifest.messages_tab_read_only,
        },
        "commands": [
            {"command": entry.command, "description": entry.description}
            | {"usage_hint": entry.usage_hint}
            for entry in manifest.commands
        ],
        "shortcuts": [
            {"kind": entry.kind, "name": entry.name, "callback_id": entry.callback_id}
            | {"description": entry.description}
            for entry in manifest.shortcuts
        ],
        "files": {
            file.id: f"/files/{file.id}/{file.name}"
            for file in workspace.files.by_id.values()
            if file.content is not None
        },
        "violations": [str(entry) for entry in desk.team.posting.violations],
    }


def _open(workspace: Workspace, user: User, channels: list[Channel], asked: str) -> Channel:
    for key in (asked, START):
        try:
            channel = workspace.channel(key, user.id)
        except SlackError:
            continue
        if channel in channels:
            return channel
    return next((channel for channel in channels if channel.kind != "im"), channels[0])


def _message(message: Message, user: User) -> Json:
    return {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "broadcast": message.broadcast,
        "files": message.files,
        "ephemeral": message.is_ephemeral,
        "kind": message.kind,
        "remark": message.remark,
        "edited": message.edited,
        "version": message.version,
        "values": state.values(
            message.all_blocks, message.entered.get(user.id, {}), message.channel
        ),
    }


def _view(view: View) -> Json:
    return {
        "id": view.id,
        "hash": view.hash,
        "content": view.content,
        "values": view.values(),
        "errors": view.errors,
    }
