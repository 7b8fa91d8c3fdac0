"""Reads YAML."""

from __future__ import annotations

from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own


def document(text: str) -> dict[str, Any]:
    """The one document of a text."""
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def documents(text: str) -> list[dict[str, Any]]:
    """All documents of a text that are not empty."""
    return [found for found in yaml.safe_load_all(text) if found]
