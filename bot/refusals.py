"""What is refused: each is counted by why, and while they are few each has a line in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final

log = logging.getLogger(__name__)

LINES: Final = 30
"""Lines about refusals of one reason in a period: a flood fills no disk."""
PERIOD_S: Final = 60.0

Later = Callable[[float, Callable[[], None]], object]
"""Calls something after so many seconds."""


class Reason(StrEnum):
    """Why something is refused, as its counter and its line name it."""

    SIGNATURE = "signature"
    """It is not signed with the secret that Slack signs with."""
    STALE = "stale"
    """Its timestamp is more than five minutes away, whatever its signature is."""
    REPLAYED = "replayed"
    """The same request came before."""
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    """It is signed, or came to an address that is known, and has not the shape that it must."""
    RATE_LIMITED = "rate_limited"
    """A member, a workspace or an address asks for more than it may have."""
    UNKNOWN_ADDRESS = "unknown_address"
    """A measurement for an address that was never given out, or was revoked."""
    NOT_INSTALLED = "not_installed"
    """It is of a workspace in which the app is not installed."""
    INSTALLATION = "installation"
    """Who comes back from Slack did not begin here, or brings no code that Slack takes."""
    NOT_PERMITTED = "not_permitted"
    """A member may not do what they asked for."""


class Refusals:
    """Counts what is refused, and tells the log."""

    def __init__(self, counted: Callable[[str], None], later: Later) -> None:
        """Begin with a whole period for each reason.

        Args:
            counted: is told the reason of each.
            later: calls something when a period is over.
        """
        self._counted = counted
        self._later = later
        self._in_period: dict[Reason, int] = {}

    def note(self, reason: Reason, what: str, team_id: str = "", user_id: str = "") -> None:
        """Note a refusal.

        Args:
            reason: why.
            what: what is wrong, or what was asked for; nothing that somebody typed, and no secret.
            team_id: the workspace, where Slack's signature vouches for it; empty where it does not.
            user_id: the member, likewise.
        """
        self._counted(reason.value)
        number = self._in_period.get(reason, 0) + 1
        self._in_period[reason] = number
        if number == 1:
            self._later(PERIOD_S, partial(self._end, reason))
        if number <= LINES:
            whose = "".join(
                f", {name} {found}"
                for name, found in (("workspace", team_id), ("member", user_id))
                if found
            )
            log.warning("refused (%s): %s%s", reason.value, what, whose)

    def end(self) -> None:
        """Tell what was left out of the log, before the bot stops."""
        for reason in [*self._in_period]:
            self._end(reason)

    def _end(self, reason: Reason) -> None:
        left_out = self._in_period.pop(reason, 0) - LINES
        if left_out > 0:
            log.warning("refused (%s): %d more, which have no line", reason.value, left_out)
