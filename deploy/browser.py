"""Find a Chromium for the tests that look at a page, and install one where that is possible.

Pictures of Chinese pages need a font that has the characters; it is found or installed with it.
``python -m deploy.browser`` is part of the set-up. It never fails: without a browser the tests
that need one say so themselves.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "CARBON_CHROMIUM"
COMMANDS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-color-emoji", "fonts-liberation")
CHINESE_FONT = "fonts-wqy-microhei"
"""1.6 MB to fetch; Noto's fonts for Chinese are 57 MB."""


def find_chromium() -> Path | None:
    """Return the Chromium to use: ``CARBON_CHROMIUM``, one on the path, or playwright's own."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if _runs(named) else None
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            return Path(found)
    return _of_playwright()


def has_chinese_font() -> bool:
    """Whether there is a font with Chinese characters; True where nothing can tell."""
    fonts = shutil.which("fc-list")
    if fonts is None:
        return True
    listed = subprocess.run(  # noqa: S603 - fixed arguments
        [fonts, ":lang=zh", "file"], capture_output=True, check=False
    )
    return listed.returncode != 0 or bool(listed.stdout.strip())


def install(*packages: str) -> bool:
    """Install packages with apt-get; False where that is not possible."""
    apt = shutil.which("apt-get")
    if apt is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", *packages),
    ):
        _say(f"apt-get {' '.join(arguments)}")
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [apt, *arguments], env=environment, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            _say(f"apt-get ended with status {done.returncode}")
            return False
    return True


def main() -> int:
    """Find or install Chromium; the exit status is always 0."""
    found = find_chromium()
    if found is None and not os.environ.get(VARIABLE):
        _say("no Chromium found")
        if install(*PACKAGES):
            found = find_chromium()
    if found is not None:
        _say(f"using {found}")
        if not has_chinese_font() and not install(CHINESE_FONT):
            _say("no font has Chinese characters; pictures of Chinese pages show boxes instead.")
        return 0
    wrong = f"{VARIABLE} names no program" if os.environ.get(VARIABLE) else "Chromium is missing"
    _say(f"{wrong}; tests that need a browser will not run.")
    _say(f"Install chromium or google-chrome, or set {VARIABLE} to one.")
    return 0


def _of_playwright() -> Path | None:
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - optional here
    except ImportError:
        return None
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except (Error, OSError):
        return None
    return Path(path) if _runs(path) else None


def _runs(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)


def _say(text: str) -> None:
    sys.stdout.write(f"browser: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
