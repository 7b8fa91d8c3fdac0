"""What can go wrong, what becomes of it, and the tests that hold it: docs/faults.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.killing import Step, Tally

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs/faults.md"
KILLED: Final = "<!-- killed -->"
"""Stands before and after the figures of the last run."""

WEEKLY: Final = "tests/bot/test_summaries.py"
MEASURING: Final = "tests/bot/test_measuring.py"
QUEUE: Final = "tests/store/test_queue.py"
ONCE: Final = "tests/store/test_delivered_once.py"
KILLING: Final = "tests/faults/test_killed.py"
DISK: Final = "tests/faults/test_full_disk.py"
DATABASE: Final = "tests/faults/test_no_database.py"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        what: goes wrong.
        outcome: what becomes of a summary that is due then.
        status: what ``/carbon status`` says of it.
        tests: that hold it, by file and name.
    """

    what: str
    outcome: str
    status: str
    tests: tuple[str, ...]


FAULTS: Final = (
    Fault(
        "`kill -9` of the bot at any moment",
        "posted once, by the next start or another replica, at the earliest five minutes later",
        "under way, then posted",
        (
            f"{KILLING}::test_bots_that_are_killed_lose_and_repeat_nothing",
            f"{ONCE}::test_killed_at_every_step_it_is_posted_once",
            f"{QUEUE}::test_what_a_replica_that_died_had_begun_is_taken_up",
        ),
    ),
    Fault(
        "two to four replicas at once, some of them killed",
        "posted once",
        "posted",
        (
            f"{KILLING}::test_bots_that_are_killed_lose_and_repeat_nothing",
            f"{ONCE}::test_replicas_that_die_at_random_post_once",
            f"{QUEUE}::test_replicas_deliver_each_summary_once",
            f"{WEEKLY}::test_several_replicas_post_one",
        ),
    ),
    Fault(
        "the database restarts, or cuts every connection",
        "waits, and is posted once when the database is back; the bot goes on by itself. Estimates "
        "are answered with the settings that were read last; whose were never read gets an apology",
        "“What is due waits: the database does not answer.”",
        (
            f"{QUEUE}::test_a_database_that_cuts_every_connection_loses_and_repeats_nothing",
            f"{DATABASE}::test_without_its_database_the_bot_answers_and_says_so",
            f"{DATABASE}::test_without_its_database_no_estimate_ignores_what_is_set",
        ),
    ),
    Fault(
        "the database cannot write: its disk is full",
        "waits, and is posted once when there is room; measurements are refused with 503 and come "
        "again, estimates are answered",
        "“What is due waits: the database cannot write; its disk may be full.”",
        (f"{DISK}::test_a_full_disk_loses_nothing_and_is_told_of",),
    ),
    Fault(
        "Slack takes the message, and answers 500, 429, not in time, or not at all",
        "found in the channel's history by the next attempt, and not posted again",
        "failed, tried again within 24 hours; then posted",
        (
            f"{WEEKLY}::test_a_post_whose_answer_was_lost_is_not_repeated",
            f"{WEEKLY}::test_a_bot_that_dies_between_posting_and_recording_posts_once",
            f"{ONCE}::test_killed_at_every_step_it_is_posted_once",
        ),
    ),
    Fault(
        "Slack limits the rate",
        "all summaries of the workspace wait as long as Slack asks",
        "failed, tried again within 24 hours: Slack asked the bot to wait",
        (f"{WEEKLY}::test_slack_asking_to_wait_holds_the_whole_workspace",),
    ),
    Fault(
        "Slack is down for an hour",
        "at most five attempts in that hour, then posted",
        "failed, tried again within 24 hours: Slack could not be reached",
        (
            f"{WEEKLY}::test_an_hour_without_slack_costs_few_calls_and_loses_nothing",
            f"{QUEUE}::test_what_slack_did_not_take_is_tried_again_when_its_record_says",
        ),
    ),
    Fault(
        "the channel is archived, or the bot is removed from it",
        "skipped and turned off; who turned it on is told",
        "skipped: the channel is archived, or the bot is not in it",
        (f"{WEEKLY}::test_a_closed_channel_turns_it_off_and_tells_who_had_turned_it_on",),
    ),
    Fault(
        "the token is revoked, or the app removed from the workspace",
        "tried every hour for 24 hours, then skipped",
        "skipped: the bot was removed from the workspace",
        (f"{WEEKLY}::test_a_revoked_token_is_tried_a_few_times_a_day_and_is_then_given_up",),
    ),
    Fault(
        "the bot is down for at most 24 hours, or for longer",
        "posted late; after longer skipped",
        "posted; skipped: the bot was down for more than 24 hours",
        (
            f"{WEEKLY}::test_a_summary_that_was_missed_comes_late_within_a_day",
            f"{WEEKLY}::test_older_ones_are_skipped_and_recorded",
        ),
    ),
    Fault(
        "the clock jumps ahead, and is set back",
        "what was skipped is due again, what was posted is not repeated, and the schedulers go on",
        "posted",
        (
            f"{WEEKLY}::test_a_clock_that_was_ahead_loses_nothing",
            f"{QUEUE}::test_a_clock_that_was_set_gets_a_new_worker",
            f"{QUEUE}::test_an_attempt_put_off_by_a_clock_that_was_ahead_does_not_wait",
        ),
    ),
    Fault(
        "a measurement is sent again because its answer was lost",
        "counted once in the ledger, and told once",
        "",
        (
            f"{KILLING}::test_bots_that_are_killed_lose_and_repeat_nothing",
            f"{MEASURING}::test_a_measurement_meets_its_planned_run_and_is_told_once",
        ),
    ),
)

