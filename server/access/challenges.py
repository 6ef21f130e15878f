"""Challenges for passkeys: signed rather than stored, so that strangers fill no table; each is answered once.

A challenge carries when it ends and what it is for (a sign-in, or one session's own enrolment), and a signature over
both. Which ones were answered is kept until they end (``server.store.used_challenges``).
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from server.config import Config
from server.seal import signature as signed

LIFE = timedelta(minutes=5)
_RANDOM = 16
_END = 8


def fresh(config: Config, purpose: str, now: datetime) -> bytes:
    """A challenge for one purpose, for five minutes."""
    body = secrets.token_bytes(_RANDOM) + int((now + LIFE).timestamp()).to_bytes(_END, "big")
    return body + signed(config, body, f"challenge {purpose}")


def ends(config: Config, challenge: bytes, purpose: str, now: datetime) -> datetime | None:
    """When a challenge of ours ends; None if it is not ours, for something else, or over."""
    body, signature = challenge[:_RANDOM + _END], challenge[_RANDOM + _END:]
    if not hmac.compare_digest(signature, signed(config, body, f"challenge {purpose}")):
        return None
    end = datetime.fromtimestamp(int.from_bytes(body[_RANDOM:], "big"), UTC)
    return end if now < end <= now + LIFE + timedelta(seconds=1) else None
