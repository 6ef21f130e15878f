"""Headers that every answer carries."""

from __future__ import annotations

from typing import Any

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'")

ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
UNDER_TLS = ((b"strict-transport-security", b"max-age=31536000"),)
UNCACHED = (b"cache-control", b"no-store")


def sealed(start: Any, *, tls: bool, cache: bool) -> Any:
    """An ``http.response.start`` message with the headers added; a handler cannot weaken them."""
    ours = ALWAYS + (UNDER_TLS if tls else ()) + (() if cache else (UNCACHED,))
    names = {name for name, _ in ours}
    kept = [(name, value) for name, value in start.get("headers", ()) if name.lower() not in names]
    return {**start, "headers": [*kept, *ours]}
