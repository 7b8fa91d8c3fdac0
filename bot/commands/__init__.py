"""The subcommands of ``/carbon``, one module each, and the registry that routing and help share.

Everything here is pure: text and asker in, message out.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.asker import Asker
from bot.blocks.error import refusal_message
from bot.blocks.listing import help_message, plain_message
from bot.commands import compare, cut, devices, factor_file, regions, sources, topics
from bot.commands import estimate as estimating
from bot.commands.estimate import Answer
from bot.commands.live import when_rest
from bot.commands.questions import asked
from bot.i18n import Text, text
from bot.language import LanguageError
from bot.message import Message


@dataclass(frozen=True)
class Subcommand:
    """A word after ``/carbon`` and what answers it.

    Attributes:
        name: the word.
        usage: how it is typed.
        what: what it does.
        answer: its answer to what follows the word; ``None`` where it opens a form or needs what
            is stored.
        aliases: other words for it.
        of_last: whether the word alone is about the member's last estimate.
        is_form: whether it opens a form.
        takes_long: whether many estimates are made for its answer.
        is_private: whether its answer is for who asked alone, wherever they ask.
    """

    name: str
    usage: str
    what: Text
    answer: Callable[[str, Asker], Message] | None
    aliases: tuple[str, ...] = ()
    of_last: bool = False
    is_form: bool = False
    takes_long: bool = False
    is_private: bool = False


EXAMPLES: Final = (
    "10 GPU 20 TPU",
    "64 H100 for 2 weeks in eu-west-1",
    "70B params 15T tokens on H100 in France",
    "like BLOOM",
    "8xA100-80GB 36h at 60% pue 1.1 in France",
    "10 GPU 20 TPU factors article",
)


def _help(topic: str, asker: Asker) -> Message:
    if topic:
        return topics.answer(topic, asker)
    usages = [("64 H100 for 2 weeks in eu-west-1", text("estimate a run"))]
    usages.append(("like BLOOM", text("estimate a run that was published, or one like it")))
    usages += [(subcommand.usage, subcommand.what) for subcommand in REGISTRY]
    return help_message(usages, EXAMPLES, [topic.name for topic in topics.TOPICS], asker.say)


REGISTRY: Final = (
    Subcommand(
        "compare",
        "compare A vs B",
        text("which of two runs emits less"),
        compare.answer,
        ("比较", "对比"),
        takes_long=True,
    ),
    Subcommand(
        "cut",
        "cut [run]",
        text("what would lower a run's emissions, or those of your last estimate"),
        cut.answer,
        ("减排", "降低"),
        of_last=True,
        takes_long=True,
    ),
    Subcommand(
        "devices",
        "devices [search]",
        text("accelerators it knows"),
        devices.answer,
        ("设备",),
    ),
    Subcommand(
        "regions",
        "regions [search or run]",
        text("places it knows, cleanest first; for a run, ranked by its total"),
        regions.answer,
        ("地区", "区域"),
        takes_long=True,
    ),
    Subcommand(
        "sources",
        "sources [run]",
        text("the factors behind a run, or behind your last estimate, each with its source"),
        sources.answer,
        ("来源", "数据来源"),
        of_last=True,
    ),
    Subcommand(
        "when",
        "when <run>",
        text("the hours of a grid's forecast in which a run emits least"),
        None,
        ("best time", "何时", "什么时候"),
    ),
    Subcommand("new", "new", text("describe a run in a form"), None, ("新建",), is_form=True),
    Subcommand(
        "settings",
        "settings",
        text("defaults of this channel and workspace"),
        None,
        ("设置",),
        is_form=True,
    ),
    Subcommand(
        "settings factors",
        "settings factors",
        text("the workspace's own factor file, and how to upload one"),
        factor_file.answer,
        ("settings factor", "设置 因子", "设置因子", "因子文件"),
    ),
    Subcommand(
        "weekly",
        "weekly on Monday 09:00",
        text("a weekly summary for this channel; also `off`, `preview`, `now`"),
        None,
        ("周报", "每周"),
    ),
    Subcommand(
        "monthly",
        "monthly on 1st 09:00",
        text("the same of each month"),
        None,
        ("月报", "每月"),
    ),
    Subcommand(
        "quarterly",
        "quarterly on 1st 09:00",
        text("the same of each quarter"),
        None,
        ("季报", "每季", "每季度"),
    ),
    Subcommand(
        "status",
        "status",
        text("what became of the summaries, for administrators"),
        None,
        ("状态",),
        is_private=True,
    ),
    Subcommand(
        "log",
        "log NAME [#project] <run>",
        text("enter a run in this channel's ledger, with its estimate"),
        None,
        ("登记",),
    ),
    Subcommand("runs", "runs [search]", text("this channel's ledger"), None, ("台账",)),
    Subcommand(
        "done",
        "done NAME 433 MWh",
        text("a run is over: its measured energy, against the estimate"),
        None,
        ("完成",),
    ),
    Subcommand(
        "edit",
        "edit NAME",
        text("change a run of yours in the ledger"),
        None,
        ("编辑", "修改"),
        is_form=True,
    ),
    Subcommand("drop", "drop NAME", text("take a run of yours out of the ledger"), None, ("删除",)),
    Subcommand(
        "budget",
        "budget 20 t a month",
        text("a budget of this channel, a project or the workspace; alone, what is left of each"),
        None,
        ("budgets", "预算"),
    ),
    Subcommand(
        "connect",
        "connect",
        text("a secret address at which CodeCarbon's measurements arrive in this channel"),
        None,
        ("连接",),
        is_private=True,
    ),
    Subcommand(
        "disconnect", "disconnect", text("revoke this channel's addresses"), None, ("断开",)
    ),
    Subcommand(
        "calibrate",
        "calibrate",
        text("defaults from this channel's measured runs; `off` takes them back"),
        None,
        ("校准",),
        is_private=True,
    ),
    Subcommand(
        "export",
        "export csv|json|ghg",
        text("this channel's ledger as a file; `ghg` is a report by the GHG Protocol's scopes"),
        None,
        ("导出",),
    ),
    Subcommand(
        "import",
        "import",
        text("enter the runs of a CSV file, such as CodeCarbon's emissions.csv"),
        None,
        ("导入",),
        is_form=True,
    ),
    Subcommand(
        "privacy",
        "privacy",
        text("what is kept of you; also `export` and `forget me`"),
        None,
        ("隐私",),
        is_private=True,
    ),
    Subcommand("help", "help [topic]", text("this, or more on one topic"), _help, ("帮助",)),
)

_BY_WORD: Final = {
    word: subcommand for subcommand in REGISTRY for word in (subcommand.name, *subcommand.aliases)
}


@lru_cache(maxsize=256)  # asked for by all who have to do with a command
def subcommand_in(command: str) -> tuple[Subcommand, str] | None:
    """The subcommand that a command begins with, and what follows it."""
    rest = when_rest(command)
    if rest is not None:
        return _BY_WORD["when"], rest
    question = asked(command)
    if question is not None:
        return _BY_WORD[question[0]], question[1]
    words = command.split(maxsplit=2)
    for taken in (2, 1):
        found = _BY_WORD.get(" ".join(words[:taken]).casefold())
        if found is not None:
            after = command.split(maxsplit=taken)[taken:]
            return found, after[0].strip() if after else ""
    if compare.has_two(command):
        return _BY_WORD["compare"], command.strip()
    return None


def answer(command: str, asker: Asker) -> Answer:
    """The answer to what was typed after ``/carbon``."""
    if not command.strip():
        return Answer(_help("", asker))
    found = subcommand_in(command)
    if found is None:
        estimated = estimating.estimated(command, asker)
        return estimated if estimated.run else _nearest(command, asker) or estimated
    subcommand, rest = found
    if rest == command.strip() and _nearest_word(rest) == "compare":
        # Two runs after a word that was to be `compare`.
        return _nearest(command, asker) or Answer(compare.answer(rest, asker))
    if subcommand.answer is None:
        # Where there is nothing to open a form in: a mention, a terminal.
        hint = text("Type `/carbon {name}`: a form opens only from there.", name=subcommand.name)
        if not subcommand.is_form:
            hint = text(
                "Type `/carbon {name}` in the channel that it is about.", name=subcommand.name
            )
        return Answer(plain_message(asker.say(hint)))
    return Answer(subcommand.answer(rest, asker))


def _nearest_word(command: str) -> str | None:
    """The subcommand that the first word of a command nearly is."""
    first = command.split(maxsplit=1)[0]
    near = difflib.get_close_matches(first[:40].casefold(), _BY_WORD, n=1, cutoff=0.75)
    return _BY_WORD[near[0]].name if near else None


def _nearest(command: str, asker: Asker) -> Answer | None:
    """What a command that cannot be estimated was meant as, where its first word is nearly one."""
    name = _nearest_word(command)
    if name is None:
        return None
    first, *rest = command.split()
    why = text("“{word}” is not understood. Did you mean `{name}`?", word=first[:40], name=name)
    meant = " ".join([name, *rest])
    error = LanguageError("unknown_word", why, " ".join([first, *rest]), (0, len(first)), meant)
    return Answer(refusal_message(error, asker.say))


def is_pure(command: str) -> bool:
    """Whether a command is answered by its words alone: no form, nothing that is stored."""
    found = subcommand_in(command)
    if found is None:
        return True
    subcommand, rest = found
    return subcommand.answer is not None and not (subcommand.of_last and not rest)


def takes_long(command: str) -> bool:
    """Whether an answer takes long enough to keep others waiting: tens of milliseconds."""
    found = subcommand_in(command)
    return found is not None and found[0].takes_long


def is_private(command: str) -> bool:
    """Whether only who asked may see the answer."""
    found = subcommand_in(command)
    return found is not None and found[0].is_private


def of_last(command: str) -> bool:
    """Whether a command is about the member's last estimate, which only the history knows."""
    found = subcommand_in(command)
    return found is not None and found[0].of_last and not found[1]


def opens(command: str) -> tuple[str, str] | None:
    """The subcommand that opens a form or needs what is stored, and what follows its word."""
    found = subcommand_in(command)
    return (found[0].name, found[1]) if found is not None and found[0].answer is None else None
