"""Signing in to Microsoft Entra ID."""

from __future__ import annotations

from collectors.graph_door import Graph
from collectors.host.protocol import Host
from hustings.declared import Tenant


def connect(host: Host, tenant: Tenant, *, within: float) -> Graph:
    """A session with a declared tenant, to end ``within`` seconds. Raises ``LookError``: ``NotSignedIn`` with what
    to mend where the sign-in is refused."""
    raise NotImplementedError
