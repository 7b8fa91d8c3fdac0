"""Whatever members do, in any order, is answered: a part of what ``any_sequence`` plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.any_sequence import ON_A_STAGE, play


# A connection that comes while a server closes is left to the collector of garbage by asyncio
# (CPython's issue 109564); the bot is restarted in the midst of work here.
@pytest.mark.no_cover
@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(1_000_000, 1_000_004))
async def test_any_sequence_is_answered_without_an_error_or_an_invalid_message(
    seed: int, tmp_path: Path
) -> None:
    played = await play(seed, ON_A_STAGE, tmp_path)
    assert played.wrong == []
    assert min(played.done.values()) > 0
