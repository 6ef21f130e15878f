"""The systemd unit of a server, hardened to what it needs: its data directory and the network."""

from __future__ import annotations

import sys
from pathlib import Path

USER = "hustings-server"


def unit(data: Path) -> str:
    """The text of ``hustings-server.service``, with the commands that install it as comments."""
    return f"""\
# useradd --system --home-dir {data} --shell /usr/sbin/nologin {USER}
# chown -R {USER}: {data}
# save this as /etc/systemd/system/hustings-server.service, then:
# systemctl daemon-reload && systemctl enable --now hustings-server
[Unit]
Description=Hustings server
After=network-online.target
Wants=network-online.target

[Service]
User={USER}
ExecStart={sys.executable} -m hustings server serve --data {data}
Restart=on-failure
RestartSec=5
UMask=0077
ReadWritePaths={data}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
"""
