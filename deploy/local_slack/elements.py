"""What Slack accepts inside blocks: text objects, options, buttons, menus, inputs and rich text.

The numbers are those of the reference pages under
https://docs.slack.dev/reference/block-kit/block-elements/ and
https://docs.slack.dev/reference/block-kit/composition-objects/.
"""

from collections.abc import Mapping

from deploy.local_slack.schema import (
    Report,
    Rule,
    anything,
    array,
    boolean,
    by_type,
    choice,
    exactly_one,
    integer,
    number,
    record,
    string,
    typed,
)

IDENTIFIER = string(255, 1)
URL = string(3000, 1)


def text(maximum: int = 3000, *, plain: bool = False) -> Rule:
    """Accept a text object of 1 to ``maximum`` characters.

    See https://docs.slack.dev/reference/block-kit/composition-objects/text-object.
    """
    kinds = {
        "plain_text": typed("plain_text", {"text": anything}, {"emoji": boolean}),
        "mrkdwn": typed("mrkdwn", {"text": anything}, {"verbatim": boolean}),
    }
    if plain:
        del kinds["mrkdwn"]
    shape = by_type(kinds, "text object")
    length = string(maximum, 1)

    def rule(report: Report, pointer: str, value: object) -> None:
        shape(report, pointer, value)
        if isinstance(value, Mapping) and value.get("text") is not None:
            length(report, f"{pointer}/text", value["text"])

    return rule


SLACK_FILE = record({}, {"id": IDENTIFIER, "url": URL}, [exactly_one("id", "url")])

# https://docs.slack.dev/reference/block-kit/block-elements/image-element
IMAGE = typed(
    "image",
    {"alt_text": string(2000, 1)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    [exactly_one("image_url", "slack_file")],
)

# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM = record(
    {
        "title": text(100, plain=True),
        "text": text(300),
        "confirm": text(30, plain=True),
        "deny": text(30, plain=True),
    },
    {"style": choice("primary", "danger")},
)


def option(*, plain: bool = True, url: bool = False) -> Rule:
    """Accept an option of a menu.

    See https://docs.slack.dev/reference/block-kit/composition-objects/option-object.
    """
    optional: dict[str, Rule] = {"description": text(75, plain=plain)}
    if url:
        optional["url"] = URL
    return record({"text": text(75, plain=plain), "value": string(150, 1)}, optional)


OPTIONS = array(option(), 1, 100, "option")
OPTION_GROUPS = array(record({"label": text(75, plain=True), "options": OPTIONS}), 1, 100, "group")


def initial_is_an_option(report: Report, pointer: str, value: Mapping[str, object]) -> None:
    """Accept only an initial option that equals one of the options exactly."""
    offered = list(_entries(value.get("options")))
    for group in _entries(value.get("option_groups")):
        if isinstance(group, Mapping):
            offered.extend(_entries(group.get("options")))
    if "initial_option" in value and value["initial_option"] not in offered:
        report.add(f"{pointer}/initial_option", "equals none of the options exactly")
    for index, initial in enumerate(_entries(value.get("initial_options"))):
        if initial not in offered:
            report.add(f"{pointer}/initial_options/{index}", "equals none of the options exactly")


def _entries(value: object) -> list[object]:
    return value if isinstance(value, list) else []


# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON = typed(
    "button",
    {"text": text(75, plain=True)},
    {
        "action_id": IDENTIFIER,
        "url": URL,
        "value": string(2000, 1),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75, 1),
    },
)

# https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
OVERFLOW = typed(
    "overflow",
    {"options": array(option(url=True), 1, 5, "option")},
    {"action_id": IDENTIFIER, "confirm": CONFIRM},
)

_MENU: dict[str, Rule] = {
    "action_id": IDENTIFIER,
    "confirm": CONFIRM,
    "focus_on_load": boolean,
    "placeholder": text(150, plain=True),
}
_STATIC: dict[str, Rule] = {"options": OPTIONS, "option_groups": OPTION_GROUPS, **_MENU}
_MULTI: dict[str, Rule] = {"max_selected_items": integer(1, 10_000)}
_CONVERSATIONS: dict[str, Rule] = {
    **_MENU,
    "default_to_current_conversation": boolean,
    "filter": record(
        {},
        {
            "include": array(choice("im", "mpim", "private", "public"), 1, 4),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        },
    ),
}
_STATIC_RULES = [exactly_one("options", "option_groups"), initial_is_an_option]

# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element and
# https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element
SELECTS: dict[str, Rule] = {
    "static_select": typed(
        "static_select", {}, {**_STATIC, "initial_option": anything}, _STATIC_RULES
    ),
    "multi_static_select": typed(
        "multi_static_select",
        {},
        {**_STATIC, **_MULTI, "initial_options": array(anything, 1, 100)},
        _STATIC_RULES,
    ),
    "external_select": typed(
        "external_select",
        {},
        {**_MENU, "min_query_length": integer(0, 1000), "initial_option": option()},
    ),
    "multi_external_select": typed(
        "multi_external_select",
        {},
        {
            **_MENU,
            **_MULTI,
            "min_query_length": integer(0, 1000),
            "initial_options": array(option(), 1, 100, "option"),
        },
    ),
    "users_select": typed("users_select", {}, {**_MENU, "initial_user": IDENTIFIER}),
    "multi_users_select": typed(
        "multi_users_select",
        {},
        {**_MENU, **_MULTI, "initial_users": array(IDENTIFIER, 1, 1000)},
    ),
    "conversations_select": typed(
        "conversations_select",
        {},
        {
            **_CONVERSATIONS,
            "initial_conversation": IDENTIFIER,
            "response_url_enabled": boolean,
        },
    ),
    "multi_conversations_select": typed(
        "multi_conversations_select",
        {},
        {
            **_CONVERSATIONS,
            **_MULTI,
            "initial_conversations": array(IDENTIFIER, 1, 1000),
        },
    ),
    "multi_channels_select": typed(
        "multi_channels_select",
        {},
        {**_MENU, **_MULTI, "initial_channels": array(IDENTIFIER, 1, 1000)},
    ),
    "channels_select": typed(
        "channels_select",
        {},
        {**_MENU, "initial_channel": IDENTIFIER, "response_url_enabled": boolean},
    ),
}

