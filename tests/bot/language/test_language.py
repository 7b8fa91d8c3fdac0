"""The command language: what is read, what is refused, and that both hold for any input."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.language import LanguageError, parse, to_text
from bot.language.normalise import normalise
from estimator import DeviceQuantity, TrainingRun
from tests.bot.language.strategies import CATALOGUE, any_runs


def run(*devices: tuple[str, int], **said: Any) -> TrainingRun:
    entries = tuple(DeviceQuantity(device=d, quantity=n) for d, n in devices)
    return TrainingRun(devices=entries, **said)


ARTICLE = run(("GPU", 10), ("TPU", 20))
H100 = ("H100", 8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 GPU 20 TPU", ARTICLE),
        ("10 GPU, 20 TPU", ARTICLE),
        ("10x GPU + 20x TPU", ARTICLE),
        ("10 gpu and 20 tpu", ARTICLE),
        ("  10   Gpu  20 tPU ", ARTICLE),
        ("１０ ＧＰＵ，２０ ＴＰＵ", ARTICLE),
        ("“10 GPU” ‘20 TPU’", ARTICLE),
        ("10 × GPU 20×TPU", ARTICLE),
        ("10\u00a0GPU\n20\tTPU", ARTICLE),
        ("<@U012AB|carbon> 10 GPU <#C01|general> 20 TPU", ARTICLE),
        ("10 GPU 20 TPU factors article", ARTICLE.model_copy(update={"factors": "article"})),
        ("10 GPU 20 TPU using article factors", ARTICLE.model_copy(update={"factors": "article"})),
        (
            "64 H100 for 2 weeks in eu-west-1",
            run(("H100", 64), duration_h=336.0, location="eu-west-1"),
        ),
        (
            "8xA100-80GB 36h at 60% pue 1.1 in France",
            run(("A100-80GB", 8), duration_h=36.0, utilisation=0.6, pue=1.1, location="France"),
        ),
        (
            "512 tpu-v4 30 days us-central1",
            run(("TPU-v4", 512), duration_h=720.0, location="us-central1"),
        ),
        ("512 tpu v4 in us-central1", run(("TPU-v4", 512), location="us-central1")),
        ("in eu-west-1 8 H100 2 weeks", run(H100, location="eu-west-1", duration_h=336.0)),
        ("8 H100 in the united states", run(H100, location="United States")),
        ("8 H100 @ South Korea", run(H100, location="South Korea")),
        ("8 H100 in 法国", run(H100, location="France")),
        ("8 H100 PUE=1.2 utilization: 0.6", run(H100, pue=1.2, utilisation=0.6)),
        ("8 H100 at 60% load", run(H100, utilisation=0.6)),
        ("8 H100 at 0.6", run(H100, utilisation=0.6)),
        ("8 H100 at 60 percent", run(H100, utilisation=0.6)),
        ("8 H100 60 per cent load", run(H100, utilisation=0.6)),
        ("8 H100 1d 12h", run(H100, duration_h=36.0)),
        ("8 H100 half a day", run(H100, duration_h=12.0)),
        ("8 H100 for .5 days", run(H100, duration_h=12.0)),
        ("8 H100 for 1,000 hours", run(H100, duration_h=1000.0)),
        ("a H100", run(("H100", 1))),
        ("1,000 H100", run(("H100", 1000))),
        ("1k H100", run(("H100", 1000))),
        ("1.5k H100", run(("H100", 1500))),
        ("2M L4", run(("L4", 2_000_000))),
        ("8 4090", run(("RTX-4090", 8))),
        ("8x4090 4 gtx 1080 ti", run(("RTX-4090", 8), ("GTX-1080-Ti", 4))),
        ("3 H100 + 5 h100", run(H100)),
    ],
)
def test_what_is_read(text: str, expected: TrainingRun) -> None:
    command = parse(text, CATALOGUE)

    assert command.run == expected
    assert not command.public


@pytest.mark.parametrize("text", ["8 H100 public", "--public 8 H100", "8 H100 PUBLIC in France"])
def test_an_answer_for_everybody_can_be_asked_for(text: str) -> None:
    assert parse(text, CATALOGUE).public


@pytest.mark.parametrize(
    ("text", "code", "underlined", "correction"),
    [
        ("64 H10O for 2 weeks", "unknown_device", "H10O", "64 H100 for 2 weeks"),
        ("8 H100 in Frnace", "unknown_place", "Frnace", "8 H100 in France"),
        ("8 H100 in useast1", "ambiguous_place", "useast1", "8 H100 in us-east-1"),
        ("8 H100 useast1", "ambiguous_place", "useast1", "8 H100 us-east-1"),
        ("8 H100 for 2 weks", "no_unit", "2 weks", "8 H100 for 2 weeks"),
        ("8 H100 for 2", "no_unit", "2", "8 H100 for 2 hours"),
        ("8 H100 for", "no_time", "for", "8 H100 for 2 weeks"),
        ("8 H100 for 5m", "ambiguous_unit", "5m", "8 H100 for 5 minutes"),
        ("8 H100 for 5 m", "ambiguous_unit", "5 m", "8 H100 for 5 minutes"),
        ("8 H100 5m", "ambiguous_unit", "5m", "8 H100 5 minutes"),
        ("5 m 8 H100", "ambiguous_unit", "5 m", "5 minutes 8 H100"),
        ("1.000 H100", "ambiguous_number", "1.000", "1000 H100"),
        ("10,20 GPU", "not_a_number", "10,20", "1020 GPU"),
        ("1 000 H100", "split_number", "1 000", "1000 H100"),
        ("0 H100", "zero", "0", "1 H100"),
        ("-5 H100", "negative", "-5", "5 H100"),
        ("1.5 H100", "fraction", "1.5", "2 H100"),
        ("1000000000000 H100", "too_many", "1000000000000", "10000000 H100"),
        ("9999999 H100 9999999 h100", "too_many", None, None),
        ("H100", "no_quantity", "H100", "1 H100"),
        ("4090", "no_quantity", "4090", "1 RTX-4090"),
        ("8", "no_device", "8", "8 GPU"),
        ("in France", "no_device", "in France", "8 H100 in France"),
        ("8 H100 for 2 weeks 3 days in France 1h", "said_twice", "1h", None),
        ("8 H100 at 60% at 70%", "said_twice", "at 70%", "8 H100 at 60%"),
        ("8 H100 in France in Poland", "said_twice", "Poland", None),
        ("8 H100 pue 0.9", "out_of_range", "pue 0.9", "8 H100 pue 1.1"),
        ("8 H100 at 150%", "out_of_range", "at 150%", "8 H100 at 60%"),
        ("8 H100 0.001h", "out_of_range", "0.001h", "8 H100 for 2 weeks"),
        ("8 H100 100 years", "out_of_range", "100 years", "8 H100 for 2 weeks"),
        ("8 H100 utilisation 60", "ambiguous_share", "60", "8 H100 utilisation 60%"),
        ("8 H100 at 1k", "not_a_number", "1k", "8 H100 at 1"),
        ("8 H100 in irelnd", "unknown_place", "irelnd", "8 H100 in Ireland"),
        ("thirty GPU", "unknown_word", "thirty", "1 GPU"),
        ("8h100", "unknown_word", "8h100", "8 H100"),
        ("8 H100 factors article", "not_in_article", "8 H100", "8 GPU factors article"),
        ("8 H100 factors fake", "unknown_factors", "fake", "8 H100 factors sourced"),
        ("8 H100 in", "no_place", "in", "8 H100"),
        ("8 H100 pue", "incomplete", "pue", "8 H100"),
        ("8 H100 pue in France", "unexpected", "in", None),
        ("8 H100 hullabaloo", "unknown_word", "hullabaloo", "8 H100"),
        ("8 zzzzzz", "unknown_device", "zzzzzz", "8 GPU"),
        ("8 H100 in Zzzzzz", "unknown_place", "Zzzzzz", "8 H100 in France"),
        ("", "empty", "", None),
        ("\x00\x07", "empty", "", None),
    ],
)
def test_what_is_refused(
    text: str, code: str, underlined: str | None, correction: str | None
) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)

    error = caught.value
    assert error.code == code
    if underlined is not None:
        assert error.text[error.start : error.end] == underlined
    if correction is not None:
        assert error.correction == correction
    if error.correction is not None:
        parse(error.correction, CATALOGUE)
    parse(error.example, CATALOGUE)


def test_more_kinds_of_device_than_fit_are_refused() -> None:
    text = ", ".join(f"1 {name}" for name in list(CATALOGUE.accelerators)[:21])

    with pytest.raises(LanguageError, match="At most 20 types"):
        parse(text, CATALOGUE)


def test_the_caret_stands_under_the_word() -> None:
    with pytest.raises(LanguageError) as caught:
        parse("64 H10O for 2 weeks", CATALOGUE)

    assert caught.value.caret() == "64 H10O for 2 weeks\n   ^^^^"


def test_the_caret_counts_wide_characters_twice() -> None:
    with pytest.raises(LanguageError) as caught:
        parse("8 H100 法国 火星火", CATALOGUE)

    assert caught.value.caret() == "8 H100 法国 火星火\n" + " " * 12 + "^" * 6


def test_a_long_command_is_shown_around_the_mistake() -> None:
    text = "8 H100, " * 60 + "8 zzzzzz" + ", 8 H100" * 40

    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)

    error = caught.value
    assert len(error.text) <= 102
    assert error.text[error.start : error.end] == "zzzzzz"
    assert error.text.startswith("…")
    assert error.text.endswith("…")


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "9" * 5_000 + " H100", "8 H100 " * 1_000, "(" * 1_501, "<" * 10_000]
)
def test_too_long_is_said(text: str) -> None:
    with pytest.raises(LanguageError, match="too long"):
        parse(text, CATALOGUE)


def test_links_are_read_as_what_they_show() -> None:
    assert normalise("8 <https://example.com|H100>") == "8 H100"
    assert normalise("<https://example.com>") == "https://example.com"


@pytest.mark.no_cover
@settings(max_examples=1_500, deadline=None, derandomize=True)
@given(any_runs, st.booleans())
def test_text_of_any_run_is_read_as_that_run(run: TrainingRun, public: bool) -> None:  # noqa: FBT001
    command = parse(to_text(run, public=public), CATALOGUE)

    assert command.run == run
    assert command.public == public


VOCABULARY = [
    "10",
    "20",
    "1,000",
    "1.000",
    "1k",
    "2M",
    "0",
    "-1",
    "1e3",
    ".5",
    "60%",
    "150%",
    "9999999999999",
    "8x",
    "10x",
    "1.5",
    "1/2",
    "GPU",
    "TPU",
    "H100",
    "h10O",
    "A100-80GB",
    "tpu",
    "v4",
    "4090",
    "rtx",
    "1080",
    "ti",
    "gaudi",
    "2",
    "abacus",
    "for",
    "in",
    "at",
    "pue",
    "util",
    "utilisation",
    "factors",
    "article",
    "sourced",
    "using",
    "with",
    "public",
    "and",
    "an",
    "weeks",
    "week",
    "h",
    "days",
    "36h",
    "5m",
    "m",
    "half a day",
    "70B",
    "15T",
    "params",
    "tokens",
    "(37B active)",
    "mfu",
    "40% mfu",
    "bf16",
    "lora",
    "inference",
    "on",
    "A100-hours",
    "GPU-hours",
    "hours",
    "like",
    "2x",
    "BLOOM",
    "Llama 3 70B",
    "433 MWh",
    "kW",
    "kWh",
    "p5.48xlarge",
    "v3-8",
    "v3-7",
    "year",
    "2023",
    "in 2023",
    "month",
    "May",
    "in May",
    "month 12",
    "月份",
    "duty",
    "overhead",
    "+50% failed runs",
    "storage",
    "transfer",
    "100 TB",
    "million",
    "10块",
    "训练3天",
    "在法国",
    "2w",
    "month",
    "years",
    "eu-west-1",
    "us-east1",
    "useast1",
    "France",
    "Frnace",
    "South",
    "Korea",
    "the",
    "united",
    "states",
    "Georgia",
    "法国",
    "，",
    "。",
    ":",
    "=",
    ",",
    "+",
    "@",
    "(",
    ")",
    "<",
    ">",
    "<@U1>",
    "<#C1>",
    "<!channel>",
    "&amp;",
    "&lt;",
    "“",
    "”",
    "’",
    "–",
    "×",
    "\x00",
    "\xa0",
    "\u202e",
    "🤖",
    "`",
    "*",
    "_",
    "~",
    "-",
    "\n",
]


def refusal_of(text: str) -> LanguageError | None:
    try:
        command = parse(text, CATALOGUE)
    except LanguageError as error:
        return error
    plain = command.run.model_copy(update={"like": None})
    assert parse(to_text(command.run), CATALOGUE).run == plain
    assert parse(to_text(command.run, catalogue=CATALOGUE), CATALOGUE).run == command.run
    return None


def must_be_read_or_refused(text: str) -> None:
    error = refusal_of(text)
    if error is not None:
        assert error.message
        assert 0 <= error.start <= error.end <= len(error.text)
        assert error.caret()
        if error.correction is not None:
            parse(error.correction, CATALOGUE)


@pytest.mark.no_cover
@settings(max_examples=3_000, deadline=None, derandomize=True)
@given(st.text(max_size=200))
@example("\ue000")
def test_any_text_is_read_or_refused(text: str) -> None:
    must_be_read_or_refused(text)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(20))
def test_twenty_times_a_thousand_mixtures_of_its_own_words_are_read_or_refused(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(1_000):
        words = dice.choices(VOCABULARY, k=dice.randint(1, 9))
        must_be_read_or_refused(dice.choice((" ", " ", " ", "")).join(words))
