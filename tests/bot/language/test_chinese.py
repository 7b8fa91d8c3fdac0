"""Commands in Chinese, as people write them: numerals, units, word order, names of places."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.i18n import CHINESE, say_in
from bot.language import LanguageError, parse
from bot.language.chinese import apart, rules
from bot.language.chinese_places import CITIES, OTHERS
from bot.language.normalise import normalise
from estimator import DeviceQuantity, FactorSet, TrainingRun, load_default
from estimator.place import Grid, Region
from estimator.preset import as_spec
from estimator.spec import Workload

CATALOGUE = load_default()


def run(*devices: tuple[str, int | None], **said: Any) -> TrainingRun:
    entries = tuple(DeviceQuantity(device=d, quantity=n) for d, n in devices)
    return TrainingRun(devices=entries, **said)


EIGHT = ("H100", 8)
MANY = ("H100", 64)
LLAMA = Workload(parameters=70e9, tokens=15e12)
DEEPSEEK = Workload(parameters=671e9, active_parameters=37e9, tokens=14.8e12, precision="fp8")
H800 = "H800-SXM5-80GB"


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("训练两周", 336),
        ("训练三个星期", 504),
        ("训练3礼拜", 504),
        ("跑3个月", 2160),
        ("运行36小时", 36),
        ("持续 90 分钟", 1.5),
        ("36个小时", 36),
        ("一百二十小时", 120),
        ("十二天", 288),
        ("7日", 168),
        ("2天12小时", 60),
        ("半年", 4380),
        ("半天", 12),
        ("半个月", 360),
        ("半小时", 0.5),
        ("半个小时", 0.5),
        ("一个半月", 1080),
        ("两个半小时", 2.5),
        ("两天半", 60),
        ("一年半", 13140),
    ],
)
def test_a_duration_is_read(text: str, hours: float) -> None:
    assert parse(f"64张H100 {text}", CATALOGUE).run == run(MANY, duration_h=hours)
    assert parse(f"64张H100，{text}，在法国", CATALOGUE).run.duration_h == hours


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("八张H100", 8),
        ("十张H100", 10),
        ("百张H100", 100),
        ("一百零五张H100", 105),
        ("三百二十张H100", 320),
        ("一千张H100", 1000),
        ("一千二百块H100", 1200),
        ("3千张H100", 3000),
        ("1,000张H100", 1000),
        ("一万张H100", 10_000),
        ("1.5万张H100", 15_000),
        ("两万五千张H100", 25_000),
        ("两万零五张H100", 20_005),
        ("十万张H100", 100_000),
        ("8卡H100", 8),
        ("8块英伟达H100", 8),
        ("8张H100显卡", 8),
    ],
)
def test_a_quantity_is_read(text: str, quantity: int) -> None:
    assert parse(text, CATALOGUE).run == run(("H100", quantity))


@pytest.mark.parametrize(
    "text",
    [
        "8张H100 两三天",
        "两万五张H100",
        "2万5张H100",
        "一百五张H100",
        "几十张H100",
        "数百张H100",
        "8张H100 每天8小时",
        "两个半天 8张H100",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        parse(text, CATALOGUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("在法国训练两周 64张H100", run(MANY, duration_h=336, location="France")),
        ("64张H100在法国训练两周", run(MANY, duration_h=336, location="France")),
        ("在法国用64张H100训练两周", run(MANY, duration_h=336, location="France")),
        ("64张H100 训练于法国 两周", run(MANY, duration_h=336, location="France")),
        ("请帮我估算一下8张H100训练3天", run(EIGHT, duration_h=72)),
        ("8張H100訓練兩週 在臺灣", run(EIGHT, duration_h=336, location="Taiwan")),
        ("8张H100 在美国加州", run(EIGHT, location="California")),
        ("8张H100 张家口", run(EIGHT, location="Hebei")),
        ("8张H100一周 在法国", run(EIGHT, duration_h=168, location="France")),
        ("8张H100十二天", run(EIGHT, duration_h=288)),
        ("8张H100天津", run(EIGHT, location="Tianjin")),
        ("8张H100日本", run(EIGHT, location="Japan")),
        ("8张H100 在印度 利用率60%", run(EIGHT, location="India", utilisation=0.6)),
        ("8张H100 利用率为60%", run(EIGHT, utilisation=0.6)),
        ("8张H100 在60%利用率下", run(EIGHT, utilisation=0.6)),
        ("8张H100 PUE为1.2", run(EIGHT, pue=1.2)),
        ("8张H100 占空比30%", run(EIGHT, duty_cycle=0.3)),
        ("帮我算一下8张H100跑两周的碳排放", run(EIGHT, duration_h=336)),
        ("请问用8张H100训练三天会排放多少二氧化碳？", run(EIGHT, duration_h=72)),
        ("8张H100训练三天的碳排放量是多少", run(EIGHT, duration_h=72)),
        ("8张华为昇腾910B", run(("Ascend-910B", 8))),
        ("8张H100 使用寿命5年", run(EIGHT, lifetime_years=5)),
        ("8张H100训练3天，寿命为六年", run(EIGHT, duration_h=72, lifetime_years=6)),
        ("8张H100 额外开销50%", run(EIGHT, overhead=0.5)),
        ("8张H100 失败和试验 50%", run(EIGHT, overhead=0.5)),
        ("8张H100 年份 2023", run(EIGHT, year=2023)),
        ("8张H100 月份 5", run(EIGHT, month=5)),
        ("8张H100 月份5月", run(EIGHT, month=5)),
        ("8张H100 二〇二三年", run(EIGHT, year=2023)),
        ("8张H100 存储100TB，传输3TB", run(EIGHT, storage_tb=100, transfer_tb=3)),
        ("三张A100、两张H100 一周", run(("A100", 3), ("H100", 2), duration_h=168)),
        ("8张H100 加 3张A100", run(EIGHT, ("A100", 3))),
        ("8张H100，1万张A100", run(EIGHT, ("A100", 10_000))),
        ("8张H100跟3张A100在法国", run(EIGHT, ("A100", 3), location="France")),
        ("8张显卡 三天", run(("GPU", 8), duration_h=72)),
        ("12000千瓦时 在法国", run(energy_kwh=12_000, location="France")),
        ("1.2万度电 在中国", run(energy_kwh=12_000, location="China")),
        ("一万二千千瓦时", run(energy_kwh=12_000)),
        ("433万千瓦时", run(energy_kwh=4_330_000)),
        ("433兆瓦时", run(energy_kwh=433_000)),
        ("170万A100小时", run(("A100", None), device_hours=1.7e6)),
        ("五百万A100小时", run(("A100", None), device_hours=5e6)),
        ("170万卡时 A100", run(("A100", None), device_hours=1.7e6)),
        ("170万个A100卡时", run(("A100", None), device_hours=1.7e6)),
        (
            "10块GPU 20块TPU 按 article 因子",
            run(("GPU", 10), ("TPU", 20), factors=FactorSet.ARTICLE),
        ),
        (
            "10块GPU 20块TPU 用文章的因子",
            run(("GPU", 10), ("TPU", 20), factors=FactorSet.ARTICLE),
        ),
        ("8张H100 因子 sourced", run(EIGHT)),
    ],
)
def test_a_sentence_is_read(text: str, expected: TrainingRun) -> None:
    assert parse(text, CATALOGUE).run == expected


@pytest.mark.parametrize(
    "text",
    [
        "700亿参数 15万亿词元 512张H100",
        "七百亿参数，十五万亿词元，512张H100",
        "七百亿参数 十五万亿个词元 512张H100",
        "训练700亿参数模型，15万亿词元，用512张H100",
        "700亿参数的模型，15万亿 token，512张H100",
        "参数量：700亿 词元数：15万亿 512张H100",
        "参数700亿 词元15万亿 在512张H100上",
        "预训练 70B参数 15T词元 512张H100",
    ],
)
def test_a_workload_is_read(text: str) -> None:
    assert parse(text, CATALOGUE).run == run(("H100", 512), workload=LLAMA)


@pytest.mark.parametrize(
    "text",
    [
        "6710亿参数（激活370亿）14.8万亿词元 H800 fp8",
        "6710亿参数 370亿激活 14.8万亿词元 H800 fp8",
        "6710亿总参数 370亿激活参数 14.8万亿词元 H800 fp8",
        "671B参数 激活37B 14.8T词元 H800 fp8",
        "671B参数，激活参数量为370亿，14.8万亿词元，H800 fp8",
        "总参数671B 激活参数37B 14.8T词元 H800 fp8",
        "激活37B 总参数量6710亿 14.8T词元 H800 fp8",
        "6710亿参数 37B激活 14.8T词元 H800 fp8",
        "671B-A37B 14.8T词元 H800 fp8",
        "671B-A37B参数 14.8T词元 H800 fp8",
        "671b-a37b model 14.8T tokens on H800 fp8",
    ],
)
def test_a_mixture_of_experts_is_read(text: str) -> None:
    assert parse(text, CATALOGUE).run == run((H800, None), workload=DEEPSEEK)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("5月", 5),
        ("5 月", 5),
        ("5月份", 5),
        ("五月", 5),
        ("十月", 10),
        ("十二月份", 12),
        ("12月", 12),
        ("月份5", 5),
        ("月份 11月", 11),
    ],
)
def test_a_month_is_read(text: str, month: int) -> None:
    expected = run(MANY, duration_h=336, location="France", month=month)
    for said in (
        f"64张H100 训练两周 在法国 {text}",
        f"{text}在法国，64张H100训练2周",
        f"64张H100 {text}在法国训练两周",
    ):
        assert parse(said, CATALOGUE).run == expected
    with_year = parse(f"64张H100 2023年{text} 在法国", CATALOGUE).run
    assert (with_year.year, with_year.month) == (2023, month)


@pytest.mark.parametrize("text", ["训练5个月", "为期5个月", "五个月"])
def test_months_that_it_takes_are_no_month(text: str) -> None:
    found = parse(f"64张H100 {text}", CATALOGUE).run
    assert (found.duration_h, found.month) == (5 * 720, None)


def test_a_month_or_so_many_months_is_asked_about() -> None:
    with pytest.raises(LanguageError) as caught:
        parse("64张H100 训练5月", CATALOGUE)
    assert str(caught.value.message) == (
        "“5月” can be read in two ways: write “5个月” or “月份 5”."
    )
    assert caught.value.correction == "64 张 H100 训练 5个月"


@pytest.mark.parametrize("text", ["训练5月", "5月1日", "13月", "第五月"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        parse(f"64张H100 {text}", CATALOGUE)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("AWS东京", "ap-northeast-1"),
        ("aws 弗吉尼亚州", "us-east-1"),
        ("亚马逊云的法兰克福", "eu-central-1"),
        ("谷歌云台湾", "asia-east1"),
        ("GCP 爱荷华", "us-central1"),
        ("甲骨文云伦敦", "uk-london-1"),
        ("阿里云张家口", "cn-zhangjiakou"),
        ("阿里云 北京", "cn-beijing"),
        ("阿里巴巴云上海市", "cn-shanghai"),
    ],
)
def test_a_providers_region_is_found_by_its_city(text: str, region: str) -> None:
    found = parse(f"64张H100 训练两周 在{text}", CATALOGUE).run
    assert found == run(MANY, duration_h=336, location=region)


def test_every_city_is_one_of_a_provider() -> None:
    for chinese, english in {**CITIES, **OTHERS}.items():
        named = {
            found
            for provider in ("aws", "gcp", "oracle")
            if (found := region_or_none(f"在 {provider} {chinese}"))
        }
        assert named, (chinese, english)


def refusal(text: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)
    return caught.value


def region_or_none(text: str) -> str | None:
    try:
        return parse(f"64张H100 {text}", CATALOGUE).run.location
    except LanguageError:
        return None


@pytest.mark.parametrize(
    ("text", "grid"),
    [
        ("巴黎", "France"),
        ("伦敦", "United Kingdom"),
        ("首尔", "South Korea"),
        ("法兰克福", "Germany"),
    ],
)
def test_a_city_of_several_providers_is_on_the_grid_of_all_of_them(text: str, grid: str) -> None:
    assert parse(f"64张H100 训练两周 在{text}", CATALOGUE).run.location == grid


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("中国香港", "Hong Kong"),
        ("中国澳门", "Macao"),
        ("中国台湾", "Taiwan"),
        ("北弗吉尼亚", "Virginia"),
        ("维多利亚州", "Victoria"),
    ],
)
def test_another_name_of_a_place_is_found(text: str, place: str) -> None:
    assert parse(f"64张H100 在{text}", CATALOGUE).run.location == place


def chinese_name(grid: Grid) -> str:
    """One that is no other place's; empty where there is none."""
    return next((name for name in grid.own_names if re.fullmatch("[\u3400-\u9fff]+", name)), "")


