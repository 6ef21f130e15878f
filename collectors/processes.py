"""Which daemons run, told from ``/proc`` alone: true with or without a service manager.

A daemon of a container is not the machine's (its ``NSpid`` names two process ids), and a program
that an ordinary user started under a daemon's name is not the daemon.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from collectors.host.protocol import Denied, Host, LookError, Unsupported
from hustings.facts import Reason

FIRST_ORDINARY_UID = 1000
READS = ("/proc/*/cmdline", "/proc/*/status")


def running(host: Host, names: Iterable[str]) -> frozenset[str]:
    """Those of the program names that run on this machine under root or a system account.

    Raises ``Unsupported`` for an image and ``Denied`` where other accounts' processes are hidden.
    """
    if host.kind == "image":
        raise Unsupported("processes exist only in a running system")
    wanted, found = frozenset(names), set()
    entries = host.list("/proc")
    if "1" not in entries:
        raise Denied("the processes of other accounts are hidden (hidepid)")
    for entry in entries:
        if not entry.isdigit():
            continue
        try:
            name = program(host.read(f"/proc/{entry}/cmdline"))
            if name in wanted and name not in found and _is_daemon(host.read(f"/proc/{entry}/status")):
                found.add(name)
        except LookError as error:
            if error.missing.reason is not Reason.ERROR:  # an error: it ended since it was listed
                raise
    return frozenset(found)


def program(cmdline: str) -> str:
    """The base name of the program in a ``/proc/PID/cmdline``; "" for a kernel thread."""
    return posixpath.basename(cmdline.split("\0", 1)[0].split(" ", 1)[0])


def _is_daemon(status: str) -> bool:
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    uid = int(fields["Uid"].split()[1])
    return len(fields.get("NSpid", "1").split()) == 1 and (uid < FIRST_ORDINARY_UID or 61183 < uid < 65535)
