"""The small forms of the ledger: the name of a run, and a file of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.asker import Asker
from bot.blocks import elements, parts
from bot.commands.ledger import LONGEST
from bot.message import Block

LOG_FORM: Final = "carbon_log_form"
IMPORT_FORM: Final = "carbon_import_form"
FILE: Final = "carbon_import_file"
NAME: Final = "name"
PROJECT: Final = "project"
_FIELD: Final = "carbon_log_"


class LogPurpose(BaseModel):
    """What is to be entered, and where it was answered; it travels in the view.

    Attributes:
        command: the run.
        channel_id: whose ledger.
        thread_ts: the message under which the channel hears of the run; empty where only one
            member sees that message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    channel_id: str
    thread_ts: str = ""


def log_view(purpose: LogPurpose, asker: Asker) -> dict[str, Any]:
    """The form."""
    say = asker.say
    inputs = [
        elements.field(
            NAME, say("Name"), _short(elements.text_input(f"{_FIELD}{NAME}", "", "llama-ft"))
        )
        | {"optional": False},
        elements.field(
            PROJECT,
            say("Project"),
            _short(elements.text_input(f"{_FIELD}{PROJECT}", "", "nlp")),
            hint=say("Summaries and budgets can count a project on its own."),
        ),
    ]
    return {
        "type": "modal",
        "callback_id": LOG_FORM,
        "private_metadata": purpose.model_dump_json(),
        "title": elements.plain(say("Log this run")),
        "submit": elements.plain(say("Log")),
        "close": elements.plain(say("Cancel")),
        "blocks": [parts.context(f"`/carbon {parts.in_code(purpose.command)}`"), *inputs],
    }


def import_view(channel_id: str, asker: Asker) -> dict[str, Any]:
    """The form that takes a file of runs; the channel travels in it."""
    say = asker.say
    element: Block = {
        "type": "file_input",
        "action_id": FILE,
        "filetypes": ["csv"],
        "max_files": 1,
    }
    hint = say("CodeCarbon's emissions.csv, or what `/carbon export csv` gives: one run a row.")
    return {
        "type": "modal",
        "callback_id": IMPORT_FORM,
        "private_metadata": channel_id,
        "title": elements.plain(say("Import runs")),
        "submit": elements.plain(say("Import")),
        "close": elements.plain(say("Cancel")),
        "blocks": [elements.field(FILE, say("CSV file"), element, hint=hint) | {"optional": False}],
    }


def entered(values: Mapping[str, Mapping[str, Mapping[str, Any]]], field: str) -> str:
    """What stands in a field."""
    for entry in (values.get(field) or {}).values():
        return str(entry.get("value") or "").strip()
    return ""


def _short(element: Block) -> Block:
    return element | {"max_length": LONGEST}
