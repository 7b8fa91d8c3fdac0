"""The settings of a workspace or a channel, as a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.asker import Asker
from bot.blocks import elements, parts
from bot.blocks.calibration import in_force
from bot.i18n import LANGUAGES, Say, Text, text
from bot.language.normalise import normalise
from bot.message import Block
from bot.preferences import NOTHING_SET, Editors, Preferences
from estimator import FactorSet

SETTINGS: Final = "carbon_settings"
SCOPE: Final = "carbon_settings_scope"
PLACE: Final = "carbon_settings_place"
GPU: Final = "carbon_settings_gpu"
TPU: Final = "carbon_settings_tpu"
ZONE: Final = "carbon_settings_zone"
FILE: Final = "carbon_settings_file"
BACK: Final = "carbon_settings_back"
SHOW: Final = "carbon_settings_show_file"

CHANNEL: Final = "channel"
WORKSPACE: Final = "workspace"
IN_CHANNEL: Final = "_in_channel"
"""End of a field's name where it is about a channel."""
OWN: Final = "own"
"""Stands for what is not set: members' own language, the workspace's choice."""

FILE_PIECE: Final = 2500
"""Characters of a factor file in one block."""
FILE_BLOCKS: Final = 40

View = dict[str, Any]

EDITORS: Final = {
    Editors.EVERYONE: text("Everybody"),
    Editors.ADMINS: text("Administrators of the workspace"),
    Editors.CHOSEN: text("The members chosen below"),
}
FACTOR_SETS: Final = {
    FactorSet.SOURCED: text("Sourced data"),
    FactorSet.ARTICLE: text("The article's illustrative table"),
}

_NUMBERS: Final = {
    "pue": (
        text("A PUE is a number from 1, such as 1.2."),
        text("A PUE is between 1 and 5, such as 1.2."),
    ),
    "lifetime_years": (
        text("A lifetime is a number of years, such as 4."),
        text("A lifetime is between 0.5 and 20 years, such as 4."),
    ),
}
"""Fields with a number: what is wrong where it is none, and where it is out of range."""


