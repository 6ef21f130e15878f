"""The system programs tests need: install what is missing where we may, else name it.

Run by ``make test``. Root (or passwordless sudo) with apt may install; services that packages
bring are not started. Anyone else is told what is missing, and the tests that need it skip with
that reason; with ``CI=true`` a missing program is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PROGRAMS = {
    "chromium": "chromium",
    "debootstrap": "debootstrap",
    "age": "age",
    "borg": "borgbackup",
    "duplicity": "duplicity",
    "gpg": "gnupg",
    "mariadbd": "mariadb-server",
    "pdftotext": "poppler-utils",
    "pg_ctlcluster": "postgresql",
    "pgbackrest": "pgbackrest",
    "/usr/lib/postgresql/15/lib/pgaudit.so": "postgresql-15-pgaudit",
    "rclone": "rclone",
    "restic": "restic",
    "slapd": "slapd",
    "samba": "samba",
    "/usr/share/samba/setup/provision.ldif": "samba-ad-provision",
    f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/samba/ldb/acl.so": "samba-dsdb-modules",
    "sshd": "openssh-server",
    "sudo": "sudo",
    "ip": "iproute2",
    "ss": "iproute2",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "unshare": "util-linux",
    "setpriv": "util-linux",
}
"""Program (or the whole path of another file), and the Debian package it comes from."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> dict[str, str]:
    """The programs that are not installed."""
    return {program: package for program, package in PROGRAMS.items() if not _there(program)}


def _there(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program, path=PATH) is not None


def main() -> int:
    absent = missing()
    if absent and shutil.which("apt-get"):
        _install(sorted(absent.values()))
        absent = missing()
    if not absent:
        return 0
    print(f"missing programs: {', '.join(sorted(absent))}\n"
          f"  fix: apt-get install {' '.join(sorted(absent.values()))}", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def _install(packages: list[str]) -> None:
    """Install with apt as root, with a policy that starts no service."""
    prefix: list[str] = []
    if os.geteuid() != 0:
        if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
            return
        prefix = ["sudo", "-n"]
    with tempfile.TemporaryDirectory() as scratch:
        policy = Path(scratch, "policy-rc.d")
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
        Path(scratch).chmod(0o755)
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", f"POLICYRCD={policy}", f"PATH={PATH}"]
        install = [*prefix, *quiet, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        if subprocess.run(install, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            subprocess.run([*prefix, *quiet, "apt-get", "update", "-qq"], check=False)
            subprocess.run(install, stdout=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    sys.exit(main())
