"""Days are closed while the server runs, for every office, and what fails does not end it."""

from __future__ import annotations

import threading
from datetime import timedelta

from policies.pack import shipped
from server.closing import Closer
from server.store import days, rule_sets, tenants
from server.store.database import WHOLE_SERVER, Database
from tests.server.records import PASS
from tests.server.setups import Office
from tests.server.test_history_pages import day, noon


def test_every_office_gets_its_rules_and_its_days(office: Office) -> None:
    noon(office)
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now()).id
    for tenant in (office.tenant.id, other):
        machine = office.machine(tenant)
        day(office, machine, PASS)
    office.now.forward(days=1)
    closer = Closer(office.database, shipped(), office.now)
    thread = threading.Thread(target=closer.run)
    thread.start()
    try:
        for _ in range(600):
            with office.database.read(WHOLE_SERVER) as connection:
                found = [days.span(connection, tenant) for tenant in (office.tenant.id, other)]
            if all(found) and found[0][1] == found[1][1] == (office.now() - timedelta(days=1)).date():
                break
            threading.Event().wait(0.1)
    finally:
        closer.stop()
        thread.join(30)
    assert not thread.is_alive()
    assert [bool(one) for one in found] == [True, True]
    with office.database.read(WHOLE_SERVER) as connection:
        assert [len(rule_sets.every(connection, tenant)) for tenant in (office.tenant.id, other)] == [1, 1]


def test_a_database_that_is_away_ends_nothing(office: Office) -> None:
    gone = Database("sqlite:////nonexistent/dir/x.db")
    closer = Closer(gone, shipped(), office.now)
    thread = threading.Thread(target=closer.run)
    thread.start()
    threading.Event().wait(0.3)
    assert thread.is_alive()
    closer.stop()
    thread.join(30)
    assert not thread.is_alive()
    gone.close()


def test_closed_days_are_kept_in_memory_until_another_is_closed(office: Office) -> None:
    noon(office)
    machine = office.machine()
    day(office, machine, PASS)
    closer = Closer(office.database, shipped(), office.now)
    first, waiting = closer.year(office.tenant.id)
    assert (len(first), waiting) == (1, 0)
    assert closer.year(office.tenant.id)[0][0] is first[0]
    day(office, machine, PASS)
    assert [one.day for one in closer.year(office.tenant.id)[0]] == [first[0].day, first[0].day + timedelta(days=1)]


def test_an_office_without_a_report_has_no_days(office: Office) -> None:
    assert Closer(office.database, shipped(), office.now).year(office.tenant.id) == ([], 0)
