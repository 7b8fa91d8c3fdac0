"""Members who may not do what they asked for: the log and the counter of refusals hear of it."""

from __future__ import annotations

from bot.refusals import Reason
from bot.request import current
from bot.slack.payload import Who


def not_permitted(who: Who, what: str) -> None:
    """Note that a member may not do what they asked for.

    Args:
        who: the member.
        what: what they asked for, in a few words of ours.
    """
    current().refused(Reason.NOT_PERMITTED, what, who.team_id, who.user_id)
