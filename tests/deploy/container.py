"""A container without a container engine: the image's folders, its user and nothing else.

A mount namespace of its own has a root made of the system's libraries, the Python that runs the
tests, and ``/app`` as the Dockerfile makes it. The root cannot be written, ``/tmp`` is a small
file system in memory, the user is the image's, and there are no capabilities.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.deploy.dockerfile import ROOT, is_sent, stages

USER = 10001
_UNSHARE = shutil.which("unshare") or "unshare"

_ENTER = r"""
set -eu
root=$1 venv=$2 base=$3 app=$4 data=$5 mode=$6
shift 6
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
bind() {
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
}
bind /usr /usr ro
for name in bin sbin lib lib64; do
    if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$root/$name"
    elif [ -d "/$name" ]; then bind "/$name" "/$name" ro; fi
done
bind "$base" "$base" ro
bind "$venv" /venv ro
bind "$app" /app "$mode"
bind "$data" /data rw
bind /proc /proc rw
mkdir -p "$root/etc" "$root/dev" "$root/tmp"
printf 'root:x:0:0::/root:/bin/sh\ncarbon:x:10001:10001::/home/carbon:/usr/sbin/nologin\n' \
    > "$root/etc/passwd"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount -o remount,ro "$root"
if [ "$mode" = rw ]; then exec chroot "$root" "$@"; fi
exec chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all "$@"
"""


def why_not() -> str | None:
    """Why there can be no such container here; ``None`` where there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a root of its own needs Linux and root"
    missing = [name for name in ("unshare", "setpriv", "chroot") if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(
        [_UNSHARE, "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    return None if tried.returncode == 0 else "mounts are not permitted here"


class Container:
    """The image's file system, ready to run commands in."""

    def __init__(self, folder: Path) -> None:
        self._root, self._app, self._data = (folder / name for name in ("root", "app", "data"))
        for made in (self._root, self._app, self._data):
            made.mkdir()
        self._data.chmod(0o700)
        os.chown(self._data, USER, USER)
        self.environment = stages()["image"].environment

    def build(self) -> None:
        """Do what the stage ``app`` does to ``/app``."""
        app = stages()["app"]
        for copied in app.all("COPY"):
            if copied.startswith("--from="):
                continue
            source, target = copied.split()
            _copy(ROOT / source, self._app / target)
        for run in app.all("RUN"):
            subprocess.run(self._entered("rw", ["/bin/sh", "-ec", f"cd /app; {run}"]), check=True)

    def command(self, *arguments: str, **settings: str) -> list[str]:
        """A command line that runs a command as the container would."""
        environment = self.environment | settings
        pairs = [
            f"{name}={value}".replace("$PATH", "/usr/bin") for name, value in environment.items()
        ]
        return self._entered("ro", ["/usr/bin/env", "-i", "--chdir=/app", *pairs, *arguments])

    def _entered(self, mode: str, arguments: list[str]) -> list[str]:
        places = (self._root, Path(sys.prefix).resolve(), sys.base_prefix, self._app, self._data)
        script = ["/bin/sh", "-c", _ENTER, "enter", *map(str, places), mode, *arguments]
        return [_UNSHARE, "--mount", *script]


def _copy(source: Path, target: Path) -> None:
    paths = [source] if source.is_file() else sorted(source.rglob("*"))
    for path in paths:
        if path.is_file() and is_sent(path.relative_to(ROOT).as_posix()):
            copy = target if source.is_file() else target / path.relative_to(source)
            if source.is_file() and target.is_dir():
                copy = target / source.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
