"""One-use handles that Slack gives to an app: response URLs and trigger ids."""

from dataclasses import dataclass, field

from deploy.local_slack.errors import SlackError
from deploy.local_slack.messages import Message
from deploy.local_slack.site import Site

RESPONSE_URL_USES = 5
RESPONSE_URL_LIFE_S = 30 * 60
TRIGGER_LIFE_S = 3.0


@dataclass
class ResponseUrl:
    """A response URL: five uses within thirty minutes.

    See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.

    Attributes:
        source: The message that held the button; None for a slash command.
        messages: What was posted or changed through it.
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

    Attributes:
        channel: Channel in which the interaction took place, if it was in one.
        modal: The modal in which it took place, if it was in one.
    """

    user: str
    created: float
    channel: str | None = None
    modal: str | None = None
    used: bool = False


@dataclass
class Handles:
    """The handles that one workspace has given out."""

    site: Site
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    trigger_life_s: float = TRIGGER_LIFE_S

    def new_response_url(self, channel: str, user: str, source: Message | None = None) -> str:
        """Issue a response URL and return its address."""
        handle = ResponseUrl(f"R{self.site.serial():08d}", channel, user, self.site.clock(), source)
        self.response_urls[handle.id] = handle
        return f"{self.site.base_url}/response/{handle.id}"

    def response_url(self, address: str) -> ResponseUrl:
        """Return the handle behind an address that was issued here."""
        return self.response_urls[address.rpartition("/")[2]]

    def use_response_url(self, handle: ResponseUrl) -> None:
        """Count one use of a response URL.

        Raises:
            SlackError: It is used up or too old.
        """
        if self.site.clock() - handle.created > RESPONSE_URL_LIFE_S:
            raise SlackError("expired_url")
        if handle.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        handle.uses += 1

    def new_trigger(
        self, user: str, *, channel: str | None = None, modal: str | None = None
    ) -> str:
        """Issue a trigger id."""
        trigger_id = f"{self.site.serial()}.{int(self.site.clock())}.local"
        self.triggers[trigger_id] = Trigger(user, self.site.clock(), channel, modal)
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Use up a trigger id and return what it stands for.

        Raises:
            SlackError: It is unknown, used or too old.
        """
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.site.clock() - trigger.created > self.trigger_life_s:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger
