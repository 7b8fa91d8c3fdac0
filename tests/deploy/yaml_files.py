"""Reads YAML, and says what is wrong with it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

# The stubs of the first are a package of its own; the others have none.
import kubernetes_validate  # type: ignore[import-untyped]
import yaml  # type: ignore[import-untyped]
from yamllint import linter  # type: ignore[import-untyped]
from yamllint.config import YamlLintConfig  # type: ignore[import-untyped]

from tests.deploy.dockerfile import ROOT

NEWEST: str = kubernetes_validate.latest_version()
"""The newest Kubernetes whose schemas are known."""


def document(text: str) -> dict[str, Any]:
    """The one document of a text."""
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def documents(text: str) -> list[dict[str, Any]]:
    """All documents of a text that are not empty."""
    return [found for found in yaml.safe_load_all(text) if found]


def complaints(text: str) -> list[str]:
    """What yamllint says of a text."""
    rules = YamlLintConfig(file=str(ROOT / ".yamllint.yaml"))
    return [f"{found.line}: {found.desc} ({found.rule})" for found in linter.run(text, rules)]


def is_valid(manifest: dict[str, Any], version: str) -> None:
    """Hold a manifest against the schema of a version of Kubernetes, which allows nothing else.

    Raises:
        kubernetes_validate.ValidationError: it does not fit.
    """
    _is_valid(json.dumps(manifest), version)


@cache  # each look takes a while, and most manifests are the same in several sets of values
def _is_valid(manifest: str, version: str) -> None:
    kubernetes_validate.validate(json.loads(manifest), version, strict=True)
