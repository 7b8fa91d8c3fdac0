"""What came of something that a person did."""

from dataclasses import dataclass, field

from deploy.local_slack.limits import Violation
from deploy.local_slack.messages import Message
from deploy.local_slack.people import Json


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
        payload: What the bot was sent.
    """

    status: int | None = None
    body: str = ""
    message: Message | None = None
    violations: list[Violation] = field(default_factory=list)
    error: str | None = None
    detail: str = ""
    later: list[Message] = field(default_factory=list)
    response_url: str = ""
    payload: Json = field(default_factory=dict)


@dataclass
class ActionOutcome:
    """What came of a click, a shortcut or a submitted modal.

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


@dataclass(frozen=True)
class Attempt:
    """One delivery of an event.

    Attributes:
        retry_num: 0 for the first, then 1 to 3.
        reason: Why it was delivered again; empty for the first.
        status: HTTP status of the answer; None when there was none.
        error: What went wrong; None when it was taken.
    """

    retry_num: int
    reason: str
    status: int | None
    error: str | None


@dataclass
class EventOutcome:
    """What came of an event; ``attempts`` grows with every retry."""

    payload: Json
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def event_id(self) -> str:
        """The identity that a bot recognises a repetition by."""
        return str(self.payload["event_id"])

    @property
    def status(self) -> int | None:
        """HTTP status of the last answer."""
        return self.attempts[-1].status

    @property
    def error(self) -> str | None:
        """What went wrong the last time; None when it was taken."""
        return self.attempts[-1].error
