"""What a reviewer without names may open: no page, file, search, sort or error gives a name away."""

from __future__ import annotations

import re

import pytest

from server.reviewers.known import known
from server.reviewers.names import Names
from server.store import people, statements
from server.store.people import Role
from server.triage import acting
from server.triage.acts import Kind
from server.triage.model import Filter
from server.triage.reading import every
from server.two_people.model import Actor
from tests.reviewers.firms import BACKUP, OS, engaged, entered, failing, firm, holding, terms
from tests.server.setups import Office

HIDDEN = ("zz-registry", "aa-desk", "wilhelmina")


@pytest.fixture
def inside(office: Office) -> dict[str, str]:
    """A reviewer inside; a clerk of the office wrote names into everything she could."""
    acme = firm(office)
    rita = acme.reviewer()
    failing(office, "zz-registry", OS, BACKUP)
    failing(office, "aa-desk", OS, BACKUP)
    clerk = office.person("wilhelmina", Role.ADMINISTRATOR)
    actor = Actor(f"person:{clerk.name}", clerk.id, clerk.role)
    with office.database.write(office.tenant.id) as connection:
        found = every(connection, office.tenant.id, Filter(), office.now())
        for one in found:
            for kind, text, data in ((Kind.COMMENT, f"{one.host}: ask Wilhelmina", {}), (Kind.ACKNOWLEDGE, "", {}),
                                     (Kind.ASSIGN, "", {"person": clerk.id}),
                                     (Kind.FALSE_ALARM, f"{one.host.upper()} is fine", {})):
                acting.act(connection, office.tenant.id, one.number, kind, actor, text, data, now=office.now())
            statements.add(connection, office.tenant.id, finding=one.number, at=office.now(), party="office",
                           by="person:wilhelmina", name="Wilhelmina", organisation="", text=f"On {one.host}.")
    return entered(office, rita, engaged(office, acme, rita, terms(office)))


def numbers(office: Office) -> list[int]:
    with office.database.read(office.tenant.id) as connection:
        return [one.number for one in every(connection, office.tenant.id, Filter(), office.now())]


def test_no_page_or_file_within_reach_holds_a_name(office: Office, inside: dict[str, str]) -> None:
    places = ["/en/review", "/en/findings", "/fr/findings", "/en/findings.csv", "/en/office/decisions", "/en/",
              "/en/machines", "/en/review/1/report.pdf"]
    places += [f"/en/findings?by={by}" for by in ("check", "machine", "fix")]
    places += [f"/en/findings/{number}" for number in numbers(office)]
    opened = 0
    for place in places:
        answer = office.page("GET", place, inside)
        opened += answer.status_code == 200
        assert answer.status_code < 500, place
        for name in HIDDEN:
            assert name not in answer.text.casefold(), (place, name)
    assert opened >= 10


def test_searching_a_real_name_is_searching_a_name_that_does_not_exist(office: Office, inside: dict[str, str]) -> None:
    def listed(text: str) -> str:
        page = office.page("GET", f"/en/findings?text={text}&q={text}&search={text}", inside).text
        return re.sub(r'name="_csrf_token" value="\w+"', "", page.partition("<main")[2]).replace(text, "")

    assert listed("zz-registry") == listed("xx-registry")
    assert listed("wilhelmina") == listed("wilhelmine")


def test_lists_are_not_in_the_order_of_real_names(office: Office) -> None:
    acme = firm(office)
    hosts = [f"host-{letter}" for letter in "abcdefghij"]
    for host in hosts:
        failing(office, host, OS)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office))
    engagement = holding(office, number, rita)
    assert engagement is not None
    names = Names(engagement)
    inside = entered(office, rita, number)
    page = office.page("GET", "/en/findings?by=machine", inside).text.partition("<main")[2]
    shown = list(dict.fromkeys(re.findall(r"machine-[a-z2-7]{8}", page)))
    real = [names.host(one) for one in hosts]
    assert set(shown) <= set(real)
    assert len(shown) > 5
    assert shown != [one for one in real if one in shown]


def test_what_the_office_is_known_to_have_is_read_from_its_own_rows_alone(office: Office) -> None:
    other = office.other("Oak County")
    failing(office, "ours", OS)
    failing(office, "theirs", OS, tenant=other.id)
    with office.database.write(other.id) as connection:
        people.add(connection, other.id, "xavier", Role.STAFF, None, office.now())
    with office.database.read(office.tenant.id) as connection:
        found = known(connection, office.tenant.id)
    assert "ours" in found.hosts
    assert "theirs" not in found.hosts
    assert "xavier" not in found.people
