"""Slack's limits: each holds at its bound and is refused one past it.

The page that states a limit is named beside it, below https://docs.slack.dev/reference/.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local_slack import check_manners, check_message, check_view

Block = dict[str, Any]


def plain(size: int) -> Block:
    return {"type": "plain_text", "text": "x" * size}


def mrkdwn(size: int) -> Block:
    return {"type": "mrkdwn", "text": "x" * size}


INPUT = {"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain(1), **more}


def option(number: int = 0, *, text: int = 1, value: int = 1) -> Block:
    return {"text": plain(text), "value": f"{number}".rjust(value, "0")}


def options(number: int) -> list[Block]:
    return [option(index) for index in range(number)]


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def section(**more: Any) -> Block:
    return {"type": "section", **more}


def select(**more: Any) -> Block:
    return {"type": "static_select", "options": options(1), **more}


def cell(size: int = 1) -> Block:
    return {"type": "raw_text", "text": "x" * size}


def table(rows: int, columns: int = 1, size: int = 1) -> Block:
    return {"type": "table", "rows": [[cell(size)] * columns] * rows}


def data_table(rows: int, **more: Any) -> Block:
    return {"type": "data_table", "caption": "c", "rows": [[cell()]] * rows, **more}


def image(**more: Any) -> Block:
    return {"type": "image", "image_url": "https://e.org/i.png", "alt_text": "a", **more}


def confirm(**more: Any) -> Block:
    parts = {"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1)}
    return {**parts, **more}


def chart(**more: Any) -> Block:
    return {"type": "data_visualization", "title": "t", "chart": pie(1), **more}


def pie(segments: int, label: int = 1) -> Block:
    entry = {"label": "x" * label, "value": 1}
    return {"type": "pie", "segments": [entry] * segments}


def bars(series: int, points: int = 1, name: int = 1) -> Block:
    labels = [f"{index}" for index in range(points)]
    data = [{"label": label, "value": 1} for label in labels]
    return {
        "type": "bar",
        "series": [{"name": f"{index}".rjust(name, "0"), "data": data} for index in range(series)],
        "axis_config": {"categories": labels},
    }


def rich_list(indent: int) -> Block:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
    items = {"type": "rich_text_list", "style": "bullet", "elements": [part], "indent": indent}
    return {"type": "rich_text", "elements": [items]}


def codes(*blocks: Block) -> list[str]:
    return [entry.code for entry in check_message({"text": "x", "blocks": list(blocks)})]


BOUNDS: list[tuple[str, int, Callable[[int], Block]]] = [
    # block-kit/blocks/section-block
    ("section text", 3000, lambda n: section(text=mrkdwn(n))),
    ("section fields", 10, lambda n: section(fields=[mrkdwn(1)] * n)),
    ("section field", 2000, lambda n: section(fields=[mrkdwn(n)])),
    # block-kit/blocks/header-block
    ("header", 150, lambda n: {"type": "header", "text": plain(n)}),
    # block-kit/blocks/context-block
    ("context", 10, lambda n: {"type": "context", "elements": [mrkdwn(1)] * n}),
    # block-kit/blocks/actions-block
    ("actions", 25, lambda n: actions(*[button()] * n)),
    ("block_id", 255, lambda n: {"type": "divider", "block_id": "x" * n}),
    # block-kit/blocks/image-block
    ("image url", 3000, lambda n: image(image_url="https://".ljust(n, "x"))),
    ("image alt text", 2000, lambda n: image(alt_text="x" * n)),
    ("image title", 2000, lambda n: image(title=plain(n))),
    # block-kit/block-elements/button-element
    ("button text", 75, lambda n: actions(button(text=plain(n)))),
    ("button value", 2000, lambda n: actions(button(value="x" * n))),
    ("button url", 3000, lambda n: actions(button(url="https://".ljust(n, "x")))),
    ("button label", 75, lambda n: actions(button(accessibility_label="x" * n))),
    ("action_id", 255, lambda n: actions(button(action_id="x" * n))),
    # block-kit/composition-objects/confirmation-dialog-object
    ("confirm title", 100, lambda n: actions(button(confirm=confirm(title=plain(n))))),
    ("confirm text", 300, lambda n: actions(button(confirm=confirm(text=mrkdwn(n))))),
    ("confirm yes", 30, lambda n: actions(button(confirm=confirm(confirm=plain(n))))),
    ("confirm no", 30, lambda n: actions(button(confirm=confirm(deny=plain(n))))),
    # block-kit/composition-objects/option-object
    ("option text", 75, lambda n: actions(select(options=[option(text=n)]))),
    ("option value", 150, lambda n: actions(select(options=[option(value=n)]))),
    # block-kit/block-elements/select-menu-element
    ("select options", 100, lambda n: actions(select(options=options(n)))),
    ("placeholder", 150, lambda n: actions(select(placeholder=plain(n)))),
    # block-kit/block-elements/overflow-menu-element
    ("overflow", 5, lambda n: actions({"type": "overflow", "options": options(n)})),
    # block-kit/block-elements/checkboxes-element, radio-button-group-element
    ("checkboxes", 10, lambda n: actions({"type": "checkboxes", "options": options(n)})),
    ("radio buttons", 10, lambda n: actions({"type": "radio_buttons", "options": options(n)})),
    # block-kit/blocks/table-block
    ("table rows", 100, table),
    ("table columns", 20, lambda n: table(1, n)),
    ("table characters", 10_000, lambda n: table(1, 1, n)),
    ("column settings", 20, lambda n: {**table(1, 20), "column_settings": [{}] * n}),
    # block-kit/blocks/data-table-block
    ("data table rows", 101, data_table),
    ("page size", 100, lambda n: data_table(2, page_size=n)),
    # block-kit/blocks/data-visualization-block
    ("chart title", 50, lambda n: chart(title="x" * n)),
    ("pie segments", 6, lambda n: chart(chart=pie(n))),
    ("pie label", 20, lambda n: chart(chart=pie(1, n))),
    ("chart series", 6, lambda n: chart(chart=bars(n))),
    ("chart points", 20, lambda n: chart(chart=bars(1, n))),
    ("chart name", 20, lambda n: chart(chart=bars(1, 1, n))),
    # block-kit/blocks/markdown-block
    ("markdown", 12_000, lambda n: {"type": "markdown", "text": "x" * n}),
    # block-kit/blocks/rich-text-block
    ("list indent", 8, rich_list),
    # block-kit/block-elements/multi-select-menu-element
    (
        "multi-select options",
        100,
        lambda n: section(
            text=plain(1), accessory={"type": "multi_static_select", "options": options(n)}
        ),
    ),
    # block-kit/block-elements/file-input-element
    (
        "files",
        10,
        lambda n: {**INPUT, "element": {"type": "file_input", "max_files": n}},
    ),
    # block-kit/blocks/input-block
    (
        "input label",
        2000,
        lambda n: {"type": "input", "label": plain(n), "element": {"type": "plain_text_input"}},
    ),
]


@pytest.mark.parametrize(("bound", "make"), [row[1:] for row in BOUNDS], ids=[r[0] for r in BOUNDS])
def test_a_limit_of_a_block_holds(bound: int, make: Callable[[int], Block]) -> None:
    assert codes(make(bound)) == []
    past = codes(make(bound + 1))
    assert past
    assert set(past) == {"invalid_blocks"}


REFUSED: list[tuple[str, Block, str]] = [
    ("unknown block", {"type": "headline"}, "/blocks/0/type"),
    ("no type", {}, "/blocks/0"),
    ("unknown property", {"type": "divider", "colour": "red"}, "/blocks/0/colour"),
    ("null property", section(text=mrkdwn(1), fields=None), "/blocks/0/fields"),
    ("unknown in an element", actions(button(color="red")), "/blocks/0/elements/0/color"),
    (
        "unknown in a text",
        section(text={**mrkdwn(1), "emoji": True}),
        "/blocks/0/text/emoji",
    ),
    ("empty text", section(text=mrkdwn(0)), "/blocks/0/text/text"),
    ("empty section", section(), "/blocks/0"),
    ("mrkdwn header", {"type": "header", "text": mrkdwn(1)}, "/blocks/0/text/type"),
    ("mrkdwn button", actions(button(text=mrkdwn(1))), "/blocks/0/elements/0/text/type"),
    ("style", actions(button(style="default")), "/blocks/0/elements/0/style"),
    ("empty actions", actions(), "/blocks/0/elements"),
    (
        "action_id twice",
        actions(button(action_id="a"), button(action_id="a")),
        "/blocks/0/elements/1/action_id",
    ),
    ("no alt text", {"type": "image", "image_url": "https://e.org"}, "/blocks/0"),
    ("two images", image(slack_file={"id": "F1"}), "/blocks/0"),
    (
        "initial option",
        actions(select(initial_option=option(7))),
        "/blocks/0/elements/0/initial_option",
    ),
    ("options and groups", actions(select(option_groups=[])), "/blocks/0/elements/0"),
    ("empty cell", {"type": "table", "rows": [[cell(0)]]}, "/blocks/0/rows/0/0/text"),
    (
        "empty rich cell",
        {"type": "table", "rows": [[{"type": "rich_text", "elements": []}]]},
        "/blocks/0/rows/0/0",
    ),
    ("cell of mrkdwn", {"type": "table", "rows": [[mrkdwn(1)]]}, "/blocks/0/rows/0/0/type"),
    ("one data row", data_table(1), "/blocks/0/rows"),
    (
        "uneven rows",
        {"type": "data_table", "caption": "c", "rows": [[cell()], [cell()] * 2]},
        "/blocks/0/rows/1",
    ),
    (
        "rich header",
        {"type": "data_table", "caption": "c", "rows": [[rich_list(0)], [cell()]]},
        "/blocks/0/rows/0/0/type",
    ),
    (
        "pie of nothing",
        chart(chart={"type": "pie", "segments": [{"label": "x", "value": 0}]}),
        "/blocks/0/chart/segments/0/value",
    ),
    (
        "other labels",
        chart(chart={**bars(1), "axis_config": {"categories": ["other"]}}),
        "/blocks/0/chart/series/0/data",
    ),
    ("alert", {"type": "alert", "text": plain(1)}, "/blocks/0/type"),
    (
        "multi-select among actions",
        actions({"type": "multi_static_select", "options": options(1)}),
        "/blocks/0/elements/0/type",
    ),
    (
        "text input among actions",
        actions({"type": "plain_text_input"}),
        "/blocks/0/elements/0/type",
    ),
]


@pytest.mark.parametrize(
    ("block", "pointer"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_a_block_is_refused_at_the_place(block: Block, pointer: str) -> None:
    found = check_message({"text": "x", "blocks": [block]})
    assert pointer in [entry.pointer for entry in found]
    assert {entry.code for entry in found} == {"invalid_blocks"}


def test_a_reason_reads_well() -> None:
    blocks = [{"type": "divider"}, actions(button(text=plain(80)))]
    (found,) = check_message({"blocks": blocks})
    assert str(found) == "/blocks/1/elements/0/text/text: 80 characters, at most 75"


def test_a_message_has_fifty_blocks() -> None:
    assert codes(*[{"type": "divider"}] * 50) == []
    assert codes(*[{"type": "divider"}] * 51) == ["invalid_blocks"]


def test_a_block_id_occurs_once() -> None:
    divider = {"type": "divider", "block_id": "a"}
    assert codes(divider, divider) == ["invalid_blocks"]


def test_a_message_has_one_table_and_two_charts() -> None:
    assert codes(table(1), table(1)) == ["invalid_attachments"]
    assert codes(chart(), chart()) == []
    assert codes(chart(), chart(), chart()) == ["invalid_blocks"]


def test_all_blocks_together_have_a_limit() -> None:
    """Undocumented: https://github.com/slackapi/bolt-js/issues/2509."""
    long = section(text=mrkdwn(3000))
    assert codes(*[long] * 4) == []
    assert codes(*[long] * 5) == ["msg_blocks_too_long"]


