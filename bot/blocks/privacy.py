"""What is kept of a member, and what is asked before it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.blocks import elements, parts
from bot.i18n import Say
from bot.message import Block, Message

FORGET_ME: Final = "carbon_privacy_forget_me"
FORGET_WORKSPACE: Final = "carbon_privacy_forget_workspace"
FORGET_WORKSPACE_NOW: Final = "carbon_privacy_forget_workspace_now"
KEEP: Final = "carbon_privacy_keep"


def about_message(
    rows: Mapping[str, int], days: int | None, say: Say, *, is_admin: bool
) -> Message:
    """What is kept of a member, how long, and how to take it along or have it deleted.

    Args:
        rows: how many rows are kept that have the member in them, by table.
        days: how long estimates are kept; ``None`` without a limit.
        say: the language.
        is_admin: whether the member administers the workspace.
    """
    title = say("What carbon keeps of you")
    limit = say("without a limit")
    if days is not None:
        limit = say.plural("for {n} day", "for {n} days", days)
    lines = [
        say(
            "Your estimates ({n}): the run as it was understood, its figures, the channel and the "
            "time. They are kept {limit}.",
            n=rows.get("estimates", 0),
            limit=limit,
        ),
        say(
            "Your language, your time zone and whether you are an administrator, as Slack tells "
            "them; and whether you closed the welcome."
        ),
        say(
            "Your id beside runs that you entered ({runs}) and beside settings, summaries, "
            "budgets, files and addresses that you set ({others}). These are the team's, and have "
            "no limit.",
            runs=rows.get("runs", 0),
            others=sum(rows.get(name, 0) for name in SET_BY_MEMBERS),
        ),
        say("No text of a message, no name and no e-mail address."),
    ]
    how = [
        say("All of it as a file: {command}", command="`/carbon privacy export`"),
        say("To have it deleted: {command}", command="`/carbon privacy forget me`"),
    ]
    if is_admin:
        how.append(
            say(
                "All of the workspace, for administrators: {command}",
                command="`/carbon privacy forget workspace`",
            )
        )
    text = say.sentences([*lines, *how])
    return Message(
        parts.cut(parts.escape(text), parts.TEXT_LIMIT),
        (
            parts.header(title),
            parts.section(parts.escape("\n".join(f"• {line}" for line in lines))),
            parts.section(parts.escape("\n".join(how))),
        ),
    )


SET_BY_MEMBERS: Final = ("preferences", "schedules", "budgets", "factor_files", "ingest_urls")
"""Tables whose rows say which member set them."""


def forget_me_message(rows: Mapping[str, int], say: Say) -> Message:
    """What is deleted of a member and what stays, with the button that does it."""
    lines = [
        say.plural(
            "Deleted: your {n} estimate, what is known of you, and all of your direct messages "
            "with carbon.",
            "Deleted: your {n} estimates, what is known of you, and all of your direct messages "
            "with carbon.",
            rows.get("estimates", 0),
        ),
        say(
            "Kept, without you in it: runs in the ledgers of channels, settings and summaries. "
            "They are the team's."
        ),
        say("It cannot be undone. What you type afterwards is kept anew."),
    ]
    confirm = (
        say("Forget you?"),
        say("It cannot be undone. What you type afterwards is kept anew."),
        say("Forget me"),
        say("No, keep it"),
    )
    return _asking(lines, _danger(say("Forget me"), FORGET_ME, confirm), say)


def forget_workspace_message(say: Say) -> Message:
    """What is deleted of a workspace, with the button that asks once more."""
    lines = [
        say(
            "Deleted for everybody in this workspace: all runs, estimates, measurements, settings, "
            "summaries, budgets, factor files and addresses."
        ),
        say("Export the ledgers first: `/carbon export json` in each channel."),
        say("It cannot be undone."),
    ]
    return _asking(lines, parts.button(say("Go on"), FORGET_WORKSPACE, "1"), say)


def forget_workspace_now_message(say: Say) -> Message:
    """The second question."""
    confirm = (
        say("Forget this workspace?"),
        say("All that carbon keeps of it is deleted now. It cannot be undone."),
        say("Delete all"),
        say("No, keep it"),
    )
    line = say("All that carbon keeps of it is deleted now. It cannot be undone.")
    return _asking([line], _danger(say("Delete all"), FORGET_WORKSPACE_NOW, confirm), say)


def forgotten_message(estimates: int, runs: int, say: Say) -> Message:
    """A member is forgotten.

    Args:
        estimates: how many were deleted.
        runs: out of how many of the team's the member was taken.
        say: the language.
    """
    text = say(
        "You are forgotten. Estimates deleted: {n}; runs of the team that you are taken out of: "
        "{runs}.",
        n=estimates,
        runs=runs,
    )
    return _done(text, say)


def forgotten_workspace_message(rows: int, say: Say) -> Message:
    """A workspace is forgotten, of which so many rows were kept."""
    return _done(say("This workspace is forgotten. Rows deleted: {n}.", n=rows), say)


def _done(text: str, say: Say) -> Message:
    slack = say("What carbon posted to Slack is Slack's to keep or delete.")
    text = parts.escape(say.sentences([text, slack]))
    return Message(text, (parts.section(text),))


def _asking(lines: list[str], button: Block, say: Say) -> Message:
    keep = parts.button(say("No, keep it"), KEEP, "1")
    return Message(
        parts.escape(say.sentences(lines)),
        (parts.section(parts.escape("\n".join(lines))), parts.actions([button, keep])),
    )


def _danger(label: str, action_id: str, confirm: tuple[str, str, str, str]) -> Block:
    """A red button that asks before it does anything."""
    title, why, yes, no = confirm
    return parts.button(label, action_id, "1") | {
        "style": "danger",
        "confirm": {
            "title": elements.plain(title),
            "text": elements.plain(why),
            "confirm": elements.plain(yes),
            "deny": elements.plain(no),
            "style": "danger",
        },
    }
