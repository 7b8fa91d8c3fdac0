"""What waits for somebody to log it anyway, and the modal in which they are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.asker import Asker
from bot.blocks import elements, parts
from bot.blocks.budget import warning_lines
from bot.budget import Crossing

ANYWAY_FORM: Final = "carbon_log_anyway_form"
IMPORT_ANYWAY_FORM: Final = "carbon_import_anyway_form"


class Pending(BaseModel):
    """A run that is not logged yet; it travels in a button or in a view.

    Attributes:
        key: made for this one warning: by it the run is logged once.
        owner_id: whose run it is, whoever says that it be logged.
        shown: marks of what is crossed, of which somebody was told.
        public: whether the channel sees the answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    command: str
    channel_id: str
    owner_id: str
    project: str = ""
    thread_ts: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    public: bool = False
    shown: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """As it travels; what is not said takes no room."""
        return self.model_dump_json(exclude_defaults=True)


class PendingFile(BaseModel):
    """A file that is not imported yet; it travels in the view.

    Attributes:
        address: where Slack keeps the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    channel_id: str
    address: str
    shown: tuple[str, ...] = ()


def marks_of(crossings: Iterable[Crossing]) -> tuple[str, ...]:
    """What tells what was shown from what is crossed since; short enough to travel."""
    return tuple(hashlib.sha256(one.mark.encode()).hexdigest()[:10] for one in crossings)


def warning_view(
    callback_id: str, metadata: str, what: str, crossings: Sequence[Crossing], asker: Asker
) -> dict[str, Any]:
    """The modal; its submission logs what it tells of."""
    say = asker.say
    title, lines, note = warning_lines(what, crossings, say)
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "title": elements.plain(say("Budget")),
        "submit": elements.plain(say("Log it anyway")),
        "close": elements.plain(say("Cancel")),
        "blocks": [
            parts.header(title),
            parts.section(parts.escape(note)),
            parts.section("\n".join(f":warning: {parts.escape(line)}" for line in lines)),
        ],
    }
