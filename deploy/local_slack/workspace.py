"""The state of one small Slack workspace, in memory: people, channels, messages, one-use handles.

Nothing here knows of HTTP. Time comes from the clock given, so tests can let a response URL
expire without waiting for it.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local_slack.config import Clock
from deploy.local_slack.schema import Violation

Json = dict[str, Any]

RESPONSE_URL_USES = 5
RESPONSE_URL_LIFE_S = 30 * 60
TRIGGER_LIFE_S = 3.0


class SlackError(Exception):
    """Slack refuses a request, for the reason named by ``code``."""

    def __init__(self, code: str, reasons: list[Violation] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons or []


@dataclass(frozen=True)
class User:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    tz: str
    locale: str
    is_bot: bool = False

    def profile(self, *, now: float, include_locale: bool = False) -> Json:
        """Return the ``user`` object of ``users.info``.

        See https://docs.slack.dev/reference/objects/user-object.
        """
        here = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.tz))
        offset = here.utcoffset()
        assert offset is not None  # noqa: S101 - a zone always has an offset
        found: Json = {
            "id": self.id,
            "team_id": "T0LOCAL001",
            "name": self.name,
            "deleted": False,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": here.tzname(),
            "tz_offset": int(offset.total_seconds()),
            "profile": {"real_name": self.real_name, "display_name": self.name},
            "is_admin": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }
        if include_locale:
            found["locale"] = self.locale
        return found


@dataclass
class Channel:
    """A channel or direct message, and who is in it."""

    id: str
    name: str
    kind: str
    members: set[str]

    @property
    def payload_name(self) -> str:
        """The name that Slack puts into a command's ``channel_name``."""
        return {"im": "directmessage", "private": "privategroup"}.get(self.kind, self.name)

    def describe(self, bot_user: str) -> Json:
        """Return the ``channel`` object of ``conversations.info``.

        See https://docs.slack.dev/reference/objects/conversation-object.
        """
        found: Json = {
            "id": self.id,
            "created": 0,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": self.kind == "im",
            "is_mpim": False,
            "is_private": self.kind != "public",
            "is_archived": False,
            "is_member": bot_user in self.members,
        }
        if self.kind == "im":
            return {**found, "user": next(iter(self.members - {bot_user}))}
        return {**found, "name": self.name, "name_normalized": self.name, "is_general": False}


@dataclass
class Message:
    """A message, seen by everybody in the channel or, when ephemeral, by one person.

    Attributes:
        ts: Slack's identity of the message within its channel.
        channel: Channel id.
        user: Author's user id.
        text: Text, which is also the fallback of the blocks.
        blocks: Blocks as the app sent them, each with a ``block_id``.
        visible_to: The one user who sees it; None for everybody.
        kind: ``message``, ``command`` for a typed command shown to all, or ``error`` for what
            Slack tells the typist when a command fails.
        remark: What the local Slack adds for the developer, and Slack would not say.
        version: Counts changes, so that a page knows what to draw anew.
    """

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    visible_to: str | None = None
    thread_ts: str | None = None
    kind: str = "message"
    remark: str = ""
    edited: bool = False
    version: int = 0

    @property
    def is_ephemeral(self) -> bool:
        """Whether one person only sees it."""
        return self.visible_to is not None

    def element(self, action_id: str, block_id: str | None = None) -> tuple[str, Json]:
        """Return (block id, element) of an interactive element.

        Raises:
            KeyError: The message holds no such element.
        """
        for block, element in interactive_elements(self.blocks):
            if element.get("action_id") == action_id and block_id in {None, block["block_id"]}:
                return block["block_id"], element
        raise KeyError(f"no element with action_id {action_id!r} in the message {self.text!r}")

    def describe(self, bot_id: str | None, *, metadata: bool = True) -> Json:
        """Return the message object of the Web API."""
        found: Json = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        if bot_id:
            found |= {"bot_id": bot_id, "app_id": "A0LOCAL001", "team": "T0LOCAL001"}
        if self.blocks:
            found["blocks"] = self.blocks
        if self.attachments:
            found["attachments"] = self.attachments
        if self.thread_ts:
            found["thread_ts"] = self.thread_ts
        if self.metadata and metadata:
            found["metadata"] = self.metadata
        return found


@dataclass
class ResponseUrl:
    """A response URL: five uses within thirty minutes.

    See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
    """

    id: str
    channel: str
    user: str
    created: float
    source: Message | None = None
    uses: int = 0
    messages: list[Message] = field(default_factory=list)


@dataclass
class Trigger:
    """A trigger id: one use within three seconds.

    See https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses.
    """

    user: str
    created: float
    used: bool = False


@dataclass
class View:
    """A modal that is open, or the Home tab of one user."""

    id: str
    user: str
    content: Json
    hash: str
    root: str
    previous: str | None = None


