"""How people say it in a sentence, as the language of commands says it.

``What would 8 nodes of 8 H100 for a week emit, please?`` is ``64 H100 for 1 week``. Commands in
Chinese have rules of their own (``bot.language.chinese``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bot.language import words
from bot.language.grammar import any_of

_NUMBER: Final = r"\d{1,7}(?:\.\d{1,3})?"
_UNIT: Final = any_of(unit for unit in words.UNITS if unit.isascii() and len(unit) > 1)
_NODES: Final = r"(?:nodes?|servers?|machines?|hosts?|boxes)"
_PROVIDER: Final = (
    r"(?:aws|amazon|gcp|google(?: cloud)?|azure|oci|oracle(?: cloud)?|alibaba(?: cloud)?"
    r"|ibm(?: cloud)?)"
)
_TOKENS: Final = rf"{_NUMBER}(?:[kmbt]| ?(?:{any_of(words.SCALES)}))? ?tokens?\b"
_WHERE: Final = r"(?:(?:cloud )?region|location|place|country|site|data ?cent(?:er|re))"
_FILLING: Final = (
    r"(?:is|are|was|would|will|does|do|did|can|could|should|might|the|of|for|from|by|about|if|we|i"
    r"|it|our|my|your|this|that|you|there|to|be|have|has|total|estimated|climate|environmental"
    r"|carbon|co2e?|co2-eq|footprint|emissions?|energy|electricity|power|impact|costs?|tonnes?|tons?"
    r"|kg|kwh|much|many|big|large|emit|emits|emitted|produced?|produces|used?|uses|using|consumed?"
    r"|consumes|takes?|runs?|running|happens?)"
)
_GREETING: Final = (
    # Without SO, which is a place.
    r"(?:(?:please|pls|hey|hi|hello|ok|okay|then|now)[ ,]+)*"
    r"(?:(?:can|could|would|will) (?:you|we|i) )?(?:please )?"
    r"(?:(?:run|running|use|using|start|say|suppose)[ ,]+(?=\d))?"
)
_ASKING: Final = re.compile(
    rf"{_GREETING}(?:(?:estimate|calculate|compute|work out|(?:tell|show|give) (?:me|us))\b ?"
    rf"(?:(?:the|what|how|{_FILLING}) )*|(?:what(?:'?s)?|how)(?: {_FILLING})+ )?",
    re.IGNORECASE,
)
"""The beginning of a question, all of which is about what every answer says."""
_QUESTION: Final = re.compile(r"\b(?:what|how)", re.IGNORECASE)
_COURTESY: Final = ("please", "pls", "thanks", "thank you", "in total")
_CLOSING: Final = re.compile(
    rf"(?:[ ,]+(?:{'|'.join(_COURTESY)}))*(?:(?<=[a-z])\.)?[ ?!]*$", re.IGNORECASE
)
_ASKED: Final = re.compile(
    r" (?:emit|emits|produce|produces|cost|use|uses|consume|consumes|release|releases|take|takes)$",
    re.IGNORECASE,
)
"""The end of a question that began with ``what`` or ``how``."""


def _product(found: re.Match[str]) -> str:
    """``8 nodes of 8 H100``: as many of both together."""
    return f"{int(found['nodes']) * int(found['each'])} {found['device'] or ''}"


Instead = str | Callable[[re.Match[str]], str]
_RULES: Final[tuple[tuple[str, Instead], ...]] = (
    # train Llama 3 70B, which brings its own hours
    (r"^(?:pre-?)?train(?:ing)? (?=[a-z])", ""),
    (r"\b([a-z]{1,3}\d{2,4}[ -])(\d{2,3})g\b", r"\1\2GB"),
    (r"\bnvidia (?=geforce|tesla|quadro|titan)", ""),
    # for a week, a single H100, an 8B model
    (rf"(?<!half )\b(?:an?|one) (?:single )?(?=(?:{_UNIT})\b)", "1 "),
    (r"\b(?:an?|one) single (?=\w)", "1 "),
    (r"\ban? (?=\d)", ""),
    (rf"(?<=\d )({_UNIT}) (?:run|job)\b", r"\1"),
    (r"\b(?:about|around|approximately|approx|roughly|circa) (?=\d)", ""),
    # 2 weeks and 3 days, over 2 weeks
    (rf"(?<=\d )({_UNIT}),? and (?={_NUMBER} ?(?:{_UNIT})\b)", r"\1 "),
    (r"\bover (?=\d)", "for "),
    # region: Sweden, duration 2 weeks, devices: 64 H100
    (r"\b(?:(?:duration|run ?time|time) ?[:=]?|for:) ?(?=\d)", "for "),
    (rf"(?<![\w-]){_WHERE} ?[:=]? ?(?!in )(?=[a-z])", "in "),
    (r"\b(?:devices?|hardware|accelerators?|gpus?|tpus?|chips?) ?[:=] ?(?=\d)", ""),
    (r" (?:24/7|at home)\b", ""),
    (r" / ", ", "),
    # 8 nodes of 8 H100 each, 8 H100 per node on 16 nodes
    (
        (
            rf"\b(?P<nodes>\d{{1,6}}) ?x? ?{_NODES}(?: of|,? with|,? x|,| each with|,? having)? ?"
            r"(?P<each>\d{1,6}) ?x? ?(?P<device>)(?=[A-Za-z])"
        ),
        _product,
    ),
    (
        (
            r"\b(?P<each>\d{1,6}) ?x? ?(?P<device>[A-Za-z][\w\- ]{0,40}?) "
            rf"(?:per|in each|each in) {_NODES}(?:,| on| across| over| with| x)* ?"
            rf"(?P<nodes>\d{{1,6}}) ?{_NODES}"
        ),
        _product,
    ),
    (rf"(?<=[\w)]) (?:each|per {_NODES})\b", ""),
    # 7B on 1T tokens
    (rf"\b({_NUMBER}[bt]) (?=(?:on|for|with|over|and)? ?{_TOKENS})", r"\1 params "),
    (rf"\b(?:on|for|over|with) (?={_TOKENS})", ""),
    # on AWS in Ireland, in Ireland on AWS, at us-east-1
    (rf"\bon ({_PROVIDER}),? in (?:the )?(?=[a-z])", r"in \1 "),
    (rf"\bin (?:the )?([a-z][a-z\- ]{{1,40}}?),? (?:on|using|with) ({_PROVIDER})\b", r"in \2 \1"),
    (r"\bat (?=[a-z]+(?:-[a-z]+)+-?\d)", "in "),
    # The number of a card's name is none of the cards: RTX 4090 x 4.
    (
        r"\b((?:geforce )?[rg]tx ?\d{3,4}(?: ?ti)?(?: ?super)?) ?x ?(\d{1,6})\b",
        r"\2 \1",
    ),
)
_SIGNS: Final = frozenset(
    {
        *("a", "an", "one", "each", "per", "and", "over", "at", "/", "24/7"),
        *("about", "around", "approximately", "approx", "roughly", "circa"),
        *("node", "nodes", "server", "servers", "machine", "machines", "host", "hosts", "boxes"),
        *("train", "training", "pretrain", "pre-train", "pretraining", "pre-training"),
        *("token", "tokens", "nvidia", "rtx", "gtx", "duration", "time", "runtime", "run"),
        *("aws", "amazon", "gcp", "google", "azure", "oci", "oracle", "alibaba", "ibm"),
        *("region", "location", "place", "country", "site", "datacenter", "datacentre", "data"),
    }
)
"""Words without any of which, a label's colon or a size in ``G`` no rule finds anything."""
_PATTERNS: Final = tuple((re.compile(rule, re.IGNORECASE), instead) for rule, instead in _RULES)


def plainly(command: str) -> str:
    """A command with single spaces, in the words of the language."""
    asked = False
    if not command[:1].isdigit():
        begun = _ASKING.match(command)
        if begun is not None and begun.end():
            asked = _QUESTION.search(begun[0]) is not None
            command = command[begun.end() :]
    if command[-1:] in ".?!" or command.lower().endswith(_COURTESY):
        command = _CLOSING.sub("", command)
    if asked:
        command = _ASKED.sub("", command)
    lower = command.lower()
    labelled = ":" in lower or "=" in lower or "0g" in lower
    if labelled or not _SIGNS.isdisjoint(lower.replace(",", " ").split()):
        for pattern, instead in _PATTERNS:
            command = pattern.sub(instead, command)
    return command
