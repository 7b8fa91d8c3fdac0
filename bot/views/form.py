"""The form in which a run is described field by field, and its answer where no channel is known.

Titles and labels are within Slack's limits in every language: a title has 24 characters.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.asker import Asker
from bot.blocks import controls, elements, parts, wording
from bot.commands import form
from bot.commands.estimate import estimated
from bot.commands.form import Fields
from bot.i18n import Say, Text
from bot.message import Block, Message
from estimator.spec import MAX_QUANTITY

FORM: Final = "carbon_form"
RESULT: Final = "carbon_result"
FIELD: Final = "carbon_form_"
"""Beginning of the ``action_id`` of every field."""
PUBLIC: Final = "public"
CHANNEL: Final = "carbon_channel"

View = dict[str, Any]


class Purpose(BaseModel):
    """What a form was opened for; it travels in the view.

    Attributes:
        base: a command to compare with; empty for an estimate.
        url: where the answer goes; empty where no channel is known.
        replace: whether the answer stands in for the message that the form was opened from.
        channel_id: the channel of that thread.
        thread_ts: the thread that the form was opened from; empty where that is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = ""
    url: str = ""
    replace: bool = False
    channel_id: str = ""
    thread_ts: str = ""


class Offer(BaseModel):
    """What an answer in a modal can be shown to a channel by; it travels in the view.

    Attributes:
        action: of the button that shows the answer where it is a message.
        command: that the button carries.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    command: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as it stands: its fields, a note above them, and whether the channel is to see it."""

    fields: Fields
    note: Text | str | None = None
    public: bool = False


def form_view(shown: Shown, purpose: Purpose, asker: Asker) -> View:
    """The form, with the estimate of what stands in it."""
    say, fields = asker.say, shown.fields
    blocks: list[Block] = []
    if shown.note:
        blocks.append(parts.section(parts.escape(say(shown.note))))
    if purpose.base:
        base = parts.escape(purpose.base)
        blocks.append(parts.section(say("Compared with `/carbon {command}`:", command=base)))
    wrong = {} if fields.is_empty else form.mistakes(fields, asker)
    for block in _inputs(fields, say):
        blocks.append(block)
        if block["block_id"] in wrong:
            reason = wrong[block["block_id"]]
            blocks.append(parts.context(f":warning: {parts.escape(say(reason))}"))
        if block["block_id"] == form.PLACE:
            # Amid the form: below all of its fields nobody would see it without scrolling.
            rule: Block = {"type": "divider"}
            blocks += [rule, *_preview(fields, wrong, asker), rule]
    if purpose.url:
        blocks.append(_who_sees_it(say, public=shown.public))
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": purpose.model_dump_json(),
        "title": elements.plain(say("Compare runs") if purpose.base else say("Estimate a run")),
        "submit": elements.plain(say("Compare") if purpose.base else say("Estimate")),
        "close": elements.plain(say("Cancel")),
        "blocks": blocks,
    }


def message_view(title: str, message: Message, asker: Asker) -> View:
    """A message in a modal, to be read and closed."""
    blocks = [block for block in message.blocks if block["type"] in _IN_MODALS]
    return {
        "type": "modal",
        "title": elements.plain(title),
        "close": elements.plain(asker.say("Close")),
        "blocks": blocks,
    }


def loading_view(say: Say) -> View:
    """What stands there until a form can be filled in."""
    return {
        "type": "modal",
        "title": elements.plain(say("Estimate a run")),
        "close": elements.plain(say("Cancel")),
        "blocks": [parts.section(say("One moment…"))],
    }


def result_view(message: Message, asker: Asker, note: Text | None = None) -> View:
    """An answer in the modal itself, with a menu to show it in a channel.

    Args:
        message: the answer, as who asked alone sees it.
        asker: who asked.
        note: what stands above it.
    """
    say = asker.say
    view = message_view(say("Estimate"), message, asker)
    if note is not None:
        view["blocks"].insert(0, parts.context(parts.escape(say(note))))
    offer = offer_of(message)
    if offer is None:
        return view
    menu: Block = {
        "type": "input",
        "block_id": CHANNEL,
        "label": elements.plain(say("Show it in")),
        "element": {
            "type": "conversations_select",
            "action_id": CHANNEL,
            "response_url_enabled": True,
            "default_to_current_conversation": True,
        },
    }
    return view | {
        "callback_id": RESULT,
        "private_metadata": offer.model_dump_json(),
        "submit": elements.plain(say("Show")),
        "blocks": [*view["blocks"], menu],
    }


