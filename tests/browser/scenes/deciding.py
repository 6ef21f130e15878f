"""Decisions by two people: a failure that somebody asked to accept, which waits; the trail of all that was done."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from server.config import database_url
from server.exceptions import Wish
from server.records import EXCEPTION
from server.store import people, tenants
from server.store.database import WHOLE_SERVER, Database
from server.two_people import Actor
from server.two_people.wishes import ask
from tests.browser.demo import OURS, Demo

PAGES = {
    "decisions": ("/office/decisions", lambda demo: "/office/decisions"),
    "decision": ("/office/decisions/{number:str}", lambda demo: f"/office/decisions/{WAITING[0]}"),
    "asking for an exception": ("/exceptions/new", lambda demo: "/exceptions/new?subject=PAT-02&asset=front-desk"),
    "audit trail": ("/office/audit", lambda demo: "/office/audit"),
}
WAITING: list[int] = []
"""The number of what bob asked for."""


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Bob, an official, asks that a failure be accepted."""
    database = Database(database_url(data))
    with database.read(WHOLE_SERVER) as connection:
        tenant = tenants.only(connection, OURS).id
    with database.write(tenant) as connection:
        bob = people.by_name(connection, tenant, "bob")
        assert bob is not None
        WAITING[:] = [ask(connection, tenant, Wish(
            EXCEPTION, "PAT-02", "front-desk", "The vendor tests updates four times a year.", "The clerk",
            (now + timedelta(days=60)).date(), "It is kept off the network but for the polls."),
            Actor(f"person:{bob.name}", bob.id, bob.role), now)]
    database.close()
