"""The process that draws: a curve as a line of JSON in, the length of its picture and it out.

``python -m bot.pictures.worker``. It ends when its input ends, so nothing is left of it when the
bot is gone.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, Final

from bot.pictures.curve import Curve
from bot.pictures.drawing import png

LENGTH_BYTES: Final = 4
_NICENESS: Final = 19
"""Answers go first."""


def serve(lines: BinaryIO, pictures: BinaryIO) -> None:
    """Draw every curve that is asked for."""
    for line in lines:
        picture = png(Curve.from_json(line))
        pictures.write(len(picture).to_bytes(LENGTH_BYTES, "big") + picture)
        pictures.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
