"""A workspace's own factor file: which one is in force, and what it overrides."""

from __future__ import annotations

from typing import Final

from bot.asker import Asker, Uploaded
from bot.blocks import parts, wording
from bot.message import Block, Message
from estimator import Factor
from estimator.overrides import Overrides

SHOWN: Final = 15
"""Factors that are listed; the whole file can be read in the settings."""
_EXAMPLE: Final = """\
["region.eu-west-3.pue"]
value = 1.25
unit = "1"
basis = "measured"
source = { title = "Meters", publisher = "Us", url = "https://example.org", licence = "internal" }
"""


def factor_file_message(asker: Asker) -> Message:
    """The file in force with the factors in it, or that there is none; and how to upload one."""
    say, uploaded = asker.say, asker.uploaded
    blocks = [parts.header(say("Your own factors"))]
    if uploaded is None:
        lines = [say("No factor file is in force: answers use the sourced data alone.")]
    elif asker.overrides is None:
        lines = [_origin(uploaded, asker), say("It cannot be used any more: upload it anew.")]
    else:
        lines = [_origin(uploaded, asker), *_overridden(asker.overrides, asker)]
    blocks.append(parts.section("\n".join(lines)))
    how = say(
        "To upload one, type `/carbon settings` in a channel, choose “{whole}” and then “{field}”: "
        "TOML as below, or CSV. It is checked before it holds.",
        whole=say("the whole workspace"),
        field=say("Your own factors"),
    )
    blocks += [parts.section(how), parts.preformatted(_EXAMPLE), _more(asker)]
    return Message(parts.cut(say.sentences([*lines, how]), parts.TEXT_LIMIT), tuple(blocks))


def _more(asker: Asker) -> Block:
    formats = "docs/factors.md"
    return parts.context(asker.say("{document} has both formats.", document=formats))


def _origin(uploaded: Uploaded, asker: Asker) -> str:
    seconds = int(uploaded.at.timestamp())
    day = f"<!date^{seconds}^{{date_short}}|{uploaded.at:%Y-%m-%d}>"
    return asker.say(
        "{file} is in force for the whole workspace, uploaded by {member} on {day}.",
        file=f"`{parts.in_code(uploaded.name)}`",
        member=parts.member(uploaded.by, asker.say),
        day=day,
    )


def _overridden(own: Overrides, asker: Asker) -> list[str]:
    say = asker.say
    lines = [
        say.plural(
            "It has {n} factor; answers that use it say so.",
            "It has {n} factors; answers that use one say so.",
            len(own.factors),
        )
    ]
    if own.accelerators:
        names = say.commas(f"`{parts.in_code(name)}`" for name in list(own.accelerators)[:SHOWN])
        lines.append(say("New accelerators: {names}", names=names))
    shown = list(own.factors.values())[:SHOWN]
    lines += [_factor(factor, own.replaced.get(factor.id), asker) for factor in shown]
    if len(shown) < len(own.factors):
        left = len(own.factors) - len(shown)
        lines.append(say("… and {n} more: `/carbon settings` shows the whole file.", n=left))
    return lines


def _factor(factor: Factor, before: Factor | None, asker: Asker) -> str:
    say = asker.say
    line = f"• `{parts.in_code(factor.id)}` = {parts.escape(wording.factor(factor, asker))}"
    if before is not None and before.value != factor.value:
        line += " " + say("instead of {value:g}", value=before.value)
    return parts.cut(line, parts.SECTION_LIMIT // (SHOWN + 5))
