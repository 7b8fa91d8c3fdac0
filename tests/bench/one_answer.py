"""The bot, but that its first answer is sent again and again: what is not the making of answers.

Run as a program, as the bot is: ``python -m tests.bench.one_answer``.
"""

from __future__ import annotations

import sys

from bot.asker import Asker
from bot.command_line import SERVE, main
from bot.commands.estimate import Answer
from bot.slack import commands

_made: list[Answer] = []
_answered = commands.answered


async def _once(text: str, asker: Asker) -> Answer:
    if not _made:
        _made.append(await _answered(text, asker))
    return _made[0]


if __name__ == "__main__":
    commands.answered = _once
    sys.exit(main([SERVE]))