def test_all_markdown_together_has_a_limit() -> None:
    half = {"type": "markdown", "text": "x" * 6_000}
    assert codes(half, half) == []
    assert codes(half, {"type": "markdown", "text": "x" * 6_001}) == ["invalid_blocks"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": 5}, "invalid_arguments"),
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": {}}, "invalid_blocks_format"),
        ({"text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"attachments": [{"blocks": [{"type": "header"}]}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "public"}, "invalid_arguments"),
    ],
)
def test_a_message_is_refused_with_slacks_code(payload: Block, code: str) -> None:
    """See methods/chat.postMessage."""
    assert [entry.code for entry in check_message(payload)] == [code]


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "x" * 40_000},
        {"blocks": [{"type": "divider"}]},
        {"markdown_text": "x" * 12_000},
        {"text": "x", "attachments": [{"text": "a"}] * 100},
        {"text": "x", "response_type": "in_channel"},
    ],
)
def test_a_message_is_accepted(payload: Block) -> None:
    assert check_message(payload) == []


def test_an_acknowledgement_may_be_empty() -> None:
    assert check_message({"response_type": "in_channel"}, surface="response") == []


def test_manners_ask_for_a_fallback_text_and_a_visibility() -> None:
    blocks = [{"type": "divider"}]
    assert [entry.code for entry in check_manners({"blocks": blocks})] == [
        "missing_text",
        "missing_response_type",
    ]
    assert check_manners({"text": "x", "blocks": blocks, "channel": "C1"}) == []
    assert [entry.code for entry in check_manners({"text": "x" * 4001, "channel": "C1"})] == [
        "long_text"
    ]


