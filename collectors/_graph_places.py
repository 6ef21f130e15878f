"""Where a tenant signs in and where Microsoft Graph answers for it: the worldwide cloud, the national ones, rehearsals.

Addresses: https://learn.microsoft.com/graph/deployments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from collectors._web import origin
from collectors.host.protocol import Unreadable
from hustings.declared import Tenant

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?\Z")
_EVERYBODY = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True)
class Place:
    """``authority`` signs in (and answers under ``also`` too), ``graph`` is asked, ``scope`` is for what."""

    authority: str
    graph: str
    scope: str
    also: tuple[str, ...] = ()


def _cloud(authority: str, graph: str, *also: str) -> Place:
    return Place(authority, graph, f"{graph}/.default", also)


CLOUDS = {
    "": _cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "us-government": _cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "us-government-dod": _cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": _cloud("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn",
                    "https://login.partner.microsoftonline.cn"),
}
"""By ``Tenant.cloud``."""


def place(tenant: Tenant) -> Place:
    """Of a declared tenant. Raises ``Unreadable`` for what no tenant can be."""
    if tenant.cloud not in CLOUDS:
        raise Unreadable(f"there is no cloud {tenant.cloud!r}: leave it empty, or write "
                         f"{', '.join(one for one in CLOUDS if one)}")
    if not _TENANT.match(tenant.id) or tenant.id.casefold() in _EVERYBODY:
        raise Unreadable(f"the tenant {tenant.name} has no id: write the directory's id or one of its domains")
    cloud = CLOUDS[tenant.cloud]
    if not tenant.url:
        return cloud
    origin(tenant.url)
    if urlsplit(tenant.url).path.strip("/") or urlsplit(tenant.url).query:
        raise Unreadable(f"the url of the tenant {tenant.name} has a path: a scheme, a host and a port are enough")
    base = tenant.url.rstrip("/")
    return Place(base, base, cloud.scope)
