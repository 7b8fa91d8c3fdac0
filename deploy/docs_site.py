"""A hook of the docs site: what a page links to outside of `docs/` is named there, and not linked.

On a code host such a link leads to the file; the site has no such file.
"""

from __future__ import annotations

import re
from typing import Final

_OUTSIDE: Final = re.compile(r"(?<!!)\[`?([^]`]+)`?\]\(\.\./[^)\s]+\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """A page's text as the site has it; MkDocs calls this by its name."""
    return _OUTSIDE.sub(r"`\1`", markdown)
