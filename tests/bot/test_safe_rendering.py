"""Text that people control never becomes a mention, a link, a formula or a picture's markup.

Hostile text is put wherever a person can put text; then everything that Slack was given is read as
Slack reads it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import controls, parts
from bot.commands.exporting import exported
from bot.commands.importing import entries_in, rows_in
from bot.ledger import Entry, Run, RunState
from bot.pictures import drawing
from bot.pictures.curve import Curve, Mark
from deploy.local_slack import config
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER
from tests.bot.test_ledger_files import opened as import_form
from tests.bot.test_requests import Client
from tests.bot.test_settings_form import upload, whole_workspace
from tests.store.test_ledger import NOW

EVIL: Final = (
    "<!channel>",
    "<!here|here>",
    "<!subteam^S0EVIL|x>",
    "<@U0EVIL0001>",
    "<#C0EVIL0001>",
    "<https://evil.example|your bank>",
    "&lt;!channel&gt;",
    "`*evil*` <!everyone>",
    "[bank](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "$\\frac{evil}{0}$",
    "\u202ekcatta",
    "<script>alert(1)</script>",
    "a|b\\",
)
MIXED: Final = tuple(" ".join(EVIL[start : start + 3]) for start in range(0, len(EVIL), 3))
"""The same, a few together: a run's name has at most 80 characters."""
MENTION: Final = re.compile(r"<([^<>\n]*)>")
CODE: Final = re.compile(r"`([^`\n]*)`")
OWN: Final = {"@U0ADA00001"}
"""Who may be mentioned: the member who entered the run."""


