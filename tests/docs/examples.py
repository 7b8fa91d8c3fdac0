"""The examples of the documents: fenced blocks, and what is typed in them and in the text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_ENDS: Final = frozenset({"|", "||", "&&", "&", ";", ";;"})
_SETS: Final = re.compile(r"[A-Z_]+=")


@dataclass(frozen=True)
class Block:
    """A fenced block: of which page, in which language, and what it says."""

    page: str
    language: str
    body: str


@dataclass(frozen=True)
class Shell:
    """A command of a shell block, as its words."""

    page: str
    words: tuple[str, ...]

    @property
    def line(self) -> str:
        """The command, for the name of a test."""
        return " ".join(self.words)

    @property
    def program(self) -> str:
        """What is run: ``python`` for that of the project's environment, too."""
        return self.words[0].removeprefix(".venv/bin/")


def texts() -> dict[str, str]:
    """Every page there is, by its path."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in PAGES
        if path.exists()
    }


def blocks() -> list[Block]:
    """Every fenced block."""
    return [
        Block(page, language, body)
        for page, said in texts().items()
        for _, language, body in _FENCE.findall(said)
    ]


def shells() -> list[Shell]:
    """Every command of every ``sh`` and ``console`` block; a command once for each page."""
    found: dict[Shell, None] = {}
    for block in blocks():
        for line in _lines(block):
            for words in _commands(line):
                found[Shell(block.page, words)] = None
    return list(found)


def inline() -> list[str]:
    """What stands in the text as code, lines joined."""
    found: dict[str, None] = {}
    for said in texts().values():
        without = _FENCE.sub("", said)
        found |= dict.fromkeys(" ".join(code.split()) for code in _INLINE.findall(without))
    return list(found)


def typed(prefix: str) -> list[str]:
    """What is typed after ``/carbon `` or ``@carbon ``, in text and in blocks."""
    candidates = [*inline(), *(line.strip() for one in blocks() for line in one.body.splitlines())]
    return sorted({said.removeprefix(prefix) for said in candidates if said.startswith(prefix)})


def _lines(block: Block) -> list[str]:
    joined = re.sub(r"\\\n\s*", " ", block.body)
    if block.language == "console":
        return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]
    return joined.splitlines() if block.language == "sh" else []


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of a line, without what is set before them, redirections and comments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token not in _ENDS:
            words.append(token)
            continue
        while words and _SETS.match(words[0]):
            words.pop(0)
        if words:
            yield tuple(words)
        words = []
