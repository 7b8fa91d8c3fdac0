"""What the bot shows, one of each kind, in both languages: for checks of every shape at once."""

from __future__ import annotations

from typing import Any, Final

from bot import commands
from bot.commands import estimate
from tests.bot.people import ASKER, CHINESE_ASKER

COMMANDS: Final = (
    "",
    "help",
    "10 GPU 20 TPU",
    "10 GPU 20 TPU factors article",
    "64 H100 for 2 weeks in eu-west-1",
    "64 H100 for 2 weeks in eu-west-1 public",
    "70B params 15T tokens on H100 in France",
    "like BLOOM",
    "433 MWh in France",
    "4 p5.48xlarge for 3 days in us-east-1",
    "tpu v3-8 for 10 days",
    "1.7M A100-hours in Ireland overhead 50% storage 100 TB",
    "8 A100 for 30 days duty 20% in Germany",
    "compare 64 H100 in Ireland vs 64 H100 in Sweden",
    "compare 64 H100 vs",
    "cut 64 H100 for 2 weeks in Poland",
    "cut 10 GPU factors article",
    "devices",
    "devices h100",
    "devices abacus",
    "regions",
    "regions france",
    "regions atlantis",
    "8 Abacus",
    "10 GPU in Frence",
    "64 H100 for 2 fortnights",
    "<!channel> & <https://example.com|8 H100>",
)


def messages() -> dict[str, dict[str, Any]]:
    """Payloads of messages by what they answer."""
    found: dict[str, dict[str, Any]] = {}
    for asker in (ASKER, CHINESE_ASKER):
        language = asker.say.language
        for command in COMMANDS:
            found[f"{language}: {command}"] = commands.answer(command, asker).message.payload()
        run = "64 H100 for 2 weeks in eu-west-1"
        found[f"{language}: shared"] = estimate.shared(run, asker, "U1").payload()
        found[f"{language}: sources"] = estimate.sources(run, asker).payload()
    return found


def views() -> dict[str, dict[str, Any]]:
    """Modals and Home tabs by what they show."""
    return {}
