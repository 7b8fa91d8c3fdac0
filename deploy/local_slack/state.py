"""What people chose or typed in the elements of a message, a modal or the Home tab.

The shapes are those of ``state.values`` and of ``actions`` under
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload and
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
"""

from collections.abc import Iterable, Mapping

from deploy.local_slack.messages import Entered, interactive_elements
from deploy.local_slack.people import Json

Chosen = str | list[str] | None
"""What a person picks: the value of an option, an id, a date, a text, or a list of those."""

TEXTS = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})

# Per element type, the property that holds what was chosen.
PROPERTY: dict[str, str] = {
    **dict.fromkeys(TEXTS, "value"),
    **dict.fromkeys(("static_select", "external_select", "radio_buttons"), "selected_option"),
    **dict.fromkeys(
        ("multi_static_select", "multi_external_select", "checkboxes"), "selected_options"
    ),
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
_SEVERAL = frozenset(name for name in PROPERTY.values() if name.endswith("s"))


def keeps_state(element: Mapping[str, object]) -> bool:
    """Whether an element holds a value: buttons and overflow menus do not."""
    return element.get("type") in PROPERTY


def options_of(element: Mapping[str, object]) -> list[Json]:
    """Return the options that an element itself offers, those of groups included."""
    found: list[Json] = []
    for name in ("options", "initial_options"):
        offered = element.get(name)
        if isinstance(offered, list):
            found.extend(offered)
    groups = element.get("option_groups")
    for group in groups if isinstance(groups, list) else []:
        found.extend(group["options"])
    initial = element.get("initial_option")
    return [*found, initial] if isinstance(initial, dict) else found


def choose(element: Json, chosen: Chosen, offered: Iterable[Json] = ()) -> Json:
    """Return the property and value that stand for a choice.

    Args:
        element: The element in which something is chosen.
        chosen: What; None or an empty list for nothing.
        offered: Options that the app offered for the element when it was asked.

    Raises:
        KeyError: The element does not offer that.
    """
    kind = element["type"]
    name = "selected_option" if kind == "overflow" else PROPERTY[kind]
    several = name in _SEVERAL
    values = chosen if isinstance(chosen, list) else [chosen] if chosen not in {None, ""} else []
    if name in {"selected_option", "selected_options"}:
        known = [*options_of(element), *offered]
        picked: list[object] = [_option(known, value, element) for value in values]
    elif name == "selected_date_time":
        picked = [int(str(value)) for value in values]
    else:
        picked = list(values)
    if several:
        return {name: picked}
    return {name: picked[0] if picked else None}


def _option(known: Iterable[Json], value: str | None, element: Json) -> Json:
    for option in known:
        if option.get("value") == value:
            return dict(option)
    raise KeyError(f"no option {value!r} in {element.get('action_id')!r}")


def initial(element: Json, channel: str | None = None) -> Json:
    """Return the property and value that an element starts with."""
    name = PROPERTY[element["type"]]
    first = "initial_value" if name == "value" else name.replace("selected", "initial")
    if element.get("default_to_current_conversation") and channel is not None:
        start: object = [channel] if name in _SEVERAL else channel
    else:
        start = [] if name in _SEVERAL else None
    return {name: element.get(first, start)}


def values(blocks: list[Json], entered: Entered, channel: str | None = None) -> Json:
    """Return ``state.values``: by block id and action id, what every element holds now."""
    found: Json = {}
    for block, element in interactive_elements(blocks):
        if keeps_state(element):
            key = (block["block_id"], element["action_id"])
            held = entered.get(key) or initial(element, channel)
            more = {"timezone": element["timezone"]} if "timezone" in element else {}
            found.setdefault(key[0], {})[key[1]] = {"type": element["type"], **held, **more}
    return found


def retained(blocks: list[Json], entered: Entered) -> Entered:
    """Return what stays entered when the blocks of a surface are replaced by these.

    An input keeps its value where ``block_id``, ``action_id`` and type stay the same, and an
    option that is no longer offered is dropped. See https://docs.slack.dev/surfaces/modals.
    """
    kept: Entered = {}
    for block, element in interactive_elements(blocks):
        key = (block["block_id"], element["action_id"])
        if key in entered and keeps_state(element):
            name = PROPERTY[element["type"]]
            if name in entered[key] and _still_offered(element, entered[key][name]):
                kept[key] = entered[key]
    return kept


def _still_offered(element: Json, value: object) -> bool:
    if "external" in element["type"] or not isinstance(value, dict):
        return True
    return value.get("value") in [option.get("value") for option in options_of(element)]
