"""The form by which a run of the ledger is edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.asker import Asker
from bot.blocks import elements, parts
from bot.blocks.ledger import figures_of
from bot.commands import editing
from bot.commands.editing import Change, Fields
from bot.commands.ledger import EXAMPLE_RUN, NotRead
from bot.i18n import Text
from bot.language import LanguageError
from bot.ledger import Run
from bot.message import Block

EDIT_FORM: Final = "carbon_edit_form"
DROP: Final = "carbon_edit_drop"
FIELD: Final = "carbon_edit_run_"
"""Beginning of the ``action_id`` of every field."""
_NAME_LIMIT: Final = 255
_SHOWN: Final = 200
"""Characters of a value that a note repeats."""

View = dict[str, Any]


class EditPurpose(BaseModel):
    """Which run a form edits, and as what it was filled in; it travels in the view.

    Attributes:
        version: of the run that the form was filled in with.
        base: what it was filled in with, see ``editing.basis``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    channel_id: str
    version: int
    base: dict[str, str]

    @classmethod
    def of(cls, run: Run) -> EditPurpose:
        """The purpose of a form that is filled in with a run as it is now."""
        return cls(
            run_id=run.id,
            channel_id=run.entry.channel_id,
            version=run.version,
            base=editing.basis(editing.fields_of(run.entry)),
        )


def edit_view(
    run: Run,
    purpose: EditPurpose,
    fields: Fields,
    asker: Asker,
    changed: Sequence[Change] = (),
) -> View:
    """The form as it stands, with what is wrong below each field.

    Args:
        run: as the ledger has it.
        purpose: what travels in it.
        fields: what stands in the fields.
        asker: who edits.
        changed: what others changed meanwhile, which is told above the fields.
    """
    say = asker.say
    wrong = editing.mistakes(fields, run.entry, asker)
    blocks: list[Block] = []
    if changed:
        lines = [f"• {parts.escape(_told(change, asker))}" for change in changed]
        head = say("This run was changed while you had it open. What you entered is kept:")
        blocks.append(parts.section("\n".join([f":warning: {parts.escape(head)}", *lines])))
    for name in editing.NAMES:
        block = _input(name, fields, purpose, asker)
        blocks.append(block | {"optional": name not in editing.needed(run.entry)})
        if name in wrong:
            blocks.append(parts.context(f":warning: {parts.escape(say(wrong[name]))}"))
        if name == editing.COMMAND and fields.command:
            blocks += _preview(run, fields, wrong, asker)
    drop = parts.button(say("Take it out of the ledger"), DROP, run.id)
    confirm: Block = {
        "title": elements.plain(say("Take it out?")),
        "text": elements.plain(say("The run is then in no list and no total any more.")),
        "confirm": elements.plain(say("Take it out")),
        "deny": elements.plain(say("Keep it")),
        "style": "danger",
    }
    blocks.append(parts.actions([drop | {"style": "danger", "confirm": confirm}]))
    return {
        "type": "modal",
        "callback_id": EDIT_FORM,
        "private_metadata": purpose.model_dump_json(),
        "title": elements.plain(say("Edit a run")),
        "submit": elements.plain(say("Save")),
        "close": elements.plain(say("Cancel")),
        "blocks": blocks,
    }


def purpose_of(view: Mapping[str, Any]) -> EditPurpose:
    """The purpose that a view carries."""
    return EditPurpose.model_validate_json(view["private_metadata"])


def block_of(name: str, purpose: EditPurpose) -> str:
    """The block of a field. Of another version it is another block.

    Slack keeps what somebody typed where a block stays: what others changed would not show.
    """
    return f"{name} {purpose.version}"


def fields_in(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Fields:
    """What stands in the fields of a view."""
    found: dict[str, str] = {}
    for block_id, entries in values.items():
        name = block_id.partition(" ")[0]
        if name not in editing.NAMES:
            continue
        for entry in entries.values():
            chosen = entry.get("selected_option")
            value = str((chosen["value"] if chosen else entry.get("value")) or "").strip()
            found[name] = value.removeprefix("#") if name == editing.PROJECT else value
    return Fields(**found)


def _input(name: str, fields: Fields, purpose: EditPurpose, asker: Asker) -> Block:
    say = asker.say
    value: str = getattr(fields, name)
    action = f"{FIELD}{name}"
    if name == editing.STATE:
        states = [(state.value, say(label)) for state, label in editing.STATES.items()]
        element = elements.menu(action, states, value)
    elif name == editing.COMMAND:
        most = editing.LONGEST_COMMAND
        element = elements.text_input(action, value, EXAMPLE_RUN, live=True, most=most)
    else:
        element = elements.text_input(
            action, value[:_NAME_LIMIT], _EXAMPLES[name], live=True, most=_NAME_LIMIT
        )
    label = say(editing.LABELS[name])
    return elements.field(block_of(name, purpose), label, element, live=True)


_EXAMPLES: Final = {
    editing.NAME: "llama-ft",
    editing.PROJECT: "nlp",
    editing.STARTS: "2026-12-01",
    editing.ENDS: "2026-12-14",
    editing.MEASURED: "433 MWh",
}


def _preview(
    run: Run, fields: Fields, wrong: Mapping[str, Text | str], asker: Asker
) -> list[Block]:
    """The figures that the ledger would have."""
    if wrong:
        return []
    try:
        lines = figures_of(editing.edited(run, fields, asker), asker.say)
    except (NotRead, LanguageError):
        return []
    return [parts.context("\n".join(parts.escape(line) for line in lines))] if lines else []


def _told(change: Change, asker: Asker) -> str:
    say = asker.say
    field = say(editing.LABELS[change.field])
    now = _shown(change.field, change.now, asker)
    if change.before is None:
        told = say("{field}: now “{now}”", field=field, now=now)
    else:
        before = _shown(change.field, change.before, asker)
        told = say("{field}: now “{now}”, before “{before}”", field=field, now=now, before=before)
    if change.lost:
        return say("{told}; saving replaces it by your entry", told=told)
    return told


def _shown(field: str, value: str, asker: Asker) -> str:
    return parts.cut(asker.say(editing.worded(field, value)) if value else "–", _SHOWN)
