"""What the image is made of: the instructions of its Dockerfile, and what the build is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


@dataclass(frozen=True)
class Stage:
    """The instructions of one stage, in order."""

    name: str
    instructions: tuple[tuple[str, str], ...]

    def all(self, instruction: str) -> list[str]:
        """The arguments of every such instruction."""
        return [rest for word, rest in self.instructions if word == instruction]

    def one(self, instruction: str) -> str:
        """The arguments of an instruction that is there once."""
        (rest,) = self.all(instruction)
        return rest

    @property
    def environment(self) -> dict[str, str]:
        """What ``ENV`` sets."""
        pairs = (pair for rest in self.all("ENV") for pair in rest.split())
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def command(self) -> list[str]:
        """What a container runs."""
        found: list[str] = json.loads(self.one("CMD"))
        return found

    @property
    def health_check(self) -> list[str]:
        """What tells whether a container is healthy."""
        found: list[str] = json.loads(self.one("HEALTHCHECK").partition(" CMD ")[2])
        return found


def stages() -> dict[str, Stage]:
    """The stages by their names; the last one, which is the image, is called ``image``."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in _lines(DOCKERFILE.read_text(encoding="utf-8")):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            named = re.search(r" AS (\w+)$", rest)
            found.append((named[1] if named else "image", []))
        found[-1][1].append((word, rest))
    return {name: Stage(name, tuple(instructions)) for name, instructions in found}


def _lines(text: str) -> Iterator[str]:
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(kept))
    yield from joined.splitlines()


def is_sent(path: str) -> bool:
    """Whether the build is sent a file: the last rule of ``.dockerignore`` that matches decides.

    A rule matches a path, or a folder above it.
    """
    sent = True
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not rule or rule.startswith("#"):
            continue
        pattern = _pattern(rule.removeprefix("!").strip("/"))
        if any(pattern.fullmatch(name) for name in above):
            sent = rule.startswith("!")
    return sent


def _pattern(rule: str) -> re.Pattern[str]:
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", rule)
    return re.compile("".join(meanings.get(part, re.escape(part)) for part in parts))
