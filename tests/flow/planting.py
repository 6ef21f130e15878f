"""A copy of this machine's files that only one process sees, to plant faults in.

A private mount namespace with copies of /etc and the package lists over the real ones: the audit is
live (real programs, real /proc), and the machine itself is never changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HUSTINGS = [sys.executable, "-m", "hustings"]


def possible() -> str:
    """Why faults cannot be planted here, or "" if they can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root, to make a private copy of /etc"
    if shutil.which("unshare") is None:
        return "needs unshare (util-linux)"
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True,
                           check=False)
    return "" if tried.returncode == 0 else "mount namespaces are not allowed here"


_PREPARE = """
set -eu
for place in /etc /var/lib/apt/lists /var/lib/apt/periodic; do
    [ -d "$place" ] || continue
    copy=$(mktemp -d)
    cp -a "$place/." "$copy/"
    chmod --reference="$place" "$copy"
    mount --bind "$copy" "$place"
done
cleanup() { umount -l /etc /var/lib/apt/lists /var/lib/apt/periodic 2>/dev/null || true; }
"""


def audit_with(plant: str, *options: str) -> dict[str, Any]:
    """What ``hustings check`` says of this machine after the shell commands in ``plant``.

    The result maps a check to its row. Raises ``AssertionError`` with what was printed if it failed.
    """
    command = " ".join(f"'{part}'" for part in [*HUSTINGS, "check", "--format", "json", *options])
    script = f"{_PREPARE}\n{plant}\nset +e\n{command}\n"
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
                          capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    return {row["check"]: row for row in json.loads(done.stdout)["results"]}
