"""The process that draws: it is used again, and replaced when it fails."""

from __future__ import annotations

import pytest

from bot.pictures.curve import Curve, Mark
from bot.pictures.drawing import png
from bot.pictures.studio import NotDrawn, Studio

CURVE = Curve(
    (1.0, 2.0, 3.0, 4.0), (0.1, 1.0, 0.4, 0.1), Mark(1, "1"), Mark(2, "2"), Mark(4, "4"), "t CO2e"
)


async def test_pictures_come_from_one_process_which_ends_with_the_studio() -> None:
    async with Studio() as studio:
        assert studio.process_id is None
        assert await studio.draw(CURVE) == png(CURVE)
        first = studio.process_id
        assert await studio.draw(CURVE) == png(CURVE)
        assert studio.process_id == first is not None
    assert studio.process_id is None


async def test_a_process_that_died_is_replaced() -> None:
    async with Studio() as studio:
        await studio.draw(CURVE)
        first = studio.process_id
        assert studio._process is not None
        studio._process.kill()
        await studio._process.wait()
        assert await studio.draw(CURVE) == png(CURVE)
        assert studio.process_id != first


@pytest.mark.parametrize(
    ("worker", "why"), [("this", "it ends at once"), ("tokenize", "it reads and says nothing")]
)
async def test_a_process_that_does_not_draw_is_given_up(worker: str, why: str) -> None:
    async with Studio(patience_s=1, worker=worker) as studio:
        with pytest.raises(NotDrawn):
            await studio.draw(CURVE)
        assert studio.process_id is None, why
