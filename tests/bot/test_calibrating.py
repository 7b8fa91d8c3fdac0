"""``/carbon calibrate``: proposed with its effect, accepted by a person, told in every answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks.calibration import NOT_NOW, USE, USE_EVERYWHERE
from bot.calibration import FILE
from deploy.local_slack.messages import Message
from estimator.overrides import apply, parse_overrides
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER
from tests.bot.test_measuring import PUBLIC, connected, sent, told
from tests.bot.test_mentions import heard
from tests.bot.test_runs import said
from tests.bot.test_settings_form import opened, whole_workspace

RUN = "8 H100 for 30 h in France"
ASK = "8 H100 for 2 days in France"
OFFER = "/carbon calibrate"


def measured(number: int, *, gpu_energy: float = 100.0, hours: float = 30.0) -> dict[str, Any]:
    """8 H100 of 700 W for 30 h use 168 kWh at full power."""
    return {
        "project_name": f"run-{number}",
        "run_id": f"run {number}",
        "duration": hours * 3600,
        "emissions": 10.0,
        "energy_consumed": gpu_energy + 40.0,
        "gpu_energy": gpu_energy,
        "gpu_count": 8,
        "pue": 1.0,
    }


async def three_runs(scene: Stage, *, hours: float = 30.0) -> str:
    secret = await connected(scene)
    for number, each_h in enumerate((95 / 30, 100 / 30, 106 / 30)):
        await said(scene, f"log run-{number} {RUN}")
        await sent(scene, secret, measured(number, gpu_energy=each_h * hours, hours=hours))
    return secret


def shown(message: Message) -> str:
    return message.text + str(message.all_blocks)


async def test_what_was_told_is_named_in_words_and_a_run_in_its_own_channel_alone() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        status = shown(await said(scene, "status"))
        for number in range(3):
            assert f"measurement of “run-{number}”: posted" in status
        assert "offer to take defaults from measured runs: posted" in status
        await said(scene, "drop run-1")
        status = shown(await said(scene, "status"))
        assert "measurement of a run: posted" in status
        scene.slack.invite_bot("private")
        outcome = await scene.slack.command(user="ada", channel="private", text="/carbon status")
        elsewhere = shown(await scene.slack.answer_to(outcome))
        assert elsewhere.count("measurement of a run: posted") >= 3
        assert "run-0" not in elsewhere


async def accepted(scene: Stage, action: str = USE, user: str = "ada") -> Message:
    proposal = await said(scene, "calibrate", user)
    await scene.slack.click(proposal, action, user=user)
    await scene.settle()
    return scene.slack.visible_messages(user, "general")[-1]


async def test_nothing_is_proposed_from_too_few_runs(scene: Stage) -> None:
    await said(scene, f"log run-1 {RUN}")
    await said(scene, "done run-1 433 MWh")
    answer = await said(scene, "calibrate")
    assert "this channel has 0" in answer.text
    assert "run-1: more was measured than its devices draw at full power" in shown(answer)


async def test_defaults_are_proposed_with_their_effect_and_hold_once_accepted() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        before = await said(scene, ASK)
        proposal = await said(scene, "calibrate")
        # 100 kWh of 168 kWh at full power.
        assert "60 % of full power in the mean" in proposal.text
        assert "Overhead" not in proposal.text
        assert "with today's defaults" in proposal.text
        assert "run-1 (accelerators)" in shown(proposal)
        assert "Nothing changes until somebody accepts it." in shown(proposal)
        assert (await said(scene, ASK)).text == before.text

        kept = await accepted(scene)
        assert "utilisation 60 % (49–72) from 3 measured runs of this channel" in kept.text
        after = await said(scene, ASK)
        assert "60 % of full power is taken" in after.text
        assert "utilisation 60 % (49–72) from 3 measured runs of this channel" in shown(after)
        assert after.text.startswith(f"/carbon {ASK}: ")
        sources = await said(scene, f"sources {ASK}")
        assert "Measured runs in the ledger" in shown(sources)
        own = await said(scene, f"{ASK} at 80%")
        assert "measured runs" not in shown(own)
        other = await said(scene, ASK, channel="ml-planning")
        assert other.text == before.text

        assert "hold again" in (await said(scene, "calibrate off")).text
        assert (await said(scene, ASK)).text == before.text
        assert "No defaults" in (await said(scene, "calibrate off")).text


async def test_runs_that_take_longer_than_planned_give_an_overhead() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene, hours=36.0)
        proposal = await said(scene, "calibrate")
        assert "runs took 20 % longer than planned" in proposal.text
        assert "60 % of full power in the mean" in proposal.text
        assert "overhead 20 %" in (await accepted(scene)).text
        answer = await said(scene, ASK)
        assert answer.text.startswith(f"/carbon {ASK} overhead 20%: ")
        assert "overhead 20 % from 3 measured runs" in shown(answer)


async def test_defaults_are_accepted_for_the_whole_workspace_too() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        assert "from 3 measured runs." in (await accepted(scene, USE_EVERYWHERE)).text
        other = await said(scene, ASK, user="ben", channel="ml-planning")
        assert "utilisation 60 %" in shown(other)
        assert "of this channel" not in shown(other)
        assert "the whole workspace" in (await said(scene, "calibrate off")).text


async def test_not_now_changes_nothing() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        proposal = await said(scene, "calibrate")
        await scene.slack.click(proposal, NOT_NOW, user="ada")
        await scene.settle()
        assert proposal not in scene.slack.visible_messages("ada", "general")
        assert "measured runs" not in shown(await said(scene, ASK))


async def test_only_who_may_change_settings_can_accept() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        early = await said(scene, "calibrate", "ben")
        view = await whole_workspace(scene)
        await scene.slack.enter(view, "carbon_settings_editors", "admins", user="ada")
        await scene.slack.submit_view(view, user="ada")

        late = await said(scene, "calibrate", "ben")
        assert USE not in str(late.blocks)
        assert "who may change the settings" in shown(late)
        await scene.slack.click(early, USE, user="ben")
        await scene.settle()
        seen = scene.slack.visible_messages("ben", "general")
        assert any("may not change" in message.text for message in seen)
        assert "measured runs" not in shown(await said(scene, ASK))


async def test_the_settings_show_what_was_accepted_and_keep_it() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        await accepted(scene)
        view = await opened(scene)
        assert "utilisation 60 %" in str(view.content["blocks"])
        await scene.slack.enter(view, "carbon_settings_pue", "1.2", user="ada")
        assert (await scene.slack.submit_view(view, user="ada")).errors == {}
        answer = shown(await said(scene, "8 H100 for 2 days"))
        assert "pue 1.2" in answer
        assert "utilisation 60 %" in answer


async def test_the_channel_is_offered_it_once_and_its_message_keeps_the_offer() -> None:
    async with stage(public_url=PUBLIC) as scene:
        secret = await three_runs(scene)
        third = scene.slack.visible_messages("ben", "general")

        def offered() -> list[bool]:
            shown_ = scene.slack.visible_messages("ben", "general")
            return [OFFER in shown(m) for m in shown_ if "was measured" in m.text]

        assert third
        assert offered() == [False, False, True]
        for number in (0, 2):
            later = measured(number, gpu_energy=110.0, hours=31.0)
            assert (await sent(scene, secret, later))[1]["replaced"]
        assert offered() == [False, False, True]
        await said(scene, f"log run-3 {RUN}")
        await sent(scene, secret, measured(3))
        assert offered() == [False, False, True, False]
        assert len(told(scene)) == 4


async def test_who_ends_runs_by_hand_is_offered_it_once_too(scene: Stage) -> None:
    heard_of = []
    for number in range(4):
        await said(scene, f"log run-{number} {RUN}")
        done = await said(scene, f"done run-{number} {180 + number} kWh")
        heard_of.append(OFFER in shown(done))
    assert heard_of == [False, False, True, False]
    assert "with the data centre" in shown(await said(scene, "calibrate"))


async def test_what_is_in_force_is_a_factor_file_that_gives_the_same_figures() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        assert "No defaults" in (await said(scene, "calibrate file")).text
        await accepted(scene)
        assert FILE in (await said(scene, "calibrate file")).text
        (file,) = scene.slack.workspace.files.by_id.values()
        assert (file.name, file.content is None) == (FILE, False)
        catalogue = ASKER.catalogue
        again = apply(catalogue, parse_overrides((file.content or b"").decode(), FILE, catalogue))
        assert again.version in shown(await said(scene, ASK))
        assert again.version != catalogue.version


async def test_a_mention_is_answered_to_who_asked_and_anything_else_is_explained() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        asked = await heard(scene, "@carbon calibrate", channel="general")
        assert scene.slack.thread("ben", asked) == []
        seen = scene.slack.visible_messages("ada", "general")[-1]
        assert "60 % of full power" in seen.text
        await scene.slack.click(seen, USE, user="ada")
        await scene.settle()
        assert "utilisation 60 %" in shown(await said(scene, ASK))
        assert "/carbon calibrate" in (await said(scene, "calibrate now")).text


@pytest.mark.parametrize("word", ["calibrate", "校准"])
async def test_it_speaks_chinese(word: str) -> None:
    async with stage(public_url=PUBLIC) as scene:
        await three_runs(scene)
        assert "利用率" in (await said(scene, word, "chen")).text
