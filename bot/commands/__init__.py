"""The subcommands of ``/carbon``, one module each, and the registry that routing and help share.

Everything here is pure: text and catalogue in, message out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.blocks.listing import help_message
from bot.commands import compare, cut, devices, regions
from bot.commands import estimate as estimating
from bot.message import Message
from estimator import Catalogue


@dataclass(frozen=True)
class Subcommand:
    """A word after ``/carbon`` and what answers it."""

    name: str
    usage: str
    what: str
    answer: Callable[[str, Catalogue], Message]


EXAMPLES: Final = (
    "10 GPU 20 TPU",
    "64 H100 for 2 weeks in eu-west-1",
    "8xA100-80GB 36h at 60% pue 1.1 in France",
    "10 GPU 20 TPU factors article",
)


def _help(_text: str, _catalogue: Catalogue) -> Message:
    usages = [("64 H100 for 2 weeks in eu-west-1", "estimate a run")]
    usages += [(subcommand.usage, subcommand.what) for subcommand in REGISTRY]
    return help_message(usages, EXAMPLES)


REGISTRY: Final = (
    Subcommand("compare", "compare A vs B", "which of two runs emits less", compare.answer),
    Subcommand("cut", "cut 64 H100 in France", "what would lower a run's emissions", cut.answer),
    Subcommand("devices", "devices [search]", "accelerators it knows", devices.answer),
    Subcommand("regions", "regions [search]", "places it knows, cleanest first", regions.answer),
    Subcommand("help", "help", "this", _help),
)


def is_subcommand(text: str) -> bool:
    """Whether a command starts with the word of a subcommand."""
    first = text.split(maxsplit=1)[:1]
    return any(word.casefold() == subcommand.name for word in first for subcommand in REGISTRY)


def answer(text: str, catalogue: Catalogue) -> Message:
    """The answer to what was typed after ``/carbon``."""
    words = text.split(maxsplit=1)
    if not words:
        return _help("", catalogue)
    rest = words[1].strip() if len(words) > 1 else ""
    for subcommand in REGISTRY:
        if words[0].casefold() == subcommand.name:
            return subcommand.answer(rest, catalogue)
    return estimating.answer(text, catalogue)
