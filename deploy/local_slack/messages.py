"""Messages, and the elements in their blocks that people can click or fill in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.local_slack.people import Json

Key = tuple[str, str]
"""Block id and action id of an element."""
Entered = dict[Key, Json]
"""What somebody chose or typed, by element."""


@dataclass(eq=False)
class Message:
    """A message, seen by everybody in the channel or, when ephemeral, by one person.

    Attributes:
        ts: Slack's identity of the message within its channel.
        channel: Channel id.
        user: Author's user id.
        text: Text, which is also the fallback of the blocks.
        blocks: Blocks as the app sent them, each with a ``block_id``.
        visible_to: The one user who sees it; None for everybody.
        thread_ts: Timestamp of the message that it replies to.
        broadcast: Whether a reply is shown in the channel too.
        files: File objects shared with the message.
        kind: ``message``, ``command`` for a typed command shown to all, or ``error`` for what
            Slack tells the typist when a command fails.
        remark: What the local Slack adds for the developer, and Slack would not say.
        version: Counts changes, so that a page knows what to draw anew.
        entered: Per user, what they chose in the message's menus.
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
    broadcast: bool = False
    files: list[Json] = field(default_factory=list)
    kind: str = "message"
    remark: str = ""
    edited: bool = False
    unfurl: bool = True
    version: int = 0
    entered: dict[str, Entered] = field(default_factory=dict)

    @property
    def is_ephemeral(self) -> bool:
        """Whether one person only sees it."""
        return self.visible_to is not None

    @property
    def all_blocks(self) -> list[Json]:
        """The blocks, and those of the attachments."""
        inside = [block for entry in self.attachments for block in entry.get("blocks", [])]
        return [*self.blocks, *inside]

    def entered_by(self, user: str) -> Entered:
        """Return what a user chose in this message, to read and to change."""
        return self.entered.setdefault(user, {})

    def element(self, action_id: str, block_id: str | None = None) -> tuple[str, Json]:
        """Return (block id, element) of an interactive element.

        Raises:
            KeyError: The message holds no such element.
        """
        return find_element(self.all_blocks, action_id, block_id, f"the message {self.text!r}")

    def describe(self, bot_id: str | None, team_id: str, *, metadata: bool = True) -> Json:
        """Return the message object of the Web API."""
        found: Json = {
            "type": "message",
            "ts": self.ts,
            "user": self.user,
            "text": self.text,
            "team": team_id,
        }
        if bot_id:
            found |= {"bot_id": bot_id, "app_id": "A0LOCAL001"}
        optional = {
            "blocks": self.blocks,
            "attachments": self.attachments,
            "files": self.files,
            "thread_ts": self.thread_ts,
            "metadata": self.metadata if metadata else None,
        }
        found |= {name: value for name, value in optional.items() if value}
        if self.broadcast:
            found["subtype"] = "thread_broadcast"
        if self.edited:
            found["edited"] = {"user": self.user, "ts": self.ts}
        return found


def find_element(
    blocks: list[Json], action_id: str, block_id: str | None, where: str
) -> tuple[str, Json]:
    """Return (block id, element) of an interactive element in blocks.

    Raises:
        KeyError: They hold no such element.
    """
    for block, element in interactive_elements(blocks):
        if element.get("action_id") == action_id and block_id in {None, block["block_id"]}:
            return block["block_id"], element
    raise KeyError(f"no element with action_id {action_id!r} in {where}")


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, element) for everything in the blocks that can be clicked or filled in."""
    for block in blocks:
        candidates = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        candidates += block.get("actions", [])
        for element in candidates:
            if isinstance(element, dict) and element.get("type") in INTERACTIVE_TYPES:
                yield block, element
        for nested in (*block.get("child_blocks", []), *_cards(block)):
            yield from interactive_elements([{"block_id": block.get("block_id", ""), **nested}])


def named_blocks(blocks: list[Json], numbers: Iterator[int]) -> list[Json]:
    """Return the blocks with names for those blocks and elements that the app left unnamed."""
    named = [
        {**block, "block_id": block.get("block_id") or f"local{next(numbers)}"} for block in blocks
    ]
    for _, element in interactive_elements(named):
        element.setdefault("action_id", f"local{next(numbers)}")
    return named


def _cards(block: Json) -> list[Json]:
    return block.get("elements", []) if block.get("type") == "carousel" else []


INTERACTIVE_TYPES = frozenset(
    {
        "button",
        "icon_button",
        "feedback_buttons",
        "overflow",
        "radio_buttons",
        "checkboxes",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "plain_text_input",
        "number_input",
        "email_text_input",
        "url_text_input",
        "file_input",
        *(
            f"{several}{source}_select"
            for several in ("", "multi_")
            for source in ("static", "external", "users", "channels", "conversations")
        ),
    }
)
