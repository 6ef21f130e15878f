"""Checks of the office as a whole are findings, with a life of their own."""

from __future__ import annotations

from datetime import timedelta

from server.store import inventory
from server.store.database import WHOLE_SERVER
from server.store.findings_rebuild import rebuild
from server.store.inventory import Asset
from server.triage import office_checks
from server.triage.model import Filter, State
from server.triage.reading import pack
from tests.server.setups import Office
from tests.triage.saying import listed, say

COMPLETE = "office/inventory-complete"


def declare(office: Office, *names: str) -> None:
    with office.database.write(office.tenant.id) as connection:
        inventory.add(connection, office.tenant.id, [
            Asset(name, ("office-workstation",), "Town hall", "us", line) for line, name in enumerate(names, 2)],
            file="list.csv", digest="sha256:x", now=office.now(), by="test")


def look(office: Office) -> int:
    office.now.forward(minutes=15)
    return len(office_checks.look(office.database, office.tenant.id, pack(), office.now()))


def test_what_fails_of_the_office_itself_opens_and_is_resolved_when_it_passes(office: Office) -> None:
    say(office, office.machine(), "front-desk", os="p")
    assert look(office) == 0
    declare(office, "back-desk")
    assert look(office) > 0
    [found] = listed(office, Filter(agent="", check=COMPLETE))
    assert (found.state, found.host, found.responsible) == (State.OPEN, "", "us")
    assert look(office) == 0
    declare(office, "front-desk")
    look(office)
    [found] = listed(office, Filter(agent="", check=COMPLETE, states=frozenset()))
    assert found.state is State.RESOLVED
    with office.database.read(WHOLE_SERVER) as connection:
        assert rebuild(connection, write=False) == []


def test_without_a_list_of_machines_nothing_is_claimed_of_the_office(office: Office) -> None:
    say(office, office.machine(), os="f")
    office.now.forward(days=1)
    assert look(office) == 0
    assert listed(office, Filter(agent="")) == []
    assert listed(office)[0].opened == office.now() - timedelta(days=1, minutes=15)
