"""What can be fuzzed without a running bot, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.fuzz import documents, parser
from tests.fuzz.target import Target

TARGETS: Final[dict[str, Callable[[], Target]]] = {
    "parser": parser.target,
    "factor-files": documents.factor_files,
    "imports": documents.imports,
    "ingest": documents.ingest,
}
