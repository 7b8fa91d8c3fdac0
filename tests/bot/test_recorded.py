"""What the bot answered can be made again, with the settings and factors that held then."""

from __future__ import annotations

from pathlib import Path

from bot.preferences import Preferences
from bot.recomputing import Recomputing
from bot.store import Team, open_store
from estimator import load_default
from tests.bot.conftest import stage
from tests.store.test_recomputing import OWN

TEAM = Team("", "T0LOCAL001")


async def test_every_answer_comes_out_the_same_after_the_settings_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as store:
        await store.preferences.put(TEAM, "C0PLANNING", Preferences(gpu="L4", pue=1.3), "U1")
        await store.factor_files.upload(TEAM, "ours.toml", OWN, "U1")
    async with stage(database_url=url) as scene:
        for typed in (
            "8 GPU for 3 days in France",
            "10 GPU 20 TPU factors article",
            "log small 4 GPU for 5 days in Germany",
        ):
            outcome = await scene.slack.command(
                user="ada", channel="ml-planning", text=f"/carbon {typed}"
            )
            await scene.slack.answer_to(outcome)
    async with open_store(url) as store:
        await store.preferences.put(TEAM, "C0PLANNING", Preferences(gpu="T4"), "U1")
        await store.factor_files.withdraw(TEAM)
        found = await Recomputing(store).all()
    assert found.different == []
    assert found.same >= 3
    (version,) = found.versions
    assert version.startswith(f"{load_default().version}+")
