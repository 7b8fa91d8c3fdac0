"""What an answer is taken along as: a paragraph to paste, and what it is like."""

from __future__ import annotations

from typing import Final

from bot.asker import Asker
from bot.blocks import parts
from bot.i18n import Text, text
from bot.message import Block, Message
from estimator import Estimate, FactorSet, figures
from estimator.equivalence import Comparison, equivalences
from estimator.paragraph import as_paragraph
from estimator.sci import sci_per

_PREFORMATTED: Final = 11_000
"""Characters of preformatted text in a message."""

RECORD_FILE: Final = "carbon-record.json"

LIKE: Final[dict[str, Text]] = {
    "car-km-uk": text("{count} km in an average British car"),
    "flight-london-new-york": text("{count} economy seats on flights from London to New York"),
    "home-year-eu": text("{count} years of electricity of an average home in the EU"),
    "home-year-us": text("{count} years of electricity of an average home in the USA"),
    "car-mile-us": text("{count} miles in an average American car"),
    "car-year-us": text("{count} average American cars driven for a year"),
    "smartphone-charge": text("{count} charges of a smartphone"),
    "tree-ten-years": text("{count} city tree seedlings grown for ten years to take it up again"),
}
"""What emissions and energy are compared with, by the id of the data's own entry."""


def paragraph_message(estimate: Estimate, asker: Asker, *, command: str) -> Message:
    """A paragraph for a paper or a model card, with Hugging Face's front matter in grams."""
    say = asker.say
    if estimate.factors is FactorSet.ARTICLE:
        why = say("The article's figures illustrate, and belong in no report.")
        return Message(parts.escape(why), (parts.section(parts.escape(why)),))
    paragraph = as_paragraph(estimate)
    title = say("A paragraph to paste")
    hint = say("In English, as papers and model cards are. `emissions` is operational, in grams.")
    blocks: list[Block] = [
        parts.header(title),
        parts.preformatted(parts.cut(paragraph, _PREFORMATTED)),
        parts.context(hint),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
    ]
    return Message(
        parts.cut(parts.escape(f"{title}: {paragraph}"), parts.TEXT_LIMIT), tuple(blocks)
    )


def record_message(record: str, asker: Asker, *, command: str) -> Message | None:
    """A record as text to copy; ``None`` where it is too long for a message.

    Args:
        record: the record, JSON.
        asker: whose language to use.
        command: the command that says the run.
    """
    if len(record) > _PREFORMATTED:
        return None
    note = record_note(command, asker)
    blocks = (
        parts.header(asker.say("The record")),
        parts.preformatted(record),
        parts.context(parts.escape(note)),
    )
    return Message(parts.cut(parts.escape(f"{note} {record}"), parts.TEXT_LIMIT), blocks)


def record_note(command: str, asker: Asker) -> str:
    """What a record is of, and how it is run again."""
    return asker.say(
        "The record of `/carbon {command}`. `python -m estimator rerun {file}` makes it again.",
        command=command,
        file=RECORD_FILE,
    )


def like_message(estimate: Estimate, asker: Asker, *, command: str) -> Message:
    """What the total and the energy are like, each with its source."""
    say, totals = asker.say, estimate.totals
    found: tuple[Comparison, ...] = ()
    if estimate.factors is FactorSet.SOURCED:
        found = equivalences(
            totals.total_kgco2e.value, totals.energy_kwh.value, asker.catalogue.equivalences
        )
    if not found:
        why = say("There is nothing that people know to compare this with.")
        return Message(why, (parts.section(parts.escape(why)),))
    title = say("What it is like")
    blocks: list[Block] = [
        parts.header(title),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
    ]
    lines: list[str] = []
    for comparison in found:
        line = _line(comparison, asker)
        source = comparison.factor.source
        each = f"{comparison.factor.value:,g} {comparison.factor.unit}"
        link = parts.link(source.url, source.title)
        why = say("One is {each}: {source}", each=each, source=link)
        blocks.append(parts.section(f"{parts.bold(line)}\n{why}"))
        lines.append(line)
    each = _per_unit(estimate, asker)
    if each:
        blocks.append(parts.section(parts.escape(each)))
        lines.append(each)
    return Message(parts.escape(f"{title}: {'; '.join(lines)}."), tuple(blocks))


def _per_unit(estimate: Estimate, asker: Asker) -> str:
    """The Software Carbon Intensity, where the run has a unit of what it does."""
    if estimate.workload is not None:
        unit = asker.say("million tokens")
        found = sci_per(estimate, "million tokens")
    elif any(line.device_hours for line in estimate.devices):
        unit = asker.say("hour of a device")
        found = sci_per(estimate, "device-hour")
    else:
        return ""
    return asker.say(
        "{mass} CO2e for each {unit} (Software Carbon Intensity, ISO/IEC 21031)",
        mass=figures.mass(found.kgco2e.value),
        unit=unit,
    )


def _line(comparison: Comparison, asker: Asker) -> str:
    known = LIKE.get(comparison.equivalence.id)
    count = figures.number(comparison.count, 2)
    # English has a form for one of a thing, which the data gives.
    if known is None or asker.say.language == "en":
        return f"{count} {comparison.name}"
    return asker.say(known.template, count=count)
