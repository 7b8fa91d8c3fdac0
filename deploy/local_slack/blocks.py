"""What Slack accepts as blocks, block by block.

Each rule restates the reference page of its block under
https://docs.slack.dev/reference/block-kit/blocks. Where Slack's pages and its published types
disagree, the smaller number counts.
"""

from collections.abc import Mapping

from deploy.local_slack.elements import (
    BUTTON,
    CONFIRM,
    IDENTIFIER,
    IMAGE,
    IN_ACTIONS,
    IN_SECTIONS,
    INPUTS,
    RICH_TEXT_PARTS,
    SLACK_FILE,
    URL,
    text,
)
from deploy.local_slack.schema import (
    Report,
    Rule,
    array,
    at_least_one,
    boolean,
    by_type,
    choice,
    count,
    exactly_one,
    integer,
    number,
    positive,
    record,
    report_repeats,
    string,
    typed,
)

TABLE_CHARACTERS = 10_000

_BLOCK_ID: dict[str, Rule] = {"block_id": IDENTIFIER}


def _unique_action_ids(report: Report, pointer: str, value: Mapping[str, object]) -> None:
    elements = value.get("elements")
    named = (
        (f"{pointer}/elements/{index}/action_id", element.get("action_id"))
        for index, element in enumerate(elements if isinstance(elements, list) else [])
        if isinstance(element, Mapping)
    )
    report_repeats(report, named, "one block")


def _actions(minimum: int, maximum: int) -> Rule:
    element = by_type(IN_ACTIONS, "element of an actions block")
    return typed(
        "actions",
        {"elements": array(element, minimum, maximum, "element")},
        _BLOCK_ID,
        [_unique_action_ids],
    )


RICH_TEXT = typed("rich_text", {"elements": array(RICH_TEXT_PARTS, 0, 3000)}, _BLOCK_ID)

