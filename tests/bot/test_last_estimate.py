"""``/carbon cut`` or ``sources`` alone is about the last estimate, also after a restart."""

from __future__ import annotations

from pathlib import Path

from tests.bot.conftest import Stage, stage


async def said(scene: Stage, text: str, user: str = "ada") -> str:
    outcome = await scene.slack.command(user=user, channel="general", text=f"/carbon {text}")
    assert outcome.message
    return outcome.message.text


async def test_cut_alone_is_about_the_last_estimate_of_who_asks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as first:
        await said(first, "8 H100 for 2 weeks in Poland")
        await said(first, "4 A100 for 3 days in Germany", user="ben")
        assert "8 H100 for 2 weeks in Poland" in await said(first, "cut")
    async with stage(database_url=url) as second:
        assert "4 A100 for 3 days in Germany" in await said(second, "cut", user="ben")


async def test_cut_alone_before_any_estimate_says_how_it_is_asked(scene: Stage) -> None:
    assert "/carbon cut 64 H100" in await said(scene, "cut")


async def test_sources_alone_are_those_of_the_last_estimate(scene: Stage) -> None:
    assert "/carbon sources 64 H100" in await said(scene, "sources")
    await said(scene, "8 H100 for 2 weeks in Poland")
    outcome = await scene.slack.command(user="ada", channel="general", text="/carbon sources")
    assert outcome.message
    assert "grid.PL" in str(outcome.message.blocks)
