"""What changes something comes from a page of ours: held against what the browser itself says of where it comes from.

Beside the token of each form, and before it. Browsers send ``Origin`` with every POST (Fetch, "append a request
Origin header") and ``Sec-Fetch-Site`` to loopback and under TLS (Fetch Metadata). A client that is no browser sends
neither, and has no cookies that somebody else could ride on.
"""

from __future__ import annotations

from typing import Any

from server.problems import Refused

_SAFE = ("GET", "HEAD", "OPTIONS")
_OURS = (b"same-origin", b"none")


def check(scope: Any, *, tls: bool) -> None:
    """Raises ``Refused`` (``other_site``) for a change that another site's page asks for."""
    if scope["method"] in _SAFE:
        return
    said: dict[bytes, list[bytes]] = {b"origin": [], b"sec-fetch-site": [], b"host": []}
    for name, value in scope["headers"]:
        if name in said:
            said[name].append(value)
    ours = (b"https://" if tls else b"http://") + b"".join(said[b"host"]).strip().lower()
    if any(one.strip().lower() != ours for one in said[b"origin"]):
        raise Refused("other_site")
    if any(one.strip().lower() not in _OURS for one in said[b"sec-fetch-site"]):
        raise Refused("other_site")
