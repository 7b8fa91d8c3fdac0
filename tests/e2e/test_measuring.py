"""Measured runs, in the browser: from a secret address to defaults of the channel and back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.bot.conftest import Stage
from tests.bot.test_calibrating import RUN, measured
from tests.bot.test_measuring import sent
from tests.e2e.conftest import PUBLIC
from tests.e2e.screen import Screen

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_measurements_arrive_are_calibrated_from_and_the_address_is_revoked(
    screen: Screen, scene: Stage
) -> None:
    say = screen.say
    # What carbon posts by itself is in the channel's language.
    await screen.type("/carbon settings")
    await screen.field("Language").select_option(value=screen.say.language)
    await screen.press("Save", within=screen.form)
    await expect(screen.form).to_contain_text(say("this channel"))
    await screen.close()
    await screen.ask("connect")
    await screen.look("connected")
    shown = await screen.answer.inner_text()
    address = re.search(rf"{PUBLIC}/ingest/([\w-]+)", shown)
    assert address
    for number, gpu_energy in enumerate((95, 100, 106)):
        await screen.ask(f"log run-{number} {RUN}")
        found = measured(number, gpu_energy=gpu_energy)
        assert (await sent(scene, address[1], found))[0] == 201
        told = say("“{name}” was measured", name=f"run-{number}")
        await expect(screen.answer).to_contain_text(told)
    # What all of the channel hears, with the offer to calibrate.
    await expect(screen.answer).to_contain_text("/carbon calibrate")
    await expect(screen.answer.get_by_test_id("ephemeral-note")).to_have_count(0)
    await screen.look("measured")

    await screen.ask("calibrate")
    await expect(screen.answer).to_contain_text(say("Nothing changes until somebody accepts it."))
    await screen.look("calibrate")
    await screen.press("Use it in this channel")
    await expect(screen.answer).to_contain_text("/carbon calibrate off")
    await screen.look("calibrated")
    await screen.ask("8 H100 for 2 days in France")
    # 100 kWh of the 168 kWh that 8 devices of 700 W use in 30 h at full power.
    await expect(screen.answer).to_contain_text("60 %")
    await screen.look("calibrated-answer")
    await screen.ask("calibrate off")
    await expect(screen.answer).to_contain_text(say("this channel"))

    await screen.ask("status")
    may = "Only administrators of the workspace see this."
    if screen.reader.name.startswith("ada"):
        may = "measurement of “{name}”"
    await expect(screen.answer).to_contain_text(say(may, name="run-2"))
    await screen.look("status")
    await screen.ask("disconnect")
    revoked = "{n} address is revoked: nothing arrives at it any more."
    plural = "{n} addresses are revoked: nothing arrives at them any more."
    await expect(screen.answer).to_contain_text(say.plural(revoked, plural, 1))
    await screen.look("disconnected")
    assert (await sent(scene, address[1], measured(9)))[0] == 404
