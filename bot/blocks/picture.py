"""How sure the total is: a picture of how likely each total is, and what widens the range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.asker import Asker
from bot.blocks import parts, wording
from bot.blocks.chart import share_chart
from bot.i18n import Say, text
from bot.message import Block, Message
from bot.pictures.curve import Curve
from estimator import Estimate, TrainingRun
from estimator.distribution import Distribution

FILE_NAME: Final = "carbon-range.png"
BARS: Final = 6
"""Causes that are named; what is left is one bar more."""
_ALT_LIMIT: Final = 1000
"""Slack takes more in a block, and no more of a file."""
_LEAST: Final = 0.005
_AFTER: Final = 2
"""Blocks above the picture."""
_OTHERS: Final = text("Others")


@dataclass(frozen=True, slots=True)
class Picture:
    """How sure an answer is: what is to be drawn, and the message around it.

    Attributes:
        message: the message without the picture; it has every figure.
        curve: what is drawn; ``None`` where a total is taken as certain.
        alt_text: the picture in words.
    """

    message: Message
    curve: Curve | None = None
    alt_text: str = ""

    def with_file(self, file_id: str) -> Message:
        """The message with a picture that Slack has."""
        image: Block = {
            "type": "image",
            "slack_file": {"id": file_id},
            "alt_text": self.alt_text,
        }
        blocks = self.message.blocks
        return Message(self.message.text, (*blocks[:_AFTER], image, *blocks[_AFTER:]))

    def without_file(self, say: Say) -> Message:
        """The message where the picture could not be drawn, or Slack did not take it."""
        why = parts.context(say("The picture could not be shown. These are its figures."))
        blocks = self.message.blocks
        return Message(self.message.text, (*blocks[:_AFTER], why, *blocks[_AFTER:]))


def range_picture(
    run: TrainingRun,
    estimate: Estimate,
    found: Distribution | None,
    asker: Asker,
    *,
    command: str,
) -> Picture:
    """How sure the total of an estimate is.

    Args:
        run: the specification.
        estimate: its estimate.
        found: how likely each total is; ``None`` where it is taken as certain.
        asker: whose language to use.
        command: the command that says the run.
    """
    say = asker.say
    if found is None:
        why = say("This total has no range: it is made of figures that are taken as certain.")
        return Picture(Message(parts.escape(why), (parts.section(parts.escape(why)),)))
    curve = Curve.of(found)
    title = say("How sure the total is")
    likely = say(
        "The total is {total} {unit}: nine times in ten between {low} and {high} {unit}.",
        total=curve.total.label,
        low=curve.low.label,
        high=curve.high.label,
        unit=curve.unit,
    )
    causes = _causes(found, say)
    listed = [f"{wording.percent(share)} {words}" for _, words, share in causes]
    heading = say("What widens the range")
    first = estimate.causes.get("total_kgco2e")
    advice = ""
    if first is not None and say(wording.cause_words(first.factor_id)[1]) == causes[0][0]:
        # Several factors of manufacturing are one bar, which may be longer than the first factor's.
        advice = wording.cause_line(run, estimate, say) or ""
    lines = "\n".join(f"• {parts.escape(line)}" for line in listed)
    blocks: list[Block] = [
        parts.header(title),
        parts.context(f"`/carbon {parts.in_code(command)}`"),
        parts.section(parts.escape(likely)),
        parts.section(f"{parts.bold(heading)}\n{lines}"),
    ]
    if len(causes) > 1:
        names, shares = [name for name, _, _ in causes], [share for _, _, share in causes]
        blocks.append(share_chart(say("What widens the range"), names, shares))
    if advice:
        blocks.append(parts.section(parts.escape(advice)))
    blocks.append(
        parts.context(
            say(
                "The curve is as high as a total is likely; the dark part holds nine tenths of it. "
                "Data {version}",
                version=estimate.catalogue_version,
            )
        )
    )
    told = f"{likely} {heading}: {'; '.join(listed)}."
    shown = parts.escape(f"{title}: /carbon {command}. {told} {advice}".rstrip())
    message = Message(parts.cut(shown, parts.TEXT_LIMIT), tuple(blocks))
    return Picture(message, curve, parts.cut(told, _ALT_LIMIT))


def _causes(found: Distribution, say: Say) -> list[tuple[str, str, float]]:
    """Name, words and share of what widens the range, the largest first, the rest as one."""
    shares: dict[str, float] = {}
    words: dict[str, str] = {}
    for cause in found.causes:
        about, name = (say(part) for part in wording.cause_words(cause.factor_id))
        shares[name] = shares.get(name, 0.0) + cause.share
        words[name] = about
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    named = [(name, share) for name, share in ranked[:BARS] if share >= _LEAST]
    listed = [(name, words[name], share) for name, share in named]
    rest = 1 - sum(share for _, share in named)
    if rest >= _LEAST:
        listed.append((say(_OTHERS), say("everything else"), rest))
    return listed
