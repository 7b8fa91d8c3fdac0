"""What the bot is sent when somebody uses an element, for every element there is.

See https://docs.slack.dev/reference/interaction-payloads/block_actions-payload, and the page of
each element under https://docs.slack.dev/reference/block-kit/block-elements/.
"""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.messages import Entered, Message
from deploy.local_slack.people import Json
from deploy.local_slack.state import Chosen
from tests.local_slack.conftest import Bot, Stage, input_block, modal, options, plain

AB = options("a", "b")
A, B = AB

# Element, what is chosen, what ``actions`` and ``state.values`` say of it.
CHOICES: list[tuple[Json, Chosen, Json]] = [
    ({"type": "static_select", "options": AB}, "b", {"selected_option": B}),
    (
        {"type": "static_select", "option_groups": [{"label": plain("g"), "options": AB}]},
        "a",
        {"selected_option": A},
    ),
    ({"type": "multi_static_select", "options": AB}, ["b", "a"], {"selected_options": [B, A]}),
    ({"type": "radio_buttons", "options": AB}, "a", {"selected_option": A}),
    ({"type": "checkboxes", "options": AB}, ["a", "b"], {"selected_options": AB}),
    ({"type": "checkboxes", "options": AB, "initial_options": [A]}, [], {"selected_options": []}),
    ({"type": "users_select"}, "U0BEN00001", {"selected_user": "U0BEN00001"}),
    ({"type": "multi_users_select"}, ["U0BEN00001"], {"selected_users": ["U0BEN00001"]}),
    ({"type": "channels_select"}, "C0GENERAL1", {"selected_channel": "C0GENERAL1"}),
    ({"type": "multi_channels_select"}, ["C0GENERAL1"], {"selected_channels": ["C0GENERAL1"]}),
    ({"type": "conversations_select"}, "C0PLANNING", {"selected_conversation": "C0PLANNING"}),
    (
        {"type": "multi_conversations_select"},
        ["C0PLANNING"],
        {"selected_conversations": ["C0PLANNING"]},
    ),
    ({"type": "datepicker"}, "2026-11-24", {"selected_date": "2026-11-24"}),
    ({"type": "timepicker"}, "09:00", {"selected_time": "09:00"}),
]
STATELESS: list[tuple[Json, Chosen, Json]] = [
    (
        {"type": "button", "text": plain("Go"), "value": "42", "style": "primary"},
        None,
        {"text": plain("Go"), "value": "42", "style": "primary"},
    ),
    ({"type": "overflow", "options": AB}, "b", {"selected_option": B}),
]


def names(rows: list[tuple[Json, Chosen, Json]]) -> list[str]:
    """Name the cases after their elements."""
    return [f"{row[0]['type']} {row[1]}" for row in rows]


def section(element: Json) -> Json:
    """Put an element beside a text."""
    accessory = {"action_id": "pick", **element}
    return {"type": "section", "block_id": "row", "text": plain("x"), "accessory": accessory}


async def posted(slack: LocalSlack, client: AsyncWebClient, *blocks: Json) -> Message:
    """Post a message with blocks."""
    answer = await client.chat_postMessage(channel="C0PLANNING", text="x", blocks=blocks)
    return slack.workspace.find("C0PLANNING", answer["ts"])


async def sent_by(slack: LocalSlack, client: AsyncWebClient, element: Json, chosen: Chosen) -> Json:
    """Use an element of a message, and return what the bot is sent."""
    message = await posted(slack, client, section(element))
    payload = (await slack.click(message, "pick", user="ada", chosen=chosen)).payload
    assert payload["message"]["ts"] == message.ts
    assert slack.violations == []
    return payload


@pytest.mark.parametrize(("element", "chosen", "sent"), CHOICES, ids=names(CHOICES))
async def test_a_choice_in_a_message_is_sent_and_kept(
    slack: LocalSlack, client: AsyncWebClient, element: Json, chosen: Chosen, sent: Json
) -> None:
    payload = await sent_by(slack, client, element, chosen)
    (action,) = payload["actions"]
    assert {name: action[name] for name in sent} == sent
    assert (action["block_id"], action["type"]) == ("row", element["type"])
    assert payload["state"]["values"] == {"row": {"pick": {"type": element["type"], **sent}}}
    assert payload["container"]["type"] == "message"
    assert payload["response_url"]
    assert payload["trigger_id"]


@pytest.mark.parametrize(("element", "chosen", "sent"), STATELESS, ids=names(STATELESS))
async def test_buttons_and_overflow_menus_keep_nothing(
    slack: LocalSlack, client: AsyncWebClient, element: Json, chosen: Chosen, sent: Json
) -> None:
    payload = await sent_by(slack, client, element, chosen)
    assert sent.items() <= payload["actions"][0].items()
    assert payload["state"]["values"] == {}


