"""``conversations.*``: channels, their members and their history."""

from collections.abc import Iterable

from deploy.local_slack.errors import SlackError
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Json
from deploy.local_slack.posting import is_true
from deploy.local_slack.team import Team
from deploy.local_slack.web_api.calls import Method, joined, next_cursor, page, seen

_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im"}


def methods() -> dict[str, Method]:
    """Return the methods by name."""
    return {
        "conversations.history": history,
        "conversations.info": info,
        "conversations.join": join,
        "conversations.list": list_channels,
        "conversations.members": members,
        "conversations.open": open_direct_message,
        "conversations.replies": replies,
    }


def info(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.info."""
    return {"channel": seen(team, call).describe(team.workspace.bot_user)}


def join(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.join."""
    channel = seen(team, call)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    channel.members.add(team.workspace.bot_user)
    team.workspace.changed()
    return {"channel": channel.describe(team.workspace.bot_user)}


def list_channels(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.list."""
    types = str(call.get("types") or "public_channel").split(",")
    if not set(types) <= {*_KINDS, "mpim"}:
        raise SlackError("invalid_types")
    wanted = {_KINDS.get(name) for name in types}
    bot = team.workspace.bot_user
    found = [
        channel
        for channel in team.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public" or bot in channel.members)
        and not (channel.is_archived and is_true(call.get("exclude_archived")))
    ]
    shown, cursor = page(call, found)
    return {"channels": [channel.describe(bot) for channel in shown], **next_cursor(cursor)}


def members(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.members."""
    shown, cursor = page(call, sorted(seen(team, call).members))
    return {"members": shown, **next_cursor(cursor)}


def open_direct_message(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.open.

    Conversations with several people are not offered here.
    """
    user = team.workspace.user(str(call.get("users", "")))
    return {"channel": {"id": team.workspace.channel("dm", user.id).id}}


def history(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.history."""
    channel = joined(team, call)
    found = [
        message
        for message in reversed(team.workspace.history[channel.id].values())
        if not message.is_ephemeral and (message.broadcast or not message.thread_ts)
    ]
    return _messages(team, call, found)


def replies(team: Team, call: Json) -> Json:
    """See https://docs.slack.dev/reference/methods/conversations.replies."""
    channel = joined(team, call)
    parent = team.workspace.history[channel.id].get(str(call.get("ts", "")))
    if parent is None or parent.is_ephemeral:
        raise SlackError("thread_not_found")
    if parent.thread_ts:
        parent = team.workspace.find(channel.id, parent.thread_ts)
    return _messages(team, call, [parent, *team.workspace.replies(parent)])


def _messages(team: Team, call: Json, found: Iterable[Message]) -> Json:
    inclusive = is_true(call.get("inclusive"))
    oldest, latest = str(call.get("oldest") or ""), str(call.get("latest") or "")
    within = [
        message
        for message in found
        if (not oldest or _after(message.ts, oldest, inclusive=inclusive))
        and (not latest or _after(latest, message.ts, inclusive=inclusive))
    ]
    shown, cursor = page(call, within)
    with_metadata = is_true(call.get("include_all_metadata"))
    return {
        "messages": [team.describe_message(entry, metadata=with_metadata) for entry in shown],
        "has_more": bool(cursor),
        **next_cursor(cursor),
    }


def _after(first: str, second: str, *, inclusive: bool) -> bool:
    one, other = _moment(first), _moment(second)
    return one > other or (inclusive and one == other)


def _moment(ts: str) -> tuple[int, int]:
    seconds, _, fraction = ts.partition(".")
    try:
        return int(seconds), int(fraction.ljust(6, "0") or "0")
    except ValueError as error:
        raise SlackError("invalid_ts_latest") from error
