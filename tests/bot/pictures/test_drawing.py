"""What is drawn: a picture whose numbers can be read, whatever the run."""

from __future__ import annotations

import itertools
from io import BytesIO

import pytest
from matplotlib.image import imread

from bot.blocks import wording
from bot.commands.estimate import ask
from bot.pictures.curve import Curve
from bot.pictures.drawing import DPI, HEIGHT_IN, WIDTH_IN, figure_of, png
from bot.pictures.worker import LENGTH_BYTES, serve
from estimator.distribution import distribution
from tests.bot.people import ASKER

RUNS = (
    "10 GPU 20 TPU",
    "64 H100 for 2 weeks in eu-west-1",
    "70B params 15T tokens on H100 in France",
    "433 MWh in France",
    "8 RTX-4090 for 2 weeks in Japan",
    "1000 A100 for 1 hour in Norway",
    "1 T4 for 1h in Norway",
    "like Llama-3-70B",
)


def curve_of(command: str) -> Curve:
    reading, result = ask(command, ASKER)
    found = distribution(reading.run, result, ASKER.catalogue)
    assert found is not None
    return Curve.of(found)


@pytest.mark.parametrize("command", RUNS)
def test_every_number_stands_inside_the_picture_and_over_no_other(command: str) -> None:
    curve = curve_of(command)
    figure = figure_of(curve)
    figure.draw_without_rendering()
    written = [text for text in figure.axes[0].texts if text.get_text()]
    assert [text.get_text() for text in written] == [
        curve.low.label,
        curve.high.label,
        "90 %",
        f"{curve.total.label} {curve.unit}",
    ]
    boxes = [text.get_window_extent() for text in written]
    assert all(box.x0 >= 0 and box.x1 <= WIDTH_IN * DPI for box in boxes)
    assert all(box.y0 >= 0 and box.y1 <= HEIGHT_IN * DPI for box in boxes)
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


@pytest.mark.parametrize("command", RUNS)
def test_the_numbers_are_those_of_the_answer(command: str) -> None:
    _, result = ask(command, ASKER)
    _, shown, likely = wording.figure_lines(result, ASKER.say)[0]
    curve = curve_of(command)
    assert f"{curve.total.label} {curve.unit}" == shown
    assert likely == f"(likely {curve.low.label}–{curve.high.label})"


def test_the_ground_is_opaque_and_the_picture_twice_as_dense_as_it_is_shown() -> None:
    pixels = imread(BytesIO(png(curve_of(RUNS[1]))))
    assert pixels.shape == (640, 1280, 4)
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]
    assert (pixels[:, :, 3] == 1).all()


def test_what_is_asked_of_the_process_comes_back_in_order() -> None:
    curves = [curve_of(command) for command in RUNS[:2]]
    asked = BytesIO("".join(f"{curve.to_json()}\n" for curve in curves).encode())
    answered = BytesIO()
    serve(asked, answered)
    answered.seek(0)
    for curve in curves:
        length = int.from_bytes(answered.read(LENGTH_BYTES), "big")
        assert answered.read(length) == png(curve)


def test_a_curve_survives_the_way_to_the_process() -> None:
    curve = curve_of(RUNS[0])
    assert Curve.from_json(curve.to_json()) == curve
