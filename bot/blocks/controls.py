"""The menus and buttons under an answer, and the run that they carry.

Slack tells a click's ``value`` and the ``block_id`` of its row, and for messages that only one
member sees nothing else of the message. So the run travels in both, as its command, and a click on
an old message works after any restart.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from bot.blocks import elements, parts
from bot.i18n import Say, Text, plural_text, text
from bot.message import Block
from estimator import FactorSet, TrainingRun
from estimator.units import HOURS_PER_DAY

SHARE: Final = "carbon_share"
CUT: Final = "carbon_cut"
COMPARE: Final = "carbon_compare"
EDIT: Final = "carbon_edit"
LOG: Final = "carbon_log"
SHARE_COMPARISON: Final = "carbon_share_comparison"
SOURCES: Final = "carbon_sources"
DISMISS: Final = "carbon_dismiss"
REGION: Final = "carbon_region"
DEVICE: Final = "carbon_device"
DURATION: Final = "carbon_duration"

MORE: Final = "carbon_more"
WORKING: Final = "working"
PICTURE: Final = "picture"
PARAGRAPH: Final = "paragraph"
RECORD: Final = "record"
LIKE: Final = "like"
"""Entries of the menu ``MORE``, and ends of the names of the buttons that stand for it."""
_BESIDE: Final = "carbon_"

_MORE: Final = (
    (WORKING, text("Show the working")),
    (PICTURE, text("Picture of the range")),
    (LIKE, text("What it is like")),
    (PARAGRAPH, text("Paragraph to paste")),
    (RECORD, text("Record (JSON)")),
)
MORE_BUTTON: Final = re.compile(f"^{_BESIDE}({'|'.join(value for value, _ in _MORE)})$")
"""Names of those buttons."""
_STATE: Final = "run "
_BLOCK_ID_LIMIT: Final = 255

DURATIONS_H: Final[tuple[tuple[float, Text], ...]] = (
    (HOURS_PER_DAY, plural_text("{n} day", "{n} days", 1)),
    (3 * HOURS_PER_DAY, plural_text("{n} day", "{n} days", 3)),
    (7 * HOURS_PER_DAY, plural_text("{n} week", "{n} weeks", 1)),
    (14 * HOURS_PER_DAY, plural_text("{n} week", "{n} weeks", 2)),
    (30 * HOURS_PER_DAY, plural_text("{n} day", "{n} days", 30)),
    (90 * HOURS_PER_DAY, plural_text("{n} day", "{n} days", 90)),
)
"""What the menu of durations offers."""


def state_id(command: str) -> str | None:
    """The command as the id of a block; ``None`` where it is too long for one."""
    state = f"{_STATE}{command}"
    return state if len(state) <= _BLOCK_ID_LIMIT else None


def command_in(block_id: str) -> str | None:
    """The command that a block's id carries; ``None`` where it carries none."""
    return block_id.removeprefix(_STATE) if block_id.startswith(_STATE) else None


def rows(run: TrainingRun, command: str, say: Say, *, public: bool) -> list[Block]:
    """The menus and buttons of an answer.

    Args:
        run: the run of the answer.
        command: the command that says the run.
        say: the language of the labels.
        public: whether the channel sees it. Nobody can change what others see.
    """
    state = state_id(command)
    buttons = _buttons(command, say, public=public)
    if state is None:
        # A menu has no room for so long a command; a button has.
        buttons += [
            parts.button(say(label), f"{_BESIDE}{value}", command) for value, label in _MORE
        ]
        return [parts.actions(buttons)]
    more = _more(say)
    menus = [] if public else _menus(run, say)
    if not menus:
        return [parts.actions([*buttons, more], state)]
    return [parts.actions([*menus, more], state), parts.actions(buttons)]


# Menus and buttons that are the same under every answer are made once.
@cache
def _more(say: Say) -> Block:
    options = [elements.option(say(label), value) for value, label in _MORE]
    return {"type": "overflow", "action_id": MORE, "options": options}


@lru_cache(maxsize=256)
def _durations(hours: float, say: Say) -> Block:
    options = [(f"{offered:g}", say(label)) for offered, label in DURATIONS_H]
    menu = elements.menu(DURATION, options, f"{hours:g}")
    return menu | {"placeholder": elements.plain(say("Duration"))}


def _menus(run: TrainingRun, say: Say) -> list[Block]:
    if run.factors is FactorSet.ARTICLE:
        return []
    menus = [_search(REGION, say("Place"), run.location)]
    if len(run.devices) == 1:
        menus.append(_search(DEVICE, say("Accelerator"), run.devices[0].device))
    if run.devices and run.workload is None and run.device_hours is None:
        menus.append(_durations(run.duration_h or 0.0, say))
    return menus


def _buttons(command: str, say: Say, *, public: bool) -> list[Block]:
    return [button | {"value": command} for button in _labelled(say, public=public)]


@cache
def _labelled(say: Say, *, public: bool) -> tuple[Block, ...]:
    """The buttons, before they carry a command."""
    more = (
        parts.button(say("What would cut it"), CUT, ""),
        parts.button(say("Edit"), EDIT, ""),
        parts.button(say("Compare"), COMPARE, ""),
        parts.button(say("Log this run"), LOG, ""),
        parts.button(say("Sources"), SOURCES, ""),
    )
    if public:
        return more
    show = parts.button(say("Show to channel"), SHARE, "", primary=True)
    return (show, *more, parts.button(say("Dismiss"), DISMISS, ""))


def _search(action_id: str, label: str, chosen: str | None) -> Block:
    menu = elements.search(action_id, "", label)
    if chosen:
        menu["initial_option"] = elements.option(parts.cut(chosen, elements.LABEL), chosen)
    return menu
