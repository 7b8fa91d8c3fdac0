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
from bot.message import Block

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
    blocks.append({"type": "divider"})
    blocks += _preview(fields, wrong, asker)
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": purpose.model_dump_json(),
        "title": _plain(say("Compare runs") if purpose.base else say("Estimate a run")),
        "submit": _plain(say("Compare") if purpose.base else say("Estimate")),
        "close": _plain(say("Cancel")),
        "blocks": blocks,
    }


def result_view(answer: Answer, asker: Asker) -> View:
    """An answer in the modal itself, with a menu to show it in a channel."""
    say = asker.say
    blocks = [block for block in answer.message.blocks if block["type"] in _IN_MODALS]
    menu: Block = {
        "type": "input",
        "block_id": CHANNEL,
        "label": _plain(say("Show it in")),
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
        "title": _plain(say("Estimate")),
        "submit": _plain(say("Show")),
        "close": _plain(say("Close")),
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
    return [
        _input(form.DEVICE, say("Accelerator"), _search(form.DEVICE, fields.device, "H100")),
        _input(
            form.QUANTITY,
            say("How many"),
            {
                "type": "number_input",
                "action_id": f"{FIELD}{form.QUANTITY}",
                "is_decimal_allowed": False,
                "min_value": "1",
                "max_value": "10000000",
                **_first(fields.quantity),
            },
        ),
        _input(
            form.DURATION, say("For how long"), _text(form.DURATION, fields.duration, "2 weeks")
        ),
        _input(form.PLACE, say("Where"), _search(form.PLACE, fields.place, "eu-west-1")),
        _input(
            form.WORK,
            say("Or the work: parameters and tokens"),
            _text(form.WORK, fields.work, "70B params 15T tokens"),
        ),
        _input(
            form.UTILISATION, say("Utilisation"), _text(form.UTILISATION, fields.utilisation, "60%")
        ),
        _input(form.PUE, "PUE", _text(form.PUE, fields.pue, "1.1")),
        _input(
            form.MORE,
            say("Anything else, as in a command"),
            _text(form.MORE, fields.more, "overhead 50% storage 100 TB"),
        ),
    ]


def _input(block_id: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "optional": True,
        "dispatch_action": True,
        "label": _plain(label),
        "element": element,
    }


def _text(name: str, value: str, example: str) -> Block:
    return {
        "type": "plain_text_input",
        "action_id": f"{FIELD}{name}",
        "max_length": 1000,
        "placeholder": _plain(example),
        "dispatch_action_config": {
            "trigger_actions_on": ["on_enter_pressed", "on_character_entered"]
        },
        **_first(value),
    }


def _search(name: str, value: str, example: str) -> Block:
    element: Block = {
        "type": "external_select",
        "action_id": f"{FIELD}{name}",
        "min_query_length": 0,
        "placeholder": _plain(example),
    }
    if value:
        element["initial_option"] = {"text": _plain(value[:75]), "value": value[:150]}
    return element


def _first(value: str) -> dict[str, str]:
    return {"initial_value": value} if value else {}


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


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
