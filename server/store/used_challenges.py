"""Challenges that were answered, until they end: none is taken twice."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.store.schema.second_factors import used_challenges


def spend(connection: Connection, tenant: str, challenge: bytes, ends: datetime, now: datetime) -> bool:
    """Use a challenge up. False if it was before. Those of the tenant whose time is over are swept away."""
    connection.execute(sa.delete(used_challenges).where(
        used_challenges.c.tenant == tenant, used_challenges.c.expires <= now))
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(used_challenges).values(
                challenge=hashlib.sha256(challenge).hexdigest(), tenant=tenant, expires=ends))
    except IntegrityError:
        return False
    return True
