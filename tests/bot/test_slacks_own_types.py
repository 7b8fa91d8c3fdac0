"""Blocks against what Slack publishes about them: its SDK's models and its TypeScript types."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from slack_sdk.models.blocks import Block

from deploy.local_slack.limits import check_view
from tests.bot import corpus

TYPES: Final = Path(__file__).parents[1] / "slack_types"
NEWER_THAN_THE_TYPES: Final = frozenset({"data_visualization"})
"""Blocks that Slack documents and @slack/types does not know yet."""


def known(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [block for block in blocks if block["type"] not in NEWER_THAN_THE_TYPES]


def compile_errors(source: str, folder: Path) -> str:
    """What the TypeScript compiler says of a module; empty where it is content."""
    module = folder / "blocks.mts"
    module.write_text(source, encoding="utf-8")
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(TYPES / "node_modules", target_is_directory=True)
    node = Path(sys.executable).with_name("node")
    compiler = TYPES / "node_modules" / "typescript" / "lib" / "tsc.js"
    if not compiler.exists():
        pytest.fail("Slack's types are not installed: make setup")
    options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"]
    done = subprocess.run(
        [node, compiler, *options, str(module)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def module_of(shown: dict[str, list[dict[str, Any]]], views: dict[str, dict[str, Any]]) -> str:
    lines = ['import type { KnownBlock, View } from "@slack/types";']
    for number, (name, blocks) in enumerate(shown.items()):
        lines.append(f"// {json.dumps(name)}")
        literal = json.dumps(blocks, ensure_ascii=False)
        lines.append(f"export const message{number}: KnownBlock[] = {literal};")
    for number, (name, view) in enumerate(views.items()):
        lines.append(f"// {json.dumps(name)}")
        literal = json.dumps(view, ensure_ascii=False)
        lines.append(f"export const view{number}: View = {literal};")
    return "\n".join(lines)


def test_every_message_and_view_has_the_types_that_slack_publishes(tmp_path: Path) -> None:
    shown = {name: known(payload["blocks"]) for name, payload in corpus.messages().items()}
    views = {
        name: {**view, "blocks": known(view["blocks"])} for name, view in corpus.views().items()
    }
    assert compile_errors(module_of(shown, views), tmp_path) == ""


def test_slacks_types_refuse_a_block_that_slack_would_refuse(tmp_path: Path) -> None:
    wrong = [{"type": "header", "text": {"type": "mrkdwn", "text": "no"}}]
    assert "mrkdwn" in compile_errors(module_of({"wrong": wrong}, {}), tmp_path)


@pytest.mark.parametrize("kind", sorted(NEWER_THAN_THE_TYPES))
def test_slacks_types_still_do_not_know_the_newest_blocks(kind: str) -> None:
    declared = (TYPES / "node_modules/@slack/types/dist/block-kit/blocks.d.ts").read_text("utf-8")
    assert f"'{kind}'" not in declared, "it is checked from now on: take it off the list"


@pytest.mark.parametrize(("name", "payload"), corpus.messages().items())
def test_the_sdks_models_read_every_block_and_give_it_back(
    name: str, payload: dict[str, Any]
) -> None:
    for block in known(payload["blocks"]):
        model = Block.parse(block)
        assert model is not None, f"{name}: {block['type']}"
        assert model.to_dict() == block


@pytest.mark.parametrize(("name", "view"), corpus.views().items())
def test_the_sdks_models_read_every_block_of_a_view(name: str, view: dict[str, Any]) -> None:
    for block in known(view["blocks"]):
        model = Block.parse(block)
        assert model is not None, f"{name}: {block['type']}"
        assert model.to_dict() == block


@pytest.mark.parametrize(("name", "view"), corpus.views().items())
def test_every_view_keeps_slacks_limits(name: str, view: dict[str, Any]) -> None:
    assert check_view(view) == [], name
    for word in ("title", "submit", "close"):
        assert len(view.get(word, {}).get("text", "")) <= 24
