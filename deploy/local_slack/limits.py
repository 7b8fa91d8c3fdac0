"""Slack's documented limits as pure checks: what would Slack refuse, where, and why.

`check_message` and `check_view` say what Slack itself would answer with an error. `check_manners`
says what Slack accepts although its guidelines advise against it.
"""

import json
from collections.abc import Callable, Iterator, Mapping

from deploy.local_slack.blocks import MESSAGE_BLOCK, VIEW_BLOCK
from deploy.local_slack.elements import text
from deploy.local_slack.schema import (
    Report,
    Rule,
    Violation,
    anything,
    array,
    boolean,
    choice,
    count,
    kind,
    record,
    report_repeats,
    string,
)

__all__ = ["Violation", "check_manners", "check_message", "check_view"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
BLOCK_CHARACTERS = 13_200
MARKDOWN_CHARACTERS = 12_000
CHARTS = 2
ATTACHMENTS = 100
VIEW_BYTES = 250_000

_MESSAGE_BLOCKS = array(MESSAGE_BLOCK, 0, MESSAGE_BLOCKS, "block")
_VIEW_BLOCKS = array(VIEW_BLOCK, 0, VIEW_BLOCKS, "block")


def check_message(
    payload: Mapping[str, object],
    *,
    surface: str = "message",
    text_limit: int = MESSAGE_TEXT,
) -> list[Violation]:
    """List what Slack would refuse in a message.

    See https://docs.slack.dev/reference/methods/chat.postMessage and
    https://docs.slack.dev/reference/block-kit/blocks.

    Args:
        payload: The message's arguments: ``text``, ``blocks``, ``attachments`` and so on.
        surface: ``message`` for a message of the Web API, which needs text or blocks; ``response``
            for the body of an acknowledgement, which may be empty of both.
        text_limit: Characters allowed in ``text``; Slack allows fewer in ``chat.update``.
    """
    report = Report()
    _check_text(report, payload, text_limit)
    blocks = payload.get("blocks")
    attachments = payload.get("attachments")
    if blocks is not None:
        _check_blocks(report, "/blocks", blocks, _MESSAGE_BLOCKS)
        _check_totals(report, blocks)
    if attachments is not None:
        _check_attachments(report, attachments)
    if surface == "message" and not any(
        payload.get(name) for name in ("text", "blocks", "attachments", "markdown_text")
    ):
        report.add("", "neither text nor blocks", "no_text")
    response_type = payload.get("response_type")
    if response_type not in (None, "ephemeral", "in_channel"):
        report.add(
            "/response_type",
            f"{response_type!r}, must be ephemeral or in_channel",
            "invalid_arguments",
        )
    return report.violations


def check_view(view: Mapping[str, object]) -> list[Violation]:
    """List what Slack would refuse in a modal or a Home tab.

    See https://docs.slack.dev/reference/views/modal-views.
    """
    report = Report()
    identifier, title = string(255), text(24, plain=True)
    common: dict[str, Rule] = {
        "private_metadata": string(3000),
        "callback_id": identifier,
        "external_id": identifier,
    }
    shape = {"type": choice("modal", "home"), "blocks": anything}
    if view.get("type") == "home":
        rule = record(shape, common)
    else:
        optional = {
            **common,
            "submit": title,
            "close": title,
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        }
        rule = record({**shape, "title": title}, optional, [_input_needs_submit])
    _recode(report, "invalid_arguments", lambda found: rule(found, "", view))
    if view.get("blocks") is not None:
        _check_blocks(report, "/blocks", view["blocks"], _VIEW_BLOCKS)
    size = len(json.dumps(view).encode())
    if size > VIEW_BYTES:
        report.add("", f"{size:,} bytes, at most {VIEW_BYTES:,}", "view_too_large")
    return report.violations


def check_manners(payload: Mapping[str, object]) -> list[Violation]:
    """List what Slack accepts in a message and its guidelines advise against.

    A message with blocks needs a fallback ``text``: it is the notification, and all that a screen
    reader speaks. See https://docs.slack.dev/reference/methods/chat.postMessage#text-blocks.
    """
    report = Report()
    if payload.get("blocks") and not str(payload.get("text") or "").strip():
        report.add("/text", "missing beside blocks, screen readers read it", "missing_text")
    written = payload.get("text")
    if isinstance(written, str) and UPDATE_TEXT < len(written) <= MESSAGE_TEXT:
        reason = f"{count(len(written), 'character')}, {UPDATE_TEXT:,} recommended"
        report.add("/text", reason, "long_text")
    is_response = "channel" not in payload and not payload.get("replace_original")
    has_content = "text" in payload or "blocks" in payload
    if is_response and has_content and "response_type" not in payload:
        report.add("/response_type", "unsaid, say who will see it", "missing_response_type")
    return report.violations


def _check_text(report: Report, payload: Mapping[str, object], limit: int) -> None:
    written = payload.get("text")
    if written is not None and not isinstance(written, str):
        report.add("/text", f"{kind(written)}, must be a string", "invalid_arguments")
    elif written is not None and len(written) > limit:
        found = count(len(written), "character")
        report.add("/text", f"{found}, at most {limit:,}", "msg_too_long")
    markdown = payload.get("markdown_text")
    if markdown is None:
        return
    if payload.get("text") or payload.get("blocks"):
        report.add("/markdown_text", "given beside text or blocks", "markdown_text_conflict")
    if len(str(markdown)) > MARKDOWN_CHARACTERS:
        found = count(len(str(markdown)), "character")
        report.add("/markdown_text", f"{found}, at most {MARKDOWN_CHARACTERS:,}", "msg_too_long")


def _check_blocks(report: Report, pointer: str, blocks: object, rule: Rule) -> None:
    if not isinstance(blocks, list):
        report.add(pointer, f"{kind(blocks)}, must be a list", "invalid_blocks_format")
        return
    rule(report, pointer, blocks)
    named = (
        (f"{pointer}/{index}/block_id", block.get("block_id"))
        for index, block in enumerate(blocks)
        if isinstance(block, Mapping)
    )
    report_repeats(report, named, "one message")


def _check_totals(report: Report, blocks: object) -> None:
    if not isinstance(blocks, list):
        return
    kinds = [block.get("type") if isinstance(block, Mapping) else None for block in blocks]
    for noun, code, at_most in (
        # Slack's own code for a second table, from the page of the table block.
        ("table", "invalid_attachments", 1),
        ("data_visualization", "invalid_blocks", CHARTS),
    ):
        if kinds.count(noun) > at_most:
            extra = [index for index, name in enumerate(kinds) if name == noun][at_most]
            reason = f"{kinds.count(noun)} blocks of type {noun}, at most {at_most} in a message"
            if noun == "table":
                reason += " (only_one_table_allowed)"
            report.add(f"/blocks/{extra}", reason, code)
    markdown = sum(
        len(str(block.get("text", "")))
        for block in blocks
        if isinstance(block, Mapping) and block.get("type") == "markdown"
    )
    if markdown > MARKDOWN_CHARACTERS and kinds.count("markdown") > 1:
        found = count(markdown, "character")
        report.add("/blocks", f"{found} in all markdown blocks, at most {MARKDOWN_CHARACTERS:,}")
    # Undocumented, but real: https://github.com/slackapi/bolt-js/issues/2509 measured 13,297
    # characters for one markdown block, and less once other blocks stand beside it. Every string
    # value counts here, which errs on the strict side.
    total = sum(map(len, _strings(blocks)))
    if total > BLOCK_CHARACTERS:
        found = count(total, "character")
        reason = f"{found} in all blocks, at most about {BLOCK_CHARACTERS:,}"
        report.add("/blocks", reason, "msg_blocks_too_long")


def _check_attachments(report: Report, attachments: object) -> None:
    if not isinstance(attachments, list):
        report.add("/attachments", f"{kind(attachments)}, must be a list", "invalid_attachments")
        return
    if len(attachments) > ATTACHMENTS:
        found = count(len(attachments), "attachment")
        report.add("/attachments", f"{found}, at most {ATTACHMENTS}", "too_many_attachments")
    for index, attachment in enumerate(attachments):
        if isinstance(attachment, Mapping) and attachment.get("blocks") is not None:
            pointer = f"/attachments/{index}/blocks"
            _check_blocks(report, pointer, attachment["blocks"], _MESSAGE_BLOCKS)


def _input_needs_submit(report: Report, pointer: str, view: Mapping[str, object]) -> None:
    blocks = view.get("blocks")
    inputs = isinstance(blocks, list) and any(
        isinstance(block, Mapping) and block.get("type") == "input" for block in blocks
    )
    if inputs and "submit" not in view:
        report.add(pointer, "missing 'submit', required with input blocks")


def _recode(report: Report, code: str, check: Callable[[Report], None]) -> None:
    inner = Report()
    check(inner)
    for found in inner.violations:
        report.add(found.pointer, found.reason, code)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