def offer_of(message: Message) -> Offer | None:
    """How an answer is shown to a channel; ``None`` where it is none that could be."""
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    for element in (element for row in rows for element in row):
        action = _SHOWN_BY.get(element["action_id"])
        if action is not None:
            return Offer(action=action, command=element["value"])
    return None


_SHOWN_BY: Final = {
    controls.SHARE: controls.SHARE,
    # An answer that is public has no button to show it, and one to edit it.
    controls.EDIT: controls.SHARE,
    controls.SHARE_COMPARISON: controls.SHARE_COMPARISON,
}


_IN_MODALS: Final = frozenset({"header", "section", "context", "divider", "rich_text"})
"""Blocks of messages that modals take too; buttons of ours need a message to answer to."""


def fields_in(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Fields:
    """What stands in the fields of a view."""
    found: dict[str, str] = {}
    for block_id, entries in values.items():
        if block_id not in Fields.__dataclass_fields__:
            continue
        for entry in entries.values():
            chosen = entry.get("selected_option")
            value = chosen["value"] if chosen else entry.get("value")
            found[block_id] = str(value or "").strip()
    return Fields(**found)


def is_public(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> bool:
    """Whether the box is checked by which the channel sees the answer."""
    entries = values.get(PUBLIC, {}).values()
    return any(entry.get("selected_options") for entry in entries)


def _inputs(fields: Fields, say: Say) -> list[Block]:
    return [
        _field(form.DEVICE, say("Accelerator"), _search(form.DEVICE, fields, "H100")),
        _field(form.QUANTITY, say("How many"), _number(form.QUANTITY, fields)),
        _field(form.DURATION, say("For how long"), _line(form.DURATION, fields, "2 weeks")),
        _field(form.PLACE, say("Where"), _search(form.PLACE, fields, "eu-west-1")),
        _field(
            form.SECOND_DEVICE, say("Second device"), _search(form.SECOND_DEVICE, fields, "TPU")
        ),
        _field(
            form.SECOND_QUANTITY,
            say("Number of the second"),
            _number(form.SECOND_QUANTITY, fields),
        ),
        _field(
            form.WORK,
            say("Or the work: parameters and tokens"),
            _line(form.WORK, fields, "70B params 15T tokens mfu 0.4"),
        ),
        _field(form.UTILISATION, say("Utilisation"), _line(form.UTILISATION, fields, "60%")),
        _field(form.PUE, "PUE", _line(form.PUE, fields, "1.1")),
        _field(
            form.MORE,
            say("Anything else, as in a command"),
            _line(form.MORE, fields, "overhead 50% storage 100 TB", most=3000),
        ),
    ]


def _who_sees_it(say: Say, *, public: bool) -> Block:
    box = elements.checkbox(
        f"{FIELD}{PUBLIC}", say("Everybody in the channel sees it"), PUBLIC, checked=public
    )
    return elements.field(PUBLIC, say("The answer"), box)


def _field(name: str, label: str, element: Block) -> Block:
    return elements.field(name, label, element, live=True)


def _line(name: str, fields: Fields, example: str, most: int = 1000) -> Block:
    value: str = getattr(fields, name)
    return elements.text_input(f"{FIELD}{name}", value[:most], example, live=True, most=most)


def _number(name: str, fields: Fields) -> Block:
    number: Block = {
        "type": "number_input",
        "action_id": f"{FIELD}{name}",
        "is_decimal_allowed": False,
        "min_value": "1",
        "max_value": str(MAX_QUANTITY),
        "dispatch_action_config": elements.EVERY_KEY,
    }
    value: str = getattr(fields, name)
    # What is out of bounds stays as it was typed; Slack takes it for no beginning.
    fits = value.isdecimal() and 1 <= int(value) <= MAX_QUANTITY
    return number | ({"initial_value": value} if fits else {})


def _search(name: str, fields: Fields, example: str) -> Block:
    return elements.search(f"{FIELD}{name}", getattr(fields, name), example)


def _preview(fields: Fields, wrong: Mapping[str, object], asker: Asker) -> list[Block]:
    say = asker.say
    if fields.is_empty or wrong:
        hint = say("The estimate appears here as you fill in the form.")
        return [parts.context(hint)]
    answer = estimated(form.command_of(fields), asker)
    if answer.result is None or answer.run is None:
        return [parts.section(parts.escape(answer.message.text))]
    lines = [
        wording.figure_line(parts.escape(label), parts.bold(figure), parts.escape(spread), say)
        for label, figure, spread in wording.figure_lines(answer.result, say)
    ]
    command = parts.context(f"`/carbon {parts.in_code(answer.command)}`")
    return [parts.section("\n".join(lines)), command]
