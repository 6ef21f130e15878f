"""Secrets that are shown once and kept only as a digest: tokens, cookies, links.

They hold 256 random bits, so one fast hash is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets


def fresh() -> tuple[str, str]:
    """A new secret (43 URL-safe characters) and what is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, kept(secret)


def kept(secret: str) -> str:
    """What is kept of a secret: its SHA-256, by which it is looked up."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
