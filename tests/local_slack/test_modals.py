"""Modals: their stack, their values, what a submission is answered with, and how they close.

See https://docs.slack.dev/surfaces/modals.
"""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.modals import REQUIRED
from deploy.local_slack.people import Json
from deploy.local_slack.views import View
from tests.local_slack.conftest import Bot, error_of, input_block, modal, options, plain

ADA = "U0ADA00001"
COUNT = input_block("count", {"type": "plain_text_input"})
GO = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "go", "text": plain("More")}],
}


def opened(slack: LocalSlack, *blocks: Json, **more: object) -> View:
    """Open a modal for Ada."""
    return slack.workspace.views.open(ADA, modal(*(blocks or (COUNT,)), **more))


async def trigger_in(slack: LocalSlack, view: View) -> str:
    """Click in a modal, and return the trigger that the bot gets."""
    found: str = (await slack.click(view, "go", user="ada")).payload["trigger_id"]
    return found


async def test_a_modal_is_described_as_slack_does(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/methods/views.open."""
    outcome = await slack.shortcut("new_run", user="ada")
    answer = await client.views_open(
        trigger_id=outcome.payload["trigger_id"],
        view=modal(COUNT, private_metadata="m", callback_id="run", external_id="e1"),
    )
    view = answer["view"]
    assert (view["private_metadata"], view["callback_id"], view["external_id"]) == (
        *("m", "run"),
        "e1",
    )
    assert view["root_view_id"] == view["id"]
    assert view["previous_view_id"] is None
    assert view["state"]["values"]["count"]["value"] == {
        "type": "plain_text_input",
        "value": None,
    }
    assert view["hash"]


async def test_an_update_with_an_old_hash_is_refused(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/surfaces/modals#handling_race_conditions."""
    view = opened(slack)
    old = view.hash
    await client.views_update(view_id=view.id, hash=old, view=modal(COUNT))
    update = client.views_update(view_id=view.id, hash=old, view=modal(COUNT))
    assert await error_of(update) == "hash_conflict"
    await client.views_update(view_id=view.id, view=modal(COUNT))
    assert await error_of(client.views_update(view_id="V0", view=modal())) == "not_found"


async def test_a_view_can_be_found_by_its_external_id(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/reference/methods/views.update."""
    view = opened(slack, external_id="run-1")
    await client.views_update(external_id="run-1", view=modal(title=plain("New")))
    assert view.content["title"]["text"] == "New"
    slack.workspace.views.open("U0BEN00001", modal(external_id="other"))
    taken = client.views_update(view_id=view.id, view=modal(external_id="other"))
    assert await error_of(taken) == "duplicate_external_id"


async def test_what_was_entered_outlives_an_update_where_the_names_stay(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    """See https://docs.slack.dev/surfaces/modals#updating_views."""
    menu = input_block("place", {"type": "static_select", "options": options("fr", "de")})
    view = opened(slack, COUNT, menu)
    await slack.enter(view, ("count", "value"), "10", user="ada")
    await slack.enter(view, ("place", "value"), "de", user="ada")
    renamed = {**menu, "block_id": "place2"}
    await client.views_update(view_id=view.id, view=modal(COUNT, renamed))
    values = view.values()
    assert values["count"]["value"]["value"] == "10"
    assert values["place2"]["value"]["selected_option"] is None
    new = input_block("place2", {"type": "static_select", "options": options("at")})
    await slack.enter(view, ("place2", "value"), "fr", user="ada")
    await client.views_update(view_id=view.id, view=modal(COUNT, new))
    assert view.values()["place2"]["value"]["selected_option"] is None


async def test_three_modals_are_the_most(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/views.push."""
    view = opened(slack, GO)
    second = await client.views_push(trigger_id=await trigger_in(slack, view), view=modal(GO))
    assert second["view"]["previous_view_id"] == view.id
    assert second["view"]["root_view_id"] == view.id
    top = slack.views("ada")[-1]
    await client.views_push(trigger_id=await trigger_in(slack, top), view=modal(GO))
    top = slack.views("ada")[-1]
    push = client.views_push(trigger_id=await trigger_in(slack, top), view=modal(GO))
    assert await error_of(push) == "push_limit_reached"


async def test_only_a_trigger_of_a_modal_pushes(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/views.push."""
    opened(slack)
    trigger = (await slack.shortcut("new_run", user="ada")).payload["trigger_id"]
    assert await error_of(client.views_push(trigger_id=trigger, view=modal())) == "not_found"


async def test_an_empty_answer_closes_the_modal(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals#close_current_view."""
    view = opened(slack)
    await slack.enter(view, "value", "10", user="ada")
    outcome = await slack.submit_view(view, user="ada")
    assert (outcome.status, outcome.error, slack.views("ada")) == (200, None, [])
    assert bot.received[0]["type"] == "view_submission"
    assert bot.received[0]["view"]["state"]["values"]["count"]["value"]["value"] == "10"
    assert bot.received[0]["trigger_id"]


async def test_errors_stay_with_their_fields(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals#displaying_errors."""
    view = opened(slack)
    await slack.enter(view, "value", "many", user="ada")
    bot.will_answer({"response_action": "errors", "errors": {"count": "Not a number"}})
    outcome = await slack.submit_view(view, user="ada")
    assert outcome.errors == view.errors == {"count": "Not a number"}
    assert slack.views("ada") == [view]


async def test_update_push_and_clear(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals#response_actions."""
    view = opened(slack, GO)
    bot.will_answer({"response_action": "update", "view": modal(GO, title=plain("Step 2"))})
    await slack.submit_view(view, user="ada")
    assert view.content["title"]["text"] == "Step 2"
    bot.will_answer({"response_action": "push", "view": modal(GO, title=plain("Step 3"))})
    await slack.submit_view(view, user="ada")
    assert [each.content["title"]["text"] for each in slack.views("ada")] == ["Step 2", "Step 3"]
    bot.will_answer({"response_action": "clear"})
    await slack.submit_view(slack.views("ada")[-1], user="ada")
    assert slack.views("ada") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"elsewhere": "wrong"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "push", "view": modal(title=plain("x" * 25))},
        {"response_action": "dance"},
    ],
)
async def test_an_answer_that_slack_cannot_use_is_an_error(
    slack: LocalSlack, bot: Bot, answer: Json
) -> None:
    """See https://docs.slack.dev/surfaces/modals#response_actions."""
    view = opened(slack, GO)
    bot.will_answer(answer)
    outcome = await slack.submit_view(view, user="ada")
    assert outcome.error
    assert slack.views("ada") == [view]


async def test_a_submission_that_fails_leaves_the_modal_open(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals."""
    view = opened(slack, GO)
    bot.will_fail(500)
    outcome = await slack.submit_view(view, user="ada")
    assert (outcome.status, outcome.error) == (500, "dispatch_failed")
    assert slack.views("ada") == [view]


NUMBER: Json = {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}


@pytest.mark.parametrize(
    ("element", "value", "wrong"),
    [
        ({"type": "plain_text_input"}, None, REQUIRED),
        ({"type": "plain_text_input", "min_length": 2}, "x", "at least 2 characters"),
        ({"type": "plain_text_input", "max_length": 2}, "xxx", "at most 2 characters"),
        (NUMBER, "1.5", "whole number"),
        (NUMBER, "0", "at least 1"),
        ({**NUMBER, "max_value": "9"}, "10", "at most 9"),
        ({"type": "number_input", "is_decimal_allowed": True}, "x", "a number"),
        ({"type": "email_text_input"}, "ada", "email"),
        ({"type": "url_text_input"}, "ada", "URL"),
        ({"type": "checkboxes", "options": options("a")}, None, REQUIRED),
        ({"type": "datepicker"}, None, REQUIRED),
    ],
)
async def test_slack_itself_refuses_what_is_missing_or_out_of_bounds(
    slack: LocalSlack, bot: Bot, element: Json, value: str | None, wrong: str
) -> None:
    """See https://docs.slack.dev/reference/block-kit/blocks/input-block."""
    view = opened(slack, input_block("f", element))
    if value:
        await slack.enter(view, "value", value, user="ada")
    outcome = await slack.submit_view(view, user="ada")
    assert wrong in outcome.errors["f"]
    assert bot.received == []


async def test_an_optional_input_may_stay_empty(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/block-kit/blocks/input-block."""
    view = opened(slack, {**COUNT, "optional": True})
    assert (await slack.submit_view(view, user="ada")).errors == {}
    assert len(bot.received) == 1


async def test_closing_is_told_where_the_view_asks_for_it(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals#modal_close."""
    await slack.close_view(opened(slack), user="ada")
    assert bot.received == []
    await slack.close_view(opened(slack, notify_on_close=True), user="ada")
    (closed,) = bot.received
    assert (closed["type"], closed["is_cleared"]) == ("view_closed", False)


async def test_closing_the_whole_stack_is_told_for_each_view(slack: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/surfaces/modals#modal_close."""
    below = opened(slack, notify_on_close=True)
    top = slack.workspace.views.push(below, modal(notify_on_close=True))
    await slack.close_view(top, user="ada", whole=True)
    assert [entry["view"]["id"] for entry in bot.received] == [top.id, below.id]
    assert all(entry["is_cleared"] for entry in bot.received)
    assert slack.views("ada") == []


async def test_closing_the_upper_view_leads_back_to_the_lower(slack: LocalSlack) -> None:
    """See https://docs.slack.dev/surfaces/modals."""
    below = opened(slack)
    top = slack.workspace.views.push(below, modal())
    await slack.close_view(top, user="ada")
    assert slack.views("ada") == [below]
    clearing = slack.workspace.views.push(below, modal(clear_on_close=True))
    await slack.close_view(clearing, user="ada")
    assert slack.views("ada") == []


async def test_a_view_that_is_too_large_says_so(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/views.open: ``view_too_large``."""
    trigger = (await slack.shortcut("new_run", user="ada")).payload["trigger_id"]
    block = {"type": "section", "text": plain("x" * 3000)}
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger, view=modal(*[block] * 90))
    assert caught.value.response["error"] == "view_too_large"
    long = modal(private_metadata="x" * 3001)
    assert await error_of(client.views_open(trigger_id=trigger, view=long)) == "invalid_arguments"


async def test_a_home_tab_keeps_its_id_and_guards_its_hash(client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/views.publish."""
    home: Json = {"type": "home", "blocks": []}
    first = await client.views_publish(user_id=ADA, view=home)
    second = await client.views_publish(user_id=ADA, view=home, hash=first["view"]["hash"])
    assert first["view"]["id"] == second["view"]["id"]
    late = client.views_publish(user_id=ADA, view=home, hash=first["view"]["hash"])
    assert await error_of(late) == "hash_conflict"
    wrong = client.views_publish(user_id=ADA, view=modal())
    assert await error_of(wrong) == "invalid_arguments"
