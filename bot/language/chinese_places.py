"""Places as Chinese say them where the data name them in English alone.

Countries, states and provinces have their Chinese names in the data. Cities are places of cloud
regions, which are told apart by their provider: ``AWS东京`` is a region, and ``巴黎`` its grid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from estimator.catalogue import Catalogue
from estimator.place import Grid, Region, country_of

CITIES: Final = {
    "首尔": "Seoul",
    "曼谷": "Bangkok",
    "雅加达": "Jakarta",
    "台北": "Taipei",
    "伦敦": "London",
    "巴黎": "Paris",
    "马赛": "Marseille",
    "法兰克福": "Frankfurt",
    "柏林": "Berlin",
    "都柏林": "Dublin",
    "苏黎世": "Zurich",
    "都灵": "Turin",
    "马德里": "Madrid",
    "华沙": "Warsaw",
    "阿姆斯特丹": "Amsterdam",
    "特拉维夫": "Tel Aviv",
    "迪拜": "Dubai",
    "多哈": "Doha",
    "开普敦": "Cape Town",
    "约翰内斯堡": "Johannesburg",
    "卡尔加里": "Calgary",
    "洛杉矶": "Los Angeles",
    "芝加哥": "Chicago",
    "达拉斯": "Dallas",
    "凤凰城": "Phoenix",
    "盐湖城": "Salt Lake City",
    "哥伦布": "Columbus",
    "圣何塞": "San Jose",
}
"""Cities that no grid is called after."""
OTHERS: Final = {
    "东京": "Tokyo",
    "大阪": "Osaka",
    "孟买": "Mumbai",
    "海得拉巴": "Hyderabad",
    "德里": "Delhi",
    "新加坡": "Singapore",
    "悉尼": "Sydney",
    "墨尔本": "Melbourne",
    "香港": "Hong Kong",
    "斯德哥尔摩": "Stockholm",
    "米兰": "Milan",
    "圣保罗": "Sao Paulo",
    "圣地亚哥": "Santiago",
    "蒙特利尔": "Montreal",
    "多伦多": "Toronto",
    "爱尔兰": "Ireland",
    "瑞典": "Sweden",
    "芬兰": "Finland",
    "比利时": "Belgium",
    "荷兰": "Netherlands",
    "西班牙": "Spain",
    "以色列": "Israel",
    "巴林": "Bahrain",
    "巴西": "Brazil",
    "加拿大": "Canada",
    "墨西哥": "Mexico",
    "马来西亚": "Malaysia",
    "新西兰": "New Zealand",
    "泰国": "Thailand",
    "台湾": "Taiwan",
    "北京": "Beijing",
    "宁夏": "Ningxia",
    "北弗吉尼亚": "Northern Virginia",
    "弗吉尼亚": "Virginia",
    "俄亥俄": "Ohio",
    "俄勒冈": "Oregon",
    "加利福尼亚": "California",
    "加州": "California",
    "爱荷华": "Iowa",
    "艾奥瓦": "Iowa",
    "南卡罗来纳": "South Carolina",
    "德克萨斯": "Texas",
    "得克萨斯": "Texas",
    "犹他": "Utah",
}
"""Other places that regions of clouds are called after."""
_PLACES: Final = CITIES | OTHERS
_PROVIDERS: Final = {
    "aws": "aws",
    "亚马逊云": "aws",
    "亚马逊": "aws",
    "gcp": "gcp",
    "google cloud": "gcp",
    "谷歌云": "gcp",
    "谷歌": "gcp",
    "oracle": "oracle",
    "甲骨文云": "oracle",
    "甲骨文": "oracle",
}
_ALIBABA: Final = {
    "青岛": "qingdao",
    "北京": "beijing",
    "张家口": "zhangjiakou",
    "呼和浩特": "huhehaote",
    "乌兰察布": "wulanchabu",
    "杭州": "hangzhou",
    "上海": "shanghai",
    "深圳": "shenzhen",
    "成都": "chengdu",
    "香港": "hongkong",
}
"""The ends of the ids of Alibaba Cloud's regions."""
_SAME: Final = {
    "中国香港": "香港",
    "中国澳门": "澳门",
    "中国台湾": "台湾",
    "中国台北": "Taipei",
    "北弗吉尼亚": "弗吉尼亚",
    "维多利亚州": "Victoria",
}
"""Other names of places that the data know."""
_HAN: Final = r"\u3400-\u9fff"
_AFTER_COUNTRY: Final = re.compile(rf"[{_HAN}]{{3,20}}")


class InCountry(NamedTuple):
    """A place that is named after a country: ``法国巴黎``.

    Attributes:
        typed: how the country is written.
        country: its name.
        place: what follows it, as the data name it.
        called: names of the places that are called so, wherever they are.
        is_there: whether one of those is in the country.
    """

    typed: str
    country: str
    place: str
    called: tuple[str, ...]
    is_there: bool


def in_country(word: str, catalogue: Catalogue) -> InCountry | None:
    """A word in its two parts; ``None`` where it is no country and a place that the data know."""
    if not _AFTER_COUNTRY.fullmatch(word):
        return None
    for end in range(len(word) - 1, 1, -1):
        found = catalogue.find_locations(word[:end])
        country = catalogue.grids.get(found[0]) if len(found) == 1 else None
        if country is not None and country.scope == "country":
            place = word[end:].removeprefix("的")
            called = _called(place, catalogue)
            names = tuple(one.id if isinstance(one, Region) else one.name for one in called)
            is_there = any(country_of(one) == country.id for one in called)
            known = InCountry(word[:end], country.name, named(place).strip(), names, is_there)
            return known if called else None
    return None


def _called(place: str, catalogue: Catalogue) -> list[Region | Grid]:
    """The places of a name, or the regions in the city of that name."""
    found = catalogue.find_locations(place)
    english = in_english(place)
    if found or english is None:
        return [catalogue.regions.get(one) or catalogue.grids[one] for one in found]
    return [
        region
        for region in catalogue.regions.values()
        if any(english.lower() in name.lower() for name in (region.place, *region.aliases))
    ]


def named(command: str) -> str:
    """The command with the places that it names as the data name them."""
    of_provider, of_alibaba, alone, same = _patterns()
    command = of_provider.sub(_region, command)
    command = of_alibaba.sub(lambda found: f" 阿里云 cn-{_ALIBABA[found['city']]} ", command)
    command = alone.sub(lambda found: f" {CITIES[found['city']]} ", command)
    return same.sub(lambda found: _SAME[found[0]], command)


def in_english(place: str) -> str | None:
    """The English name of a city or region that is typed alone; ``None`` where none is known."""
    return _PLACES.get(place.strip().removesuffix("市"))


def _region(found: re.Match[str]) -> str:
    return f" {_PROVIDERS[found['provider'].lower()]} {_PLACES[found['city']]} "


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    of = r" *的?(?:云的?)? *"
    cities, alone = _any(_PLACES), _any(CITIES)
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"(?<![A-Za-z])(?P<provider>{_any(_PROVIDERS)}){of}(?P<city>{cities})[州市]?",
            rf"阿里(?:巴巴)?云?{of}(?P<city>{_any(_ALIBABA)})市?",
            rf"(?<![{_HAN}])(?P<city>{alone})市?(?![{_HAN}])",
            rf"(?<![{_HAN}])(?:{_any(_SAME)})(?![{_HAN}])",
        )
    )


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))
