"""The few elements that messages and views are made of, within Slack's limits.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.message import Block

LABEL: Final = 75
"""Characters of an option's text."""

COMPLAINT: Final = 150
"""Characters of what is wrong with a field."""

_TURNING: Final = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""Unicode's marks of direction that reach over what is not theirs."""
_WITHOUT_TURNING: Final = dict.fromkeys(map(ord, _TURNING))

EVERY_KEY: Block = {"trigger_actions_on": ["on_enter_pressed", "on_character_entered"]}
"""Of an input: the bot hears of every key."""


def in_order(text: str) -> str:
    """Text without the characters by which what follows is read in another order."""
    if not text.isascii():
        for mark in _TURNING:
            if mark in text:
                return text.translate(_WITHOUT_TURNING)
    return text


def plain(text: str) -> Block:
    """Text in which nothing is interpreted."""
    return {"type": "plain_text", "text": in_order(text), "emoji": False}


def raw(kind: str, text: str) -> Block:
    """Text as it is, in a table or in rich text."""
    return {"type": kind, "text": in_order(text)}


def complaint(text: str) -> str:
    """What is wrong, as it stands below a field: Slack shows marks of code there as they are."""
    return in_order(_unmarked(text))[:COMPLAINT]


def _unmarked(text: str) -> str:
    return text.replace("`", "")


def option(label: str, value: str) -> Block:
    """An entry of a menu."""
    return {"text": plain(label[:LABEL]), "value": value}


def search(action_id: str, value: str, example: str) -> Block:
    """A menu with type-ahead, whose entries the bot suggests."""
    element: Block = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 0,
        "placeholder": plain(example),
    }
    if value:
        element["initial_option"] = option(value, value)
    return element


def menu(action_id: str, options: Sequence[tuple[str, str]], value: str | None) -> Block:
    """A menu of a few entries, given as value and label."""
    entries = {key: option(label, key) for key, label in options}
    element: Block = {
        "type": "static_select",
        "action_id": action_id,
        "options": [*entries.values()],
    }
    if value in entries:
        element["initial_option"] = entries[value]
    return element


def checkbox(action_id: str, label: str, value: str, *, checked: bool) -> Block:
    """One box to check."""
    entry = option(label, value)
    element: Block = {"type": "checkboxes", "action_id": action_id, "options": [entry]}
    return element | ({"initial_options": [entry]} if checked else {})


def text_input(
    action_id: str, value: str, example: str, *, live: bool = False, most: int = 1000
) -> Block:
    """A line of text of at most ``most`` characters; with ``live`` the bot hears of every key."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "max_length": most,
        "placeholder": plain(example),
    }
    if live:
        element["dispatch_action_config"] = EVERY_KEY
    return element | ({"initial_value": value} if value else {})


def field(
    block_id: str, label: str, element: Block, *, live: bool = False, hint: str = ""
) -> Block:
    """An element with its label, which nobody must fill in."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "optional": True,
        "label": plain(label),
        "element": element,
    }
    if live:
        block["dispatch_action"] = True
    if hint:
        block["hint"] = plain(_unmarked(hint))
    return block
