"""The app's Home tab: what is set, what was asked last, and what to do next.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.budget import state_line
from bot.budget import State
from bot.i18n import Say
from bot.message import Block
from bot.views.settings import summary
from estimator import figures

WELCOMED: Final = "carbon_welcomed"
OPEN: Final = "carbon_open"
NEW: Final = "carbon_new"
SETTINGS: Final = "carbon_open_settings"
HELP: Final = "carbon_open_help"

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recent:
    """An estimate that the member asked for."""

    command: str
    total_kgco2e: float
    energy_kwh: float


def home_view(
    recent: Sequence[Recent],
    asker: Asker,
    *,
    welcome: bool,
    budgets: Sequence[State] = (),
    more: int = 0,
) -> View:
    """A member's Home tab.

    Args:
        recent: their last estimates, the newest first.
        asker: whose language and settings to show.
        welcome: whether they have yet to find out what this is.
        budgets: those of the workspace and of projects, as they stand.
        more: how many of these are left out.
    """
    say = asker.say
    blocks: list[Block] = []
    if welcome:
        blocks += _welcome(say)
    blocks.append(
        parts.actions(
            [
                parts.button(say("New estimate"), NEW, "home", primary=True),
                parts.button(say("Settings"), SETTINGS, "home"),
                parts.button(say("Help"), HELP, "home"),
            ],
            "carbon_home",
        )
    )
    blocks.append(parts.header(say("Your last estimates")))
    blocks += [_estimate(asked, say) for asked in recent]
    if not recent:
        blocks.append(
            parts.section(say("None yet. Type `/carbon 64 H100 for 2 weeks` in any channel."))
        )
    if budgets:
        blocks.append(parts.header(say("Budgets")))
        used = [state_line(state, say) for state in budgets]
        if more:
            used.append(say.plural("{n} more is left out.", "{n} more are left out.", more))
        blocks.append(parts.section("\n".join(f"• {parts.escape(line)}" for line in used)))
    blocks.append(parts.header(say("Defaults of this workspace")))
    lines = summary(asker.preferences, asker)
    shown = "\n".join(f"• {parts.escape(line)}" for line in lines)
    blocks.append(
        parts.section(shown or say("Nothing is set: every assumption is named in its answer."))
    )
    blocks.append(parts.header(say("What the figures mean")))
    blocks.append(parts.section("\n".join(f"• {line}" for line in _meanings(say))))
    return {"type": "home", "blocks": blocks}


def _welcome(say: Say) -> list[Block]:
    steps = "\n".join(
        (
            say("*1.* Type `/carbon 64 H100 for 2 weeks in eu-west-1` in any channel."),
            say("*2.* Change place, accelerator or time in the answer's menus."),
            say("*3.* Press *Show to channel* when it is worth sharing."),
        )
    )
    return [
        parts.header(say("What will a training run emit? Ask before it starts.")),
        parts.section(steps),
        parts.actions([parts.button(say("Got it"), WELCOMED, "welcome")], "carbon_welcome"),
        {"type": "divider"},
    ]


def _estimate(asked: Recent, say: Say) -> Block:
    total, energy = figures.mass(asked.total_kgco2e), figures.energy(asked.energy_kwh)
    block = parts.section(f"`{parts.in_code(asked.command[:500])}`\n{total} CO2e · {energy}")
    button = parts.button(say("Open"), OPEN, asked.command[:2000])
    return block | {"accessory": button}


def _meanings(say: Say) -> list[str]:
    return [
        say("*Energy*: what the devices, their servers and the data centre's overhead use."),
        say("*Operational*: that energy × the carbon intensity of the place's electricity."),
        say("*Embodied*: the run's share of what making the devices emitted."),
        say("*Likely a–b*: nine times in ten the figure is in that range."),
    ]
