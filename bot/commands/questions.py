"""Questions that stand for a subcommand: *where should we run 64 H100?* asks for the regions."""

from __future__ import annotations

import re
from typing import Final

_WHO: Final = r"(?:i|we|you|one)"
_CAN: Final = r"(?:can|could|do|does|should|shall|would|might)"
_QUESTIONS: Final = (
    (
        "regions",
        re.compile(
            rf"(?:where {_CAN} {_WHO} (?:best )?(?:run|train|start|put)\b|where (?:best )?to run\b"
            r"|(?:which|what)(?: is| are|'s)?(?: the)?(?: (?:cleanest|greenest|best))?"
            r" (?:regions?|places?|countr(?:y|ies)|clouds?)\b"
            r"(?: (?:is|are|would be))?(?: the)?(?: (?:cleanest|greenest|best))?"
            r"|(?:the )?(?:cleanest|greenest|best) (?:regions?|places?|countr(?:y|ies))\b"
            r"|(?:在)?(?:哪里|哪儿|哪个地区|哪个区域)(?:训练|运行|跑)?(?:最好|最清洁|最低碳|最合适)?)"
            r"(?: (?:for|to run|to train))?",
            re.IGNORECASE,
        ),
    ),
    (
        "cut",
        re.compile(
            rf"(?:how (?:{_CAN} {_WHO}|to) (?:reduce|cut|lower|decrease|shrink)\b"
            r"|what (?:would|could|can|will) (?:cut|reduce|lower)\b|(?:reduce|lower)\b"
            r"|(?:如何|怎么|怎样|怎么样)(?:才能)?(?:减少|降低|减排))"
            r"(?: the)?(?: (?:carbon|co2e?|emissions?|footprint|impact))*(?: (?:of|from|for))?",
            re.IGNORECASE,
        ),
    ),
)
_BETTER: Final = re.compile(
    r"(?:(?:which|what)(?: one)?(?: is|'s| would be| emits| uses)?|哪个)(?: the)? ?"
    r"(?:better|cleaner|greener|lower|less|更好|更低碳|更清洁|更环保|排放更少)(?: for the climate)?"
    r"[ ,:：，]+",
    re.IGNORECASE,
)
_OR: Final = re.compile(r",? or |,? ?还是 ?", re.IGNORECASE)
_END: Final = re.compile(r"[ ?？]*(?:的?(?:碳)?排放|最好|最合适|最清洁|最低碳)?[ ?？]*$")
_LAST: Final = re.compile(
    r"(?:it|that|this|them|these|my last(?: one)?|排放|碳排放|它)?", re.IGNORECASE
)
"""What a question calls the last estimate."""


def asked(command: str) -> tuple[str, str] | None:
    """The subcommand that a question stands for, and the run that it is about.

    The run is empty where the question is about the last one. ``None`` where it is no such
    question.
    """
    said = command.strip()
    better = _BETTER.match(said)
    if better is not None:
        return "compare", _OR.sub(" vs ", said[better.end() :].rstrip(" ?？"), count=1)
    for name, pattern in _QUESTIONS:
        found = pattern.match(said)
        if found is not None and found.end():
            rest = _END.sub("", said[found.end() :].strip(" ,:，："))
            return name, "" if _LAST.fullmatch(rest) else rest
    return None
