"""Findings on which people of the office acted: one given out and commented, one that is said to be a false alarm."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from server.config import database_url
from server.store import people, tenants
from server.store.database import WHOLE_SERVER, Database
from server.triage import acting, office_checks, reading
from server.triage.acts import Kind
from server.triage.model import Filter, Order
from server.two_people import Actor
from tests.browser.demo import OURS, Demo

PAGES = {
    "findings": ("/findings", lambda demo: "/findings"),
    "findings by weakness": ("/findings", lambda demo: "/findings?by=check&severity=critical"),
    "finding": ("/findings/{number:int}", lambda demo: "/findings/1"),
}


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Act on the first two findings, and look at the office's own checks."""
    database = Database(database_url(data))
    with database.read(WHOLE_SERVER) as connection:
        ours = tenants.only(connection, OURS).id
    office_checks.look(database, ours, reading.pack(), now)
    with database.write(ours) as connection:
        ann = people.by_name(connection, ours, "ann")
        assert ann is not None
        actor = Actor.console("console:clerk")
        first, second, *_ = reading.query(connection, ours, Filter(order=Order.NUMBER), now).findings
        for kind, text, more in (
                (Kind.ACKNOWLEDGE, "", {}), (Kind.ASSIGN, "", {"person": ann.id}),
                (Kind.COMMENT, "The part is ordered.\nIt comes on Monday.", {})):
            acting.act(connection, ours, first.number, kind, actor, text, more, now=now)
        acting.act(connection, ours, second.number, Kind.FALSE_ALARM, actor, "This machine is a test machine.", now=now)
    database.close()
