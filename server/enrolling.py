"""The line that enrols a machine, and the token in it: the same from the console and from a page."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from hustings.times import utc_text
from server.config import Config
from server.store import audit, tokens
from server.store.people import Role

MAY_ENROL = frozenset({Role.ADMINISTRATOR, Role.STAFF})


def line(config: Config, secret: str) -> str:
    """The one line that a machine is enrolled with."""
    text = f"hustings agent enroll {config.url} --token {secret}"
    if config.pinned is None:
        return text
    from server import tls

    return f"{text} --ca-pin {tls.pin(config)}"


def token(connection: Connection, tenant: str, *, roles: tuple[str, ...], site: str, life: timedelta, now: datetime,
          by: str) -> str:
    """A new token's secret, in the open transaction; the audit trail says who made it. Raises ``UsageError``."""
    secret = tokens.create(connection, tenant, roles=roles, site=site, life=life, now=now, by=by)
    audit.record(connection, tenant, now, by, "token.create", site,
                 {"roles": list(roles), "expires": utc_text(now + life)})
    return secret
