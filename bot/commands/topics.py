"""``/carbon help <topic>``: one subject in a few lines, with examples to copy."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.listing import nothing_found_message, topic_message
from bot.i18n import Text, text
from bot.message import Message


@dataclass(frozen=True)
class Topic:
    """A subject of the help.

    Attributes:
        name: the word after ``help``.
        title: its heading.
        lines: what there is to know, a sentence or two each.
        examples: commands to copy.
        aliases: other words for it.
    """

    name: str
    title: Text
    lines: tuple[Text, ...]
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()


TOPICS: Final = (
    Topic(
        "estimates",
        text("Estimates"),
        (
            text("Say how many of which devices, for how long and where."),
            text("What you leave out is assumed; the answer says so, and how to change it."),
            text("Instances and slices of a TPU pod are counted in accelerators."),
            text("Device-hours or metered energy can stand for devices and time."),
            text("With `public` at the end the channel sees the answer at once."),
        ),
        (
            "64 H100 for 2 weeks in eu-west-1",
            "4 p5.48xlarge for 3 days in us-east-1",
            "1.7M A100-hours in Ireland",
            "433 MWh in France",
        ),
        ("estimate", "估算"),
    ),
    Topic(
        "workloads",
        text("Workloads"),
        (
            text("Parameters and tokens stand for the time: hours follow from the operations."),
            text("`37B active` is for a mixture of experts, `mfu 0.4` for the share of the peak."),
            text("`lora` and `inference` need fewer operations for each token than training."),
            text("`like BLOOM` starts from a published run, `2x Llama-3-70B` doubles it."),
            text("`duty 20%` is for devices that wait most of the time."),
        ),
        (
            "70B params 15T tokens on H100 in France",
            "671B params (37B active) 14.8T tokens on H800 fp8 mfu 0.35",
            "lora 8B params 10B tokens on 8 H100 in Sweden",
            "like BLOOM",
            "8 A100 for 30 days duty 20% in Germany",
        ),
        ("workload", "like", "工作负载"),
    ),
    Topic(
        "places",
        text("Places"),
        (
            text("A place is a country, a state or province, or a cloud region."),
            text("Where nothing is said, the world's average electricity is taken."),
            text("A region has the PUE that its provider publishes; `pue 1.1` changes it."),
            text(
                "Grids are yearly means, location-based; `month May` takes one to a month where "
                "months are known. What a provider buys stands beside."
            ),
            text("`/carbon regions` with a run ranks all regions for it, cleanest first."),
        ),
        (
            "64 H100 for 2 weeks in Ontario pue 1.1",
            "regions france",
            "regions 64 H100 for 2 weeks in Poland",
            "regions aws 64 H100 for 2 weeks",
        ),
        ("place", "regions", "locations", "地点", "地区", "区域"),
    ),
    Topic(
        "live",
        text("The grid as it is now"),
        (
            text(
                "Estimates use yearly means. Where an administrator has turned it on, what the "
                "grid emits now stands beside them, with its time and its source."
            ),
            text(
                "`live` estimates with that figure; it stays in the run, so that it can be redone."
            ),
            text("`/carbon when` finds the hours of the forecast in which a run emits least."),
            text(
                "A live figure counts other things than a yearly one: the answer says which. "
                "Without one the yearly mean stands, and the answer says why."
            ),
        ),
        (
            "64 H100 for 6 hours in UK live",
            "when 64 H100 for 6 hours in UK",
            "best time this week for 64 H100 for 6 hours in eu-west-2",
        ),
        ("when", "forecast", "now", "实时", "何时", "预测"),
    ),
    Topic(
        "compare",
        text("Comparisons"),
        (
            text("Put `vs` between two runs; each names its devices."),
            text("A time, place or PUE that one of them says is meant of both."),
            text("The answer says whether the difference is larger than the uncertainty."),
            text("What both runs share, such as a grid, does not blur the difference."),
        ),
        (
            "compare 64 H100 in Ireland vs 64 H100 in Sweden",
            "compare 64 H100 vs 128 A100 for 2 weeks in France",
        ),
        ("comparison", "comparisons", "vs", "比较", "对比"),
    ),
    Topic(
        "cut",
        text("What would cut it"),
        (
            text("Changes to a run, computed one by one and ranked by what each saves."),
            text("Each has its range, and what it costs: time, hardware, another provider."),
            text("Without a run, it is about your last estimate."),
        ),
        ("cut 64 H100 for 2 weeks in Poland", "cut like BLOOM in Poland"),
        ("cuts", "减排", "降低"),
    ),
    Topic(
        "settings",
        text("Settings"),
        (
            text("A channel or the whole workspace can have its own place, PUE and devices."),
            text("They hold where a command says nothing, and the answer names them."),
            text("Language, time zone, public or private answers are there too."),
            text("Whoever may change them can add a file with your own factors."),
        ),
        ("settings",),
        ("setting", "defaults", "设置"),
    ),
    Topic(
        "budgets",
        text("Budgets"),
        (
            text("A channel, a project or the workspace can have budgets, in t of CO2e or MWh."),
            text("They hold for each month, quarter or year of the calendar."),
            text("Runs of the ledger count: measured ones as measured, others as estimated."),
            text("Before a run crosses 50, 80 or 100 %, you are asked whether to log it."),
            text("`/carbon budget` shows what is left, and how fast it goes."),
        ),
        (
            "budget 20 t a month",
            "budget 50 MWh a quarter for project llama",
            "budget 200 t a year for the workspace",
            "budget off a month",
        ),
        ("budget", "预算"),
    ),
    Topic(
        "uncertainty",
        text("How sure the figures are"),
        (
            text("`likely 1.2–2.1` is a 90 % interval: nine times in ten the figure is in it."),
            text("Every factor has a range; the answer names the one that matters most."),
            text("Where sources disagree the range holds them all: nothing is averaged away."),
            text("More said is more certain: a place, the time, the load, the PUE."),
        ),
        ("64 H100 for 2 weeks", "64 H100 for 2 weeks in eu-west-1 at 80% pue 1.1"),
        ("uncertain", "ranges", "interval", "不确定性", "不确定度"),
    ),
    Topic(
        "factors",
        text("Factors and sources"),
        (
            text("A factor has a value, a unit, a year, a source and a licence."),
            text("Its basis is measured, published or assumed, and the answer says which."),
            text("`/carbon sources` with a run lists those behind it, each with a link."),
            text("`factors article` takes the article's illustrative table instead."),
            text("Your own factors go into `/carbon settings`; answers say where they hold."),
        ),
        ("sources 64 H100 for 2 weeks in France", "10 GPU 20 TPU factors article"),
        ("factor", "sources", "source", "因子", "来源", "数据来源"),
    ),
)

_BY_WORD: Final = {word: topic for topic in TOPICS for word in (topic.name, *topic.aliases)}


def answer(typed: str, asker: Asker) -> Message:
    """Help on a topic; for one that there is not, the nearest and all the others."""
    say, word = asker.say, typed.strip().casefold()
    topic = _BY_WORD.get(word)
    if topic is not None:
        lines = [say(line) for line in topic.lines]
        return topic_message(say(topic.title), lines, topic.examples, say)
    near = difflib.get_close_matches(word[:40], _BY_WORD, n=3, cutoff=0.6)
    nearest = list(dict.fromkeys(_BY_WORD[name].name for name in near))
    why = text(
        "There is no help on “{topic}”. Topics: {topics}.",
        topic=parts.cut(typed.strip(), 40),
        topics=say.commas(topic.name for topic in TOPICS),
    )
    return nothing_found_message(why, nearest, f"help {nearest[0] if nearest else 'places'}", say)
