"""Every reply to every generated command passes the local Slack's checks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import commands
from bot.blocks.estimate import estimate_message, sources_message
from bot.language import to_text
from deploy.local_slack.limits import check_manners, check_message
from estimator import DeviceQuantity, FactorSet, TrainingRun, estimate
from tests.bot.language.strategies import CATALOGUE, any_runs
from tests.bot.people import ASKER

WORDS = ["GPU", "TPU", "10", "1k", "for", "2", "weeks", "in", "France", "at", "60%", "pue", "1.1"]
WORDS += ["70B", "params", "15T", "tokens", "on", "like", "BLOOM", "kWh", "v3-8", "在法国"]
WORDS += ["public", "factors", "article", "<!channel>", "<@U1>", "&", "*", "`", "\n", "，", "x"]


@pytest.mark.no_cover
@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_runs, st.booleans())
def test_replies_to_valid_commands(run: TrainingRun, public: bool) -> None:  # noqa: FBT001
    result = estimate(run, CATALOGUE)

    for message in (
        commands.answer(to_text(run, public=public), ASKER).message,
        estimate_message(run, result, ASKER, public=True, shared_by="U1"),
        sources_message(run, result, ASKER),
    ):
        assert check_message(message.payload()) == []
        assert check_manners(message.payload()) == []
        for figure in ("Energy", "Total"):
            assert figure in message.text or "Sources" in message.text


@pytest.mark.no_cover
@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=60).map(" ".join)
)
def test_replies_to_anything_at_all(text: str) -> None:
    for command in (text, f"devices {text}", f"regions {text}"):
        payload = commands.answer(command, ASKER).message.payload()
        assert check_message(payload) == []
        assert check_manners(payload) == []


def test_replies_to_the_articles_commands() -> None:
    run = TrainingRun(
        devices=(DeviceQuantity(device="TPU", quantity=10_000_000),), factors=FactorSet.ARTICLE
    )

    payload = estimate_message(run, estimate(run, CATALOGUE), ASKER).payload()
    assert check_message(payload) == []
