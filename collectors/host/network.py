"""The network as it is seen from here, and of this machine nothing but the files that a declaration names.

For looking at a domain or a tenant from any machine, by anybody: no program is run, nothing local is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collectors.host.live import LiveHost
from collectors.host.protocol import OUTPUT_LIMIT, Output, Platform, Socket, Unsupported


class NetworkHost(LiveHost):
    """``Host`` for what is asked over the network alone."""

    kind = "network"

    def permit(self, path: str, real: str) -> None:
        """Paths of Windows have no usual places."""
        if self.platform is not Platform.WINDOWS:
            super().permit(path, real)

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        raise Unsupported(f"{program} is not run: only the network is looked at")

    def sockets(self) -> Sequence[Socket]:
        raise Unsupported("only the network is looked at, not this machine's sockets")

    def registry(self, key: str) -> dict[str, Any]:
        raise Unsupported("only the network is looked at, not this machine's registry")
