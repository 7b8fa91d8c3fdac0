"""Reading a call's arguments, and what several methods have in common."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qs

from aiohttp import web

from deploy.local_slack.errors import SlackError
from deploy.local_slack.people import Channel, Json
from deploy.local_slack.schema import Violation
from deploy.local_slack.team import Team

Method = Callable[[Team, Json], Json]

Item = TypeVar("Item")

STRUCTURED = ("blocks", "attachments", "view", "metadata", "payload", "files", "message")
MAX_PAGE = 1000


async def read_call(request: web.Request) -> Json:
    """Read a call's arguments from the address and the body, which is JSON or a form.

    Raises:
        SlackError: The body is neither.
    """
    found = {**request.query, **_body(request.content_type, await request.text())}
    for name in STRUCTURED:
        if isinstance(found.get(name), str):
            try:
                found[name] = json.loads(found[name]) if found[name] else None
            except ValueError as error:
                raise SlackError(f"invalid_{name}_format") from error
    return found


def _body(content_type: str, body: str) -> Json:
    if not body:
        return {}
    if content_type == "multipart/form-data":
        raise SlackError("invalid_form_data")
    if content_type != "application/json":
        return {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
    try:
        found = json.loads(body)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def describe(violation: Violation) -> str:
    """Word a violation as Slack's ``response_metadata`` does."""
    return f"{violation.reason} [json-pointer:{violation.pointer}]"


def seen(team: Team, call: Json) -> Channel:
    """Return the channel that a call names, where the bot may know of it.

    Raises:
        SlackError: It is unknown, or private and without the bot.
    """
    channel = team.workspace.channels.get(str(call.get("channel", "")))
    hidden = channel is not None and channel.kind != "public"
    if channel is None or (hidden and team.workspace.bot_user not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def joined(team: Team, call: Json) -> Channel:
    """Return the channel that a call names, where the bot is a member.

    Raises:
        SlackError: It is unknown, or without the bot.
    """
    channel = seen(team, call)
    if team.workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def whole(call: Json, name: str, default: int) -> int:
    """Return a whole number among the arguments.

    Raises:
        SlackError: It is none.
    """
    try:
        return int(str(call.get(name, default)))
    except ValueError as error:
        raise SlackError("invalid_arguments") from error


def page(call: Json, items: Sequence[Item], default: int = 100) -> tuple[list[Item], str]:
    """Return the items of one page, and the cursor of the next.

    See https://docs.slack.dev/apis/web-api/pagination.

    Raises:
        SlackError: The cursor or the limit is no such thing.
    """
    limit = whole(call, "limit", default) or default
    if not 1 <= limit <= MAX_PAGE:
        raise SlackError("invalid_limit")
    start = 0
    if call.get("cursor"):
        try:
            start = int(base64.b64decode(str(call["cursor"]), validate=True))
        except (ValueError, binascii.Error) as error:
            raise SlackError("invalid_cursor") from error
    end = start + limit
    cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return list(items[start:end]), cursor


def next_cursor(cursor: str) -> Json:
    """Return the ``response_metadata`` of a page."""
    return {"response_metadata": {"next_cursor": cursor}}
