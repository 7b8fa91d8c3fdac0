"""The shapes of Slack's payloads: what is signed and still no payload goes no further than here.

Bolt and the listeners read fields without asking whether they are there; a signed ``payload=null``
would break both. Whatever passes has the fields that they read, of the types that they expect;
fields that nobody reads are not looked at. One reading serves everything behind it, so that no two
readers can take the same bytes for different things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote_plus

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MOST_FIELDS: Final = 64
"""Of a form. Slack's commands have about fifteen."""
MOST_DEEP: Final = 64
"""Levels of a payload. Slack's deepest, blocks in a message in an event, have about a dozen."""
_NUL: Final = "\x00"
_INSTEAD: Final = "\ufffd"
"""What stands for the one character that PostgreSQL keeps in no text."""
_ID: Final = r"^[A-Za-z0-9_-]{1,32}$"
_TS: Final = r"^[0-9]{1,10}(\.[0-9]{1,9})?$"
_IS_ID: Final = re.compile(_ID[:-1] + r"\Z")

Id = Annotated[str, StringConstraints(pattern=_ID)]
Ts = Annotated[str, StringConstraints(pattern=_TS)]
"""Slack's seconds since 1970, which are also the names of messages."""
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")]
"""Of an action, a form, a trigger or an event: one line, as the log may show it."""
Address = Annotated[str, StringConstraints(max_length=2000)]


class _Shape(BaseModel):
    # Each is built when the first payload of its kind comes (1 to 7 ms), not all of them at start.
    model_config = ConfigDict(strict=True, defer_build=True)


class Malformed(Exception):
    """A payload has not the shape that Slack gives it.

    Attributes:
        why: what is wrong, in English, without what the payload says.
        status: of the HTTP answer.
    """

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


class _Ref(_Shape):
    id: Id
    team_id: Id | None = None
    enterprise_id: Id | None = None


class _Chosen(_Shape):
    value: Annotated[str, StringConstraints(max_length=2000)]


class _File(_Shape):
    name: str | None = None
    size: int | None = None
    url_private: Address | None = None
    url_private_download: Address | None = None


class _Entered(_Shape):
    value: str | None = None
    selected_option: _Chosen | None = None
    selected_options: list[_Chosen] | None = None
    selected_users: list[Id] | None = None
    files: list[_File] | None = None


class _State(_Shape):
    values: dict[str, dict[str, _Entered]]


class _View(_Shape):
    id: Name
    private_metadata: str
    callback_id: str | None = None
    hash: str | None = None
    state: _State | None = None
    app_installed_team_id: Id | None = None
    team_id: Id | None = None


class _FilledIn(_Shape):
    # Bolt takes any other for a step of a workflow.
    type: Literal["modal"]
    id: Name
    private_metadata: str
    callback_id: Name
    hash: str | None = None
    state: _State
    app_installed_team_id: Id | None = None
    team_id: Id | None = None


class _Place(_Shape):
    type: str | None = None
    message_ts: Ts | None = None
    ts: Ts | None = None
    thread_ts: Ts | None = None
    channel_id: Id | None = None
    is_ephemeral: bool | None = None
    text: str | None = None


class _ResponseUrl(_Shape):
    response_url: Address


class _Action(_Shape):
    action_id: Name
    block_id: str
    type: str | None = None
    value: str | None = None
    selected_option: _Chosen | None = None
    action_ts: Ts


class _Interaction(_Shape):
    user: _Ref
    team: _Ref | None = None
    enterprise: _Ref | None = None
    channel: _Ref | None = None
    container: _Place | None = None
    message: _Place | None = None
    response_url: Address | None = None
    # Bolt counts them where there is the field.
    response_urls: list[_ResponseUrl] = Field(default_factory=list)


class _BlockActions(_Interaction):
    trigger_id: Name
    actions: Annotated[list[_Action], Field(min_length=1)]
    view: _View | None = None