# https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element and
# https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element
_TICKS: dict[str, Rule] = {
    "action_id": IDENTIFIER,
    "confirm": CONFIRM,
    "focus_on_load": boolean,
}
CHECKBOXES = typed(
    "checkboxes",
    {"options": array(option(plain=False), 1, 10, "option")},
    {**_TICKS, "initial_options": array(anything, 1, 10)},
    [initial_is_an_option],
)
RADIO_BUTTONS = typed(
    "radio_buttons",
    {"options": array(option(plain=False), 1, 10, "option")},
    {**_TICKS, "initial_option": anything},
    [initial_is_an_option],
)

# https://docs.slack.dev/reference/block-kit/block-elements/date-picker-element and its kin
PICKERS: dict[str, Rule] = {
    "datepicker": typed("datepicker", {}, {**_MENU, "initial_date": string(10, 1)}),
    "timepicker": typed(
        "timepicker", {}, {**_MENU, "initial_time": string(5, 1), "timezone": string(255, 1)}
    ),
    "datetimepicker": typed(
        "datetimepicker", {}, {**_TICKS, "initial_date_time": integer(10**9, 10**10 - 1)}
    ),
}

INTERACTIVE: dict[str, Rule] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
    **SELECTS,
    **PICKERS,
}
# The pages of the multi-select menus name sections and inputs as their only blocks, and the page
# of the date-and-time picker actions and inputs.
IN_ACTIONS = {name: rule for name, rule in INTERACTIVE.items() if not name.startswith("multi_")}
IN_SECTIONS = {name: rule for name, rule in INTERACTIVE.items() if name != "datetimepicker"}

_DISPATCH = record(
    {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), 1, 2)}
)
_TYPED_IN: dict[str, Rule] = {
    "action_id": IDENTIFIER,
    "focus_on_load": boolean,
    "placeholder": text(150, plain=True),
    "dispatch_action_config": _DISPATCH,
}

# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element and its kin
INPUTS: dict[str, Rule] = {
    "plain_text_input": typed(
        "plain_text_input",
        {},
        {
            **_TYPED_IN,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "number_input": typed(
        "number_input",
        {"is_decimal_allowed": boolean},
        {
            **_TYPED_IN,
            "initial_value": string(255),
            "min_value": string(255, 1),
            "max_value": string(255, 1),
        },
    ),
    # https://docs.slack.dev/reference/block-kit/block-elements/file-input-element
    "file_input": typed(
        "file_input",
        {},
        {
            "action_id": IDENTIFIER,
            "filetypes": array(string(255, 1), 1, 100),
            "max_files": integer(1, 10),
        },
    ),
    "email_text_input": typed("email_text_input", {}, {**_TYPED_IN, "initial_value": string(3000)}),
    "url_text_input": typed("url_text_input", {}, {**_TYPED_IN, "initial_value": string(3000)}),
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
    **SELECTS,
    **PICKERS,
}

_STYLE = record(
    {},
    dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), boolean),
)
_INLINE: dict[str, Rule] = {
    "text": typed("text", {"text": string(12_000, 1)}, {"style": _STYLE}),
    "link": typed(
        "link",
        {"url": URL},
        {"text": string(3000, 1), "unsafe": boolean, "style": _STYLE},
    ),
    "emoji": typed(
        "emoji",
        {"name": string(255, 1)},
        {"unicode": string(255, 1), "skin_tone": number, "style": _STYLE},
    ),
    "user": typed("user", {"user_id": IDENTIFIER}, {"style": _STYLE}),
    "usergroup": typed("usergroup", {"usergroup_id": IDENTIFIER}, {"style": _STYLE}),
    "team": typed("team", {"team_id": IDENTIFIER}, {"style": _STYLE}),
    "channel": typed("channel", {"channel_id": IDENTIFIER}, {"style": _STYLE}),
    "broadcast": typed(
        "broadcast", {"range": choice("here", "channel", "everyone")}, {"style": _STYLE}
    ),
    "date": typed(
        "date",
        {"timestamp": number, "format": string(3000, 1)},
        {"url": URL, "fallback": string(3000, 1), "style": _STYLE},
    ),
    "color": typed("color", {"value": string(255, 1)}, {"style": _STYLE}),
}
_INLINES = array(by_type(_INLINE, "rich text element"), 0, 3000, "element")
_SECTION = typed("rich_text_section", {"elements": _INLINES})

# https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
RICH_TEXT_PARTS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": typed(
            "rich_text_list",
            {"style": choice("bullet", "ordered"), "elements": array(_SECTION, 1, 3000)},
            {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
        ),
        "rich_text_preformatted": typed(
            "rich_text_preformatted",
            {"elements": _INLINES},
            {"border": integer(0, 1), "language": string(255, 1)},
        ),
        "rich_text_quote": typed(
            "rich_text_quote", {"elements": _INLINES}, {"border": integer(0, 1)}
        ),
    },
    "rich text part",
)
