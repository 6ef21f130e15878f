"""What a reviewer sees of findings, what both sides say to each other, and that none of it changes a result."""

from __future__ import annotations

import re

import pytest

from server.store import people
from server.store.people import Role
from server.triage.model import Filter
from server.triage.reading import every
from tests.reviewers.firms import BACKUP, OS, engaged, entered, failing, firm, holding, terms, trail
from tests.server.setups import Office


def numbers(office: Office, tenant: str = "") -> dict[str, int]:
    """Findings by check and host."""
    of = tenant or office.tenant.id
    with office.database.read(of) as connection:
        return {f"{one.check}@{one.host}": one.number for one in every(connection, of, Filter(), office.now())}


def test_the_queue_puts_the_severest_first_over_all_clients_and_shows_no_name(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    other = office.other("Oak Campaign")
    failing(office, "secret-registry", BACKUP, OS)
    failing(office, "hidden-laptop", OS, tenant=other.id)
    engaged(office, acme, rita)
    engaged(office, acme, rita, tenant=other.id)
    page = office.page("GET", "/en/review", office.signed_in(rita)).text
    table = page.partition("<tbody>")[2]
    found = re.findall(r'data-label="Severity">(\w+)<', table)
    assert found == ["Critical", "Critical", "High"]
    assert "secret-registry" not in page
    assert "hidden-laptop" not in page
    assert len(set(re.findall(r"machine-[a-z2-7]{8}", page))) == 2
    only = office.page("GET", "/en/review?severity=high", office.signed_in(rita)).text.partition("<tbody>")[2]
    assert re.findall(r'data-label="Severity">(\w+)<', only) == ["High"]


def test_opposing_clients_are_never_mixed_but_in_the_queue(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    other = office.other("Oak Campaign")
    failing(office, "ours-1", OS)
    failing(office, "theirs-1", OS, tenant=other.id)
    mine = engaged(office, acme, rita, terms(office, names_shown=True))
    engaged(office, acme, rita, terms(office, names_shown=True), tenant=other.id)
    inside = entered(office, rita, mine)
    for path in ("/en/", "/en/machines", "/en/points"):
        page = office.page("GET", path, inside)
        assert page.status_code == 200
        assert "theirs-1" not in page.text
        assert "Oak Campaign" not in page.text
    assert "ours-1" in office.page("GET", "/en/machines", inside).text


def test_a_finding_outside_the_scope_is_not_there(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    seen = failing(office, "in-view", OS, BACKUP)
    failing(office, "out-of-view", OS)
    number = engaged(office, acme, rita, terms(office, machines=(seen.agent,), areas=("PAT",), names_shown=True))
    page = office.page("GET", "/en/review", office.signed_in(rita)).text
    assert page.count("in-view") >= 1
    assert "out-of-view" not in page
    assert "1 open finding" in page
    inside = entered(office, rita, number)
    found = numbers(office)
    assert office.page("POST", f"/en/findings/{found['patching/os-supported@in-view']}/propose-fix", inside,
                       text="Upgrade it").status_code == 303
    for key in ("backups/checked@in-view", "patching/os-supported@out-of-view"):
        for act in ("propose-fix", "false-alarm"):
            assert office.page("POST", f"/en/findings/{found[key]}/{act}", inside, text="x").status_code == 404
    assert office.page("POST", "/en/findings/4711/false-alarm", inside, text="x").status_code == 404


@pytest.mark.parametrize(("do", "said"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_false_alarm_goes_to_the_office_and_changes_no_result(office: Office, do: str, said: str) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    failing(office, "registry", OS)
    ann = office.signed_in(office.person("ann", Role.ADMINISTRATOR))
    before = re.findall(r"<h2[^>]*>.*?</h2>", office.page("GET", "/en/", ann).text)
    inside = entered(office, rita, engaged(office, acme, rita))
    [number] = numbers(office).values()
    place = f"/en/findings/{number}/false-alarm"
    assert office.page("POST", place, inside, text="The vendor supports it until 2028.").status_code == 303
    assert office.page("POST", f"{place}/decide", inside, text="Yes", do="accept").status_code == 403
    assert "Said to be a false alarm" in office.page("GET", "/en/review", office.signed_in(rita)).text
    assert office.page("POST", f"{place}/decide", ann, text="We looked at it.", do=do).status_code == 303
    with office.database.read(office.tenant.id) as connection:
        [found] = every(connection, office.tenant.id, Filter(), office.now())
    assert (found.false_alarm, found.resolved, found.state) == (said, None, "open")
    assert re.findall(r"<h2[^>]*>.*?</h2>", office.page("GET", "/en/", ann).text) == before
    acts = {(one.actor, one.action) for one in trail(office)}
    assert {("reviewer:rita@acme", "finding.false-alarm"), ("person:ann", "finding.decide-false-alarm")} <= acts


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\u202eb", "a\x07b"])
def test_a_word_that_cannot_be_kept_comes_back_with_the_reason(office: Office, text: str) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    failing(office, "registry", OS)
    inside = entered(office, rita, engaged(office, acme, rita))
    [number] = numbers(office).values()
    answer = office.page("POST", f"/fr/findings/{number}/propose-fix", inside, text=text)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert ("review.view", f"/fr/findings/{number}/propose-fix") in {
        (one.action, one.detail.get("place")) for one in trail(office)}


def test_who_leaves_the_firm_or_is_no_reviewer_any_more_is_out_at_once(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, names_shown=True))
    inside = entered(office, rita, number)
    assert office.page("GET", "/en/", inside).status_code == 200
    with office.database.write(acme.tenant.id) as connection:
        people.disable(connection, rita, office.now())
    assert holding(office, number, rita) is None
    assert office.page("GET", "/en/", inside).status_code in (302, 401)
