"""The agent's systemd units, as text. Nothing here touches the machine.

What each restriction means is in systemd.exec(5). Four that hardening guides recommend are left out
because they would blind the audit: ``ProtectKernelModules`` (hides /usr/lib/modules), ``PrivateTmp`` (hides
/tmp and /var/tmp, where intruders leave things), ``PrivateDevices`` and ``ProtectProc=invisible``; the
capabilities that make them matter are not granted, and devices are closed by policy instead.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

NAME = "hustings-agent"
READ_ALL = "CAP_DAC_READ_SEARCH"
"""To read what root alone may read (shadow, sudoers, host keys' settings). It writes nothing."""

_SERVICE = """\
[Unit]
Description=Hustings: audit this machine and report
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
User={account}
Group={account}
Environment=HOME={state} XDG_CACHE_HOME={state}/cache TMPDIR={state}
WorkingDirectory=/
UMask=0077
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=2h
MemoryMax=512M
TasksMax=64

AmbientCapabilities={capabilities}
CapabilityBoundingSet={capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={state}
ProtectHome=read-only
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

_TIMER = """\
[Unit]
Description=Hustings: look every hour, report every day and on change

[Timer]
OnCalendar=hourly
RandomizedDelaySec=1h
FixedRandomDelay=true
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
"""


def service(command: Sequence[str], account: str, state: Path, capabilities: Sequence[str]) -> str:
    """The service: one run of ``command`` as ``account``, that can write to ``state`` alone."""
    line = " ".join(shlex.quote(part.replace("%", "%%").replace("$", "$$")) for part in command)
    return _SERVICE.format(command=line, account=account, state=state, capabilities=" ".join(capabilities))


def timer() -> str:
    """The timer: hourly, at a minute that is this machine's own and stays the same; missed runs are made up for."""
    return _TIMER


def capabilities(text: str) -> tuple[str, ...]:
    """The capabilities a service's text grants; reading alone if it says nothing."""
    for line in text.splitlines():
        if line.startswith("AmbientCapabilities="):
            return tuple(line.partition("=")[2].split())
    return (READ_ALL,)
