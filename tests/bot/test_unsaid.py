"""What one of two compared runs says is meant of both, unless it is what is compared."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import commands
from bot.commands.unsaid import completed
from bot.language import parse, to_text
from estimator import TrainingRun, load_default
from estimator.figures import energy
from tests.bot.language.strategies import any_runs
from tests.bot.people import ASKER, CHINESE_ASKER

CATALOGUE = load_default()


def answered(text: str) -> str:
    return commands.answer(text, ASKER).message.text


def compared(text: str) -> tuple[str, str]:
    """The two commands that an answer is about."""
    found = re.match(r"/carbon compare (.+?) vs (.+?): ", answered(text))
    assert found, answered(text)
    return found[1], found[2]


def kwh(devices: int, power_w: float, host_w: float, *, hours: float, pue: float) -> float:
    """Energy of a cluster by hand: devices at 85 % of their power, their hosts and the network."""
    network_w = CATALOGUE.constants.network_power_w.value
    return devices * (0.85 * power_w + host_w + network_w) * hours * pue / 1000


@pytest.mark.parametrize(
    ("typed", "a", "b"),
    [
        (
            "64 H100 vs 32 B200 for 2 weeks",
            "64 H100 for 2 weeks",
            "32 B200 for 2 weeks",
        ),
        (
            "64 H100 vs 32 B200 for 2 weeks in France pue 1.1",
            "64 H100 for 2 weeks in France pue 1.1",
            "32 B200 for 2 weeks in France pue 1.1",
        ),
        (
            "64 H100 for 2 weeks in eu-west-1 vs 64 A100",
            "64 H100 for 2 weeks in eu-west-1",
            "64 A100 for 2 weeks in eu-west-1",
        ),
        # A PUE is of its place.
        (
            "64 H100 in Ireland vs 32 B200 for 2 weeks in France pue 1.1",
            "64 H100 for 2 weeks in Ireland",
            "32 B200 for 2 weeks in France pue 1.1",
        ),
        # What makes the only difference is compared.
        ("8 H100 vs 8 H100 in Iceland", "8 H100", "8 H100 in Iceland"),
        ("8 H100 vs 8 H100 pue 1.1", "8 H100", "8 H100 pue 1.1"),
        (
            "8 H100 pue 1.1 for 3 days vs 8 H100",
            "8 H100 for 3 days pue 1.1",
            "8 H100 for 3 days",
        ),
        (
            "8 H100 pue 1.1 vs 8 H100 overhead 50%",
            "8 H100 pue 1.1",
            "8 H100 overhead 50%",
        ),
        (
            "64 H100 vs 32 B200 70B params 1T tokens",
            "70B params 1T tokens on 64 H100",
            "70B params 1T tokens on 32 B200",
        ),
        # The work or the hours say how much is run already.
        (
            "1M A100-hours vs 32 B200 for 2 weeks in France",
            "1M A100-hours in France",
            "32 B200 for 2 weeks in France",
        ),
        (
            "433 MWh vs 32 B200 for 2 weeks in France pue 1.1",
            "433 MWh in France",
            "32 B200 for 2 weeks in France pue 1.1",
        ),
        (
            "8张H100 对比 8张A100 训练3天 在法国",
            "8 H100 for 3 days in France",
            "8 A100 for 3 days in France",
        ),
        (
            "10 GPU factors article vs 20 GPU factors article",
            "10 GPU factors article",
            "20 GPU factors article",
        ),
    ],
)
def test_what_one_run_says_is_meant_of_both_unless_it_is_the_difference(
    typed: str, a: str, b: str
) -> None:
    assert compared(typed) == (a, b)


def test_the_first_run_is_of_as_long_as_the_last_by_hand() -> None:
    said = answered("64 H100 vs 32 B200 for 2 weeks in France pue 1.1")
    h100 = CATALOGUE.accelerators["H100-SXM5-80GB"]
    b200 = CATALOGUE.accelerators["B200"]
    figures = []
    for n, model in ((64, h100), (32, b200)):
        host = model.host_power_w or CATALOGUE.constants.host_power_w
        figures.append(energy(kwh(n, model.power_w.value, host.value, hours=14 * 24, pue=1.1)))
    assert f"Energy: A {figures[0]}, B {figures[1]};" in said


@pytest.mark.parametrize(
    ("typed", "notes"),
    [
        (
            "64 H100 vs 32 B200 for 2 weeks in France",
            ["Not said of A, and taken from B: duration, location."],
        ),
        (
            "64 H100 in Ireland vs 32 B200 for 2 weeks in France pue 1.1",
            [
                "Not said of A, and taken from B: duration.",
                "Said of B alone: PUE. For A the default holds.",
            ],
        ),
        ("like BLOOM vs 32 B200", ["Said of A alone: location, year. For B the default holds."]),
        ("8 H100 for 1 day vs 8 A100 for 1 day", []),
    ],
)
def test_what_was_taken_and_what_is_said_of_one_alone_is_told(typed: str, notes: list[str]) -> None:
    message = commands.answer(typed, ASKER).message
    assert (
        re.findall(r"(?:Not said of|Said of) [AB][^.]*\.(?: For [AB] [^.]*\.)?", message.text)
        == notes
    )
    for note in notes:
        assert note in str(message.blocks[1])


def test_it_is_told_in_chinese() -> None:
    said = commands.answer("64张H100 对比 32张B200 训练2周 在法国", CHINESE_ASKER).message.text
    assert "A 未说明、取自 B 的：时长，地点。" in said
    alone = commands.answer("8张H100 对比 8张H100 在法国", CHINESE_ASKER).message.text
    assert "仅 B 说明的：地点。A 采用默认值。" in alone


halves = st.builds(
    " ".join,
    st.tuples(
        st.sampled_from(
            ["8 H100", "64 A100", "433 MWh", "1M A100-hours", "7B params 1T tokens on H100"]
        ),
        st.sampled_from(["", "for 2 weeks", "for 3 days"]),
        st.sampled_from(["", "in France", "in Ireland", "in France year 2021"]),
        st.sampled_from(["", "pue 1.1", "overhead 50%", "storage 3 TB", "lifetime 5 years"]),
    ).filter(lambda said: not (said[1] and said[0][-1] in "hs" and "H100" in said[0])),
)


def run_of(half: str) -> TrainingRun:
    return parse(half, CATALOGUE).run


@pytest.mark.no_cover
@settings(max_examples=200, deadline=None)
@given(halves, halves)
def test_what_is_completed_stays_so_and_nothing_that_was_said_is_changed(
    first: str, last: str
) -> None:
    a, b = run_of(first), run_of(last)
    left, right = completed(a, b)
    again = completed(run_of(to_text(left.run)), run_of(to_text(right.run)))
    assert [side.run for side in again] == [left.run, right.run]
    for before, side in ((a, left), (b, right)):
        said = {name: value for name, value in before if value is not None}
        assert said == {name: getattr(side.run, name) for name in said}
    assert (left.run == right.run) == (a == b)


@pytest.mark.no_cover
@settings(max_examples=200, deadline=None)
@given(any_runs, any_runs)
def test_any_run_that_is_completed_is_one_that_can_be_said(a: TrainingRun, b: TrainingRun) -> None:
    for side in completed(a, b):
        assert TrainingRun.model_validate(side.run.model_dump()) == side.run
        assert run_of(to_text(side.run)) == side.run.model_copy(update={"like": None})
        assert not {*side.taken} & {*side.alone}
