"""Headers that every answer carries."""

from __future__ import annotations

from typing import Any

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'")

WITH_PASSKEYS = CONTENT_SECURITY_POLICY + "; script-src 'self'"
"""Of the pages that ask a browser for a passkey, which it gives to scripts alone: a page names this very policy."""

ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"
UNDER_TLS = ((b"strict-transport-security", b"max-age=31536000"),)
UNCACHED = (b"cache-control", b"no-store")


def sealed(start: Any, *, tls: bool, cache: bool) -> Any:
    """An ``http.response.start`` message with the headers added; a handler cannot weaken them, but for the one other
    policy there is."""
    policies = [value for name, value in start.get("headers", ()) if name.lower() == _POLICY]
    asked = policies == [WITH_PASSKEYS.encode("ascii")]
    ours = ((_POLICY, WITH_PASSKEYS.encode("ascii")), *ALWAYS[1:]) if asked else ALWAYS
    ours = ours + (UNDER_TLS if tls else ()) + (() if cache else (UNCACHED,))
    names = {name for name, _ in ours}
    kept = [(name, value) for name, value in start.get("headers", ()) if name.lower() not in names]
    return {**start, "headers": [*kept, *ours]}
