"""The words that mean something in a command. Another language adds its words here."""

from __future__ import annotations

from typing import Final

from estimator.spec import Kind, Precision
from estimator.units import HOURS_PER_UNIT
from estimator.units import MONTHS as MONTH_NAMES

CHINESE_UNITS: Final[dict[str, float]] = {
    **dict.fromkeys(("分钟", "分鐘"), 1 / 60),
    **dict.fromkeys(("小时", "小時", "个小时", "個小時", "钟头", "个钟头"), 1.0),
    **dict.fromkeys(("天", "日"), 24.0),
    **dict.fromkeys(("周", "週", "星期", "个星期", "個星期", "礼拜", "个礼拜"), 7 * 24.0),
    **dict.fromkeys(("个月", "個月"), 30 * 24.0),
    "年": HOURS_PER_UNIT["year"],
}
CHINESE_ENERGIES: Final = {
    "瓦时": "0.001",
    "度": "1",
    "度电": "1",
    "千瓦时": "1",
    "兆瓦时": "1e3",
    "吉瓦时": "1e6",
    "太瓦时": "1e9",
}
UNITS: Final = {**HOURS_PER_UNIT, **CHINESE_UNITS}
COUNTERS: Final = ("块", "塊", "张", "張", "个", "個", "台", "臺", "颗", "片", "枚", "卡")
"""Words that Chinese puts between a number and what is counted."""
FOR: Final = ("for", "during", "训练", "訓練", "跑", "运行", "持续", "为期", "历时")
IN: Final = ("in", "located in", "@", "在", "位于", "位於", "于", "於")
ON: Final = ("on", "using", "with", "使用")
AT: Final = ("at",)
UTILISATION: Final = ("utilisation", "utilization", "util", "load", "利用率")
PERCENT: Final = ("percent", "per cent", "pct")
PUE: Final = ("pue",)
LIFETIME: Final = (
    "lifetime",
    "lifetime of",
    "hardware lifetime",
    "device lifetime",
    "service life",
    "使用寿命",
    "硬件寿命",
    "寿命",
)
YEARS: Final = ("years", "year", "yr", "yrs", "y", "年")
FACTORS: Final = ("factors", "factor set", "--factors")
USING: Final = ("using", "with")
PUBLIC: Final = ("public", "--public", "in public", "公开", "公開")
ONE: Final = ("an", "a", "one")
AND: Final = ("and", "plus", "&", "和")
HALF: Final = {
    "half an hour": 0.5,
    "half a day": 12.0,
    "half day": 12.0,
    "half a week": 84.0,
    "half a month": 360.0,
    "half a year": 4380.0,
    "半天": 12.0,
    "半年": 4380.0,
}
"""Hours of the spoken halves."""
LIKE: Final = ("like", "same as", "as big as", "像", "类似", "类似于", "如同")
MONTH: Final = ("month", "月份")
MONTHS: Final = {
    **{name.lower(): number for number, name in enumerate(MONTH_NAMES, 1)},
    **{name[:3].lower(): number for number, name in enumerate(MONTH_NAMES, 1)},
    "sept": 9,
}
LIVE: Final = ("live", "--live", "live grid", "实时", "即时")
LIVE_FIGURE: Final = "live"
"""Before a figure that was live when it was fetched: ``live 123 at 2026-11-24T16:30Z by neso/GB``.

Written by the bot, so that it is the same in every language.
"""
YEAR: Final = ("year", "in the year", "年份", "电网年份")
DUTY: Final = ("duty cycle", "duty-cycle", "duty", "占空比")
OVERHEAD: Final = (
    "overhead",
    "failed runs",
    "failed and trial runs",
    "额外开销",
    "失败",
    "失败和试验",
)
FAILED: Final = (
    "overhead",
    "failed runs",
    "failed and trial runs",
    "for failed runs",
    "trial runs",
    "failed",
    "trials",
    "ablations",
    "额外开销",
    "失败",
    "失败和试验",
)
"""Words after a percentage that make it failed and trial runs on top of the run."""
STORAGE: Final = ("storage", "stored", "storing", "存储")
TRANSFER: Final = ("transfer", "transferred", "transferring", "moved", "传输")
MFU: Final = ("mfu",)
PARAMETERS: Final = (
    "parameters",
    "parameter",
    "params",
    "param",
    "weights",
    "model",
    "total parameters",
    "total params",
    "参数",
    "总参数",
)
ACTIVE: Final = (
    "active parameters",
    "active params",
    "activated parameters",
    "activated params",
    "activated",
    "active",
    "激活",
    "激活 参数",
)
TOKENS: Final = ("tokens", "token", "个 token", "个 tokens", "词元", "个 词元", "詞元")
KINDS: Final[dict[str, Kind]] = {
    "fine-tuning": "fine_tuning",
    "fine-tune": "fine_tuning",
    "fine tuning": "fine_tuning",
    "finetuning": "fine_tuning",
    "finetune": "fine_tuning",
    "微调": "fine_tuning",
    "lora": "lora",
    "qlora": "lora",
    "inference": "inference",
    "serving": "inference",
    "serve": "inference",
    "推理": "inference",
    "train": "training",
    "training": "training",
    "pre-training": "training",
    "pretraining": "training",
    "pretrain": "training",
    "pre-train": "training",
    "预训练": "training",
}
KIND_WORDS: Final = {
    **dict.fromkeys(("gpu", "gpus"), "GPU"),
    **dict.fromkeys(("tpu", "tpus"), "TPU"),
    **dict.fromkeys(("accelerator", "accelerators", "card", "cards", "chip", "chips"), ""),
    **dict.fromkeys(("device", "devices", "module", "modules"), ""),
}
"""Words after a model that say no more than what it is, and the kind that it then has to be."""
PRECISIONS: Final[dict[str, Precision]] = {
    "fp32": "fp32",
    "float32": "fp32",
    "tf32": "tf32",
    "bf16": "bf16",
    "bfloat16": "bf16",
    "fp16": "fp16",
    "float16": "fp16",
    "fp8": "fp8",
    "float8": "fp8",
    "int8": "int8",
    "fp4": "fp4",
}
SUFFIXES: Final = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12, "万": 10**4, "亿": 10**8}
"""What a letter glued to a number multiplies it by."""
SCALES: Final = {
    "thousand": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
    "万": 10**4,
    "亿": 10**8,
    "万亿": 10**12,
}
"""What a word after a number multiplies it by."""
ENERGIES_KWH: Final = {
    "wh": "0.001",
    "kwh": "1",
    "mwh": "1e3",
    "gwh": "1e6",
    "twh": "1e9",
    **CHINESE_ENERGIES,
}
POWERS: Final = (
    "kw",
    "mw",
    "gw",
    "kilowatts",
    "kilowatt",
    "megawatts",
    "megawatt",
    "watts",
    "千瓦",
    "兆瓦",
    "吉瓦",
)
DATA_TB: Final = {"mb": "1e-6", "gb": "1e-3", "tb": "1", "pb": "1e3", "eb": "1e6"}
EXAMPLE: Final = "64 H100 for 2 weeks in eu-west-1"
