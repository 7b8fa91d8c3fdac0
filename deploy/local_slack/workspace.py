"""The state of one workspace, in memory: people, channels, messages, views, files, handles.

Nothing here knows of HTTP. Time comes from the clock given, so tests can let a response URL
expire without waiting for it.
"""

import re
from collections.abc import Callable, Iterator

from deploy.local_slack import state
from deploy.local_slack.errors import SlackError
from deploy.local_slack.files import Files
from deploy.local_slack.handles import Handles
from deploy.local_slack.messages import Message, named_blocks
from deploy.local_slack.people import FIRST, Channel, Json, TeamSeed, User
from deploy.local_slack.site import APP_ID, Site
from deploy.local_slack.views import Views

__all__ = ["Channel", "Json", "Message", "SlackError", "User", "Workspace"]

_MENTION = re.compile(r"(?<!\S)([@#])([\w.-]*\w)")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>|]+")

Watcher = Callable[[str, Message], None]
"""Told of ``posted``, ``changed`` or ``deleted``, and of the message."""


class Workspace:
    """A team with a few people, a few channels and one bot."""

    app_id = APP_ID

    def __init__(
        self, site: Site | None = None, seed: TeamSeed = FIRST, bot_name: str = "carbon"
    ) -> None:
        self.site = site or Site()
        self.team_id = seed.id
        self.team_name = seed.name
        self.team_domain = seed.domain
        self.bot_id = seed.bot_id
        self.bot_user = seed.bot_user
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.history: dict[str, dict[str, Message]] = {}
        self.handles = Handles(self.site)
        self.views = Views(self.site)
        self.files = Files(self.site)
        self.watchers: list[Watcher] = []
        bot = User(self.bot_user, bot_name, bot_name, "UTC", "en-US", is_bot=True)
        self.users[bot.id] = bot
        for user in seed.people:
            self.add_user(user)
        for identifier, name, kind, members, has_bot in seed.channels:
            people = {user.id for user in self.people() if not members or user.name in members}
            bots = {self.bot_user} if has_bot else set()
            self.add_channel(Channel(identifier, name, kind, people | bots))

    @property
    def messages(self) -> list[Message]:
        """Every message of every channel."""
        return [message for channel in self.history.values() for message in channel.values()]

    def clock(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.site.clock()

    def changed(self) -> None:
        """Tell everybody who watches that something changed."""
        self.site.changed()

    def people(self) -> list[User]:
        """Return the members who are no bots."""
        return [user for user in self.users.values() if not user.is_bot]

    def add_user(self, user: User) -> User:
        """Add a member, with a direct message to the bot."""
        self.users[user.id] = user
        self.add_channel(Channel(f"D{user.id[1:]}", user.name, "im", {user.id, self.bot_user}))
        return user

    def add_channel(self, channel: Channel) -> Channel:
        """Add a channel."""
        self.channels[channel.id] = channel
        self.history[channel.id] = {}
        return channel

    def user(self, key: str) -> User:
        """Find a user by id or name.

        Raises:
            SlackError: There is none.
        """
        if key in self.users:
            return self.users[key]
        for user in self.users.values():
            if key == user.name:
                return user
        raise SlackError("user_not_found")

    def channel(self, key: str, user: str | None = None) -> Channel:
        """Find a channel by id, by name, or as ``dm`` for a user's conversation with the bot.

        Raises:
            SlackError: There is none.
        """
        if key == "dm" and user is not None:
            key = f"D{user[1:]}"
        if key in self.channels:
            return self.channels[key]
        for channel in self.channels.values():
            if channel.kind != "im" and key.removeprefix("#") == channel.name:
                return channel
        raise SlackError("channel_not_found")

    def post(self, message: Message) -> Message:
        """Add a message to its channel."""
        self._name_blocks(message)
        self.history[message.channel][message.ts] = message
        self._tell("posted", message)
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
        for user, entered in message.entered.items():
            message.entered[user] = state.retained(message.all_blocks, entered)
        self._tell("changed", message)

    def delete(self, message: Message) -> None:
        """Remove a message."""
        del self.history[message.channel][message.ts]
        self._tell("deleted", message)

    def has(self, message: Message | None) -> bool:
        """Whether a message is still there."""
        return message is not None and (
            self.history.get(message.channel, {}).get(message.ts) is message
        )

    def find(self, channel: str, ts: str) -> Message:
        """Find a message by channel and timestamp.

        Raises:
            SlackError: There is none.
        """
        message = self.history.get(channel, {}).get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def visible(self, user: str, channel: str) -> list[Message]:
        """Return what a user sees in a channel and its threads, oldest first."""
        if user not in self.channels[channel].members:
            return []
        return [
            message
            for message in self.history[channel].values()
            if message.visible_to in {None, user}
        ]

    def replies(self, parent: Message) -> Iterator[Message]:
        """Yield what was answered in the thread of a message, oldest first."""
        for message in self.history[parent.channel].values():
            if message.thread_ts == parent.ts and not message.is_ephemeral:
                yield message

    def notation(self, text: str, *, mentions: bool = True, names: bool = False) -> str:
        """Return text that a person typed as Slack stores and sends it.

        The three control characters are always escaped; people, channels and addresses are
        turned into Slack's notation where ``mentions`` asks for it, people with their ``names``
        as slash commands have them.
        See https://docs.slack.dev/messaging/formatting-message-text.
        """
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if not mentions:
            return escaped

        def replace(match: re.Match[str]) -> str:
            sign, name = match.groups()
            try:
                if sign == "@":
                    user = self.user(name)
                    return f"<@{user.id}|{user.name}>" if names else f"<@{user.id}>"
                channel = self.channel(name)
            except SlackError:
                return match[0]
            return f"<#{channel.id}|{channel.name if channel.kind == 'public' else ''}>"

        return _ADDRESS.sub(lambda match: f"<{match[0]}>", _MENTION.sub(replace, escaped))

    def _name_blocks(self, message: Message) -> None:
        numbers = self.site.numbers()
        message.blocks = named_blocks(message.blocks, numbers)
        message.attachments = [
            {**entry, "blocks": named_blocks(entry["blocks"], numbers)}
            if entry.get("blocks")
            else entry
            for entry in message.attachments
        ]

    def _tell(self, what: str, message: Message) -> None:
        self.changed()
        for watcher in self.watchers:
            watcher(what, message)
