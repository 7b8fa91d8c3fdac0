"""What stands behind an answer: its working, what it is like, a paragraph and a record."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from bot.asker import Asker
from bot.blocks import controls
from bot.commands import estimate
from bot.commands.estimate import ask
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from estimator import figures, load_default
from estimator.record import record_from_json, rerun
from tests.bot.conftest import Stage
from tests.bot.people import ASKER, CHINESE_ASKER

RUNS = (
    "10 GPU 20 TPU",
    "10 GPU 20 TPU factors article",
    "64 H100 for 2 weeks in eu-west-1",
    "70B params 15T tokens on H100 in France",
    "like BLOOM",
    "433 MWh on 384 A100 in France",
    "4 p5.48xlarge for 3 days in us-east-1",
    "tpu v3-8 for 10 days",
    "1.7M A100-hours in Ireland overhead 50% storage 100 TB transfer 3 TB",
    "8 A100 for 30 days duty 20% in Germany",
    "8 H100, 16 A100, 32 V100 for 36h at 60% pue 1.3 in Poland",
    "8 RTX-4090 for 2 weeks in Japan",
)
CALCULATION = re.compile(
    r"([\d,.]+(?: [a-zA-Z²]+| %)?(?: [×÷+] [\d,.]+(?: [a-zA-Z²]+| %)?)+) = ([\d,.]+)"
)
TERM = re.compile(r"([×÷+])? ?([\d,.]*\d)( %)?")


def worked_out(left: str) -> float:
    """What a calculation gives, by the rules that everybody learnt: no sum stands in a product."""
    result = 0.0
    for sign, digits, percent in TERM.findall(left):
        value = float(digits.replace(",", "")) / (100 if percent else 1)
        match sign:
            case "×":
                result *= value
            case "÷":
                result /= value
            case "+":
                result += value
            case _:
                result = value
    return result


@pytest.mark.parametrize("command", RUNS)
@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER], ids=["en", "zh"])
def test_every_step_of_the_working_is_what_its_numbers_give(command: str, asker: object) -> None:
    message = estimate.working(command, asker)  # type: ignore[arg-type]
    shown = "\n".join(str(block.get("text", {}).get("text", "")) for block in message.blocks)
    steps = CALCULATION.findall(shown)
    assert len(steps) >= (1 if "MWh" in command else 3)
    for left, right in steps:
        assert math.isclose(worked_out(left), float(right.replace(",", "")), rel_tol=2e-4), left


@pytest.mark.parametrize("command", RUNS)
def test_what_a_step_is_given_stands_in_a_step_or_a_factor_above_or_below(command: str) -> None:
    _, result = ask(command, ASKER)
    message = estimate.working(command, ASKER)
    shown = "\n".join(str(block.get("text", {}).get("text", "")) for block in message.blocks)
    for line in result.devices:
        if result.conditions is not None and line.embodied_kgco2e.value:
            each = f"{float(f'{line.embodied_each_kgco2e:.5g}'):,.10g} kg"
            assert f"= {each}\n" in shown
            assert f"{each} × " in shown


def test_the_working_shows_data_that_is_kept_and_moved() -> None:
    text = estimate.working(RUNS[8], ASKER).text
    assert "storing data: 100 TB × 1.2 W × 719.73 h ÷ 1,000 = 86.367 kWh" in text
    assert "moving data, in the network: 3 TB × 1 kWh = 3 kWh" in text


def test_a_long_working_says_once_where_its_rest_is() -> None:
    models = [model for model in load_default().accelerators if len(model) > 12][:20]
    message = estimate.working(", ".join(f"8 {model}" for model in models), ASKER)
    notes = [block for block in message.blocks if "The rest is" in str(block)]
    assert len(notes) == 1
    assert message.blocks[-1] is notes[0]


def test_the_working_ends_at_the_figures_of_the_answer() -> None:
    _, result = ask("64 H100 for 2 weeks in eu-west-1", ASKER)
    shown = estimate.working("64 H100 for 2 weeks in eu-west-1", ASKER).text
    for quantity in (result.totals.total_kgco2e, result.totals.energy_kwh):
        assert f"{quantity.value:,.5g}"[:4] in shown.replace(",", "") or (
            f"{float(f'{quantity.value:.5g}'):,.10g}" in shown
        )


async def answered(scene: Stage, text: str, user: str = "ada") -> Message:
    outcome = await scene.slack.command(user=user, channel="general", text=f"/carbon {text}")
    assert outcome.message
    return outcome.message


async def chosen(
    scene: Stage, entry: str, user: str = "ada", run: str = "8 H100 for 2 weeks in France"
) -> Message:
    message = await answered(scene, run, user)
    await scene.slack.click(message, controls.MORE, user=user, chosen=entry)
    await scene.settle()
    shown = scene.slack.visible_messages(user, "general")[-1]
    assert shown.visible_to is not None
    return shown


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (controls.WORKING, "The working of /carbon 8 H100 for 2 weeks in France"),
        (controls.PARAGRAPH, "co2_eq_emissions"),
        (controls.LIKE, "What it is like: "),
    ],
)
async def test_the_menu_shows_what_it_says_to_who_asked(
    scene: Stage, entry: str, words: str
) -> None:
    assert words in (await chosen(scene, entry)).text


async def test_the_menu_speaks_chinese_to_who_reads_chinese(scene: Stage) -> None:
    assert "计算过程" in (await chosen(scene, controls.WORKING, "chen")).text


async def test_the_record_arrives_as_a_file_that_gives_the_same_figures(scene: Stage) -> None:
    assert "direct messages" in (await chosen(scene, controls.RECORD)).text
    (file,) = scene.slack.workspace.files.by_id.values()
    assert file.content is not None
    again = rerun(record_from_json(file.content.decode()), load_default())
    assert again.same
    assert "rerun carbon-record.json" in scene.slack.visible_messages("ada", "dm")[0].text


@pytest.mark.parametrize("run", ["433 MWh in France", "10 GPU 20 TPU factors article"])
async def test_a_record_that_fits_is_text_that_gives_the_same_figures(
    scene: Stage, run: str
) -> None:
    shown = await chosen(scene, controls.RECORD, run=run)
    (block,) = [block for block in shown.blocks if block["type"] == "rich_text"]
    text = block["elements"][0]["elements"][0]["text"]
    assert rerun(record_from_json(text), load_default()).same
    assert "rerun carbon-record.json" in shown.text
    assert not scene.slack.workspace.files.by_id


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (controls.WORKING, "The working of"),
        (controls.PICTURE, "How sure the total is"),
        (controls.LIKE, "What it is like"),
        (controls.PARAGRAPH, "A paragraph to paste"),
        (controls.RECORD, "The record"),
    ],
)
async def test_a_run_too_long_for_a_menu_has_buttons_instead(
    scene: Stage, entry: str, words: str
) -> None:
    models = [m for m in load_default().accelerators if len(m) > 12][:16]
    message = await answered(scene, ", ".join(f"8 {model}" for model in models))
    assert not [
        element
        for block in message.blocks
        for element in block.get("elements", [])
        if element["type"] == "overflow"
    ]
    await scene.slack.click(message, f"carbon_{entry}", user="ada")
    await scene.settle()
    assert words in scene.slack.visible_messages("ada", "general")[-1].text


async def test_a_record_that_slack_does_not_take_is_said(scene: Stage) -> None:
    scene.slack.fail("files.getUploadURLExternal", Fault(error="internal_error"))
    assert "could not be sent" in (await chosen(scene, controls.RECORD)).text


def image_of(message: Message) -> dict[str, Any] | None:
    return next((block for block in message.blocks if block["type"] == "image"), None)


@pytest.mark.parametrize(("user", "title"), [("ada", "How sure"), ("chen", "总计有多确定")])
async def test_the_picture_of_the_range_is_drawn_and_shown_to_who_asked(
    scene: Stage, user: str, title: str
) -> None:
    shown = await chosen(scene, controls.PICTURE, user)
    (file,) = scene.slack.workspace.files.by_id.values()
    image = image_of(shown)
    assert image is not None
    assert image["slack_file"] == {"id": file.id}
    assert (file.content or b"").startswith(b"\x89PNG")
    assert file.channels == []
    assert shown.text.startswith(title)
    assert image["alt_text"] == file.alt_text
    for figure in re.findall(r"[\d.,]+", image["alt_text"]):
        assert figure in shown.text


async def test_the_picture_waits_until_slack_has_looked_through_it(scene: Stage) -> None:
    scene.slack.workspace.files.processing_s = 0.3
    assert image_of(await chosen(scene, controls.PICTURE)) is not None
    assert scene.slack.calls("files.info") > 1


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.info"])
async def test_without_the_picture_its_figures_are_said(scene: Stage, method: str) -> None:
    scene.slack.fail(method, Fault(error="internal_error"))
    shown = await chosen(scene, controls.PICTURE)
    assert image_of(shown) is None
    assert "nine times in ten between" in shown.text
    assert "could not be shown" in str(shown.blocks)


def test_a_certain_total_is_not_drawn() -> None:
    picture = estimate.picture("10 GPU factors article", ASKER)
    assert picture.curve is None
    assert "has no range" in picture.message.text


@pytest.mark.parametrize("command", RUNS)
@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER], ids=["en", "zh"])
def test_the_causes_of_the_range_are_all_of_it(command: str, asker: Asker) -> None:
    picture = estimate.picture(command, asker)
    if picture.curve is None:
        return
    shares = re.findall(r"([\d.]+) %", picture.alt_text)
    assert 97 <= sum(map(float, shares)) <= 103
    assert len(picture.alt_text) < 1000


async def test_an_answer_to_the_channel_has_the_menu_too(scene: Stage) -> None:
    message = await answered(scene, "8 H100 in France public")
    await scene.slack.click(message, controls.MORE, user="ben", chosen=controls.WORKING)
    await scene.settle()
    assert "The working of" in scene.slack.visible_messages("ben", "general")[-1].text


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("70B params 15T tokens on H100 in France", "CO2e for each million tokens"),
        ("8 H100 for 2 weeks in France", "CO2e for each hour of a device"),
    ],
)
def test_what_it_is_like_ends_with_the_emissions_of_one_unit(command: str, words: str) -> None:
    _, result = ask(command, ASKER)
    told = estimate.like(command, ASKER).text
    assert words in told
    grams = 1000 * result.totals.total_kgco2e.value
    if "hour" in words:
        hours = sum(line.device_hours or 0 for line in result.devices)
        assert f"{figures.number(grams / hours)} g {words}" in told
    else:
        assert f"{figures.number(grams / 15e6)} g {words}" in told


def test_a_metered_run_without_devices_has_no_unit() -> None:
    assert "ISO/IEC 21031" not in estimate.like("433 MWh in France", ASKER).text


def test_the_articles_figures_are_no_paragraph() -> None:
    assert "belong in no report" in estimate.paragraph("10 GPU factors article", ASKER).text