_RAW_TEXT = typed("raw_text", {"text": string(TABLE_CHARACTERS, 1)})
_RAW_NUMBER = typed("raw_number", {"value": number, "text": string(TABLE_CHARACTERS, 1)})
_CELL = by_type(
    {"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT}, "table cell"
)
_HEADER_CELL = by_type({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER}, "header cell")


def characters(value: object) -> int:
    """Count the characters of all ``text`` strings inside a value."""
    if isinstance(value, Mapping):
        return sum(
            len(entry) if name == "text" and isinstance(entry, str) else characters(entry)
            for name, entry in value.items()
        )
    return sum(map(characters, value)) if isinstance(value, list) else 0


def _rows(value: Mapping[str, object]) -> list[list[object]]:
    rows = value.get("rows")
    return [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []


def _table_total(report: Report, pointer: str, value: Mapping[str, object]) -> None:
    total = characters(value.get("rows"))
    if total > TABLE_CHARACTERS:
        report.add(
            f"{pointer}/rows",
            f"{count(total, 'character')} in all cells, at most {TABLE_CHARACTERS:,}",
        )
    for at, row in enumerate(_rows(value)):
        for column, cell in enumerate(row):
            if _is_empty_rich_text(cell):
                report.add(f"{pointer}/rows/{at}/{column}", "empty, a cell needs a character")


def _is_empty_rich_text(cell: object) -> bool:
    if not isinstance(cell, Mapping) or cell.get("type") != "rich_text":
        return False
    parts = cell.get("elements")
    return not isinstance(parts, list) or not any(
        isinstance(part, Mapping) and part.get("elements") for part in parts
    )


def _equal_rows(report: Report, pointer: str, value: Mapping[str, object]) -> None:
    rows = _rows(value)
    for index, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            report.add(
                f"{pointer}/rows/{index}",
                f"{count(len(row), 'cell')}, the header has {len(rows[0])}",
            )
    for index, cell in enumerate(rows[0] if rows else []):
        _HEADER_CELL(report, f"{pointer}/rows/0/{index}", cell)


# https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
_LABEL = string(20, 1)
_POINT = record({"label": _LABEL, "value": number})
_SERIES = array(
    record({"name": _LABEL, "data": array(_POINT, 1, 20, "point")}), 1, 6, "series entry"
)
_AXES = record(
    {"categories": array(_LABEL, 1, 20, "category")},
    {"x_label": string(50, 1), "y_label": string(50, 1)},
)
_SEGMENTS = array(record({"label": _LABEL, "value": positive}), 1, 6, "segment")


def _series_match(report: Report, pointer: str, value: Mapping[str, object]) -> None:
    axes, series = value.get("axis_config"), value.get("series")
    if not isinstance(axes, Mapping) or not isinstance(series, list):
        return
    for index, entry in enumerate(series):
        if not isinstance(entry, Mapping):
            continue
        data = entry.get("data")
        labels = [
            point.get("label")
            for point in (data if isinstance(data, list) else [])
            if isinstance(point, Mapping)
        ]
        if labels != axes.get("categories"):
            report.add(
                f"{pointer}/series/{index}/data",
                "labels differ from axis_config.categories",
            )
    named = (
        (f"{pointer}/series/{index}/name", entry.get("name"))
        for index, entry in enumerate(series)
        if isinstance(entry, Mapping)
    )
    report_repeats(report, named, "one chart")


_XY: dict[str, Rule] = {"series": _SERIES, "axis_config": _AXES}
_CHART = by_type(
    {
        "pie": typed("pie", {"segments": _SEGMENTS}),
        **{name: typed(name, _XY, None, [_series_match]) for name in ("bar", "line", "area")},
    },
    "chart",
)

# Blocks that Slack takes on every surface.
COMMON: dict[str, Rule] = {
    "section": typed(
        "section",
        {},
        {
            **_BLOCK_ID,
            "text": text(3000),
            "fields": array(text(2000), 1, 10, "field"),
            "accessory": by_type({"image": IMAGE, **IN_SECTIONS}, "accessory"),
            "expand": boolean,
        },
        [at_least_one("text", "fields")],
    ),
    "header": typed("header", {"text": text(150, plain=True)}, _BLOCK_ID),
    "divider": typed("divider", {}, _BLOCK_ID),
    "context": typed(
        "context",
        {
            "elements": array(
                by_type(
                    {"image": IMAGE, "mrkdwn": text(3000), "plain_text": text(3000)},
                    "element of a context block",
                ),
                1,
                10,
                "element",
            )
        },
        _BLOCK_ID,
    ),
    "actions": _actions(1, 25),
    "image": typed(
        "image",
        {"alt_text": string(2000, 1)},
        {
            **_BLOCK_ID,
            "image_url": URL,
            "slack_file": SLACK_FILE,
            "title": text(2000, plain=True),
        },
        [exactly_one("image_url", "slack_file")],
    ),
    "rich_text": RICH_TEXT,
    "input": typed(
        "input",
        {"label": text(2000, plain=True), "element": by_type(INPUTS, "input element")},
        {
            **_BLOCK_ID,
            "hint": text(2000, plain=True),
            "optional": boolean,
            "dispatch_action": boolean,
        },
    ),
}

# https://docs.slack.dev/reference/block-kit/blocks/card-block
_CARD = typed(
    "card",
    {},
    {
        **_BLOCK_ID,
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(BUTTON, 1, 3, "action"),
    },
    [at_least_one("hero_image", "title", "actions", "body")],
)

_ICON_BUTTON = typed(
    "icon_button",
    {"icon": string(255, 1), "text": text(75, plain=True)},
    {
        "action_id": IDENTIFIER,
        "value": string(2000, 1),
        "confirm": CONFIRM,
        "accessibility_label": string(75, 1),
        "visible_to_user_ids": array(IDENTIFIER, 1, 1000),
    },
)
_FEEDBACK = record(
    {"text": text(75, plain=True), "value": string(2000, 1)},
    {"accessibility_label": string(75, 1)},
)

# Blocks that Slack takes in messages only.
IN_MESSAGES: dict[str, Rule] = {
    # https://docs.slack.dev/reference/block-kit/blocks/markdown-block
    "markdown": typed("markdown", {"text": string(12_000, 1)}, _BLOCK_ID),
    # https://docs.slack.dev/reference/block-kit/blocks/table-block
    "table": typed(
        "table",
        {"rows": array(array(_CELL, 1, 20, "column"), 1, 100, "row")},
        {
            **_BLOCK_ID,
            "column_settings": array(
                record({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean}),
                1,
                20,
                "column setting",
            ),
        },
        [_table_total],
    ),
    # https://docs.slack.dev/reference/block-kit/blocks/data-table-block
    "data_table": typed(
        "data_table",
        {
            "caption": string(3000, 1),
            "rows": array(array(_CELL, 1, 20, "column"), 2, 101, "row"),
        },
        {
            **_BLOCK_ID,
            "page_size": integer(1, 100),
            "row_header_column_index": integer(0, 19),
        },
        [_table_total, _equal_rows],
    ),
    "data_visualization": typed(
        "data_visualization", {"title": string(50, 1), "chart": _CHART}, _BLOCK_ID
    ),
    "card": _CARD,
    # https://docs.slack.dev/reference/block-kit/blocks/carousel-block
    "carousel": typed("carousel", {"elements": array(_CARD, 1, 10, "card")}, _BLOCK_ID),
    # https://docs.slack.dev/reference/block-kit/blocks/context-actions-block
    "context_actions": typed(
        "context_actions",
        {
            "elements": array(
                by_type(
                    {
                        "icon_button": _ICON_BUTTON,
                        "feedback_buttons": typed(
                            "feedback_buttons",
                            {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK},
                            {"action_id": IDENTIFIER},
                        ),
                    },
                    "element of a context_actions block",
                ),
                1,
                5,
                "element",
            )
        },
        _BLOCK_ID,
        [_unique_action_ids],
    ),
}

_CHILD = by_type(
    {name: rule for name, rule in {**COMMON, **IN_MESSAGES}.items() if name != "carousel"},
    "child block",
)
# https://docs.slack.dev/reference/block-kit/blocks/container-block
IN_MESSAGES["container"] = typed(
    "container",
    {"child_blocks": array(_CHILD, 1, 10, "block")},
    {
        **_BLOCK_ID,
        "title": text(150, plain=True),
        "rich_text_title": RICH_TEXT,
        "subtitle": text(150, plain=True),
        "width": choice("narrow", "standard", "wide", "full"),
        "icon": IMAGE,
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    [at_least_one("title", "rich_text_title")],
)

# https://docs.slack.dev/reference/block-kit/blocks/alert-block
IN_VIEWS: dict[str, Rule] = {
    "alert": typed(
        "alert",
        {"text": text(200)},
        {**_BLOCK_ID, "level": choice("default", "info", "warning", "error", "success")},
    ),
}

MESSAGE_BLOCK = by_type({**COMMON, **IN_MESSAGES}, "block of a message")
VIEW_BLOCK = by_type({**COMMON, **IN_VIEWS}, "block of a view")
