"""``/carbon compare`` and ``/carbon cut``, as messages and in the local Slack."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import commands
from bot.blocks.compare import compare_message
from bot.blocks.controls import CUT
from bot.blocks.cut import SHOWN, cut_message
from bot.language import to_text
from bot.message import Message
from deploy.local_slack.limits import check_manners, check_message
from deploy.local_slack.server import LocalSlack
from estimator import DeviceQuantity, TrainingRun, estimate, figures, load_default
from estimator.comparison import compare
from estimator.errors import InvalidValue
from estimator.reduction import cuts
from tests.bot.people import ASKER

CATALOGUE = load_default()
DEVICES = sorted([*CATALOGUE.accelerators, *CATALOGUE.general_names])
PLACES = sorted(CATALOGUE.regions) + sorted(g.name for g in CATALOGUE.grids.values())

runs = st.builds(
    TrainingRun,
    devices=st.lists(
        st.builds(
            DeviceQuantity,
            device=st.sampled_from(DEVICES),
            quantity=st.integers(1, 10_000_000),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda entry: entry.device,
    ).map(tuple),
    duration_h=st.none() | st.floats(0.02, 87_600),
    location=st.none() | st.sampled_from(PLACES),
    utilisation=st.none() | st.floats(0.01, 1),
    pue=st.none() | st.floats(1, 3),
)
WORDS = ["compare", "cut", "vs", "versus", "对比", "8", "H100", "in", "France", "for", "2", "weeks"]
WORDS += ["public", "factors", "article", "<!channel>", "&", "`", "，"]


def answered(text: str) -> Message:
    message = commands.answer(text, ASKER).message
    assert check_message(message.payload()) == []
    assert check_manners(message.payload()) == []
    return message


def suggestion(message: Message) -> str:
    found = re.search(r"Try: /carbon (.*)", message.text)
    assert found, message.text
    return found[1]


def underlined(message: Message) -> str:
    """The words above the carets."""
    (block,) = [b for b in message.blocks if b["type"] == "rich_text"]
    line, carets = block["elements"][0]["elements"][0]["text"].split("\n")
    return str(line[carets.index("^") : carets.rindex("^") + 1])


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None, derandomize=True)
@given(runs, runs)
def test_messages_of_any_runs_keep_slacks_limits(a: TrainingRun, b: TrainingRun) -> None:
    for message in (
        cut_message(a, ASKER),
        compare_message(a, b, ASKER, public=True),
        compare_message(a, a, ASKER),
    ):
        assert check_message(message.payload()) == []
        assert check_manners(message.payload()) == []


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(["compare", "cut"]),
    st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
)
def test_anything_at_all_is_answered(word: str, text: str) -> None:
    message = answered(f"{word} {text}")

    if "Try: /carbon" in message.text and not message.text.endswith("…"):
        assert ":warning:" not in str(answered(suggestion(message)).blocks)


def test_a_comparison_says_both_figures_the_difference_and_whether_it_is_sure() -> None:
    left, right = "64 H100 for 2 weeks in Ireland", "64 H100 for 2 weeks in Sweden"
    message = answered(f"compare {left} vs {right}")

    a = TrainingRun(
        devices=(DeviceQuantity(device="H100", quantity=64),), duration_h=336.0, location="Ireland"
    )
    found = compare(a, a.model_copy(update={"location": "Sweden"}), CATALOGUE)
    shown = json.dumps(message.blocks, ensure_ascii=False)
    for text in (message.text, shown):
        for total in (found.a.totals.total_kgco2e, found.b.totals.total_kgco2e):
            assert figures.mass(total.value) in text
            assert figures.mass(total.low) in text
            assert figures.mass(total.high) in text
        assert "more than the uncertainty" in text
        assert left in text
        assert right in text
    assert message.blocks[0]["text"]["text"].startswith("B emits ")
    assert not message.public


@pytest.mark.parametrize("typed", ["8 H100 vs 8 A100", "8张H100 对比 8张A100"])
def test_two_runs_are_compared_also_where_nobody_says_so(typed: str) -> None:
    assert commands.answer(typed, ASKER).message.text.startswith("/carbon compare 8 H100 vs 8 A100")
    assert commands.takes_long(typed)


def test_what_cannot_be_told_is_said() -> None:
    message = answered("compare 64 H100 in eu-west-1 vs 64 H100 in us-east-1 public")

    assert message.blocks[0]["text"]["text"] == "A and B: too close to call"
    assert "within the uncertainty" in message.text
    assert message.public


@pytest.mark.parametrize("between", ["vs", "VS", "vs.", "versus", "对比"])
def test_words_between_the_halves(between: str) -> None:
    message = answered(f"compare 8 H100 in France {between} 8 A100 in France")

    assert "/carbon compare 8 H100 in France vs 8 A100 in France:" in message.text


@pytest.mark.parametrize(
    ("typed", "wrong", "better"),
    [
        (
            "8 H100 in France vs 8 H10x in France",
            "H10x",
            "compare 8 H100 in France vs 8 H100 in France",
        ),
        (
            "8 H10x in France vs 8 H100 in France",
            "H10x",
            "compare 8 H100 in France vs 8 H100 in France",
        ),
        (
            "8 H100 in Frnce vs 8 H10x in Sweeden",
            "Frnce",
            "compare 8 H100 in France vs 8 H100 in Sweden",
        ),
        ("8 GPU factors article vs 8 GPU", "8 GPU factors article", "compare 8 GPU vs 8 GPU"),
        ("8 GPU vs 8 GPU factors article", "8 GPU factors article", "compare 8 GPU vs 8 GPU"),
    ],
)
def test_a_mistake_is_underlined_in_its_half_and_the_whole_is_corrected(
    typed: str, wrong: str, better: str
) -> None:
    message = answered(f"compare {typed}")

    assert underlined(message) == wrong
    assert suggestion(message) == better
    assert "emit" in answered(better).text


def test_a_mistake_far_into_a_long_command_is_found() -> None:
    many = ", ".join(f"{n + 1} {name}" for n, name in enumerate(DEVICES[:19]))
    message = answered(f"compare {many} in France vs {many}, 3 H10x in France")

    assert underlined(message) == "H10x"


@pytest.mark.parametrize("typed", ["", "8 H100", "vs 8 H100", "8 H100 vs", "1 T4 vs 2 T4 vs 3 T4"])
def test_what_is_not_two_runs_is_refused_with_an_example(typed: str) -> None:
    message = answered(f"compare {typed}")

    assert "Two runs" in message.text
    assert "emits" in answered(suggestion(message)).text


def test_cuts_are_shown_with_range_and_trade_off() -> None:
    run = TrainingRun(
        devices=(DeviceQuantity(device="H100", quantity=64),),
        duration_h=336.0,
        location="eu-west-1",
    )
    found = cuts(run, estimate(run, CATALOGUE), CATALOGUE)
    message = answered("cut 64 H100 for 2 weeks in eu-west-1")

    shown = json.dumps(message.blocks, ensure_ascii=False)
    assert 0 < len(found) <= SHOWN
    for text in (message.text, shown):
        for cut in found:
            assert cut.text[1:] in text
            assert figures.mass(cut.saving_kgco2e.value) in text
            assert figures.mass(cut.after_kgco2e) in text
            for cost in cut.trade_offs:
                assert cost.text in text
    (chart,) = [b for b in message.blocks if b["type"] == "data_visualization"]
    (series,) = chart["chart"]["series"]
    assert [point["value"] for point in series["data"]] == [
        float(f"{kg / 1000:.3g}")
        for kg in (found[0].before_kgco2e, *(c.after_kgco2e for c in found))
    ]


@pytest.mark.parametrize("module", ["cut", "compare"])
def test_what_cannot_be_computed_is_refused_and_not_broken(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Message:
        raise InvalidValue("precision", "no peak in fp8 is known", "bf16")

    monkeypatch.setattr(f"bot.commands.{module}.{module}_message", refuse)
    message = answered("cut 8 V100" if module == "cut" else "compare 8 V100 vs 8 H100")

    assert "This cannot be estimated: precision: no peak in fp8 is known" in message.text


def test_the_article_is_compared_without_uncertainty() -> None:
    message = answered("compare 10 GPU factors article vs 20 GPU factors article")

    assert "A emits 50 % less than B" in str(message.blocks[0])
    assert "without uncertainty" in str(message.blocks)
    assert "90 %" not in message.text


def test_a_place_without_emissions_is_compared_without_a_ratio() -> None:
    clean = min(CATALOGUE.grids.values(), key=lambda g: g.intensity_gco2e_per_kwh.value)
    a = TrainingRun(energy_kwh=10.0, location=clean.name)
    b = a.model_copy(update={"location": "France"})
    message = compare_message(a, b, ASKER)

    assert message.blocks[0]["text"]["text"] == "A emits less than B"
    assert "×" not in message.text


def test_a_range_that_is_one_figure_is_written_once() -> None:
    run = TrainingRun(
        devices=(DeviceQuantity(device="T4", quantity=1),), location="Poland", overhead=0.5
    )

    assert "−17 % [−17 %]" in cut_message(run, ASKER).text


def test_the_article_has_no_cuts_and_says_why() -> None:
    assert "article's factors" in answered("cut 10 GPU factors article").text


def test_a_mistake_in_a_run_to_cut_is_underlined() -> None:
    message = answered("cut 8 H10x in France")

    assert underlined(message) == "H10x"
    assert suggestion(message) == "cut 8 H100 in France"


def test_help_lists_both() -> None:
    text = answered("help").text

    assert "/carbon compare A vs B" in text
    assert "/carbon cut " in text


async def test_a_click_in_slack_shows_what_would_cut_the_higher_one(slack: LocalSlack) -> None:
    outcome = await slack.command(
        user="ada",
        channel="general",
        text="/carbon compare 64 H100 for 2 weeks in Ireland vs 64 H100 in Sweden public",
    )
    assert outcome.message
    assert outcome.message in slack.visible_messages("ben", "general")

    answer = await slack.answer_to(await slack.click(outcome.message, CUT, user="ben"))

    assert answer
    assert answer.text.startswith("What would cut /carbon 64 H100 for 2 weeks in Ireland")
    assert answer in slack.visible_messages("ben", "general")
    assert answer not in slack.visible_messages("ada", "general")
    assert outcome.message in slack.visible_messages("ada", "general")


def test_the_buttons_value_is_a_command_that_is_understood() -> None:
    run = TrainingRun(devices=(DeviceQuantity(device="H100", quantity=8),), location="Poland")
    message = compare_message(run, run.model_copy(update={"location": "France"}), ASKER)

    (row,) = [b for b in message.blocks if b["type"] == "actions"]
    share, cut = row["elements"]
    assert share["value"] == f"{to_text(run)} vs {to_text(run).replace('Poland', 'France')}"
    assert cut["value"] == to_text(run)