class _BlockSuggestion(_Interaction):
    action_id: Name
    block_id: str
    value: str | None = None
    view: dict[str, Any] | None = None


class _ViewSubmission(_Interaction):
    view: _FilledIn


class _ViewClosed(_Interaction):
    view: _View


class _Shortcut(_Interaction):
    callback_id: Name
    trigger_id: Name


class _MessageAction(_Interaction):
    callback_id: Name
    trigger_id: Name
    message: _Place


class _Authorization(_Shape):
    enterprise_id: Id | None = None
    team_id: Id | None = None
    user_id: Id | None = None
    is_enterprise_install: bool | None = None


class _Of(_Shape):
    """Whose an event is; Bolt looks for it in many places."""

    user: Id | _Ref | None = None
    team: Id | _Ref | None = None
    enterprise: Id | _Ref | None = None
    channel: Id | _Ref | None = None
    item: _Of | None = None
    message: _Of | None = None
    previous_message: _Of | None = None
    assistant_thread: _Of | None = None


class _Event(_Of):
    type: Name


class _Message(_Shape):
    type: Name
    channel: Id
    ts: Ts
    user: Id | None = None
    team: Id | None = None
    text: str | None = None
    thread_ts: Ts | None = None
    subtype: str | None = None
    channel_type: str | None = None
    bot_id: str | None = None
    message: _Of | None = None
    previous_message: _Of | None = None
    assistant_thread: _Of | None = None


class _Hashed(_Shape):
    hash: str | None = None


class _HomeOpened(_Shape):
    type: Name
    user: Id
    channel: Id | None = None
    tab: str | None = None
    view: _Hashed | None = None


class _EventCallback(_Shape):
    event_id: Name
    event: _Event
    team_id: Id | None = None
    enterprise_id: Id | None = None
    authorizations: list[_Authorization] | None = None
    is_ext_shared_channel: bool | None = None


class _Challenge(_Shape):
    challenge: Annotated[str, StringConstraints(max_length=1000)]


_INTERACTIONS: Final[dict[str, type[_Shape]]] = {
    "block_actions": _BlockActions,
    "block_suggestion": _BlockSuggestion,
    "view_submission": _ViewSubmission,
    "view_closed": _ViewClosed,
    "shortcut": _Shortcut,
    "message_action": _MessageAction,
}
_EVENTS: Final[dict[str, type[_Shape]]] = {
    "app_home_opened": _HomeOpened,
    "app_mention": _Message,
    "message": _Message,
}
"""Events that are read further than whose they are."""

RATE_LIMITED: Final = "app_rate_limited"
"""Slack tells that it holds events back; nothing follows from it but a line in the log."""


def command_in(body: bytes) -> dict[str, str]:
    """The fields of a slash command. Most of them are ids, in which nothing is escaped.

    Raises:
        Malformed: this is no command of Slack.
    """
    fields = _fields(body)
    _check_command(fields)
    return fields


def payload_in(body: bytes, content_type: str) -> dict[str, Any]:
    """What Slack says in a request.

    Raises:
        Malformed: nothing that Slack says.
    """
    payload: object
    if content_type == JSON:
        payload = _json(body)
    elif content_type == FORM:
        fields = _fields(body)
        payload = _json(fields["payload"].encode()) if "payload" in fields else fields
    else:
        raise Malformed(f"the content type is neither {FORM} nor {JSON}", 415)
    return checked(payload)


