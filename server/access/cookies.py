"""The session cookie. Under TLS its name binds it to this host alone (``__Host-``)."""

from __future__ import annotations

from typing import Any

SINGLE = "-single"
"""Of the cookie that binds a sign-in at a provider to the browser that began it."""


def name(*, tls: bool, of: str = "") -> str:
    return ("__Host-hustings" if tls else "hustings") + of


def form_name(*, tls: bool) -> str:
    """The cookie that forms are checked against."""
    return "__Host-hustings-form" if tls else "hustings-form"


def read(scope: Any, *, tls: bool, of: str = "") -> str | None:
    """The session secret a request carries; None if there is none, or more than one."""
    wanted = name(tls=tls, of=of)
    found = []
    for key, value in scope["headers"]:
        if key == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                label, _, content = pair.strip().partition("=")
                if label == wanted:
                    found.append(content)
    return found[0] if len(found) == 1 else None


def write(secret: str, *, tls: bool, seconds: int, of: str = "") -> str:
    """A ``Set-Cookie`` value; ``seconds`` 0 removes it."""
    secure = "; Secure" if tls else ""
    return f"{name(tls=tls, of=of)}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