COUNTRIES = {
    grid.id: chinese_name(grid) for grid in CATALOGUE.grids.values() if grid.scope == "country"
}
ZONES = [grid for grid in CATALOGUE.grids.values() if grid.country and chinese_name(grid)]


def test_a_country_may_stand_before_each_of_its_parts() -> None:
    assert len(ZONES) > 100
    for zone in ZONES:
        typed = f"{COUNTRIES[str(zone.country)]}{chinese_name(zone)}"
        for text in (f"64张H100 在{typed}训练3天", f"64张H100 训练3天 {typed}"):
            found = parse(text, CATALOGUE).run
            assert (found.location, found.duration_h) == (zone.name, 72), text


def test_a_part_of_another_country_is_none_of_a_countrys() -> None:
    for zone in ZONES:
        country = "法国" if zone.country != "FR" else "德国"
        place = chinese_name(zone)
        for text in (f"64张H100 在{country}{place}训练3天", f"64张H100 {country}{place}"):
            error = refusal(text)
            assert str(error.message).startswith(f"“{place}” is not in “{country}”."), text
            assert say_in(CHINESE)(error.message).startswith(f"“{place}”不在“{country}”"), text
            assert error.text[error.start : error.end] == f"{country}{place}"
            assert error.correction is not None
            assert parse(error.correction, CATALOGUE).run.location == zone.name