def checked(payload: object) -> dict[str, Any]:
    """What Slack says, however it came.

    Raises:
        Malformed: nothing that Slack says.
    """
    if not isinstance(payload, dict):
        raise Malformed("the payload is no object")
    kind = payload.get("type")
    if "command" in payload:
        if kind is not None:
            raise Malformed("a command has no type")
        _check_command(payload)
    elif kind == "event_callback":
        _fits(_EventCallback, payload)
        event = payload["event"]
        if not (payload.get("team_id") or payload.get("enterprise_id")):
            raise Malformed("team_id is missing")
        if event["type"] in _EVENTS:
            _fits(_EVENTS[event["type"]], event, "event.")
    elif kind == "url_verification":
        _fits(_Challenge, payload)
    elif isinstance(kind, str) and kind in _INTERACTIONS:
        _fits(_INTERACTIONS[kind], payload)
        if payload.get("view", ...) is None:
            # Bolt reads it where there is the field.
            del payload["view"]
        # In an organisation's app the workspace stands at the member.
        if not ((payload.get("team") or {}).get("id") or payload["user"].get("team_id")):
            raise Malformed("team is missing")
    elif kind != RATE_LIMITED and payload.get("ssl_check") != "1":
        raise Malformed("the type is missing or unknown")
    return payload


def checked_object(payload: object) -> dict[str, Any]:
    """What somebody else has read from JSON, as Socket Mode's client does, and less strictly.

    Raises:
        Malformed: nothing that Slack says.
    """
    return checked(_sound(payload))


def _fields(body: bytes) -> dict[str, str]:
    try:
        text = body.decode()
        found = [field.partition("=") for field in text.split("&")]
        fields = {
            name: unquote_plus(value, errors="strict") if "%" in value or "+" in value else value
            for name, _, value in found
        }
    except UnicodeDecodeError:
        raise Malformed("a field is no text in UTF-8") from None
    if len(found) > MOST_FIELDS:
        raise Malformed(f"more than {MOST_FIELDS} fields")
    if len(fields) < len(found):
        raise Malformed("a field is there twice")
    if "%00" in text or _NUL in text:
        return {name: value.replace(_NUL, _INSTEAD) for name, value in fields.items()}
    return fields


def _check_command(fields: Mapping[str, Any]) -> None:
    """Whether a command has what answers read. Plain code: this is where speed counts."""
    get = fields.get
    for name in ("team_id", "user_id", "channel_id"):
        found = get(name)
        if not isinstance(found, str) or _IS_ID.match(found) is None:
            raise Malformed(f"{name} is missing or no id")
    enterprise_id = get("enterprise_id")
    if enterprise_id and (
        not isinstance(enterprise_id, str) or _IS_ID.match(enterprise_id) is None
    ):
        raise Malformed("enterprise_id is no id")
    for name in ("command", "trigger_id", "response_url"):
        found = get(name)
        if not found or not isinstance(found, str):
            raise Malformed(f"{name} is missing")
    if not isinstance(get("text") or "", str):
        raise Malformed("text is no text")


def _json(raw: bytes) -> Any:  # noqa: ANN401 - as JSON is
    """JSON as the standard has it: no NaN, no half of a surrogate pair."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Malformed("this is no JSON") from None
    if raw.count(b"{") + raw.count(b"[") > MOST_DEEP or b"u0000" in raw:
        return _sound(found)
    return found


def _sound(found: object) -> object:
    """The same without NULs, unless something in it is nested too deep or is no text."""
    has_nul = False
    level: list[object] = [found]
    for _ in range(MOST_DEEP):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += one.keys()
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str):
                if not _is_text(one):
                    raise Malformed("a text holds what is no character")
                has_nul = has_nul or _NUL in one
        if not below:
            return _without_nul(found) if has_nul else found
        level = below
    raise Malformed(f"more than {MOST_DEEP} levels")


def _without_nul(found: object) -> object:
    if isinstance(found, dict):
        return {_without_nul(name): _without_nul(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_without_nul(each) for each in found]
    return found.replace(_NUL, _INSTEAD) if isinstance(found, str) else found


def _is_text(found: str) -> bool:
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fits(shape: type[_Shape], found: object, where: str = "") -> None:
    try:
        shape.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        # What a shape leaves open, as the names of blocks, is not repeated.
        path = [step for step in first["loc"] if isinstance(step, int) or step.isidentifier()]
        place = where + ".".join(str(step) for step in path)
        why = "this is no object" if first["type"] == "model_type" else first["msg"]
        raise Malformed(f"{place}: {why}") from None
