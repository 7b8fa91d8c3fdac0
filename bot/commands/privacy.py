"""What follows ``/carbon privacy``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Wish(StrEnum):
    """What somebody wants to be done with what is kept of them."""

    SHOW = "show"
    EXPORT = "export"
    FORGET_ME = "forget me"
    FORGET_WORKSPACE = "forget workspace"


_WISHES: Final = {
    "": Wish.SHOW,
    "export": Wish.EXPORT,
    "导出": Wish.EXPORT,
    "forget me": Wish.FORGET_ME,
    "忘记我": Wish.FORGET_ME,
    "forget workspace": Wish.FORGET_WORKSPACE,
    "忘记工作区": Wish.FORGET_WORKSPACE,
}


def wish_in(said: str) -> Wish | None:
    """What somebody wants; ``None`` where it is not understood."""
    return _WISHES.get(" ".join(said.casefold().split()))
