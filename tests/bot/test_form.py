"""The form: filled in, previewed while it is edited, and answered where it was opened from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.blocks import controls
from bot.commands import form
from bot.commands.estimate import estimated
from bot.commands.form import Fields
from bot.commands.found import READ, find_run
from bot.language import parse, to_text
from bot.language.normalise import MAX_LENGTH
from bot.slack.form import ESTIMATE_THIS, NEW
from bot.views.form import CHANNEL
from deploy.local_slack.messages import Message
from deploy.local_slack.server import LocalSlack
from deploy.local_slack.views import View
from estimator import TrainingRun, load_default
from tests.bot.conftest import Stage, stage
from tests.bot.language.strategies import any_runs
from tests.bot.people import ASKER

CATALOGUE = load_default()


def shown(view: View) -> str:
    return str(view.content["blocks"])


async def answered(scene: Stage, text: str, user: str = "ada") -> Message:
    outcome = await scene.slack.command(user=user, channel="general", text=f"/carbon {text}")
    assert outcome.message
    return outcome.message


async def type_in(slack: LocalSlack, view: View, field: str, text: str, user: str = "ada") -> None:
    await slack.enter(view, f"carbon_form_{field}", text, user=user, trigger="on_character_entered")


@pytest.mark.parametrize(
    "command",
    [
        "8 H100 for 2 weeks in eu-west-1 at 60% pue 1.1",
        "10 GPU, 20 TPU for 3 days",
        "70B params 15T tokens mfu 0.4 on 512 H100 in France",
        "1.7M A100-hours on 384 A100 in France overhead 50%",
        "433 MWh in France year 2022",
        "8 A100 for 30 days duty 20% storage 100 TB transfer 3 TB",
        "10 GPU, 20 TPU factors article",
        "4 p5.48xlarge for 36h",
    ],
)
def test_a_run_comes_out_of_the_form_as_it_went_in(command: str) -> None:
    run = parse(command, CATALOGUE).run
    again = parse(form.command_of(form.fields_of(run)), CATALOGUE).run
    assert to_text(again) == to_text(run)


@given(run=any_runs)
@settings(deadline=None)
def test_any_run_comes_out_of_the_form_as_it_went_in(run: TrainingRun) -> None:
    fields = form.fields_of(run)
    # Longer ones than the language reads are refused wherever they are typed.
    assume(len(form.command_of(fields)) <= MAX_LENGTH)
    assert form.mistakes(fields, ASKER) == {}
    assert parse(form.command_of(fields), CATALOGUE).run == parse(to_text(run), CATALOGUE).run


@given(
    quantity=st.integers(1, 10_000),
    device=st.sampled_from(["H100", "A100-SXM4-80GB", "GPU", "TPU-v4", "p5.48xlarge"]),
    days=st.integers(1, 300),
    place=st.sampled_from(["", "France", "eu-west-1", "New York", "cn-north-1"]),
    utilisation=st.sampled_from(["", "60%", "33.5%"]),
    pue=st.sampled_from(["", "1.1", "1.58"]),
)
@settings(deadline=None)
def test_any_fields_make_a_command_that_gives_them_back(  # noqa: PLR0917 - the fields of the form
    quantity: int, device: str, days: int, place: str, utilisation: str, pue: str
) -> None:
    fields = Fields(
        device=device,
        quantity=str(quantity),
        duration=f"{days} days",
        place=place,
        utilisation=utilisation,
        pue=pue,
        more="overhead 50%",
    )
    assert form.mistakes(fields, ASKER) == {}
    run = parse(form.command_of(fields), CATALOGUE).run
    back = form.fields_of(run)
    assert (back.device, back.quantity, back.place) == (device, str(quantity), place)
    assert (back.utilisation, back.pue, back.more) == (utilisation, pue, "overhead 50%")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (Fields(), form.DEVICE),
        (Fields(device="H100"), form.QUANTITY),
        (Fields(device="H100", quantity="8", duration="2 fortnights"), form.DURATION),
        (Fields(device="H100", quantity="8", place="Frence"), form.PLACE),
        (Fields(device="H100", quantity="8", utilisation="300%"), form.UTILISATION),
        (Fields(device="H100", quantity="8", pue="0.5"), form.PUE),
        (Fields(device="H100", work="70B"), form.WORK),
        (Fields(device="H100", quantity="8", second_device="TPU"), form.SECOND_QUANTITY),
        (Fields(device="H100", quantity="8", second_quantity="2"), form.SECOND_DEVICE),
        (
            Fields(device="H100", quantity="8", second_device="Abacus", second_quantity="2"),
            form.SECOND_DEVICE,
        ),
        (Fields(device="H100", quantity="8", more="gibberish"), form.MORE),
    ],
)
def test_a_mistake_is_told_at_its_field(fields: Fields, wrong: str) -> None:
    assert [*form.mistakes(fields, ASKER)] == [wrong]


def test_a_mistake_says_what_would_be_right_in_its_field() -> None:
    fields = Fields(device="H100", quantity="8", duration="2 fortnights", place="Frence")
    told = {name: str(why) for name, why in form.mistakes(fields, ASKER).items()}
    assert told == {
        form.DURATION: "“2 fortnights” has no unit of time. For example: 2h",
        form.PLACE: "There is no place “Frence”. Did you mean France?",
    }


async def test_new_opens_an_empty_form_whose_answer_comes_to_the_channel(scene: Stage) -> None:
    slack = scene.slack
    await slack.command(user="ada", channel="general", text="/carbon new")
    view = await slack.opened_view("ada")
    await slack.enter(view, "carbon_form_quantity", "8", user="ada")
    found = await slack.suggest(view, "carbon_form_device", "h100", user="ada")
    assert found.options
    await slack.enter(view, "carbon_form_device", "H100-SXM5-80GB", user="ada")
    await type_in(slack, view, "duration", "2 weeks")
    await scene.settle()
    assert "kWh" in shown(slack.views("ada")[-1]) or "MWh" in shown(slack.views("ada")[-1])

    outcome = await slack.submit_view(slack.views("ada")[-1], user="ada")
    await scene.settle()

    assert outcome.errors == {}
    assert slack.views("ada") == []
    (message,) = slack.visible_messages("ada", "general")
    assert message.text.startswith("/carbon 8 H100-SXM5-80GB for 2 weeks: Total")
    assert message.visible_to is not None


async def test_a_mistake_is_shown_while_typing_and_refused_on_submission(scene: Stage) -> None:
    slack = scene.slack
    await slack.command(user="ada", channel="general", text="/carbon new 8 H100")
    view = await slack.opened_view("ada")
    await type_in(slack, view, "duration", "2 fortnights")
    await scene.settle()
    view = slack.views("ada")[-1]
    assert ":warning:" in shown(view)

    outcome = await slack.submit_view(view, user="ada")

    assert [*outcome.errors] == ["duration"]
    assert slack.views("ada") != []
    await type_in(slack, slack.views("ada")[-1], "duration", "2 weeks")
    await scene.settle()
    assert ":warning:" not in shown(slack.views("ada")[-1])
    assert (await slack.submit_view(slack.views("ada")[-1], user="ada")).errors == {}


async def test_edit_opens_the_form_filled_in_and_replaces_the_answer(scene: Stage) -> None:
    slack = scene.slack
    message = await answered(scene, "8 H100 for 3 days in Germany overhead 50%")
    await slack.click(message, controls.EDIT, user="ada")
    view = await slack.opened_view("ada")
    assert "3 days" in shown(view)
    assert "overhead 50%" in shown(view)
    await type_in(slack, view, "duration", "5 days")
    await scene.settle()

    await slack.submit_view(slack.views("ada")[-1], user="ada")
    await scene.settle()

    (after,) = slack.visible_messages("ada", "general")
    assert after.ts == message.ts
    assert after.text.startswith("/carbon 8 H100 for 5 days in Germany overhead 50%")


async def test_compare_asks_for_the_other_run_and_can_be_shown(scene: Stage) -> None:
    slack = scene.slack
    message = await answered(scene, "8 H100 for 3 days in Germany")
    await slack.click(message, controls.COMPARE, user="ada")
    view = await slack.opened_view("ada")
    await slack.suggest(view, "carbon_form_place", "sweden", user="ada")
    await slack.enter(view, "carbon_form_place", "Sweden", user="ada")
    await scene.settle()
    await slack.submit_view(slack.views("ada")[-1], user="ada")
    await scene.settle()

    compared = slack.visible_messages("ada", "general")[-1]
    assert "compare 8 H100 for 3 days in Germany vs 8 H100 for 3 days in Sweden" in compared.text
    await slack.click(compared, controls.SHARE_COMPARISON, user="ada")
    await scene.settle()
    shown_to_ben = slack.visible_messages("ben", "general")[-1]
    assert "compare" in shown_to_ben.text
    assert "Shown by" in str(shown_to_ben.all_blocks)
    assert controls.SHARE_COMPARISON not in str(shown_to_ben.all_blocks)


async def test_a_shortcut_without_a_channel_answers_in_the_form_and_can_be_shown(
    scene: Stage,
) -> None:
    slack = scene.slack
    await slack.shortcut(NEW, user="ada")
    view = await slack.opened_view("ada")
    await type_in(slack, view, "more", "8 H100 in France")
    await scene.settle()
    await slack.submit_view(slack.views("ada")[-1], user="ada")
    view = slack.views("ada")[-1]
    assert "kg CO2e" in shown(view)

    general = slack.workspace.channel("general").id
    await slack.enter(view, CHANNEL, general, user="ada")
    await slack.submit_view(view, user="ada")
    await scene.settle()
    assert "8 H100 in France" in slack.visible_messages("ben", "general")[-1].text


async def test_the_run_in_a_message_is_estimated_for_who_asked(scene: Stage) -> None:
    slack = scene.slack
    said = slack.say(
        user="ben", channel="ml-planning", text="Let's take 64 H100 for 2 weeks in eu-west-1, ok?"
    )
    await slack.shortcut(ESTIMATE_THIS, user="ada", message=said)
    await scene.settle()
    seen = slack.visible_messages("ada", "ml-planning")
    assert seen[-1].text.startswith("/carbon 64 H100 for 2 weeks in eu-west-1:")
    assert len(slack.visible_messages("ben", "ml-planning")) == 1


async def test_a_message_without_a_run_opens_the_form(scene: Stage) -> None:
    slack = scene.slack
    said = slack.say(user="ben", channel="ml-planning", text="Lunch?")
    await slack.shortcut(ESTIMATE_THIS, user="ada", message=said)
    assert "No run was found" in shown(await slack.opened_view("ada"))


async def test_the_form_is_chinese_for_who_reads_chinese(scene: Stage) -> None:
    slack = scene.slack
    await slack.command(user="chen", channel="general", text="/carbon new")
    view = await slack.opened_view("chen")
    assert view.content["title"]["text"] == "估算一次训练"
    await type_in(slack, view, "more", "10块GPU 训练3天 在法国", user="chen")
    await scene.settle()
    assert "总计" in shown(slack.views("chen")[-1])


async def test_buttons_of_an_answer_work_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as first:
        message = await answered(first, "8 H100 for 3 days in Germany")
        buttons = message.all_blocks
    async with stage(database_url=url) as second:
        again = await answered(second, "4 A100")
        again.blocks = buttons
        await second.slack.click(again, controls.EDIT, user="ada")
        assert "Germany" in shown(await second.slack.opened_view("ada"))


@pytest.mark.parametrize(
    ("message", "command"),
    [
        (
            "Let's train on 64 H100 for 2 weeks in eu-west-1, thoughts?",
            "64 H100 for 2 weeks in eu-west-1",
        ),
        ("Plan: 8xA100-80GB 36h at 60%. Then lunch.", "8xA100-80GB 36h at 60%"),
        ("我们打算用 64张H100 训练两周。好吗？", "64张H100 训练两周"),
        ("the budget is like BLOOM I guess", "like BLOOM"),
        ("12 people came to lunch at 13:00", None),
        ("", None),
    ],
)
def test_the_run_is_found_in_what_people_write(message: str, command: str | None) -> None:
    assert find_run(message, ASKER) == command


@pytest.mark.parametrize(
    ("message", "command"),
    [
        (
            "In 2024 it took 3 of us 5 days. Perhaps 64 RTX 4090 for 2 weeks?",
            "64 RTX 4090 for 2 weeks",
        ),
        ("- 8 H100 for 2 weeks\n- lunch for 12", "8 H100 for 2 weeks"),
        ("the old one took 433 MWh in France, they say", "433 MWh in France"),
        (
            "70B params 15T tokens on 512 H100 in Sweden. OK?",
            "70B params 15T tokens on 512 H100 in ",
        ),
        ("下周：8块H100 训练3天 在法国！", "8块H100 训练3天 在法国"),
        ("我觉得下周用8块H100训练3天，在法国，行吗？", "8块H100训练3天，在法国"),
        ("咱们用64张H100训练两周吧", "64张H100训练两周"),
    ],
)
def test_runs_without_a_device_and_names_of_two_words_are_found(
    message: str, command: str | None
) -> None:
    found = find_run(message, ASKER)
    assert found == command or (command and found and found.startswith(command))


def test_the_run_in_a_command_with_other_words_is_what_is_suggested() -> None:
    command = "our team will use 8 A100 for 3 days in Frankfurt next month"
    answer = estimated(command, ASKER)
    assert answer.run is None
    assert "Try: /carbon 8 A100 for 3 days in Frankfurt" in answer.message.text


def test_a_run_at_the_end_of_the_longest_message_is_found() -> None:
    talk = "12 of us met at 13:00 and 8 left. " * 1170
    said = f"{talk}Let's use 64 H100 for 2 weeks in France"
    assert 39_000 < len(said) < READ
    assert find_run(said, ASKER) == "64 H100 for 2 weeks in France"


@pytest.mark.parametrize(
    "piece", ["1 2 3 4 5 ", "8 H100 x 9 H100. ", "十块 三天。", "1 like 2 TPU "]
)
def test_the_longest_message_is_searched_in_bounded_work(piece: str) -> None:
    find_run(piece * (READ // len(piece)), ASKER)
