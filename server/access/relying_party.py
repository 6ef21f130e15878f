"""This server as a passkey knows it: the name in the address bar, and the whole origin.

A passkey is bound to the name it was made under (WebAuthn Level 3, "relying party identifier"). A server with several
names has a passkey for each. The name comes from the ``Host`` header, which the guard has held against the server's
own names; an address of numbers cannot have passkeys.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A name of this server."""

    host: str
    origin: str
    """``https://host:port`` as browsers write it."""
    able: bool
    """Whether browsers have passkeys here: under TLS with a name, or at ``localhost``."""


def of(scope: Any, *, tls: bool) -> RelyingParty:
    """Under which name a request came."""
    header = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1").strip().lower()
    host = header[1:].partition("]")[0] if header.startswith("[") else header.partition(":")[0]
    return RelyingParty(host, f"{'https' if tls else 'http'}://{header}",
                        not _is_address(host) and (tls or host == "localhost"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
