"""Which scopes each method needs: one of those listed.

The pages of the methods under https://docs.slack.dev/reference/methods name them.
"""

from collections.abc import Mapping

from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Json
from deploy.local_slack.team import Team

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

SCOPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "chat.delete",
            "chat.deleteScheduledMessage",
            "chat.postEphemeral",
            "chat.postMessage",
            "chat.scheduleMessage",
            "chat.update",
        ),
        ("chat:write",),
    ),
    **dict.fromkeys(("conversations.info", "conversations.list", "conversations.members"), _READ),
    **dict.fromkeys(("conversations.history", "conversations.replies"), _HISTORY),
    "conversations.join": ("channels:join",),
    "conversations.open": ("im:write", "mpim:write", "channels:manage", "groups:write"),
    **dict.fromkeys(
        ("files.completeUploadExternal", "files.delete", "files.getUploadURLExternal"),
        ("files:write",),
    ),
    "files.info": ("files:read",),
    "bots.info": ("users:read",),
    "team.info": ("team:read",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
}


def require_scope(team: Team, method: str) -> None:
    """Refuse a method for which the app has no scope.

    Raises:
        SlackError: ``missing_scope``, with what is needed and what was granted.
    """
    needed = SCOPES.get(method, ())
    if needed and not any(team.has_scope(scope) for scope in needed):
        granted = sorted(team.manifest.bot_scopes or () if team.granted is None else team.granted)
        more: Json = {"needed": ",".join(needed), "provided": ",".join(granted)}
        raise SlackError("missing_scope", more=more)
