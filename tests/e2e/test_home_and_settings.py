"""The Home tab and the settings, in the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.i18n import CHINESE, ENGLISH, say_in
from tests.bot.conftest import Stage, stage
from tests.e2e.screen import BEN, Reader, Screen, screen_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def home(scene: Stage, reader: Reader, browser: Browser) -> AsyncIterator[Screen]:
    """The app's Home tab, opened from the list of apps."""
    async with screen_of(browser, scene.slack, reader) as found:
        await open_home(found)
        yield found


async def open_home(screen: Screen) -> None:
    channels = screen.page.get_by_role("button", name="Channels")
    if await channels.is_visible():
        await channels.click()
    await screen.page.get_by_role("button", name="carbon", exact=True).click()
    await expect(screen.page.get_by_role("tabpanel")).to_contain_text(
        screen.say("Your last estimates")
    )


async def test_home_welcomes_once_and_opens_the_form(home: Screen) -> None:
    panel = home.page.get_by_role("tabpanel")
    await home.look("home-welcome")
    await home.press("Got it", within=panel)
    await expect(panel.get_by_role("button", name=home.say("Got it"))).to_have_count(0)
    await home.press("New estimate", within=panel)
    await expect(home.form).to_have_accessible_name(home.say("Estimate a run"))
    await home.press("Cancel", within=home.form)
    await expect(home.form).to_be_hidden()
    await home.press("Settings", within=panel)
    await expect(home.form).to_have_accessible_name(home.say("Settings"))
    await expect(home.form).to_contain_text(home.say("the whole workspace"))
    await home.look("home-settings")
    await home.close()
    await home.press("Help", within=panel)
    await expect(home.form).to_contain_text("/carbon compare")
    await home.look("home-help")


async def test_home_lists_the_last_estimates_and_opens_them(screen: Screen) -> None:
    await screen.ask(screen.reader.run)
    await screen.ask("like BLOOM")
    # A budget of a project of its own: the workspace's would count other tests' runs.
    project = f"home{screen.reader.name}"
    await screen.ask(f"budget #{project} 20 t a month")
    await screen.ask(f"log llama-ft #{project} 10 MWh in France")
    await open_home(screen)
    panel = screen.page.get_by_role("tabpanel")
    await expect(panel.get_by_role("button", name=screen.say("Open"), exact=True)).to_have_count(2)
    await expect(panel).to_contain_text(screen.say("Budgets"))
    await expect(panel).to_contain_text(screen.say("project {name}", name=project)[1:])
    await screen.look("home")
    await panel.get_by_role("button", name=screen.say("Open"), exact=True).last.click()
    await expect(screen.form).to_contain_text("64 H100 for 2 weeks in eu-west-1")
    await screen.look("home-opened")


async def test_settings_of_a_channel_hold_in_the_next_answer(screen: Screen) -> None:
    await screen.type("/carbon settings")
    await expect(screen.form).to_have_accessible_name(screen.say("Settings"))
    await screen.choose("Place", "swed", "Sweden", screen.form)
    await screen.form.get_by_label("PUE").fill("9")
    await screen.press("Save", within=screen.form)
    await expect(screen.form.get_by_label("PUE")).to_have_attribute("aria-invalid", "true")
    await screen.look("settings-mistake")
    await screen.form.get_by_label("PUE").fill("1.2")
    await screen.press("Save", within=screen.form)
    await expect(screen.form).to_contain_text(screen.say("this channel"))
    await screen.look("settings-saved")
    await screen.close()
    await expect(screen.form).to_be_hidden()
    await screen.ask("8 H100")
    await expect(screen.answer).to_contain_text("/carbon 8 H100 in Sweden pue 1.2")
    await screen.look("settings-held")


async def test_a_workspaces_language_holds_for_all_and_only_administrators_may_change_it(
    person: Reader, browser: Browser
) -> None:
    other = replace(BEN, size=person.size)
    async with stage() as found:
        workspace = found.slack.workspace
        workspace.add_user(replace(workspace.user(person.name), is_admin=True))
        async with screen_of(browser, found.slack, person) as screen:
            await whole_workspace(screen)
            chosen = ENGLISH if screen.say.language == CHINESE else CHINESE
            await screen.field("Language").select_option(value=chosen)
            await screen.field("Who may change settings").select_option(value="admins")
            await screen.look("settings-language")
            await save(screen)
            await screen.close()
            screen.say = say_in(chosen)
            await screen.ask("8 H100")
            await expect(screen.answer).to_contain_text(screen.say("Embodied, the run's share"))
        async with screen_of(browser, found.slack, other) as screen:
            screen.say = say_in(chosen)
            await screen.type("/carbon settings")
            why = screen.say("You may not change these settings. Who may is among them.")
            await expect(screen.form).to_contain_text(why)
            admins = screen.say("Administrators of the workspace")
            await expect(screen.form).to_contain_text(admins)
            button = screen.form.get_by_role("button", name=screen.say("Save"))
            await expect(button).to_have_count(0)
            await screen.look(f"settings-read-only-{chosen}")


FACTORS = b"""["grid.FR"]
value = 12
unit = "gCO2e/kWh"
basis = "published"
source = { title = "Contract", publisher = "Us", url = "https://example.org", licence = "own" }
"""


async def test_a_factor_file_is_checked_holds_and_is_taken_back(screen: Screen) -> None:
    await whole_workspace(screen)
    chooser = screen.form.get_by_label(screen.say("Your own factors"))
    await chooser.set_input_files(
        {"name": "ours.toml", "mimeType": "text/plain", "buffer": b"[constants]\n[nonsense"}
    )
    await screen.press("Save", within=screen.form)
    await expect(screen.form.get_by_role("alert").first).to_contain_text("ours.toml")
    await screen.look("factor-file-mistake")
    await chooser.set_input_files(
        {"name": "ours.toml", "mimeType": "text/plain", "buffer": FACTORS}
    )
    await save(screen)
    await screen.close()
    await screen.ask("settings factors")
    await expect(screen.answer).to_contain_text("grid.FR = 12 gCO2e/kWh")
    await screen.look("factor-file")

    await whole_workspace(screen)
    await screen.press("Show the file", within=screen.form)
    await expect(screen.form).to_contain_text('title = "Contract"')
    await screen.look("factor-file-shown")
    # Below it the settings are still open.
    await screen.press("Close", within=screen.form.locator(".dialog-buttons"))
    await screen.form.get_by_role("checkbox").check()
    await save(screen)


async def save(screen: Screen) -> None:
    """Save the settings of the workspace, and see that they are."""
    await screen.press("Save", within=screen.form)
    where = screen.say("the whole workspace")
    saved = screen.say("Saved: these settings hold for {where} from now on.", where=where)
    await expect(screen.form).to_contain_text(saved)


async def whole_workspace(screen: Screen) -> None:
    """Open the settings of the workspace."""
    await screen.type("/carbon settings")
    menu = screen.form.get_by_role("combobox").first
    await menu.select_option(value="workspace")
    await expect(screen.form.get_by_label(screen.say("Your own factors"))).to_be_visible()
