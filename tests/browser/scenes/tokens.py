"""Tokens of the API: one in force and used, one that was revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from server.config import database_url
from server.store import api_tokens, people, tenants
from server.store.database import WHOLE_SERVER, Database
from tests.browser.demo import OURS, Demo

PAGES = {"tokens": ("/office/tokens", lambda demo: "/office/tokens")}


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Ann, an official, has both."""
    database = Database(database_url(data))
    with database.read(WHOLE_SERVER) as connection:
        tenant = tenants.only(connection, OURS).id
    with database.write(tenant) as connection:
        ann = people.by_name(connection, tenant, "ann")
        assert ann is not None
        for name in ("Nightly export", "A dashboard in the hall"):
            number, _ = api_tokens.create(
                connection, tenant, ann.id, name=name, scopes=["findings:read", "machines:read"],
                life=timedelta(days=90), now=now, by="person:ann")
        api_tokens.revoke(connection, tenant, number, now, "person:ann")
        used = api_tokens.every(connection, tenant)[-1]
        api_tokens.touch(connection, used, now, "203.0.113.9")
    database.close()