@pytest.mark.parametrize("city", ["巴黎", "的巴黎", "马赛"])
def test_a_city_after_its_country_is_that_city(city: str) -> None:
    alone = parse(f"64张H100 在{city.removeprefix('的')}", CATALOGUE)
    assert parse(f"64张H100 在法国{city}", CATALOGUE) == alone
    assert alone.run.location == "France"


@pytest.mark.parametrize("city", CITIES)
def test_a_city_that_is_not_in_a_country_is_told_with_its_regions(city: str) -> None:
    error = refusal(f"64张H100 在巴西{city}")
    assert str(error.message).startswith(f"“{city}” is not in “巴西”. Did you mean ")
    assert error.correction is not None
    found = CATALOGUE.place_of(str(parse(error.correction, CATALOGUE).run.location))
    assert isinstance(found, Region)
    assert CITIES[city].lower() in " ".join((found.place, *found.aliases)).lower()


@pytest.mark.parametrize("text", ["法国火星", "法国法国巴黎", "火星法国"])
def test_what_is_no_country_and_a_place_is_no_place(text: str) -> None:
    assert refusal(f"64张H100 在{text}").code == "unknown_place"


@pytest.mark.parametrize("text", ["像 BLOOM 一样", "类似 BLOOM", "与 BLOOM 相同", "同BLOOM"])
def test_a_published_run_is_found(text: str) -> None:
    assert parse(text, CATALOGUE).run == as_spec(CATALOGUE.run("BLOOM"))