def modal(**more: Any) -> Block:
    return {"type": "modal", "title": plain(1), "blocks": [{"type": "divider"}], **more}


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (modal(title=plain(25)), "invalid_arguments"),
        (modal(submit=plain(25)), "invalid_arguments"),
        (modal(close=plain(25)), "invalid_arguments"),
        (modal(private_metadata="x" * 3001), "invalid_arguments"),
        (modal(callback_id="x" * 256), "invalid_arguments"),
        (modal(blocks=[INPUT]), "invalid_arguments"),
        (modal(blocks=[{"type": "divider"}] * 101), "invalid_blocks"),
        (modal(blocks=[table(1)]), "invalid_blocks"),
        (modal(unknown=1), "invalid_arguments"),
        ({"type": "home", "blocks": [], "title": plain(1)}, "invalid_arguments"),
        (modal(blocks=[section(text=mrkdwn(3000))] * 90), "view_too_large"),
    ],
)
def test_a_view_is_refused(view: Block, code: str) -> None:
    """See views/modal-views."""
    assert code in [entry.code for entry in check_view(view)]


@pytest.mark.parametrize(
    "view",
    [
        modal(title=plain(24), submit=plain(24), close=plain(24), blocks=[INPUT]),
        modal(private_metadata="x" * 3000, blocks=[{"type": "divider"}] * 100),
        modal(blocks=[{"type": "alert", "text": plain(200), "level": "warning"}]),
        {"type": "home", "blocks": [{"type": "header", "text": plain(1)}]},
    ],
)
def test_a_view_is_accepted(view: Block) -> None:
    assert check_view(view) == []


BLOCK_TYPES = ("section", "actions", "table", "data_table", "data_visualization", "button", "bar")
KEYS = st.sampled_from(
    [
        *("type", "text", "blocks", "elements", "rows", "fields", "options", "chart", "series"),
        *("axis_config", "data", "name", "action_id", "block_id", "initial_option", "title"),
        *("attachments", "response_type", "markdown_text", "option_groups", "categories"),
    ]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", *BLOCK_TYPES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(blocks=JSON_VALUES, rest=st.dictionaries(KEYS, JSON_VALUES, max_size=3))
def test_no_payload_is_too_odd_to_be_judged(blocks: object, rest: Block) -> None:
    for found in (
        check_message({**rest, "blocks": blocks}),
        check_message({"text": "x", "blocks": [{"type": "table", "rows": blocks}, rest, rest]}),
        check_view({**rest, "blocks": blocks}),
    ):
        assert all(entry.reason for entry in found)
