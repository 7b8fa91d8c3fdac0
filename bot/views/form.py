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
from bot.blocks import parts, wording
from bot.commands import form
from bot.commands.estimate import Answer, estimated
from bot.commands.form import Fields
from bot.i18n import Say, Text
from bot.message import Block, Message
from bot.views import elements

FORM: Final = "carbon_form"
RESULT: Final = "carbon_result"
FIELD: Final = "carbon_form_"
"""Beginning of the ``action_id`` of every field."""
CHANNEL: Final = "carbon_channel"

View = dict[str, Any]


class Purpose(BaseModel):
    """What a form was opened for; it travels in the view.

    Attributes:
        base: a command to compare with; empty for an estimate.
        url: where the answer goes; empty where no channel is known.
        replace: whether the answer stands in for the message that the form was opened from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = ""
    url: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as it stands: its fields, and what is wrong with them while they are edited."""

    fields: Fields
    note: Text | str | None = None


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


def result_view(answer: Answer, asker: Asker) -> View:
    """An answer in the modal itself, with a menu to show it in a channel."""
    say = asker.say
    blocks = [block for block in answer.message.blocks if block["type"] in _IN_MODALS]
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
    return {
        "type": "modal",
        "callback_id": RESULT,
        "private_metadata": answer.command[:3000],
        "title": elements.plain(say("Estimate")),
        "submit": elements.plain(say("Show")),
        "close": elements.plain(say("Close")),
        "blocks": [*blocks, menu],
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


def _inputs(fields: Fields, say: Say) -> list[Block]:
    number: Block = {
        "type": "number_input",
        "action_id": f"{FIELD}{form.QUANTITY}",
        "is_decimal_allowed": False,
        "min_value": "1",
        "max_value": "10000000",
        "dispatch_action_config": elements.EVERY_KEY,
    }
    if fields.quantity:
        number["initial_value"] = fields.quantity
    return [
        _field(form.DEVICE, say("Accelerator"), _search(form.DEVICE, fields.device, "H100")),
        _field(form.QUANTITY, say("How many"), number),
        _field(form.DURATION, say("For how long"), _line(form.DURATION, fields, "2 weeks")),
        _field(form.PLACE, say("Where"), _search(form.PLACE, fields.place, "eu-west-1")),
        _field(
            form.WORK,
            say("Or the work: parameters and tokens"),
            _line(form.WORK, fields, "70B params 15T tokens"),
        ),
        _field(form.UTILISATION, say("Utilisation"), _line(form.UTILISATION, fields, "60%")),
        _field(form.PUE, "PUE", _line(form.PUE, fields, "1.1")),
        _field(
            form.MORE,
            say("Anything else, as in a command"),
            _line(form.MORE, fields, "overhead 50% storage 100 TB"),
        ),
    ]


def _field(name: str, label: str, element: Block) -> Block:
    return elements.field(name, label, element, live=True)


def _line(name: str, fields: Fields, example: str) -> Block:
    value: str = getattr(fields, name)
    return elements.text_input(f"{FIELD}{name}", value, example, live=True)


def _search(name: str, value: str, example: str) -> Block:
    return elements.search(f"{FIELD}{name}", value, example)


def _preview(fields: Fields, wrong: Mapping[str, object], asker: Asker) -> list[Block]:
    say = asker.say
    if fields.is_empty or wrong:
        hint = say("The estimate appears here as you fill in the form.")
        return [parts.context(hint)]
    answer = estimated(form.command_of(fields), asker)
    if answer.result is None or answer.run is None:
        return [parts.section(parts.escape(answer.message.text))]
    lines = [
        " ".join((parts.escape(label), parts.bold(figure), parts.escape(spread))).rstrip()
        for label, figure, spread in wording.figure_lines(answer.result, say)
    ]
    command = parts.context(f"`/carbon {parts.escape(answer.command)}`")
    return [parts.section("\n".join(lines)), command]
