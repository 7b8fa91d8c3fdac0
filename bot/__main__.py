"""``python -m bot`` serves Slack; ``python -m bot ask "…"`` answers a command without it.

Exit codes: 0 for an answer or a clean stop, 1 where recorded figures cannot be made again, 2 for
bad input or settings.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bot.language import LanguageError
from estimator import EstimatorError, load_default

EXIT_DIFFERENT = 1
EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve Slack (the default)")
    ask = commands.add_parser("ask", help="answer what would follow /carbon")
    ask.add_argument("text", help='for example "64 H100 for 2 weeks in eu-west-1"')
    ask.add_argument("--format", default="text", choices=("text", "json", "blocks"))
    again = commands.add_parser(
        "recompute", help="make every recorded estimate again, with the factors of its time"
    )
    again.add_argument(
        "database",
        nargs="?",
        default=os.environ.get("DATABASE_URL", "sqlite:///data/carbon.db"),
        help="sqlite:///… or postgresql://…; else DATABASE_URL",
    )
    copy = commands.add_parser(
        "copy-database", help="copy everything to an empty database; stop the bot first"
    )
    copy.add_argument(
        "--from", dest="source", required=True, metavar="URL", help="sqlite:///… or postgresql://…"
    )
    copy.add_argument(
        "--to",
        dest="target",
        metavar="URL",
        default=os.environ.get("DATABASE_URL"),
        help="the same; else DATABASE_URL, where a password is in no history of commands",
    )
    options = parser.parse_args(arguments)
    if options.command == "copy-database":
        return _copy(options.source, options.target or "")
    if options.command == "recompute":
        return _recompute(options.database)
    if options.command == "ask":
        return _ask(options.text, options.format)
    return _serve()


def _ask(text: str, form: str) -> int:
    from bot import commands  # noqa: PLC0415 - a command line starts only what it needs
    from bot.asker import Asker  # noqa: PLC0415 - same
    from bot.commands import estimate  # noqa: PLC0415 - same
    from bot.i18n import ENGLISH, say_in  # noqa: PLC0415 - same
    from estimator import formats  # noqa: PLC0415 - same
    from estimator.record import estimate_dict  # noqa: PLC0415 - same

    catalogue = load_default()
    asker = Asker(catalogue, say_in(ENGLISH), datetime.now(UTC).date())
    if form == "blocks":
        message = commands.answer(text, asker).message
        print(json.dumps(message.payload(), indent=2, ensure_ascii=False))
        return 0
    if form == "text" and commands.subcommand_in(text):
        print(commands.answer(text, asker).message.text)
        return 0
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
    return 0


def _recompute(database: str) -> int:
    from bot.recomputing import Recomputed, Recomputing  # noqa: PLC0415 - not for `ask`
    from bot.store import StoreError, open_store  # noqa: PLC0415 - same

    async def all_again() -> Recomputed:
        async with open_store(database) as store:
            return await Recomputing(store).all()

    try:
        found = asyncio.run(all_again())
    except StoreError as error:
        print(f"carbon cannot recompute: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    versions = ", ".join(f"{version} ({n})" for version, n in found.versions.items()) or "none"
    print(f"Factors: {versions}.")
    print(f"{found.same} recorded estimates come out the same, bit for bit.")
    for line in found.different:
        print(line)
    if found.different:
        print(f"{len(found.different)} do not.")
    return EXIT_DIFFERENT if found.different else 0


def _copy(source: str, target: str) -> int:
    from bot.store import StoreError  # noqa: PLC0415 - not for `ask`
    from bot.store.copying import copy_database  # noqa: PLC0415 - same

    try:
        copied = asyncio.run(copy_database(source, target))
    except StoreError as error:
        print(f"carbon cannot copy: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
    for one in copied:
        print(f"{one.table:<16} {one.rows:>9,} rows  sha256 {one.digest[:16]}")
    rows = sum(one.rows for one in copied)
    print(f"Copied and verified: {rows:,} rows of {len(copied)} tables, each the same.")
    return 0


def _event_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, where the platform has one."""
    try:
        import uvloop  # noqa: PLC0415 - not for `ask`
    except ImportError:
        return None
    return uvloop.new_event_loop


def _spare_what_stays() -> None:
    """Keep the collector of cycles from data that lives to the end: a look at all of it is long."""
    gc.freeze()
    # An answer makes a few thousand objects and next to no cycles: the default looks every 700.
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def _serve() -> int:
    gc.disable()  # until it serves: what is imported and loaded stays
    from bot.settings import SettingsError, read_settings  # noqa: PLC0415 - not for `ask`
    from bot.store import StoreError  # noqa: PLC0415 - same
    from bot.wiring import running  # noqa: PLC0415 - same

    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"carbon cannot start:\n{error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with running(settings) as bot:
            _spare_what_stays()
            print(f"carbon listens on {bot.address}", flush=True)
            await stop.wait()

    try:
        with asyncio.Runner(loop_factory=_event_loop()) as runner:
            runner.run(serve())
    except (EstimatorError, StoreError) as error:
        print(f"carbon cannot start: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        print(f"carbon cannot listen on {where}: {error.strerror}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # who reads our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
