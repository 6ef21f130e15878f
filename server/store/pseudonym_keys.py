"""The secret of an office that pseudonyms are keyed by: one key for each engagement and profile, derived from it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.store.schema.reviewing import pseudonym_keys


def ensure(connection: Connection, tenant: str, now: datetime) -> None:
    """Make the office's secret where it has none yet."""
    if _secret(connection, tenant) is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(pseudonym_keys).values(
                tenant=tenant, key=secrets.token_bytes(32), at=now))
    except IntegrityError:  # somebody else just made it
        return


def key(connection: Connection, tenant: str, purpose: str) -> bytes:
    """The key for one purpose (``engagement:7``): nothing links pseudonyms of two of them (HMAC, RFC 2104).

    Raises ``LookupError`` where the office has no secret: names are then not shown at all.
    """
    secret = _secret(connection, tenant)
    if secret is None:
        raise LookupError("this office has no secret for pseudonyms")
    return derived(secret, purpose)


def derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), hashlib.sha256)


def _secret(connection: Connection, tenant: str) -> bytes | None:
    found: bytes | None = connection.scalar(
        sa.select(pseudonym_keys.c.key).where(pseudonym_keys.c.tenant == tenant))
    return found
