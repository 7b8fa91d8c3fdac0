"""What the estimator says has a template for every code, and the template gives its English."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

import estimator
from bot.i18n import CHINESE, estimates, say_in
from bot.language import LanguageError, parse
from estimator import (
    AmbiguousName,
    DeviceNotInFactorSet,
    EstimatorError,
    InvalidValue,
    TrainingRun,
    UnknownName,
    estimate,
    load_default,
)
from estimator.complaint import explain
from estimator.errors import DataError
from estimator.reduction import CutCode, TradeOff, cuts
from estimator.result import Assumption

CATALOGUE = load_default()
UNTRANSLATED = "{english}"
RUNS = (
    "10 GPU 20 TPU",
    "10 GPU 20 TPU factors article",
    "64 H100 for 2 weeks in eu-west-1 year 2019",
    "64 H100 for 2 weeks in eu-west-1 year 2031",
    "70B params 15T tokens on H100",
    "671B params 37B active 14.8T tokens on 2048 H800 in China fp8",
    "like BLOOM",
    "like 2x llama-3-70b",
    "433 MWh in France",
    "433 MWh on 8 A100",
    "433 MWh on 8 A100 for 900 days",
    "4 p5.48xlarge for 3 days",
    "a2-ultragpu-8g for 3 days",
    "tpu v3-8 for 3 days",
    "1 v5e-256 for 3 days",
    "1.7M A100-hours overhead 50% storage 100 TB transfer 3 TB",
    "512 A100 for 30 days duty 20% in Germany",
    "64 H100 for 3650 days in Iceland",
    "8 Gaudi2, 3 MI300X for 2 weeks in Ontario",
    "8 RTX-4090 for 2 weeks in westus2",
    "8 T4, 2 P100, 3 TPU-v2 for 36h in asia-south1",
    "8 Ascend-910B for 10 days in cn-north-1",
)


def runs() -> list[TrainingRun]:
    return [parse(text, CATALOGUE).run for text in RUNS]


def source(name: str) -> str:
    return (Path(estimator.__file__).with_name(name)).read_text(encoding="utf-8")


def test_every_code_of_the_estimator_has_a_template() -> None:
    files = "".join(p.read_text("utf-8") for p in Path(estimator.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'(?:\.assume|\bAssumption)\(\s*"(\w+)"', files))
    assert len(codes) > 10
    # How a run was moved to another accelerator is not shown: the moved run is.
    assert codes - {"same_work"} <= estimates.ASSUMPTIONS.keys()
    costs = set(re.findall(r'TradeOff\(\s*"(\w+)"', source("reduction.py")))
    assert costs <= estimates.TRADE_OFFS.keys()
    assert set(get_args(CutCode)) == estimates.CUTS.keys()


@pytest.mark.parametrize("run", runs(), ids=RUNS)
def test_every_assumption_has_a_sentence_that_gives_its_english(run: TrainingRun) -> None:
    for assumption in estimate(run, CATALOGUE).assumptions:
        worded = estimates.assumption_text(assumption)
        assert str(worded) == assumption.text
        assert worded.template != UNTRANSLATED, assumption


@pytest.mark.parametrize("run", runs(), ids=RUNS)
def test_every_cut_and_its_cost_have_sentences_that_give_their_english(run: TrainingRun) -> None:
    for cut in cuts(run, estimate(run, CATALOGUE), CATALOGUE):
        worded = estimates.cut_text(cut)
        assert str(worded) == cut.text
        assert worded.template != UNTRANSLATED, cut
        for cost in cut.trade_offs:
            assert str(estimates.cost_text(cost)) == cost.text
            assert estimates.cost_text(cost).template != UNTRANSLATED, cost


@pytest.mark.parametrize(
    "error",
    [
        UnknownName("device", "Abacus"),
        UnknownName("location", "Frence", ("France", "Greece")),
        AmbiguousName("location", "Georgia", ("Georgia (country)", "Georgia (US)")),
        InvalidValue("pue", "0.5 is below the least that is accepted, 1", "1.1"),
        DeviceNotInFactorSet("H100", "article", ("GPU", "TPU")),
    ],
    ids=lambda error: error.code,
)
def test_an_error_has_a_sentence_that_gives_its_english(error: EstimatorError) -> None:
    # A field of the specification is called by its name in sentences.
    assert str(estimates.error_text(error)).casefold() == str(error).casefold()
    assert say_in(CHINESE)(estimates.error_text(error)) != str(error)


@pytest.mark.parametrize(
    "text",
    ["8 H100 for 2 weeks and 1M H100-hours on 3 A100", "8 Abacus", "in", "8 H100 at 300%"],
)
def test_a_refusal_is_chinese_for_who_reads_chinese(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)
    assert re.search(r"[㐀-鿿]", say_in(CHINESE)(caught.value.message))


def test_what_the_specification_refuses_is_worded() -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingRun.model_validate({"devices": []})
    why = str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")
    assert estimates.sentence_text(why).template != UNTRANSLATED


DEVICES = [{"device": "H100", "quantity": 8}]
TWO = [*DEVICES, {"device": "A100", "quantity": 8}]
WORK = {"parameters": 7e9, "tokens": 1e12}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"devices": [{"device": "H100"}]},
        {"devices": TWO, "device_hours": 5},
        {"devices": DEVICES, "device_hours": 5, "duration_h": 5},
        {"devices": DEVICES, "workload": WORK | {"active_parameters": 8e9}},
        {"devices": DEVICES, "workload": {"tokens": 1}},
        {"devices": DEVICES, "workload": WORK | {"precision": "fp7"}},
        {"devices": DEVICES, "duration_h": float("nan")},
        {"devices": DEVICES, "duration_h": 0},
        {"devices": DEVICES, "pue": 30},
        {"devices": DEVICES, "pue": "high"},
        {"devices": DEVICES, "location": ""},
        {"devices": DEVICES, "location": "x" * 81},
        {"devices": DEVICES * 21},
        {"devices": DEVICES, "colour": "red"},
        {"devices": DEVICES, "factors": "guessed"},
    ],
)
def test_every_complaint_about_a_specification_is_worded(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingRun.model_validate(fields)
    why = explain(caught.value).why
    assert str(estimates.reason_text(why)) == why
    assert estimates.reason_text(why).template != UNTRANSLATED, why


@pytest.mark.parametrize(
    "command",
    ["v3-0", "v3-7", "v4-99998", "7B params 1T tokens on RTX-4090 fp8", "like Megatron-NLG-530B"],
)
def test_what_the_estimator_refuses_in_a_command_is_chinese_too(command: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(command, CATALOGUE)
    assert caught.value.message.template != UNTRANSLATED
    assert say_in(CHINESE)(caught.value.message) != str(caught.value)


def test_a_sentence_without_a_template_stays_english() -> None:
    chinese = say_in(CHINESE)
    new = Assumption("new_code", "device", "Something new is assumed.")
    other = Assumption("default_duration", "duration_h", "Worded in another way.")
    assert chinese(estimates.assumption_text(new)) == new.text
    assert chinese(estimates.assumption_text(other)) == other.text
    assert chinese(estimates.cost_text(TradeOff("new_code", "It costs.", {}))) == "It costs."
    assert chinese(estimates.error_text(DataError("a.csv", "no {x}"))) == "a.csv: no {x}"
    assert chinese(estimates.reason_text("it is {new}")) == "it is {new}"
    assert chinese(estimates.sentence_text("it is {new}")) == "It is {new}."
