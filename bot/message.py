"""A message as Slack takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """Blocks, and the text that stands for them in notifications and for screen readers."""

    text: str
    blocks: tuple[Block, ...]
    public: bool = False
    """Whether everybody in the channel sees it, or only who asked."""

    def payload(self) -> dict[str, Any]:
        """The message as an acknowledgement or a ``response_url`` takes it."""
        return {
            "response_type": "in_channel" if self.public else "ephemeral",
            "text": self.text,
            "blocks": list(self.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