def texts(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in blocks, with what reads it: ``mrkdwn``, ``plain``, ``raw`` or ``url``."""
    if isinstance(found, dict):
        kind = found.get("type")
        if kind in {"mrkdwn", "markdown"}:
            yield str(kind), found["text"]
            return
        if kind in {"plain_text", "raw_text", "text"} and "text" in found:
            yield "plain", found["text"]
            return
        assert kind not in {"broadcast", "usergroup", "user", "channel"}, found
        for key, value in found.items():
            if key in {"url", "image_url", "title_url", "thumb_url"} and isinstance(value, str):
                yield "url", value
            else:
                yield from texts(value, key)
    elif isinstance(found, list | tuple):
        for each in found:
            yield from texts(each, name)


def wrong(kind: str, said: str) -> str | None:
    """What Slack would make of a text that it must not; ``None`` where nothing."""
    if kind == "url":
        return said if "evil" in said else None
    if kind == "markdown":
        return said if re.search(r"\]\([^)]*evil|<!|<script|https?://evil", said) else None
    if any(one in said for one in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"):
        return f"turns around what follows: {said!r}"
    if kind != "mrkdwn":
        return None
    for token in MENTION.findall(said):
        if "EVIL" not in token and (token in OWN or token.startswith(("!date^", "#C0"))):
            continue
        if token.startswith("https://"):
            url, _, label = token.partition("|")
            if "evil" not in url and "://" not in label:
                continue
        return f"<{token}>"
    return None


def checked(name: str, message: Any) -> None:
    """Fail where Slack would make something of a message that people must not make."""
    top = message.get("text") if isinstance(message, dict) else None
    found = [*texts(message)] + ([("mrkdwn", top)] if isinstance(top, str) else [])
    for kind, said in found:
        assert wrong(kind, said) is None, (name, kind, wrong(kind, said))
        if kind == "mrkdwn" and said.count("`") % 2:
            raise AssertionError((name, "code that is not closed", said))


def factor_file(text: str) -> str:
    """A workspace's own factors, with a text wherever there is room for one."""
    said = json.dumps(text)
    source = f"""
title = {said}
publisher = {said}
url = "https://example.org/x"
licence = {said}
"""
    return f"""
["grid.FR"]
value = 12
unit = "gCO2e/kWh"
basis = "published"
kind = {said}
note = {said}
["grid.FR".source]{source}
[accelerator."ACME-X1"]
name = {said}
vendor = {said}
kind = "GPU"
year = 2026
aliases = [{said}]
["ACME-X1.power_w"]
value = 500
unit = "W"
basis = "published"
kind = {said}
["ACME-X1.power_w".source]{source}
["ACME-X1.embodied_kgco2e"]
value = 150
low = 100
high = 250
unit = "kgCO2e"
basis = "assumed"
note = {said}
["ACME-X1.embodied_kgco2e".source]{source}
"""


COMMANDS: Final = (
    "{evil}",
    "8 H100 {evil}",
    "8 {evil} for 2 days",
    "8 H100 in {evil}",
    'log "{evil}" #evil 8 H100 for 2 days in France',
    'log "plain {evil}" 8 H100 for 2 days in France #evil',
    'log "{evil}" 8 H100 for 3 days',
    "runs {evil}",
    'done "{evil}" 5 MWh',
    'done "{evil}" {evil}',
    'drop "plain {evil}"',
    'drop "nobody {evil}"',
    "budget project {evil} 5 t a month",
    'log "again {evil}" #evil 8 H100 for 9 days in France',
    "budget {evil}",
    "devices {evil}",
    "regions {evil}",
    "help {evil}",
    "compare 8 H100 vs {evil}",
    "cut {evil}",
    "sources {evil}",
    "weekly {evil}",
    "export {evil}",
    "calibrate {evil}",
    "privacy {evil}",
)


ACME: Final = "8 ACME-X1 for 2 days in France"
LAST: Final = (
    "runs",
    "budget project evil 1 kg a month",
    "budget",
    'log "again" #evil 8 H100 for 9 days in France',
    "settings factors",
    "summary",
    "weekly preview",
    "status",
    "calibrate",
    "privacy",
    "disconnect",
    "devices acme",
    "8 ACME-X1 for 2 days in France",
    "sources 8 ACME-X1 in France",
    "compare 8 ACME-X1 vs 8 H100",
    "cut 8 ACME-X1 in France",
    "8 H100 in France",
)


def everything_shown(scene: Stage) -> Iterator[tuple[str, Any]]:
    """Messages and views that Slack has."""
    workspace = scene.slack.desk.team.workspace
    for message in workspace.messages:
        if message.user == workspace.bot_user:
            yield "a message", {"text": message.text, "blocks": message.blocks}
    for view in (*workspace.views.modals.values(), *workspace.views.homes.values()):
        yield "a view", view.content


async def test_hostile_text_is_shown_as_text_everywhere() -> None:
    async with stage(public_url="https://carbon.example.org") as scene:
        slack = scene.slack
        slack.invite_bot("general")
        view = await whole_workspace(scene)
        file = upload(slack, "".join(EVIL)[:200], factor_file(" ".join(EVIL)))
        await slack.enter(view, "carbon_settings_file", [file], user="ada")
        outcome = await slack.submit_view(view, user="ada")
        assert outcome.errors == {}
        await scene.settle()
        typed = [one.replace("{evil}", evil) for evil in MIXED for one in COMMANDS]
        typed += LAST
        asked = await slack.command(user="ada", channel="general", text=f"/carbon {ACME}")
        answer = await slack.answer_to(asked)
        for button in (controls.SOURCES, controls.CUT):
            await slack.click(answer, button, user="ada")
        for chosen in (controls.WORKING, controls.PARAGRAPH, controls.LIKE):
            await slack.click(answer, controls.MORE, user="ada", chosen=chosen)
        async with aiohttp.ClientSession() as session:
            found = await answers(scene, session, typed)
        for name, message in found:
            checked(name, message)
        # What was planted is there, and was not merely refused.
        listed = next(message for name, message in found if name == "runs")
        assert all(evil in str(listed) for evil in ("!subteam^S0EVIL", "your bank", "frac{evil}"))
        view = await import_form(scene)
        rows = "".join(f'"{evil}","{evil}",planned\n' for evil in EVIL)
        file = upload(slack, "runs.csv", f"name,command,state\n{rows}")
        await slack.enter(view, "carbon_import_file", [file], user="ada")
        outcome = await slack.submit_view(view, user="ada")
        assert outcome.errors
        checked("import", outcome.errors)
        await scene.settle()
        shown = [*everything_shown(scene)]
        assert len(shown) > 5
        for name, content in shown:
            checked(name, content)


async def answers(
    scene: Stage, session: aiohttp.ClientSession, typed: list[str]
) -> list[tuple[str, Any]]:
    """What commands are answered with, given as they are, without Slack's own escaping."""
    client = Client(scene.bot.address, session)
    known = await scene.slack.command(user="ada", channel="general", text="/carbon help")
    assert known.message
    found = []
    for number, text in enumerate(typed):
        body = aiohttp.FormData(
            {
                "command": "/carbon",
                "text": text,
                "team_id": "T0LOCAL001",
                "user_id": "U0ADA00001",
                "channel_id": known.message.channel,
                "response_url": f"{scene.slack.url}/never",
                "trigger_id": f"{number}.1",
            }
        )()
        raw = bytes(body.decode(), "utf-8")
        status, answer = await client.post(raw, client.signed(raw, secret=config.SIGNING_SECRET))
        assert status == 200, (text, answer)
        found.append((text, json.loads(answer or "{}")))
    return found


cells = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(EVIL)
starts = st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'", " ="])


@given(name=st.builds(str.__add__, starts, cells) | cells, project=cells)
def test_no_cell_of_a_csv_is_a_formula(name: str, project: str) -> None:
    entry = Entry(
        channel_id="C1",
        owner_id="U1",
        name=name,
        project=project,
        counted_on=date(2026, 11, 24),
        state=RunState.DONE,
        command="8 H100 for 2 days",
        measured_energy_kwh=5.0,
    )
    content = exported("csv", [Run("1", entry, 1, NOW, NOW)], ASKER)
    _, row = csv.reader(io.StringIO(content, newline=""))
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_what_was_exported_comes_back_as_it_was() -> None:
    for name in ("=1+1", "-x", "'quoted", "plain", "＝1", "@x", "+x"):
        entry = Entry(channel_id="C1", owner_id="U1", name=name, counted_on=date(2026, 11, 24))
        content = exported("csv", [Run("1", entry, 1, NOW, NOW)], ASKER)
        (back,) = entries_in(rows_in(content), "C1", "U1", ASKER)
        assert back.name == name


@pytest.mark.parametrize("evil", EVIL)
def test_a_report_shows_names_as_text(evil: str) -> None:
    entry = Entry(
        channel_id="C1",
        owner_id="U1",
        name=f"{evil}\n# heading",
        counted_on=date(2026, 11, 24),
        state=RunState.DONE,
        measured_energy_kwh=5.0,
    )
    report = exported("ghg", [Run("1", entry, 1, NOW, NOW)], ASKER)
    (line,) = [one for one in report.splitlines() if "2026-11-24 | 5" in one]

    assert not re.search(r"(?<!\\)(?:\\\\)*[<\[`*]", line)
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 8
    assert "# heading" not in report.splitlines()


def test_a_picture_shows_labels_as_text() -> None:
    evil = "$\\frac{1}{0$"
    curve = Curve(
        totals=(1.0, 2.0, 3.0),
        likely=(0.1, 1.0, 0.1),
        low=Mark(1.2, evil),
        high=Mark(2.8, evil),
        total=Mark(2.0, evil),
        unit=evil,
    )

    assert drawing.png(curve).startswith(b"\x89PNG")


def test_a_links_label_is_no_other_address() -> None:
    for label in ("https://bank.example", "bank.example.com", "www.bank.example/login"):
        shown = parts.link("https://evil.example/x", label)
        assert f"|{label}" not in shown
        assert "https://evil.example/x" in shown
    assert parts.link("https://a.example/x", "A report") == "<https://a.example/x|A report>"
    for url in ("javascript:alert(1)", "http://a.example", "data:text/html,x", "https://a b>|c"):
        shown = parts.link(url, "A report")
        assert MENTION.findall(shown) in ([], ["https://a%20b%3E%7Cc|A report"])
