"""Exceptions on the pages: asked for by one, in force by another, renewed, ended; the same rules as at the console."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from hustings.verdicts import Severity
from policies.pack import shipped
from server import exceptions as rules
from server.exceptions import LONGEST, LONGEST_OF, Wish
from server.records import EXCEPTION, NOT_APPLICABLE, Exemption
from server.spoken import Spoken
from server.store import audit
from server.store.people import Role
from server.store.schema import heads, reports
from server.store.schema.exceptions import exceptions as table
from tests.server.setups import Office
from tests.server.test_pages import reporting

DAY = timedelta(days=1)
PACK = shipped()
CRITICAL = next(row.id for row in PACK.rows if row.severity is Severity.CRITICAL
                and any(check.catalogue == row.id and not check.stop for check in PACK.checks))
HIGH = next(row.id for row in PACK.rows if row.severity is Severity.HIGH
            and any(check.catalogue == row.id for check in PACK.checks))
MEDIUM = next(row.id for row in PACK.rows if row.severity is Severity.MEDIUM
              and any(check.catalogue == row.id for check in PACK.checks))


class Two:
    """An office with two officials and a machine."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.machine = reporting(office, host="front-desk")
        self.ann = office.signed_in(office.person("ann", Role.OFFICIAL))
        self.bob = office.signed_in(office.person("bob", Role.OFFICIAL))

    def form(self, **changes: str) -> dict[str, str]:
        return {"kind": EXCEPTION, "subject": "PAT-02", "asset": "front-desk", "control": "A locked room",
                "reason": "The vendor patches quarterly", "owner": "Dana Roy", "until": self.day(20), **changes}

    def day(self, ahead: int) -> str:
        return (self.office.now() + ahead * DAY).date().isoformat()

    def ask(self, language: str = "en", **changes: str) -> httpx.Response:
        return self.office.page("POST", f"/{language}/exceptions/ask", self.ann, **self.form(**changes))

    def accepted(self, **changes: str) -> int:
        answer = self.ask(**changes)
        assert answer.status_code == 303, answer.text
        done = self.office.page("POST", answer.headers["location"] + "/approve", self.bob)
        assert done.status_code == 303, done.text
        return self.held()[-1].number

    def held(self) -> tuple[Exemption, ...]:
        with self.office.database.read(self.office.tenant.id) as connection:
            return rules.held(connection, self.office.tenant.id)

    def page(self, path: str = "/en/exceptions") -> str:
        answer = self.office.page("GET", path, self.ann)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def two(office: Office) -> Two:
    return Two(office)


def alert(answer: httpx.Response) -> str:
    found = re.search(r'role="alert"[^>]*>(.*?)</p>', answer.text, re.S)
    assert found, answer.text
    return re.sub(r"<[^>]+>", "", found[1])


def test_it_holds_only_once_another_person_approved_and_changes_no_result(two: Two) -> None:
    def recorded() -> list[Any]:
        with two.office.database.read(two.office.tenant.id) as connection:
            return [connection.execute(sa.select(one).order_by(*one.primary_key)).all() for one in (heads, reports)]

    before = recorded()
    answer = two.ask()
    assert answer.status_code == 303
    assert "1 request waits for a second person" in two.page()
    assert two.held() == ()
    assert two.office.page("POST", answer.headers["location"] + "/approve", two.bob).status_code == 303
    text = two.page()
    assert "The vendor patches quarterly" in text
    assert "request waits" not in text
    assert recorded() == before


@pytest.mark.parametrize(("changes", "said"), [
    ({"kind": "whatever"}, "Choose one of the two"), ({"until": "soon"}, "not a day"),
    ({"until": "2099-01-01"}, "coming year"), ({"until": "2020-01-01"}, "coming year"),
    ({"subject": "PAT-99"}, "neither a check"), ({"asset": "front-dask"}, "Did you mean: front-desk"),
    ({"reason": "  "}, "says nothing"), ({"control": ""}, "says nothing"), ({"owner": ""}, "says nothing"),
    ({"reason": "a\u202eb"}, "cannot be printed"), ({"owner": "x" * 101}, "100 characters"),
    ({"reason": "x" * 2001}, "2000 characters"), ({"control": "\x1b[2J"}, "cannot be printed"),
    ({"subject": "domains/no-database-port-outside"}, "must never fail")])
def test_a_bad_form_comes_back_with_what_was_typed_and_how_to_mend_it(two: Two, changes: dict[str, str],
                                                                      said: str) -> None:
    answer = two.ask(**changes)
    assert answer.status_code == 400
    assert said in alert(answer)
    if "reason" not in changes:
        assert "The vendor patches quarterly</textarea>" in answer.text
    french = two.ask("fr", **changes)
    assert french.status_code == 400
    assert said not in alert(french) or "front-desk" in said
    assert two.office.stored(table) == 0


def test_the_form_is_filled_from_the_finding_it_comes_from(two: Two) -> None:
    check = next(one.id for one in PACK.checks if one.catalogue == "PAT-02")
    text = two.page(f"/fr/exceptions/new?subject={check}&asset=front-desk&finding=7")
    assert f'value="{check}"' in text
    assert "<option selected>front-desk</option>" in text
    assert 'name="finding" value="7"' in text
    answer = two.ask(finding="7", subject=check)
    assert "/en/findings/7" in two.page(answer.headers["location"])