class Workspace:
    """A team with three people, a few channels and one bot."""

    team_id = "T0LOCAL001"
    team_domain = "local"
    app_id = "A0LOCAL001"
    bot_id = "B0CARBON01"
    bot_user = "U0CARBON01"

    def __init__(
        self, clock: Clock = time.time, base_url: str = "", bot_name: str = "carbon"
    ) -> None:
        self.clock = clock
        self.base_url = base_url
        self.users = {
            user.id: user
            for user in (
                User("U0ADA00001", "ada", "Ada Byron", "Europe/London", "en-GB"),
                User("U0BEN00001", "ben", "Ben Okafor", "America/New_York", "en-US"),
                User("U0CHEN0001", "chen", "Chen Wei", "Asia/Shanghai", "zh-CN"),
                User(self.bot_user, bot_name, bot_name, "UTC", "en-US", is_bot=True),
            )
        }
        people = {user.id for user in self.people()}
        self.channels = {
            channel.id: channel
            for channel in (
                Channel("C0GENERAL1", "general", "public", set(people)),
                Channel("C0PLANNING", "ml-planning", "public", {*people, self.bot_user}),
                Channel("C0PRIVATE1", "private", "private", {"U0ADA00001", "U0BEN00001"}),
                *(
                    Channel(f"D{user.id[1:]}", user.name, "im", {user.id, self.bot_user})
                    for user in self.people()
                ),
            )
        }
        self.messages: list[Message] = []
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, Trigger] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.revision = 0
        self._listeners: list[Callable[[], None]] = []
        self._serial = itertools.count(1)

    def people(self) -> list[User]:
        """Return the members who are no bots."""
        return [user for user in self.users.values() if not user.is_bot]

    def user(self, key: str) -> User:
        """Find a user by id or name.

        Raises:
            SlackError: There is none.
        """
        for user in self.users.values():
            if key in {user.id, user.name}:
                return user
        raise SlackError("user_not_found")

    def channel(self, key: str, user: str | None = None) -> Channel:
        """Find a channel by id, by name, or as ``dm`` for a user's conversation with the bot.

        Raises:
            SlackError: There is none.
        """
        if key == "dm" and user is not None:
            key = f"D{user[1:]}"
        for channel in self.channels.values():
            named = channel.kind != "im" and key.removeprefix("#") == channel.name
            if key == channel.id or named:
                return channel
        raise SlackError("channel_not_found")

    def serial(self) -> int:
        """Return the next number of this workspace, for identifiers."""
        return next(self._serial)

    def new_ts(self) -> str:
        """Return a message timestamp that no other message of the workspace has."""
        return f"{int(self.clock())}.{self.serial():06d}"

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; the result takes it off again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self) -> None:
        """Tell every listener that something changed."""
        self.revision += 1
        for listener in list(self._listeners):
            listener()

    def post(self, message: Message) -> Message:
        """Add a message to its channel."""
        self._name_blocks(message)
        self.messages.append(message)
        self.changed()
        return message

    def edit(self, message: Message, content: Json) -> None:
        """Replace the content of a message.

        As in ``chat.update``, text without blocks removes the blocks, and neither keeps them.
        See https://docs.slack.dev/reference/methods/chat.update.
        """
        if "blocks" in content:
            message.blocks = list(content["blocks"] or [])
        elif "text" in content:
            message.blocks = []
        message.text = content.get("text", message.text) or ""
        message.attachments = content.get("attachments", message.attachments)
        message.metadata = content.get("metadata", message.metadata)
        message.edited = not message.blocks
        message.version += 1
        self._name_blocks(message)
        self.changed()

    def delete(self, message: Message) -> None:
        """Remove a message."""
        self.messages.remove(message)
        self.changed()

    def find(self, channel: str, ts: str) -> Message:
        """Find a message by channel and timestamp.

        Raises:
            SlackError: There is none.
        """
        for message in self.messages:
            if (message.channel, message.ts) == (channel, ts):
                return message
        raise SlackError("message_not_found")

    def visible(self, user: str, channel: str) -> list[Message]:
        """Return what a user sees in a channel, oldest first."""
        if user not in self.channels[channel].members:
            return []
        return [
            message
            for message in self.messages
            if message.channel == channel and message.visible_to in {None, user}
        ]

    def new_response_url(self, channel: str, user: str, source: Message | None = None) -> str:
        """Issue a response URL and return its address."""
        handle = ResponseUrl(f"R{self.serial():08d}", channel, user, self.clock(), source)
        self.response_urls[handle.id] = handle
        return f"{self.base_url}/response/{handle.id}"

    def use_response_url(self, handle: ResponseUrl) -> None:
        """Count one use of a response URL.

        Raises:
            SlackError: It is used up or too old.
        """
        if self.clock() - handle.created > RESPONSE_URL_LIFE_S:
            raise SlackError("expired_url")
        if handle.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        handle.uses += 1

    def new_trigger(self, user: str) -> str:
        """Issue a trigger id."""
        trigger_id = f"{self.serial()}.{int(self.clock())}.local"
        self.triggers[trigger_id] = Trigger(user, self.clock())
        return trigger_id

    def use_trigger(self, trigger_id: str) -> str:
        """Use up a trigger id and return the user whose it is.

        Raises:
            SlackError: It is unknown, used or too old.
        """
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() - trigger.created > TRIGGER_LIFE_S:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def _name_blocks(self, message: Message) -> None:
        # Slack names the blocks and elements that the app left unnamed.
        message.blocks = [
            {**block, "block_id": block.get("block_id") or f"local{self.serial()}"}
            for block in message.blocks
        ]
        for _, element in interactive_elements(message.blocks):
            element.setdefault("action_id", f"local{self.serial()}")


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, element) for everything in the blocks that can be clicked."""
    for block in blocks:
        candidates = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        candidates += block.get("actions", [])
        for element in candidates:
            if isinstance(element, dict) and element.get("type") in INTERACTIVE_TYPES:
                yield block, element
        for nested in (*block.get("child_blocks", []), *_cards(block)):
            yield from interactive_elements([{"block_id": block.get("block_id", ""), **nested}])


def _cards(block: Json) -> list[Json]:
    return block.get("elements", []) if block.get("type") == "carousel" else []


INTERACTIVE_TYPES = frozenset(
    {
        "button",
        "overflow",
        "static_select",
        "multi_static_select",
        "users_select",
        "channels_select",
        "conversations_select",
        "radio_buttons",
        "checkboxes",
        "datepicker",
        "timepicker",
    }
)
