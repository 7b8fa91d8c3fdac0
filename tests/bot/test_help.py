"""The help lists what can be typed, and says more on each topic."""

from __future__ import annotations

import pytest

from bot import commands
from bot.asker import Asker
from bot.blocks.parts import escape
from bot.commands import EXAMPLES, REGISTRY
from bot.commands.topics import TOPICS
from tests.bot.conftest import Stage
from tests.bot.people import ASKER, CHINESE_ASKER


def answered(text: str, asker: Asker = ASKER) -> str:
    return commands.answer(text, asker).message.text


def test_help_names_every_subcommand_topic_and_published_runs() -> None:
    text = answered("help")
    for subcommand in REGISTRY:
        assert f"/carbon {escape(subcommand.usage)}" in text
    for topic in TOPICS:
        assert topic.name in text
    assert "/carbon like BLOOM" in text
    assert all(f"/carbon {example}" in text for example in EXAMPLES)


@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER], ids=["en", "zh"])
@pytest.mark.parametrize(
    ("word", "title"), [(word, t.title) for t in TOPICS for word in (t.name, *t.aliases)]
)
def test_a_topic_is_found_by_each_of_its_words(word: str, title: object, asker: Asker) -> None:
    text = answered(f"help {word}", asker)
    assert text.startswith(asker.say(title))  # type: ignore[arg-type]  # a Text
    assert "/carbon " in text


@pytest.mark.parametrize("example", [e for topic in TOPICS for e in topic.examples])
def test_an_example_of_a_topic_is_answered(example: str) -> None:
    text = answered(example)
    assert "Try: " not in text
    assert "No place" not in text


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("uncertianty", "uncertainty"), ("PLACE S", "places"), ("workloda", "workloads")],
)
def test_an_unknown_topic_suggests_the_nearest(typed: str, nearest: str) -> None:
    text = answered(f"help {typed}")
    assert f"Did you mean {nearest}" in text
    assert "Topics: estimates, " in text


def test_a_topic_like_no_other_names_them_all() -> None:
    text = answered("help &<@U1>xyzzy")
    assert "Did you mean" not in text
    assert "There is no help on “&amp;&lt;@U1&gt;xyzzy”" in text


async def test_help_on_a_topic_arrives_in_the_language_of_who_asks(scene: Stage) -> None:
    for user, words in (("ada", "nine times in ten"), ("chen", "90 %")):
        outcome = await scene.slack.command(
            user=user, channel="general", text="/carbon help uncertainty"
        )
        assert outcome.message
        assert words in outcome.message.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("compair 64 H100 vs 8 H100", "compare 64 H100 vs 8 H100"),
        ("reigons france", "regions france"),
        ("Sorces 8 H100", "sources 8 H100"),
        ("hepl", "help"),
        ("settigns", "settings"),
    ],
)
@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER], ids=["en", "zh"])
def test_a_word_that_is_nearly_a_subcommand_suggests_it(
    typed: str, meant: str, asker: Asker
) -> None:
    answer = commands.answer(typed, asker)
    assert answer.run is None
    assert answer.message.text.endswith(f"/carbon {meant}")


def test_a_run_is_no_subcommand_however_near() -> None:
    assert commands.answer("10 GPU 20 TPU", ASKER).run is not None
    assert "compare" not in commands.answer("8 Abacus", ASKER).message.text


def test_two_runs_after_a_mistyped_word_are_a_comparison() -> None:
    text = answered("compar 8 H100 vs 8 A100")
    assert "“compar” is not understood. Did you mean `compare`?" in text
    assert "/carbon compare 8 H100 vs 8 A100" in text
    # Another word in front of them is a mistake in the first run.
    assert "Did you mean" not in answered("run 8 H100 vs 8 A100")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("dgx h100", "DGX-H100 = 8 × H100-SXM5-80GB"),
        ("p5.48", "p5.48xlarge = 8 × H100-SXM5-80GB"),
        ("t4", "T4 70 W"),
    ],
)
def test_devices_finds_models_and_what_holds_several(search: str, found: str) -> None:
    assert found in answered(f"devices {search}")


def test_devices_without_a_search_lists_the_models_alone() -> None:
    assert "DGX" not in answered("devices")
