"""``python -m bot ask "…"``: the answer to a command, without Slack."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from bot import commands
from bot.asker import Asker
from bot.command_line import EXIT_BAD_INPUT, OK
from bot.commands import estimate
from bot.i18n import ENGLISH, say_in
from bot.language import LanguageError
from estimator import formats, load_default
from estimator.record import estimate_dict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, and the form of the answer."""
    parser.add_argument("text", help='for example "64 H100 for 2 weeks in eu-west-1"')
    parser.add_argument("--format", default="text", choices=("text", "json", "blocks"))


def run(options: argparse.Namespace) -> int:
    """Answer on standard output."""
    text, form = str(options.text), str(options.format)
    catalogue = load_default()
    asker = Asker(catalogue, say_in(ENGLISH), datetime.now(UTC).date())
    if form == "blocks":
        message = commands.answer(text, asker).message
        print(json.dumps(message.payload(), indent=2, ensure_ascii=False))
        return OK
    if form == "text" and commands.subcommand_in(text):
        print(commands.answer(text, asker).message.text)
        return OK
    try:
        reading, result = estimate.ask(text, asker)
    except LanguageError as error:
        better = error.correction or error.example
        print(f"{error.message}\n{error.caret()}\nTry: {better}", file=sys.stderr)
        return EXIT_BAD_INPUT
    if form == "json":
        answer = {"spec": reading.run.model_dump(mode="json"), "estimate": estimate_dict(result)}
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        print(formats.as_table(result))
    return OK
