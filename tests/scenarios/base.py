"""The root file system that scenario states are laid over: Debian 12, made once and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

SUITE = "bookworm"
PACKAGES = ("openssh-server", "sudo", "rsyslog", "auditd", "apparmor", "iptables", "ufw", "libpam-pwquality",
            "python3", "openscap-scanner", "dbus", "libpwquality-common", "util-linux-extra")
KEPT = Path("/var/cache/hustings-tests")


def impossible() -> str:
    """Why no base root can be made or laid over here, or ""."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root, to make a Debian root and mount states over it"
    for program in ("debootstrap", "unshare", "mount"):
        if shutil.which(program) is None:
            return f"needs {program}"
    return ""


def base_root() -> Path:
    """The base root, made with debootstrap if this machine has none yet (about a minute).

    Raises ``RuntimeError`` with debootstrap's last words.
    """
    name = hashlib.sha256(" ".join((SUITE, *PACKAGES)).encode()).hexdigest()[:12]
    KEPT.mkdir(parents=True, exist_ok=True)
    place, growing = KEPT / f"{SUITE}-{name}", KEPT / f"{SUITE}-{name}.part"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.is_dir():
            return place
        shutil.rmtree(growing, ignore_errors=True)
        done = subprocess.run(["debootstrap", f"--include={','.join(PACKAGES)}", SUITE, str(growing)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"debootstrap could not make the base root: {done.stdout[-600:]}{done.stderr[-300:]}")
        shutil.rmtree(growing / "var/cache/apt/archives", ignore_errors=True)
        growing.rename(place)
    return place
