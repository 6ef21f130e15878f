"""A security firm with a reviewer who has two clients, what she looked at, and a profile through which a file left."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from server.config import database_url
from server.reviewers import granting, profiles
from server.store import engagements, people, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.engagements import Kind
from server.store.people import Role
from tests.browser.demo import OURS, Demo

FIRM = "Acme Security"
CAMPAIGN = "Campaign of J. Oak"
PAGES = {
    "outside reviewers": ("/office/engagements", lambda demo: "/office/engagements"),
    "engagement": ("/office/engagements/{number:int}", lambda demo: "/office/engagements/1"),
    "sharing profiles": ("/office/sharing-profiles", lambda demo: "/office/sharing-profiles"),
    "sharing profile": ("/office/sharing-profiles/{number:int}", lambda demo: "/office/sharing-profiles/1"),
}
ELSEWHERE = {"/review": "a reviewer's own: test_reviewing_in_a_browser"}


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Let rita into the office and a campaign; name and machines are hidden from her at the office."""
    database = Database(database_url(data))
    with database.write(WHOLE_SERVER) as connection:
        ours = tenants.only(connection, OURS).id
        firm = tenants.create(connection, FIRM, now, kind=tenants.Kind.FIRM, handle="acme")
        rita = people.add(connection, firm.id, "rita", Role.REVIEWER, None, now)
        campaign = tenants.create(connection, CAMPAIGN, now, kind=tenants.Kind.CAMPAIGN).id
    for tenant, until, areas in ((ours, 30, []), (campaign, 5, ["PAT"])):
        with database.write(tenant) as connection:
            number = granting.offer(connection, tenant, {
                "addressee": "rita@acme", "code": None, "machines": [], "areas": areas, "names_shown": False,
                "until": (now + timedelta(days=until)).date().isoformat(),
                "basis": "Contract 2026-114, section 3: yearly security review"},
                by="person:admin", approved_by="person:bob", now=now)
            engagements.act(connection, tenant, number, Kind.ACCEPTED, by="reviewer:rita@acme", now=now,
                            home=firm.id, person=rita.id)
    with database.write(ours) as connection:
        granting.offer(connection, ours, {
            "addressee": "otto@other-firm", "code": None, "machines": list(demo.machines[:1]), "areas": ["BKP"],
            "names_shown": True, "until": (now + timedelta(days=14)).date().isoformat(),
            "basis": "Agreement of the province"}, by="person:admin", approved_by="person:bob", now=now)
        number = profiles.define(connection, ours, {
            "recipient": "Provincial CSIRT", "fields": {"check": "shown", "severity": "shown", "name": "pseudonym"},
            "marking": "TLP:AMBER+STRICT", "basis": "Information-sharing agreement of 2026",
            "until": (now + timedelta(days=90)).date()}, by="person:admin", now=now)
        made = profiles.get(connection, ours, number)
        assert made is not None
        profiles.disclose(connection, ours, made, b"a file", by="person:admin", format="csv", rows=12, now=now)
    database.close()