class Scope(BaseModel):
    """Whose settings a form shows; it travels in the view.

    Attributes:
        channel_id: the channel that it was opened in; empty where there is none.
        whole: whether the whole workspace is set, or that channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel_id: str = ""
    whole: bool = True

    @property
    def key(self) -> str:
        """What the settings are kept under."""
        return "" if self.whole else self.channel_id


@dataclass(frozen=True, slots=True)
class Current:
    """What is set now.

    Attributes:
        own: what is set in this scope.
        file: name of the workspace's factor file; empty where there is none.
        editable: whether the member may change it.
        holds: what holds in this scope, also what is set in the workspace.
    """

    own: Preferences
    file: str = ""
    editable: bool = True
    holds: Preferences = NOTHING_SET


def settings_view(scope: Scope, current: Current, asker: Asker) -> View:
    """The settings of a scope; without a submit button for who may not change them."""
    say = asker.say
    view: View = {
        "type": "modal",
        "callback_id": SETTINGS,
        "private_metadata": scope.model_dump_json(),
        "title": elements.plain(say("Settings")),
        "close": elements.plain(say("Close")),
        "blocks": [
            *_scope(scope, asker),
            *_calibrated(current, asker),
            *_fields(scope, current, asker),
        ],
    }
    if current.editable:
        return view | {"submit": elements.plain(say("Save"))}
    blocks = [*_scope(scope, asker), *_read_only(current, asker)]
    return view | {"blocks": blocks}


def not_set(scope: Scope, asker: Asker) -> str:
    """What a menu calls a setting that is left open in a scope."""
    say = asker.say
    return say("not set") if scope.whole else say("as in the workspace")


def summary(preferences: Preferences, asker: Asker) -> list[str]:
    """What is set, a line each; empty where nothing is."""
    say = asker.say
    shown: list[tuple[str, object]] = [
        (say("Place"), preferences.location),
        ("PUE", preferences.pue),
        (say("Lifetime of the devices"), _years(preferences.lifetime_years, say)),
        ("GPU", preferences.gpu),
        ("TPU", preferences.tpu),
        (say("Factors"), preferences.factors and say(FACTOR_SETS[preferences.factors])),
        (say("Language"), LANGUAGES.get(preferences.language or "")),
        (say("Time zone"), preferences.time_zone),
        (say("Who may change settings"), preferences.editors and say(EDITORS[preferences.editors])),
    ]
    if preferences.calibration is not None:
        shown.append((say("Measured"), say(in_force(preferences.calibration))))
    if preferences.public is not None:
        answers = say("shown to the channel") if preferences.public else say("to who asked alone")
        shown.append((say("Answers"), answers))
    return [say("{what}: {value}", what=what, value=str(value)) for what, value in shown if value]


def _years(years: float | None, say: Say) -> str | None:
    return None if years is None else say("{years:g} years", years=years)


def preferences_in(
    values: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> tuple[Preferences | None, dict[str, Text]]:
    """The settings in a form, or what is wrong, by field."""
    entered = {
        block.removesuffix(IN_CHANNEL): entry
        for block, entries in values.items()
        for entry in entries.values()
    }
    wrong: dict[str, Text] = {}
    document: dict[str, object] = {}
    for block in ("location", "gpu", "tpu", "factors", "language", "time_zone", "editors"):
        chosen = (entered.get(block) or {}).get("selected_option")
        if chosen and chosen["value"] != OWN:
            document[block] = chosen["value"]
    answers = (entered.get("public") or {}).get("selected_option")
    if answers and answers["value"] != OWN:
        document["public"] = answers["value"] == "channel"
    document["chosen_editors"] = (entered.get("chosen_editors") or {}).get("selected_users") or ()
    for block, (no_number, _) in _NUMBERS.items():
        typed = normalise((entered.get(block) or {}).get("value") or "").strip()
        if typed:
            try:
                document[block] = float(typed)
            except ValueError:
                wrong[block] = no_number
    if document.get("editors") == Editors.CHOSEN and not document["chosen_editors"]:
        wrong["chosen_editors"] = text("Choose at least one member.")
    try:
        return Preferences.model_validate(document), wrong
    except ValidationError as error:
        for problem in error.errors():
            field = str(problem["loc"][0])
            wrong[field] = _NUMBERS[field][1] if field in _NUMBERS else text("This cannot be set.")
        return None, wrong


def _scope(scope: Scope, asker: Asker) -> list[Block]:
    say = asker.say
    choices = [(WORKSPACE, say("the whole workspace"))]
    if scope.channel_id:
        choices.insert(0, (CHANNEL, say("this channel")))
    chosen = elements.menu(SCOPE, choices, WORKSPACE if scope.whole else CHANNEL)
    return [
        {
            "type": "section",
            "block_id": SCOPE,
            "text": {"type": "mrkdwn", "text": say("Settings of")},
            "accessory": chosen,
        }
    ]


def _calibrated(current: Current, asker: Asker) -> list[Block]:
    """What measured runs gave, which is changed by its own command."""
    calibration = current.own.calibration
    if calibration is None:
        return []
    say = asker.say
    shown = say(
        "Measured: {defaults}. To take it back: `/carbon calibrate off`",
        defaults=say(in_force(calibration)),
    )
    return [parts.context(shown)]


def _fields(scope: Scope, current: Current, asker: Asker) -> list[Block]:
    say, own = asker.say, current.own
    unset = say("each member's own") if scope.whole else say("as in the workspace")
    plain = not_set(scope, asker)
    answers = None if own.public is None else "channel" if own.public else "member"
    found = [
        elements.field(
            "location", say("Place"), elements.search(PLACE, own.location or "", "France")
        ),
        elements.field(
            "pue",
            "PUE",
            elements.text_input("carbon_settings_pue", f"{own.pue:g}" if own.pue else "", "1.2"),
        ),
        elements.field(
            "lifetime_years",
            say("Lifetime of the devices (years)"),
            elements.text_input(
                "carbon_settings_lifetime",
                f"{own.lifetime_years:g}" if own.lifetime_years else "",
                "4",
            ),
        ),
        elements.field("gpu", say("What GPU means"), elements.search(GPU, own.gpu or "", "A100")),
        elements.field("tpu", say("What TPU means"), elements.search(TPU, own.tpu or "", "v4")),
        elements.field(
            "factors",
            say("Factors"),
            elements.menu(
                "carbon_settings_factors",
                [(OWN, plain), *((key.value, say(label)) for key, label in FACTOR_SETS.items())],
                own.factors.value if own.factors else OWN,
            ),
        ),
        elements.field(
            "public",
            say("Answers"),
            elements.menu(
                "carbon_settings_public",
                [
                    (OWN, plain),
                    ("member", say("to who asked alone")),
                    ("channel", say("shown to the channel")),
                ],
                answers or OWN,
            ),
        ),
        elements.field(
            "language",
            say("Language"),
            elements.menu(
                "carbon_settings_language",
                [(OWN, unset), *LANGUAGES.items()],
                own.language or OWN,
            ),
        ),
        elements.field(
            "time_zone",
            say("Time zone"),
            elements.search(ZONE, own.time_zone or "", "Europe/Paris"),
        ),
        elements.field(
            "editors",
            say("Who may change settings"),
            elements.menu(
                "carbon_settings_editors",
                [(OWN, plain), *((key.value, say(label)) for key, label in EDITORS.items())],
                own.editors.value if own.editors else OWN,
            ),
        ),
        elements.field("chosen_editors", say("Chosen members"), _members(own)),
    ]
    if scope.whole:
        return [*found, *_factor_file(current, asker)]
    # Other fields in another scope: what was typed for one must not be taken for the other.
    return [block | {"block_id": f"{block['block_id']}{IN_CHANNEL}"} for block in found]


def _members(own: Preferences) -> Block:
    element: Block = {"type": "multi_users_select", "action_id": "carbon_settings_members"}
    if own.chosen_editors:
        element["initial_users"] = [*own.chosen_editors]
    return element


def _factor_file(current: Current, asker: Asker) -> list[Block]:
    """A workspace's own factors: which hold now, and others to upload."""
    say = asker.say
    upload: Block = {
        "type": "file_input",
        "action_id": FILE,
        "filetypes": ["toml", "csv", "text"],
        "max_files": 1,
    }
    hint = say("TOML or CSV; it is checked before it holds. docs/factors.md shows the format.")
    found = [elements.field("factor_file", say("Your own factors"), upload, hint=hint)]
    if current.file:
        back: Block = {
            "type": "checkboxes",
            "action_id": BACK,
            "options": [
                elements.option(
                    say("Go back to the sourced data (now: {file})", file=current.file), "back"
                )
            ],
        }
        found.append(elements.field("factor_back", say("Factors now"), back))
        show = parts.button(say("Show the file"), SHOW, "file")
        found.append(parts.actions([show], "carbon_settings_file_now"))
    return found


