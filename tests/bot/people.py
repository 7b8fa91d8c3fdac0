"""Who asks in tests of the pure parts: in English or Chinese, on a day that never changes."""

from __future__ import annotations

from datetime import date

from bot.asker import Asker
from bot.i18n import CHINESE, ENGLISH, say_in
from estimator import load_default

TODAY = date(2026, 11, 24)
ASKER = Asker(load_default(), say_in(ENGLISH), TODAY)
CHINESE_ASKER = Asker(load_default(), say_in(CHINESE), TODAY)