@pytest.mark.parametrize(("text", "correction"), [("100千瓦", "100 kWh"), ("8兆瓦", "8 MWh")])
def test_a_power_is_no_energy(text: str, correction: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text, CATALOGUE)
    assert (caught.value.code, caught.value.correction) == ("power", correction)


def test_every_country_is_found_by_its_name_in_unicodes_locale_data() -> None:
    names = Locale.parse("zh_Hans").territories
    for grid in CATALOGUE.grids.values():
        if grid.scope == "country" and grid.id in names:
            assert CATALOGUE.find_locations(normalise(names[grid.id])) == (grid.id,)


def test_text_without_chinese_stays_as_it_is() -> None:
    assert apart("64 H100 for 2 weeks in eu-west-1") == "64 H100 for 2 weeks in eu-west-1"


@pytest.mark.parametrize("number", [n for n, (one_of, *_) in enumerate(rules()) if one_of])
def test_a_rule_is_passed_over_only_where_it_finds_nothing(number: int) -> None:
    one_of, pattern, _ = rules()[number]

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.from_regex(pattern))
    def check(text: str) -> None:
        assert set(one_of) & set(text)

    check()


@pytest.mark.parametrize("text", ["一个" * 1_600, "8946亿 个" * 420, "1 个 " * 500])
def test_what_is_far_too_long_is_refused_as_it_stands(text: str) -> None:
    assert normalise(text) == text.strip()
    with pytest.raises(LanguageError, match="too long"):
        parse(text, CATALOGUE)
