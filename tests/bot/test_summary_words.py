"""What may follow ``/carbon weekly``, ``monthly``, ``quarterly``, in English and Chinese."""

from __future__ import annotations

from datetime import time

import pytest

from bot import commands
from bot.commands.summaries import EXAMPLES, NotRead, Read, Wish, read
from bot.periods import Report
from tests.bot.people import ASKER, CHINESE_ASKER


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", Read(Wish.SHOW)),
        ("on", Read(Wish.ON)),
        ("ON", Read(Wish.ON)),
        ("off", Read(Wish.OFF)),
        ("preview", Read(Wish.PREVIEW)),
        ("now", Read(Wish.NOW)),
        ("开启", Read(Wish.ON)),
        ("关闭", Read(Wish.OFF)),
        ("预览", Read(Wish.PREVIEW)),
        ("立即", Read(Wish.NOW)),
        ("on Monday 09:00 Europe/Paris", Read(Wish.ON, 0, time(9), "Europe/Paris")),
        ("on europe/paris 9am mondays", Read(Wish.ON, 0, time(9), "Europe/Paris")),
        ("on every Fri at 4:30 pm", Read(Wish.ON, 4, time(16, 30))),
        ("on 12am", Read(Wish.ON, None, time(0))),
        ("on 12 p.m.", Read(Wish.ON, None, time(12))),
        ("on thurs 7", Read(Wish.ON, 3, time(7))),
        ("on Tokyo", Read(Wish.ON, None, None, "Asia/Tokyo")),
        ("on UTC", Read(Wish.ON, None, None, "UTC")),
        ("on New_York sunday", Read(Wish.ON, 6, None, "America/New_York")),
        ("开启 周一9点", Read(Wish.ON, 0, time(9))),
        ("开启 星期天 下午3点半 北京时间", Read(Wish.ON, 6, time(15, 30), "Asia/Shanghai")),
        ("开启 每周五 18：05", Read(Wish.ON, 4, time(18, 5))),
        ("开启 礼拜三 上午10时20分", Read(Wish.ON, 2, time(10, 20))),
    ],
)
def test_it_is_read(said: str, expected: Read) -> None:
    assert read(said, Report.WEEKLY) == expected


@pytest.mark.parametrize("report", [Report.MONTHLY, Report.QUARTERLY])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", Read(Wish.SHOW)),
        ("on", Read(Wish.ON)),
        ("off", Read(Wish.OFF)),
        ("preview", Read(Wish.PREVIEW)),
        ("now", Read(Wish.NOW)),
        ("on 1st 09:00 Europe/Paris", Read(Wish.ON, 1, time(9), "Europe/Paris")),
        ("on the 3rd of every month at 9am", Read(Wish.ON, 3, time(9))),
        ("on day 28", Read(Wish.ON, 28)),
        ("on 2", Read(Wish.ON, 2)),
        ("on 2 9", Read(Wish.ON, 2, time(9))),
        ("on 9:30", Read(Wish.ON, None, time(9, 30))),
        ("on 9 am", Read(Wish.ON, None, time(9))),
        ("on Tokyo", Read(Wish.ON, None, None, "Asia/Tokyo")),
        ("开启 每月1日9点", Read(Wish.ON, 1, time(9))),
        ("开启 每季度 十五号 下午3点半 北京时间", Read(Wish.ON, 15, time(15, 30), "Asia/Shanghai")),
        ("打开 ２１号", Read(Wish.ON, 21)),
        ("开 二十八日", Read(Wish.ON, 28)),
    ],
)
def test_a_day_of_the_month_is_read(report: Report, said: str, expected: Read) -> None:
    assert read(said, report) == expected


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("sometimes", "sometimes"),
        ("on Monday Tuesday", "Tuesday"),
        ("on 25:00", "25:00"),
        ("on 9:75", "9:75"),
        ("on 13pm", "13pm"),
        ("on 9:00 10:00", "10:00"),
        ("on Mars/Base", "Mars/Base"),
        ("on t", "t"),
        ("on 1st", "1st"),
        ("on every day", "day"),
    ],
)
def test_what_is_not_read_is_named_with_an_example(said: str, word: str) -> None:
    with pytest.raises(NotRead) as caught:
        read(said, Report.WEEKLY)
    for asker in (ASKER, CHINESE_ASKER):
        worded = asker.say(caught.value.why)
        assert f"“{word}”" in worded
        assert "/carbon weekly on Monday 09:00 Europe/Paris" in worded


@pytest.mark.parametrize("report", [Report.MONTHLY, Report.QUARTERLY])
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("sometimes", "sometimes"),
        ("on Monday", "Monday"),
        ("on 1st 2nd", "2nd"),
        ("on the last day", "last"),
        ("on 1st 25:00", "25:00"),
        ("开启 十十号", "十十号"),
        ("on 31st", "31"),
        ("on 29", "29"),
        ("on 0", "0"),
        ("开启 三十号", "30"),
    ],
)
def test_what_is_no_day_of_every_month_is_named_with_an_example(
    report: Report, said: str, words: str
) -> None:
    with pytest.raises(NotRead) as caught:
        read(said, report)
    for asker in (ASKER, CHINESE_ASKER):
        worded = asker.say(caught.value.why)
        assert words in worded
        assert EXAMPLES[report] in worded


@pytest.mark.parametrize("report", Report)
def test_the_examples_can_be_typed(report: Report) -> None:
    command = EXAMPLES[report].removeprefix("/carbon ")
    assert commands.opens(command) == (report.value, command.split(" ", 1)[1])
    assert read(command.split(" ", 1)[1], report).zone == "Europe/Paris"


@pytest.mark.parametrize(
    "word", ["weekly", "周报", "monthly", "月报", "quarterly", "季报", "status", "状态"]
)
def test_where_nothing_is_stored_it_says_where_to_type_it(word: str) -> None:
    name = commands.opens(word)
    assert name is not None
    assert f"/carbon {name[0]}" in commands.answer(word, ASKER).message.text
