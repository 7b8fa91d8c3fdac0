"""Examines what lies on the machine itself: settings, their file, the address, the pictures."""

from __future__ import annotations

import ipaddress
import stat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.doctor.finding import Finding, Level
from bot.pictures.curve import Curve, Mark
from bot.pictures.studio import NotDrawn, Studio
from bot.settings import Settings, SettingsError, read_settings
from estimator import EstimatorError, load_default

SETTINGS: Final = "settings"
ADDRESS: Final = "PUBLIC_URL"
PICTURES: Final = "pictures"
ENVIRONMENT_FILE: Final = Path(".env")
_SEE: Final = "docs/configuration.md lists every setting"
_PNG: Final = b"\x89PNG"


def examine_settings() -> tuple[Settings | None, list[Finding]]:
    """Read the settings as the bot does; ``None`` where they cannot be read."""
    try:
        settings = read_settings()
    except SettingsError as error:
        lines = str(error).splitlines()
        return None, [Finding(SETTINGS, Level.FAIL, line, _SEE) for line in lines]
    try:
        load_default().with_meanings(settings.device_meanings)
    except EstimatorError as error:
        told = " ".join(str(error).split())
        remedy = "Name a model of python -m bot ask devices in CARBON_DEFAULT_GPU or _TPU"
        return settings, [Finding(SETTINGS, Level.FAIL, told, remedy)]
    return settings, [_of_environment_file()]


def _of_environment_file() -> Finding:
    """Whether others can read the file in which the secrets are."""
    try:
        mode = ENVIRONMENT_FILE.stat().st_mode
    except OSError:
        return Finding(SETTINGS, Level.OK, "read, from the environment")
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        told = "read; every user of this machine can read .env, and the secrets in it"
        return Finding(SETTINGS, Level.WARN, told, "chmod 600 .env")
    return Finding(SETTINGS, Level.OK, "read, from the environment and .env")


def examine_address(settings: Settings) -> Finding:
    """Whether others can reach the bot under the address that channels are given."""
    if settings.public_url is None:
        return Finding(ADDRESS, Level.OK, "not set: /carbon connect gives no addresses")
    address = urlsplit(str(settings.public_url))
    port = "" if address.port is None else f":{address.port}"
    shown = f"{address.scheme}://{address.hostname}{port}{address.path}"
    wrong, remedy = [], "Set it to the address of the bot alone, such as https://carbon.example.com"
    if address.username or address.password:
        wrong.append("it has a user's name in it")
    if address.query or address.fragment:
        wrong.append("it has more than an address")
    if wrong:
        return Finding(ADDRESS, Level.FAIL, f"{shown}: {', '.join(wrong)}", remedy)
    if address.scheme != "https":
        wrong.append("what is sent to it can be read on the way: it is not https")
    if _is_private(address.hostname or ""):
        wrong.append("only this machine or network knows it")
    if wrong:
        return Finding(ADDRESS, Level.WARN, f"{shown}: {', '.join(wrong)}", remedy)
    return Finding(ADDRESS, Level.OK, shown)


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


async def examine_pictures() -> Finding:
    """Have a picture drawn, as the bot does.

    No picture has words in it, in whatever language it is asked for: figures, ``%`` and ``CO2e``
    are in the font that comes with the program that draws.
    """
    curve = Curve(
        totals=tuple(float(x) for x in range(9)),
        likely=(0.0, 0.1, 0.4, 0.8, 1.0, 0.8, 0.4, 0.1, 0.0),
        low=Mark(1.0, "1"),
        total=Mark(4.0, "4"),
        high=Mark(7.0, "7"),
        unit="t CO2e",
    )
    try:
        async with Studio() as studio:
            picture = await studio.draw(curve)
    except NotDrawn:
        return Finding(
            PICTURES,
            Level.FAIL,
            "none can be drawn",
            "python -m bot.pictures.worker says why. On a read-only file system set MPLCONFIGDIR "
            "to a folder that can be written to",
        )
    if not picture.startswith(_PNG):
        return Finding(PICTURES, Level.FAIL, "what was drawn is no picture", "Install carbon again")
    return Finding(
        PICTURES, Level.OK, "one was drawn; they hold figures only and need no other font"
    )
