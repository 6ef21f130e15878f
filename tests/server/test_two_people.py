"""Acts that need two people: nothing is done by one, nothing is done twice, nothing is half done."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.errors import UsageError
from server import exceptions as rules
from server.exceptions import Wish
from server.records import EXCEPTION
from server.store import audit, people, proposals
from server.store.database import WHOLE_SERVER
from server.store.people import Person, Role
from server.store.schema.exceptions import exceptions as held
from server.store.schema.two_people import decisions
from server.store.schema.two_people import proposals as table
from server.two_people import Actor, NotTaken, Refusal, State, decide, discovery, propose, withdraw
from server.two_people.wishes import ask
from tests.reviewers import firms
from tests.server.setups import Office
from tests.server.test_two_at_once import together

DAY = timedelta(days=1)
WHY = "It is written in the contract."


def actor(person: Person) -> Actor:
    return Actor(f"person:{person.name}", person.id, person.role)


def wish(office: Office, **changes: Any) -> Wish:
    return Wish(**{"kind": EXCEPTION, "subject": "PAT-02", "asset": "", "reason": "The vendor patches quarterly",
                   "owner": "Dana Roy", "until": (office.now() + 20 * DAY).date(), "control": "A locked room",
                   **changes})


def asked(office: Office, person: Person, **changes: Any) -> int:
    with office.database.write(office.tenant.id) as connection:
        return ask(connection, office.tenant.id, wish(office, **changes), actor(person), office.now())


def decided(office: Office, number: int, by: Actor, *, approve: bool = True, reason: str = "") -> State:
    with office.database.write(office.tenant.id) as connection:
        return decide(connection, office.tenant.id, number, approve, by, reason, office.now()).state(office.now())


def refused(office: Office, number: int, by: Actor, *, approve: bool = True, reason: str = "") -> Refusal:
    with pytest.raises(NotTaken) as caught:
        decided(office, number, by, approve=approve, reason=reason)
    return caught.value.why


def trail(office: Office) -> list[str]:
    with office.database.read(office.tenant.id) as connection:
        return [one.action for one in reversed(audit.recent(connection, office.tenant.id))]


@pytest.fixture
def ann(office: Office) -> Person:
    return office.person("ann", Role.OFFICIAL)


@pytest.fixture
def bob(office: Office) -> Person:
    return office.person("bob", Role.OFFICIAL)


def test_what_is_asked_for_is_done_once_another_person_approves_it(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)
    assert office.stored(held) == 0
    assert decided(office, number, actor(bob)) is State.APPROVED
    with office.database.read(office.tenant.id) as connection:
        [one] = rules.held(connection, office.tenant.id)
    assert (one.by, one.approved_by, one.owner) == ("person:ann", "bob", "Dana Roy")
    assert trail(office)[-3:] == ["decision.ask", "decision.approve", "exception.add"]


def test_nobody_approves_what_they_asked_for(office: Office, ann: Person) -> None:
    number = asked(office, ann)
    assert refused(office, number, actor(ann)) is Refusal.SAME
    assert office.stored(held) == office.stored(decisions) == 0


def test_the_console_refuses_and_never_approves(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)
    console = Actor.console("console:root")
    assert refused(office, number, console) is Refusal.CONSOLE
    assert refused(office, number, Actor.console("console:root", bob)) is Refusal.CONSOLE
    assert decided(office, number, console, approve=False, reason=WHY) is State.REFUSED


def test_who_asked_at_the_console_as_somebody_does_not_approve_as_them(office: Office, ann: Person,
                                                                      bob: Person) -> None:
    for by in (Actor.console("console:root", ann), Actor.console("console:Ann")):
        with office.database.write(office.tenant.id) as connection:
            number = ask(connection, office.tenant.id, wish(office, reason=by.by), by, office.now())
        assert refused(office, number, actor(ann)) is Refusal.SAME
        assert decided(office, number, actor(bob), approve=False, reason=WHY) is State.REFUSED


def test_it_is_decided_once(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)
    decided(office, number, actor(bob), approve=False, reason=WHY)
    assert refused(office, number, actor(bob)) is Refusal.CLOSED
    assert refused(office, number, actor(bob), approve=False, reason=WHY) is Refusal.CLOSED
    assert office.stored(held) == 0


def test_a_refusal_needs_a_reason_that_can_be_read(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)
    for reason in ("", "short", "x" * 1001, "a good reason\u202e indeed", "a good reason\x07 indeed"):
        assert refused(office, number, actor(bob), approve=False, reason=reason) is Refusal.REASON
    assert refused(office, number, actor(bob), reason="short") is Refusal.REASON


def test_what_waited_too_long_is_decided_no_more(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann, until=(office.now() + 60 * DAY).date())
    office.now.forward(days=13, hours=23)
    with office.database.read(office.tenant.id) as connection:
        assert [one.number for one in proposals.waiting(connection, office.tenant.id, office.now())] == [number]
    office.now.forward(hours=1)
    assert refused(office, number, actor(bob)) is Refusal.CLOSED
    with office.database.read(office.tenant.id) as connection:
        assert proposals.waiting(connection, office.tenant.id, office.now()) == []
        [past] = proposals.past(connection, office.tenant.id, office.now())
    assert past.state(office.now()) is State.EXPIRED


def test_who_asked_takes_it_back_and_nobody_else(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)

    def take_back(by: Person) -> State:
        with office.database.write(office.tenant.id) as connection:
            return withdraw(connection, office.tenant.id, number, actor(by), office.now()).state(office.now())

    with pytest.raises(NotTaken) as caught:
        take_back(bob)
    assert caught.value.why is Refusal.OTHERS
    assert take_back(ann) is State.WITHDRAWN
    assert refused(office, number, actor(bob)) is Refusal.CLOSED
    assert trail(office)[-1] == "decision.withdraw"


def test_roles_that_may_not_are_told_so(office: Office, ann: Person) -> None:
    staff, rita = office.person("sam"), office.person("rita", Role.REVIEWER)
    number = asked(office, staff)
    assert refused(office, number, actor(office.person("joe"))) is Refusal.ROLE
    assert refused(office, number, actor(rita)) is Refusal.NONE
    with pytest.raises(NotTaken) as caught:
        asked(office, rita)
    assert caught.value.why is Refusal.ROLE


def test_the_very_same_is_not_asked_for_twice(office: Office, ann: Person, bob: Person) -> None:
    asked(office, ann)
    with pytest.raises(NotTaken) as caught:
        asked(office, bob)
    assert caught.value.why is Refusal.TWICE


def test_everything_is_checked_again_when_it_is_approved(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann, until=(office.now() + DAY).date())
    office.now.forward(days=3)
    with pytest.raises(UsageError, match="coming year"):
        decided(office, number, actor(bob))
    assert office.stored(held) == office.stored(decisions) == 0
    assert trail(office)[-1] == "decision.ask"


def test_what_a_person_asked_for_who_may_no_more_is_not_done(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann)
    with office.database.write(office.tenant.id) as connection:
        people.disable(connection, ann, office.now())
    assert refused(office, number, actor(bob)) is Refusal.GONE
    assert decided(office, number, actor(bob), approve=False, reason=WHY) is State.REFUSED


def test_who_answers_for_it_is_not_the_second_person(office: Office, ann: Person, bob: Person) -> None:
    number = asked(office, ann, owner="Bob")
    with pytest.raises(UsageError, match="answers for it"):
        decided(office, number, actor(bob))
    assert office.stored(held) == office.stored(decisions) == 0


def test_another_offices_request_does_not_exist(office: Office, ann: Person) -> None:
    other = office.other()
    stranger = office.person("otto", Role.ADMINISTRATOR, tenant=other.id)
    number = asked(office, ann)
    with pytest.raises(NotTaken) as caught, office.database.write(other.id) as connection:
        decide(connection, other.id, number, True, actor(stranger), "", office.now())
    assert caught.value.why is Refusal.NONE
    session = office.signed_in(stranger)
    place = f"/en/office/decisions/{number}"
    assert office.page("GET", place, session).status_code == 404
    for act in ("approve", "refuse", "withdraw"):
        assert office.page("POST", f"{place}/{act}", session, reason=WHY).status_code == 404


@pytest.mark.parametrize("turn", range(3))
def test_of_two_who_approve_at_the_same_moment_one_does_it_and_the_other_is_told(
        office: Office, ann: Person, bob: Person, turn: int) -> None:
    admin = office.person("eve", Role.ADMINISTRATOR)
    number = asked(office, ann)
    found = together(lambda: decided(office, number, actor(bob)), lambda: decided(office, number, actor(admin)))
    assert sorted(type(one).__name__ for one in found) == ["NotTaken", "State"]
    assert office.stored(held) == office.stored(decisions) == 1
    assert trail(office)[-2:] == ["decision.approve", "exception.add"]


@pytest.mark.parametrize("turn", range(2))
def test_an_approval_and_a_withdrawal_at_the_same_moment_are_never_both(office: Office, ann: Person, bob: Person,
                                                                       turn: int) -> None:
    number = asked(office, ann)

    def take_back() -> State:
        with office.database.write(office.tenant.id) as connection:
            return withdraw(connection, office.tenant.id, number, actor(ann), office.now()).state(office.now())

    found = together(take_back, lambda: decided(office, number, actor(bob)))
    assert office.stored(decisions) == 1
    assert office.stored(held) == (State.APPROVED in found)


def test_the_database_refuses_to_change_what_was_asked_and_decided(office: Office, ann: Person, bob: Person) -> None:
    decided(office, asked(office, ann), actor(bob))
    for one in (table, decisions):
        for act in (sa.update(one).values(by="x"), sa.delete(one)):
            with pytest.raises(DBAPIError, match="append-only"), office.database.write(WHOLE_SERVER) as connection:
                connection.execute(act)


def test_every_action_is_whole() -> None:
    for name, action in discovery.every().items():
        assert action.name == name
        assert action.title
        assert action.may_propose
        assert action.may_approve & {Role.ADMINISTRATOR, Role.OFFICIAL}, "the office itself can always decide"
        assert Role.REVIEWER not in action.may_propose


def test_an_action_that_this_release_does_not_know_is_shown_and_not_done(office: Office, ann: Person,
                                                                        bob: Person) -> None:
    with pytest.raises(UsageError), office.database.write(office.tenant.id) as connection:
        propose(connection, office.tenant.id, "no.such", "x", {}, actor(ann), office.now())
    with office.database.write(office.tenant.id) as connection:
        number = proposals.add(connection, office.tenant.id, action="no.such", subject="x", payload={},
                               at=office.now(), by="person:ann", person=ann.id, expires=office.now() + DAY)
    assert refused(office, number, actor(bob)) is Refusal.ROLE
    assert office.page("GET", f"/fr/office/decisions/{number}", office.signed_in(bob)).status_code == 200


def test_on_the_page_it_says_who_asked_what_happens_and_who_may_approve(office: Office, ann: Person,
                                                                       bob: Person) -> None:
    number = asked(office, ann, reason="Because <b>the</b> vendor says so")
    first, second = office.signed_in(ann), office.signed_in(bob)
    place = f"/en/office/decisions/{number}"
    mine = office.page("GET", place, first).text
    assert "Take the request back" in mine
    assert "Approve: do it now" not in mine
    text = office.page("GET", place, second).text
    for part in ("Because &lt;b&gt;the&lt;/b&gt; vendor says so", "A locked room", "Dana Roy", "PAT-02",
                 "Approve: do it now"):
        assert part in text
    for language in ("en", "fr"):
        listed = office.page("GET", f"/{language}/office/decisions", second)
        assert (listed.status_code, f"/{language}/office/decisions/{number}" in listed.text) == (200, True)
    assert office.page("POST", f"{place}/approve", first).status_code == 409
    short = office.page("POST", f"{place}/refuse", second, reason="no <i>")
    assert (short.status_code, "no &lt;i&gt;</textarea>" in short.text) == (400, True)
    assert office.page("POST", f"{place}/approve", second).status_code == 303
    assert "Approved and done" in office.page("GET", place, first).text
    assert office.page("POST", f"{place}/approve", second).status_code == 409


def test_with_one_account_it_waits_and_the_page_says_whom_to_add(office: Office) -> None:
    with office.database.read(office.tenant.id) as connection:
        admin = people.by_name(connection, office.tenant.id, "admin")
    assert admin is not None
    number = asked(office, admin)
    session = office.signed_in(admin)
    for path in (f"/en/office/decisions/{number}", "/en/office/decisions"):
        assert "obody else could approve it" in office.page("GET", path, session).text
    assert "hustings server user add" in office.page("GET", f"/en/office/decisions/{number}", session).text
    office.person("ann", Role.OFFICIAL)
    assert "obody else could approve it" not in office.page("GET", "/en/office/decisions", session).text


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "¹", "9" * 30])
def test_what_is_no_request_is_404(office: Office, ann: Person, number: str) -> None:
    session = office.signed_in(ann)
    assert office.page("GET", f"/en/office/decisions/{number}", session).status_code == 404
    assert office.page("POST", f"/en/office/decisions/{number}/approve", session).status_code == 404


def test_an_outside_reviewer_whose_engagement_covers_it_may_be_the_second_person(office: Office, ann: Person) -> None:
    of = firms.firm(office)
    rita = of.reviewer()
    engagement = firms.engaged(office, of, rita, firms.terms(office, names_shown=True))
    session = firms.entered(office, rita, engagement)
    number = asked(office, ann)
    place = f"/en/office/decisions/{number}"
    page = office.page("GET", place, session)
    assert page.status_code == 200
    assert "Approve: do it now" in page.text
    assert "rita@" in office.page("GET", place, office.signed_in(ann)).text
    assert office.page("POST", f"{place}/approve", session).status_code == 303
    with office.database.read(office.tenant.id) as connection:
        [one] = rules.held(connection, office.tenant.id)
    assert re.fullmatch(r"rita@\S+ \(reviewer\)", one.approved_by)


@pytest.mark.parametrize("limits", [{"names_shown": False}, {"areas": ("IAM",), "names_shown": True}])
def test_a_reviewer_whose_engagement_does_not_cover_it_does_not_see_it(office: Office, ann: Person,
                                                                      limits: dict[str, Any]) -> None:
    of = firms.firm(office)
    rita = of.reviewer()
    session = firms.entered(office, rita, firms.engaged(office, of, rita, firms.terms(office, **limits)))
    number = asked(office, ann)
    listed = office.page("GET", "/en/office/decisions", session)
    assert listed.status_code == 200
    assert "PAT-02" not in listed.text
    assert office.page("GET", f"/en/office/decisions/{number}", session).status_code == 404
    assert office.page("POST", f"/en/office/decisions/{number}/approve", session).status_code == 404
    assert office.stored(held) == 0
