"""What people say in a sentence is what they would say in the language of commands."""

from __future__ import annotations

import pytest

from bot.language import LanguageError, parse
from estimator import TrainingRun, load_default

CATALOGUE = load_default()


def understood(command: str) -> TrainingRun:
    return parse(command, CATALOGUE).run


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("64 H100 for a week", "64 H100 for 1 week"),
        ("64 H100 for one month", "64 H100 for 30 days"),
        ("64 H100 for an hour", "64 H100 for 1h"),
        ("64 H100 for half a year", "64 H100 for 4380h"),
        ("one H100 for one year", "1 H100 for 365 days"),
        ("a single H100 for 3 days", "1 H100 for 3 days"),
        ("64 H100 for a 2 week run", "64 H100 for 2 weeks"),
        ("about 64 H100 for roughly 2 weeks", "64 H100 for 2 weeks"),
        # The number after the device
        ("H100 x 64 for 2 days", "64 H100 for 2 days"),
        ("H100x64 2 days", "64 H100 for 2 days"),
        ("H100 ×64 2 days", "64 H100 for 2 days"),
        ("H100*64 2 days", "64 H100 for 2 days"),
        ("on H100 x 64, T4 x8, 2 days", "64 H100, 8 T4 for 2 days"),
        ("RTX 4090 x 4 2 days", "4 RTX-4090 for 2 days"),
        ("NVIDIA GeForce RTX 4090 x4 2 days", "4 RTX-4090 for 2 days"),
        ("A100 80GB x 8, 2 days", "8 A100-80GB for 2 days"),
        ("p5.48xlarge x 2 for 3 days", "2 p5.48xlarge for 3 days"),
        ("8 x 4090 2 days", "8 RTX-4090 for 2 days"),
        ("H100 64张 两周", "64 H100 for 2 weeks"),
        # What it is, after its model
        ("64 H100 GPUs for 2 days", "64 H100 for 2 days"),
        ("8 NVIDIA H100 GPUs and 16 TPU v4 chips", "8 H100, 16 TPU-v4"),
        ("500 A100 GPU hours", "500 A100-hours"),
        # Computers of several
        ("8 nodes of 8 H100 for 2 days", "64 H100 for 2 days"),
        ("8x nodes with 8x H100 each 2 days", "64 H100 for 2 days"),
        ("8 H100 per node on 16 nodes for 2 days", "128 H100 for 2 days"),
        ("eight nodes of 8 H100", "64 H100"),
        ("8台服务器每台8张H100训练3天", "64 H100 for 3 days"),
        ("8个节点，每节点8卡H100，训练3天", "64 H100 for 3 days"),
        ("单机8卡H100训练3天", "8 H100 for 3 days"),
        ("万卡集群H100 30天", "10000 H100 for 30 days"),
        ("10台8卡A800服务器 两周", "80 A800 for 2 weeks"),
        ("一台8卡A100服务器跑一个月", "8 A100 for 30 days"),
        ("2张A100 80G 两天", "2 A100-80GB for 2 days"),
        ("8 A100 80G 2 days", "8 A100-80GB for 2 days"),
        # Models by their name
        ("train Llama 3 70B in Texas", "Llama 3 70B in Texas"),
        ("训练DeepSeek V3", "DeepSeek V3"),
        # Models by their size
        ("train a 7B model on 1T tokens with 64 H100", "7B params 1T tokens on 64 H100"),
        ("7B on 1 trillion tokens using H100", "7B params 1T tokens on H100"),
        ("pretrain 7B params for 1T tokens on H100", "7B params 1T tokens on H100"),
        ("训练一个7B的大模型，1T token，64张A100", "7B params 1T tokens on 64 A100"),
        ("GPT-3模型", "like gpt-3-175b"),
        # Places
        ("64 H100 on AWS in Ireland", "64 H100 in eu-west-1"),
        ("64 H100 in Ireland on AWS", "64 H100 in eu-west-1"),
        ("64 H100 2 days at us-east-1", "64 H100 for 2 days in us-east-1"),
        ("GPUs: 64 H100, time: 2 weeks, region: Sweden", "64 H100 for 2 weeks in Sweden"),
        ("devices=64 H100 duration=2 weeks location=France", "64 H100 for 2 weeks in France"),
        ("64 H100 / 14 days / Sweden", "64 H100 for 2 weeks in Sweden"),
        ("1 RTX 4090 at home in Germany", "1 RTX-4090 in Germany"),
        ("64 H100 in Quebec, Canada", "64 H100 in Quebec"),
        ("64 H100 in France, eu-west-3", "64 H100 in eu-west-3"),
        ("64 H100 in Frankfurt, Germany", "64 H100 in Germany"),
        ("64 H100 in London", "64 H100 in United Kingdom"),
        ("64 H100 on Google Cloud in Paris", "64 H100 in europe-west9"),
        ("64 H100 in Azure London", "64 H100 in uksouth"),
        # Times
        ("64 H100 for two weeks and three days", "64 H100 for 17 days"),
        ("8 H100 over 2 weeks", "8 H100 for 2 weeks"),
        ("64 H100 24/7 for a month", "64 H100 for 30 days"),
        ("64 GPU days", "1536 GPU-hours"),
        ("8 H100 year 2023", "8 H100 year 2023"),
        # Questions
        ("what would 64 H100 for 2 weeks emit, please?", "64 H100 for 2 weeks"),
        (
            "How much CO2 does 64 H100 for 2 weeks in France produce?",
            "64 H100 for 2 weeks in France",
        ),
        ("what's the carbon footprint of 64 H100 for 2 weeks?", "64 H100 for 2 weeks"),
        ("can you estimate 64 H100 for 2 weeks.", "64 H100 for 2 weeks"),
        ("what about 128 H100", "128 H100"),
        ("run 64 H100 for 2 weeks", "64 H100 for 2 weeks"),
        ("Hi, can you please tell me the footprint of 8 H100", "8 H100"),
        (
            "what would it take to train 13B params on 2T tokens with A100s",
            "13B params 2T tokens on A100",
        ),
        ("32张4090在上海跑5天，会排多少碳？", "32 RTX-4090 for 5 days in Shanghai"),
        ("在家里用一张4090跑一天", "1 RTX-4090 for 1 day"),
        ("8张H100 一个月 负载30%", "8 H100 for 30 days at 30%"),
        ("大约64张H100训练约两周", "64 H100 for 2 weeks"),
    ],
)
def test_a_sentence_is_understood(said: str, meant: str) -> None:
    assert understood(said) == understood(meant)