_HEAD: Final = """\
# What breaks, and what becomes of it

A summary is posted once, a run that was entered stays entered, and nobody has to do
anything, whatever breaks. How that is done is in [Summaries](summaries.md). Each line here
is held by the tests that it names; the page is written by `python -m tests.faults --write`, and a
test compares it with the code.

| What breaks | What becomes of what is due | `/carbon status` says | Held by |
| --- | --- | --- | --- |
"""

_KILLING: Final = """
## Bots that are killed

`python -m tests.faults` starts whole bots against the local Slack, lets summaries fall due while
measurements arrive, and kills the bots with `kill -9`: at a random moment after their start, or
just when Slack answers, while Slack takes messages, refuses them, or takes them and does not say
so. Then it lets a bot live, and compares what Slack shows and the ledger holds with what was due
and what was confirmed. On PostgreSQL one to four replicas run at once; with “crashes” the database
server itself is restarted at random without a proper stop.

"""


def table() -> str:
    """The page up to the figures."""
    lines = []
    for fault in FAULTS:
        tests = ", ".join(f"`{name.partition('::')[2]}`" for name in fault.tests)
        lines.append(f"| {fault.what} | {fault.outcome} | {fault.status} | {tests} |")
    return _HEAD + "\n".join(lines) + "\n" + _KILLING


def figures(tallies: Mapping[str, Tally]) -> str:
    """The figures of a run."""
    rows: list[tuple[str, list[object]]] = [
        ("bots killed", [tally.kills for tally in tallies.values()]),
        ("the database killed", [tally.crashes for tally in tallies.values()]),
        ("summaries due", [tally.due for tally in tallies.values()]),
        ("summaries posted", [tally.posted for tally in tallies.values()]),
        ("**lost**", [tally.lost for tally in tallies.values()]),
        ("**posted twice**", [tally.repeated for tally in tallies.values()]),
        ("measurements confirmed", [tally.measured for tally in tallies.values()]),
        ("**lost from the ledger**", [tally.confirmed_and_lost for tally in tallies.values()]),
        ("**counted twice**", [tally.counted_twice for tally in tallies.values()]),
    ]
    for step in Step:
        found: list[object] = [tally.steps[step] for tally in tallies.values()]
        rows.append((f"a bot killed when a summary was {step}", found))
    head = " | ".join(tallies)
    lines = [f"| | {head} |", "| --- |" + " ---: |" * len(tallies)]
    lines += [f"| {name} | {' | '.join(map(str, cells))} |" for name, cells in rows]
    return "\n".join(lines)


def page(shown: str) -> str:
    """The whole page."""
    return f"{table()}{KILLED}\n{shown}\n{KILLED}\n"
