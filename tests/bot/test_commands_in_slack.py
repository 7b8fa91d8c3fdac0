"""Commands and clicks, through a real HTTP server with signed requests."""

from __future__ import annotations

import json

import pytest

from bot.blocks.controls import CUT, DISMISS, SHARE, SOURCES
from deploy.local_slack.server import LocalSlack
from estimator import load_default


async def test_the_articles_example_shows_its_totals(slack: LocalSlack) -> None:
    outcome = await slack.command(
        user="ada", channel="general", text="/carbon 10 GPU 20 TPU factors article"
    )

    assert outcome.status == 200
    assert outcome.message
    shown = json.dumps(outcome.message.blocks, ensure_ascii=False)
    for text in (shown, outcome.message.text):
        assert "50,000 t CO2e" in text
        assert "50,000 kWh" in text


async def test_a_sourced_answer_says_what_it_assumed(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 10 GPU 20 TPU")

    assert outcome.message
    for part in ("GPU is taken as", "TPU is taken as", "one day", "world's average"):
        assert part in outcome.message.text
    shown = json.dumps(outcome.message.blocks, ensure_ascii=False)
    for how in ("add `for 2 weeks`", "add `in France`", "add `at 60%`", "add `pue 1.1`"):
        assert how in shown


async def test_the_answer_needs_no_second_call_and_is_seen_by_the_asker_alone(
    slack: LocalSlack,
) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")

    assert outcome.message in slack.visible_messages("ada", "general")
    assert outcome.message not in slack.visible_messages("ben", "general")
    assert slack.calls("chat.postMessage") == slack.calls("response_url") == 0


async def test_public_answers_everybody_at_once(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100 public")

    assert outcome.message in slack.visible_messages("ben", "general")


async def test_a_click_shows_the_answer_to_the_channel(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100 in France")
    assert outcome.message

    clicked = await slack.click(outcome.message, SHARE, user="ada")
    await slack.wait_for(lambda: outcome.message not in slack.visible_messages("ada", "general"))

    seen = slack.visible_messages("ben", "general")
    assert clicked.status == 200
    assert len(seen) == 1
    assert "8 H100" in seen[0].text
    assert "Shown by <@U0ADA00001>" in json.dumps(seen[0].blocks)


async def test_sources_are_a_click_away_and_stay_private(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100 in France")
    assert outcome.message

    clicked = await slack.click(outcome.message, SOURCES, user="ada")
    answer = await slack.answer_to(clicked)

    shown = json.dumps(answer.blocks)
    assert "https://" in shown
    assert "grid.FR" in shown
    assert answer.visible_to == "U0ADA00001"
    assert outcome.message in slack.visible_messages("ada", "general")


async def test_a_public_answers_sources_are_shown_to_who_clicks(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100 public")
    assert outcome.message

    answer = await slack.answer_to(await slack.click(outcome.message, SOURCES, user="ben"))

    assert answer.visible_to == "U0BEN00001"


async def test_what_would_cut_it_is_a_click_away(slack: LocalSlack) -> None:
    outcome = await slack.command(
        user="ada", channel="general", text="/carbon 64 H100 for 2 weeks in Poland"
    )
    assert outcome.message

    await slack.click(outcome.message, CUT, user="ada")
    await slack.wait_for(lambda: len(slack.visible_messages("ada", "general")) > 1)

    answer = slack.visible_messages("ada", "general")[-1]
    assert answer.visible_to == slack.workspace.user("ada").id
    assert answer.text.startswith("What would cut /carbon 64 H100 for 2 weeks in Poland")


async def test_dismiss_removes_the_answer(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    assert outcome.message

    await slack.click(outcome.message, DISMISS, user="ada")
    await slack.wait_for(lambda: not slack.visible_messages("ada", "general"))


@pytest.mark.parametrize("text", ["/carbon", "/carbon help", "/carbon HELP"])
async def test_help_lists_every_subcommand(text: str, slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text=text)

    assert outcome.message
    for usage in ("/carbon devices [search]", "/carbon regions [search or run]", "10 GPU 20 TPU"):
        assert usage in outcome.message.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("devices", "H100"),
        ("devices tpu v4", "TPU-v4"),
        ("regions", "eu-north-1"),
        ("regions france", "eu-west-3"),
        ("regions oracle phoenix", "us-phoenix-1"),
        ("devices abacus", "No device matches"),
        ("regions Frnace", "Did you mean France"),
    ],
)
async def test_lists_and_searches(text: str, found: str, slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text=f"/carbon {text}")

    assert outcome.message
    assert found in outcome.message.text


async def test_a_mistake_is_shown_where_it_is_with_a_command_that_works(slack: LocalSlack) -> None:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 64 H10O for 2 weeks")

    assert outcome.message
    assert "H10O" in outcome.message.text
    better = outcome.message.text.partition("Try: ")[2]
    again = await slack.command(user="ada", channel="general", text=better)
    assert again.message
    assert "Energy" in again.message.text


async def test_what_somebody_typed_notifies_nobody(slack: LocalSlack) -> None:
    outcome = await slack.command(
        user="ada", channel="general", text="/carbon 8 <!channel> H100 *bold* `code` ```"
    )

    assert outcome.message
    assert "<!channel>" not in outcome.message.text
    for block in outcome.message.blocks:
        if block["type"] in {"section", "context"}:
            assert "<!channel>" not in json.dumps(block)


async def test_twenty_kinds_of_device_fit_into_one_message(slack: LocalSlack) -> None:
    models = list(load_default().accelerators)[:20]
    text = ", ".join(f"100000 {model}" for model in models)

    outcome = await slack.command(user="ada", channel="general", text=f"/carbon {text} in France")
    assert outcome.message
    clicked = await slack.click(outcome.message, SOURCES, user="ada")

    assert await slack.answer_to(clicked)