@pytest.mark.parametrize(
    ("said", "code", "correction"),
    [
        ("64 H100 2 days on AWS", "provider_alone", "64 H100 2 days in us-east-1"),
        ("64 H100 2 days in Google Cloud", "provider_alone", None),
        ("64 H100 in Ireland, Sweden", "said_twice", "64 H100 in Ireland"),
        # Another device, whose number is missing
        ("10 GPU TPU", None, None),
        ("10 H100 TPU", None, None),
        # Which of the two it counts is not clear
        ("x 64", "unknown_word", None),
        ("H100 x 0", "zero", None),
        ("H100 x 99999999", "too_many", None),
    ],
)
def test_what_is_not_clear_is_still_asked(
    said: str, code: str | None, correction: str | None
) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(said, CATALOGUE)

    assert code in {None, caught.value.code}
    if correction is not None:
        assert caught.value.correction == correction
        parse(correction, CATALOGUE)


def test_the_code_of_a_place_is_no_greeting() -> None:
    assert understood("SO 8 H100").location == "Somalia"


def test_a_number_belongs_to_the_device_after_it_where_there_is_one() -> None:
    assert understood("8张H100 64张A100") == understood("8 H100, 64 A100")
    with pytest.raises(LanguageError):
        parse("H100 64张A100", CATALOGUE)