@pytest.mark.parametrize(("subject", "most"), [(CRITICAL, 90), (HIGH, 180), (MEDIUM, LONGEST)])
def test_the_more_a_control_weighs_the_shorter_its_failure_is_accepted(two: Two, subject: str, most: int) -> None:
    assert rules.longest(PACK, subject, EXCEPTION) == most
    assert rules.longest(PACK, subject, NOT_APPLICABLE) == LONGEST
    late = two.ask(subject=subject, until=two.day(most + 1))
    assert (late.status_code, f"at most {most} days" in alert(late)) == (400, True)
    assert two.ask(subject=subject, until=two.day(most)).status_code == 303


def test_the_form_names_the_limits_that_the_rules_have(two: Two) -> None:
    text = two.page("/en/exceptions/new")
    assert (f"At most {LONGEST_OF[Severity.CRITICAL]} days ahead for a critical control, "
            f"{LONGEST_OF[Severity.HIGH]} for one of high weight, a year for the rest.") in text
    assert LONGEST == 366


def test_what_holds_is_renewed_and_not_doubled(two: Two) -> None:
    number = two.accepted()
    again = two.ask()
    assert (again.status_code, "renew that one" in alert(again).lower()) == (400, True)
    text = two.page(f"/en/exceptions/new?renews={number}")
    assert "The vendor patches quarterly</textarea>" in text
    assert f'name="renews" value="{number}"' in text
    new = two.accepted(renews=str(number), until=two.day(60))
    old, renewed = two.held()
    assert (renewed.number, renewed.until.isoformat()) == (new, two.day(60))
    two.office.now.forward(seconds=2)
    assert not old.in_force(two.office.now())
    assert renewed.in_force(two.office.now())
    with two.office.database.read(two.office.tenant.id) as connection:
        assert [one.action for one in audit.recent(connection, two.office.tenant.id, limit=3)] == [
            "exception.end", "exception.add", "decision.approve"]


def test_what_ended_while_its_renewal_waited_is_not_renewed(two: Two) -> None:
    number = two.accepted()
    place = two.ask(renews=str(number), until=two.day(60)).headers["location"]
    assert two.office.page("POST", f"/en/exceptions/{number}/end", two.ann, reason="Patched").status_code == 303
    no = two.office.page("POST", f"{place}/approve", two.bob)
    assert (no.status_code, "not in force any more" in alert(no)) == (409, True)
    assert len(two.held()) == 1
    assert two.office.page("GET", f"/en/exceptions/new?renews={number}", two.ann).status_code == 404


def test_one_person_ends_one_with_a_reason_and_once(two: Two) -> None:
    number = two.accepted()
    place = f"/en/exceptions/{number}/end"
    empty = two.office.page("POST", place, two.bob, reason=" ")
    assert (empty.status_code, "says nothing" in alert(empty)) == (400, True)
    assert two.office.page("POST", place, two.bob, reason="Patched").status_code == 303
    two.office.now.forward(seconds=2)
    assert "No failure is accepted at present." in two.page()
    gone = two.office.page("POST", place, two.bob, reason="Again")
    assert (gone.status_code, "not in force" in alert(gone)) == (409, True)
    for wrong in ("99", "x", "9" * 30):
        assert two.office.page("POST", f"/en/exceptions/{wrong}/end", two.bob, reason="x").status_code == 404


def test_another_office_ends_and_sees_nothing_of_it(two: Two) -> None:
    number = two.accepted()
    other = two.office.other()
    otto = two.office.signed_in(two.office.person("otto", Role.ADMINISTRATOR, tenant=other.id))
    assert two.office.page("POST", f"/en/exceptions/{number}/end", otto, reason="Mine").status_code == 404
    assert two.office.page("GET", f"/en/exceptions/new?renews={number}", otto).status_code == 404
    assert "quarterly" not in two.office.page("GET", "/en/exceptions", otto).text


def test_that_something_does_not_apply_is_declared_with_two_signatures(two: Two) -> None:
    two.accepted(kind=NOT_APPLICABLE, control="what is typed here is not kept")
    [one] = two.held()
    assert (one.kind, one.control, one.approved_by) == (NOT_APPLICABLE, "", "bob")


def test_one_signature_at_the_console_yields_to_two_on_the_page(two: Two) -> None:
    with two.office.database.write(two.office.tenant.id) as connection:
        rules.add(connection, two.office.tenant.id, PACK, Wish(
            NOT_APPLICABLE, "PAT-02", "front-desk", "No lists here", "Dana", (two.office.now() + DAY).date()),
            now=two.office.now(), by="console:root")
    two.accepted(kind=NOT_APPLICABLE)
    with pytest.raises(Spoken, match="already"), two.office.database.write(two.office.tenant.id) as connection:
        rules.add(connection, two.office.tenant.id, PACK, Wish(
            NOT_APPLICABLE, "PAT-02", "front-desk", "No lists here", "Dana", (two.office.now() + DAY).date()),
            now=two.office.now(), by="console:root")


def test_it_says_when_the_end_is_near(two: Two) -> None:
    two.accepted(until=two.day(40))
    assert "It ends soon" not in two.page()
    two.office.now.forward(days=11)
    two.ann = two.office.signed_in(two.office.person("eve", Role.OFFICIAL))
    assert "It ends soon" in two.page()
