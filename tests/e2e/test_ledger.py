"""The ledger and the weekly summary, in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.test_ledger_files import CODECARBON
from tests.e2e.screen import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_run_is_logged_by_its_button_listed_and_done(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await screen.press("Log this run")
    await screen.field("Name").fill("llama-ft")
    await screen.field("Project").fill("nlp")
    await screen.look("log")
    await screen.press("Log", within=screen.form)
    await expect(screen.form).to_contain_text("llama-ft")
    await screen.look("logged")
    await screen.close()
    await screen.ask("done llama-ft 18 MWh")
    await screen.look("done")
    await screen.ask("runs nlp")
    await expect(screen.answer).to_contain_text("llama-ft")
    await screen.look("runs")
    # The run is of today: the summary, which ends yesterday, says how to turn it on.
    await screen.ask("weekly preview")
    await expect(screen.answer).to_contain_text("/carbon weekly on")
    await screen.look("weekly")


OURS = """\
name,project,command,state,measured_energy_kwh
llama-ft,nlp,64 H100 for 2 weeks in Germany,done,13900
tokenizer,nlp,8 A100 for 3 days in France,planned,
"""


async def import_file(screen: Screen, name: str, content: str) -> None:
    """Put a file into the form of ``/carbon import``, and submit it."""
    await screen.field("CSV file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    await screen.press("Import", within=screen.form)


async def test_runs_are_imported_from_our_file_and_from_codecarbons(screen: Screen) -> None:
    say = screen.say
    await screen.ask("budget 10 t a month")
    await screen.type("/carbon import")
    await expect(screen.form).to_have_accessible_name(say("Import runs"))
    await expect(screen.form).not_to_contain_text("`")
    await import_file(screen, "runs.csv", OURS.replace("done", "finished"))
    # Slack shows no marks of code below a field.
    wrong = say("Row {row}: the state is `planned` or `done`.", row=2).replace("`", "")
    await expect(screen.form.get_by_role("alert").first).to_contain_text(wrong)
    await screen.look("import-mistake")
    # Corrected, it reaches a budget, which is asked about before.
    await import_file(screen, "runs.csv", OURS)
    await expect(screen.form).to_contain_text(say("Near a budget"))
    await screen.look("import-warning")
    await screen.press("Log it anyway", within=screen.form)
    imported = "Runs entered: {new}; there already: {known}."
    await expect(screen.form).to_contain_text(say(imported, new=2, known=0))
    await screen.look("imported")
    await screen.close()

    await screen.type("/carbon import")
    await import_file(screen, "emissions.csv", CODECARBON)
    await expect(screen.form).to_contain_text(say(imported, new=2, known=0))
    await screen.close()
    await screen.ask("runs")
    for name in ("tokenizer #nlp", "vision"):
        await expect(screen.answer).to_contain_text(name)
    for project in ("nlp", "llama-ft"):
        # Two runs of one name, of one day.
        one = screen.answer.get_by_role("button", name=f"llama-ft #{project} (")
        await expect(one).to_have_count(1)
    await screen.look("imported-runs")


async def test_a_run_is_edited_and_taken_out(screen: Screen) -> None:
    say = screen.say
    await screen.ask(f"log llama-ft {screen.reader.run}")
    await screen.ask("runs")
    await screen.answer.get_by_role("button", name=say("Edit {name}", name="llama-ft")).click()
    await expect(screen.form).to_have_accessible_name(say("Edit a run"))
    await screen.field("Measured energy").fill("433")
    await screen.field("Last day").fill("2026-02-30")
    await expect(screen.form).to_contain_text(say("A day is written as 2026-12-01."))
    await screen.look("edit-run-mistake")
    await screen.field("Measured energy").fill("13.9 MWh")
    await screen.field("Last day").fill("")
    await screen.field("State").select_option(value="done")
    await screen.press("Save", within=screen.form)
    await expect(screen.form).to_contain_text(say("Saved: “{name}”", name="llama-ft"))
    await screen.look("edit-run-saved")
    await screen.close()

    await screen.type("/carbon edit llama-ft")
    await expect(screen.field("Measured energy")).to_have_value("13900 kWh")
    await screen.press("Take it out of the ledger", within=screen.form)
    question = screen.page.get_by_role("dialog", name=say("Take it out?"))
    await expect(question).to_be_visible()
    await screen.look("edit-run-take-out")
    await screen.press("Take it out", within=question)
    gone = say("“{name}” is no longer in the ledger.", name="llama-ft")
    await expect(screen.form).to_contain_text(gone)
    await screen.look("edit-run-taken-out")
    await screen.close()
    await screen.ask("runs")
    await expect(screen.answer).to_contain_text(say("This channel's ledger is empty."))