def file_view(name: str, content: str, asker: Asker) -> View:
    """A factor file as it was uploaded, to be read and copied."""
    say = asker.say
    pieces = _pieces(content)
    blocks: list[Block] = [parts.section(f"`{parts.in_code(name)}`")]
    blocks += [_preformatted(piece) for piece in pieces[:FILE_BLOCKS]]
    if len(pieces) > FILE_BLOCKS:
        blocks.append(parts.context(say("The file goes on: Slack shows no more of it here.")))
    return {
        "type": "modal",
        "title": elements.plain(say("Your own factors")),
        "close": elements.plain(say("Close")),
        "blocks": blocks,
    }


def _preformatted(piece: str) -> Block:
    return parts.preformatted(piece)


def _pieces(content: str) -> list[str]:
    """Whole lines together as far as a block takes them; a longer line is cut."""
    pieces = [""]
    for line in content.splitlines(keepends=True):
        for start in range(0, len(line), FILE_PIECE):
            part = line[start : start + FILE_PIECE]
            if len(pieces[-1]) + len(part) > FILE_PIECE:
                pieces.append("")
            pieces[-1] += part
    return [piece for piece in pieces if piece.strip()]


def _read_only(current: Current, asker: Asker) -> list[Block]:
    say = asker.say
    # Who may change them is told by its own line, also where the workspace says it.
    lines = summary(current.own.model_copy(update={"editors": None}), asker)
    shown = [f"• {parts.escape(line)}" for line in lines or [say("Nothing is set.")]]
    may = parts.escape(say(EDITORS[current.holds.editors or Editors.EVERYONE]))
    if current.holds.editors is Editors.CHOSEN:
        may = say.commas(parts.member(one, say) for one in current.holds.chosen_editors)
    shown.append("• " + say("{what}: {value}", what=say("Who may change settings"), value=may))
    why = say("You may not change these settings. Who may is among them.")
    return [parts.section("\n".join(shown)), parts.context(why)]