@pytest.mark.parametrize(
    "element",
    [
        {"type": "button", "text": plain("Go"), "value": "1"},
        {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "value": "1"},
        {
            "type": "feedback_buttons",
            "positive_button": {"text": plain("Good"), "value": "1"},
            "negative_button": {"text": plain("Bad"), "value": "0"},
        },
    ],
    ids=lambda element: element["type"],
)
async def test_buttons_in_cards_containers_and_context_actions_reach_the_bot(
    slack: LocalSlack, client: AsyncWebClient, element: Json
) -> None:
    """See https://docs.slack.dev/reference/block-kit/blocks/container-block and its kin."""
    named = {"action_id": "pick", **element}
    blocks: list[Json] = [{"type": "context_actions", "elements": [named]}]
    if element["type"] == "button":
        card = {"type": "card", "title": plain("c"), "actions": [named]}
        blocks = [{"type": "container", "title": plain("t"), "child_blocks": [card]}]
    message = await posted(slack, client, *blocks)
    payload = (await slack.click(message, "pick", user="ada", chosen="1")).payload
    assert payload["actions"][0]["value"] == "1"


async def test_what_one_person_chose_is_not_what_another_sees(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    message = await posted(slack, client, section(CHOICES[0][0]))
    await slack.click(message, "pick", user="ada", chosen="b")
    payload = (await slack.click(message, "pick", user="ben", chosen="a")).payload
    assert payload["state"]["values"]["row"]["pick"]["selected_option"] == A


async def test_initial_values_are_state_before_anybody_chose(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    first = {"type": "static_select", "options": AB, "initial_option": A, "action_id": "menu"}
    button = {"type": "button", "text": plain("Go"), "action_id": "go"}
    block = {"type": "actions", "block_id": "row", "elements": [first, button]}
    message = await posted(slack, client, block)
    payload = (await slack.click(message, "go", user="ada")).payload
    assert payload["state"]["values"]["row"]["menu"]["selected_option"] == A


async def test_a_choice_outlives_an_update_while_the_element_offers_it(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    message = await posted(slack, client, section(CHOICES[0][0]))
    await slack.click(message, "pick", user="ada", chosen="b")

    async def update(*offered: str) -> Entered:
        block = section({"type": "static_select", "options": options(*offered)})
        await client.chat_update(channel="C0PLANNING", ts=message.ts, text="y", blocks=[block])
        held = slack.workspace.find("C0PLANNING", message.ts)
        payload: Json = (await slack.click(held, "pick", user="ben", chosen=offered[0])).payload
        assert payload["message"]["text"] == "y"
        return held.entered_by("U0ADA00001")

    assert ("row", "pick") in await update("a", "b")
    assert await update("a", "c") == {}


async def test_an_option_that_is_not_offered_cannot_be_chosen(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    message = await posted(slack, client, section(CHOICES[0][0]))
    with pytest.raises(KeyError, match="no option 'z'"):
        await slack.click(message, "pick", user="ada", chosen="z")


async def test_an_attachments_button_reaches_the_bot(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    element = {"type": "button", "text": plain("Go"), "action_id": "go"}
    attachment = {"blocks": [{"type": "actions", "elements": [element]}]}
    answer = await client.chat_postMessage(channel="C0PLANNING", text="x", attachments=[attachment])
    message = slack.workspace.find("C0PLANNING", answer["ts"])
    assert (await slack.click(message, "go", user="ada")).status == 200


EXTERNAL: Json = {"type": "external_select", "min_query_length": 2}


async def test_an_external_menu_asks_the_bot_while_somebody_types(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload."""
    message = await posted(slack, client, section(EXTERNAL))
    assert (await slack.suggest(message, "pick", "f", user="ada")).options == []
    assert bot.received == []
    bot.will_answer({"options": options("fr", "fi")})
    found = await slack.suggest(message, "pick", "fr", user="ada")
    assert [entry["value"] for entry in found.options] == ["fr", "fi"]
    (asked,) = bot.received
    assert (asked["type"], asked["value"]) == ("block_suggestion", "fr")
    assert (asked["action_id"], asked["block_id"]) == ("pick", "row")
    assert asked["container"]["message_ts"] == message.ts
    outcome = await slack.click(message, "pick", user="ada", chosen="fi")
    assert outcome.payload["actions"][0]["selected_option"]["value"] == "fi"


async def test_three_characters_are_the_least_unless_the_menu_says_less(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element."""
    message = await posted(slack, client, section({"type": "external_select"}))
    await slack.suggest(message, "pick", "ab", user="ada")
    assert bot.received == []
    await slack.suggest(message, "pick", "abc", user="ada")
    assert len(bot.received) == 1


async def test_grouped_suggestions_can_be_chosen_in_a_modal(slack: LocalSlack, bot: Bot) -> None:
    element = {"type": "multi_external_select", "min_query_length": 0}
    view = slack.workspace.views.open("U0ADA00001", modal(input_block("place", element)))
    group = {"label": plain("Europe"), "options": options("fr", "de")}
    bot.will_answer({"option_groups": [group]})
    found = await slack.suggest(view, "value", "", user="ada")
    assert found.groups == [group]
    assert bot.received[0]["view"]["id"] == view.id
    assert await slack.enter(view, "value", ["de"], user="ada") is None
    assert view.values()["place"]["value"]["selected_options"] == options("de")


@pytest.mark.parametrize(
    "answer",
    [
        {"options": options(*map(str, range(101)))},
        {"options": [{"text": "x", "value": "x"}]},
        {},
    ],
)
async def test_bad_suggestions_are_violations(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient, answer: Json
) -> None:
    """See https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload."""
    message = await posted(slack, client, section(EXTERNAL))
    bot.will_answer(answer)
    found = await slack.suggest(message, "pick", "fr", user="ada")
    assert (found.error, found.options) == ("invalid_options", [])
    assert slack.violations


async def test_without_an_options_load_url_the_menu_stays_empty(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/app-manifest: ``message_menu_options_url``."""
    slack = await stage.with_handler(bot.answer, manifest={})
    view = slack.workspace.views.open("U0ADA00001", modal(input_block("place", EXTERNAL)))
    assert (await slack.suggest(view, "value", "fr", user="ada")).error == "no_options_load_url"
    assert bot.received == []


TYPED: list[tuple[Json, str]] = [
    ({"type": "plain_text_input"}, "64 H100"),
    ({"type": "number_input", "is_decimal_allowed": True}, "1.5"),
    ({"type": "email_text_input"}, "ada@example.org"),
    ({"type": "url_text_input"}, "https://example.org"),
]


@pytest.mark.parametrize(("element", "text"), TYPED, ids=[element["type"] for element, _ in TYPED])
async def test_typing_is_told_when_the_input_asks_for_it(
    slack: LocalSlack, bot: Bot, element: Json, text: str
) -> None:
    """See https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object."""
    each = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    blocks = [
        input_block("silent", element),
        input_block("enter", element, dispatch_action=True),
        input_block("each", {**element, **each}, dispatch_action=True),
    ]
    view = slack.workspace.views.open("U0ADA00001", modal(*blocks))

    async def told(block: str, trigger: str) -> bool:
        before = len(bot.received)
        await slack.enter(view, (block, "value"), text, user="ada", trigger=trigger)
        return len(bot.received) > before

    pressed, character = "on_enter_pressed", "on_character_entered"
    assert [await told("silent", pressed), await told("silent", character)] == [False, False]
    assert [await told("enter", pressed), await told("enter", character)] == [True, False]
    assert [await told("each", pressed), await told("each", character)] == [False, True]
    payload = bot.received[-1]
    assert payload["actions"][0]["value"] == text
    assert payload["container"] == {"type": "view", "view_id": view.id}
    assert payload["view"]["state"]["values"]["silent"]["value"]["value"] == text
    assert "response_url" not in payload


async def test_the_home_tab_sends_its_actions_with_the_view(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/surfaces/app-home."""
    home = {"type": "home", "blocks": [section(CHOICES[0][0])]}
    await client.views_publish(user_id="U0ADA00001", view=home)
    view = slack.home("ada")
    assert view is not None
    await slack.click(view, "pick", user="ada", chosen="b")
    assert bot.received[0]["view"]["type"] == "home"
    assert bot.received[0]["view"]["state"]["values"]["row"]["pick"]["selected_option"] == B
    with pytest.raises(KeyError, match="does not see"):
        await slack.click(view, "pick", user="ben", chosen="b")


async def test_a_menu_may_start_with_the_conversation_it_was_opened_in(
    slack: LocalSlack, bot: Bot, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element."""
    outcome = await slack.command(user="ada", channel="general", text="/carbon settings")
    element: Any = {"type": "conversations_select", "default_to_current_conversation": True}
    enabled = {**element, "response_url_enabled": True}
    view = modal(input_block("where", enabled))
    await client.views_open(trigger_id=outcome.payload["trigger_id"], view=view)
    await slack.submit_view(await slack.opened_view("ada"), user="ada")
    (entry,) = bot.received[-1]["response_urls"]
    assert entry["channel_id"] == "C0GENERAL1"
    assert entry["response_url"].startswith(slack.url)
