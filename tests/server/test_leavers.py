"""People who left, over all machines of an office: the rules, and the page through the real application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from server import leavers as rules
from server import scorecard
from server.pages import site
from server.reading import Reading
from tests.server.setups import Office
from tests.server.test_access_pages import report, session
from tests.server.test_pages import page


def seen(office: Office, *items: dict[str, Any], complete: bool = True) -> Observation:
    why = None if complete else Missing(Reason.TRUNCATED, "cut")
    return Observation(listing=Listing(list(items), complete, why), as_of=office.now().replace(microsecond=0))


def one(person: str, account: str, **more: Any) -> dict[str, Any]:
    return {"person": person, "account": account, "left": "2026-09-30", **more}


def picture(office: Office) -> rules.Picture:
    read = Reading(office.database).office(office.tenant.id)
    return rules.picture(scorecard.everyone(read, site.pack(), office.now()))


def test_one_person_is_one_over_machines_databases_and_directories(office: Office) -> None:
    report(office, {"directory.leavers@office": seen(office, one("p-a", "a@example.org", admin=True))})
    report(office, {"registration.leavers@roll": seen(office, one("p-a", "r_a", open=True, admin=False)),
                    "registration.leavers_with_rights@roll": seen(office, one("p-a", "r_a", changes=True)),
                    "accounts.leavers": seen(office, one("p-b", "b", open={"reason": "unsupported"}),
                                             one("p-c", "c", open=False))})
    found = picture(office)
    assert [(who.person, who.certain) for who in found.people] == [("p-a", True), ("p-b", False)]
    assert [(at.place.kind, at.place.name, at.account, at.open, at.admin) for at in found.people[0].accesses] == [
        ("database", "roll", "r_a", True, False), ("directory", "office", "a@example.org", True, True)]
    assert found.people[1].accesses[0].open is None
    assert found.people[0].left is not None
    assert found.unsaid == ()


def test_what_was_not_read_or_may_not_leave_is_said_beside(office: Office) -> None:
    counted = Observation(value={"count": 2, "complete": True}, as_of=office.now().replace(microsecond=0))
    report(office, {"directory.leavers@office": Observation(missing=Missing(Reason.DENIED)),
                    "accounts.leavers": counted,
                    "registration.leavers@roll": seen(office, complete=False)})
    found = picture(office)
    assert not found.people
    assert {(place.place.kind, place.count, place.why) for place in found.unsaid} == {
        ("directory", None, "denied"), ("machine", 2, ""), ("database", None, "truncated")}
    text = page(office, "/en/leavers", session(office)).text
    assert "not every place could be looked at" in text
    assert "2 accounts of people who left" in text
    assert "Nobody who left is known to have access anywhere" not in text


def test_numbers_alone_say_what_they_can(office: Office) -> None:
    def counted(number: int, complete: bool = True) -> Observation:
        return Observation(value={"count": number, "complete": complete}, as_of=office.now().replace(microsecond=0))

    report(office, {"directory.leavers@none": counted(0), "accounts.leavers": counted(0)})
    assert (picture(office).unsaid, picture(office).looked) == ((), 2)
    assert "Nobody who left is known to have access anywhere" in page(office, "/en/leavers", session(office)).text
    report(office, {"directory.leavers@some": counted(2), "directory.leavers@cut": counted(0, complete=False),
                    "registration.leavers@roll": counted(1)})
    found = picture(office)
    assert [(one.place.name, one.count) for one in found.counted] == [("some", 2)]
    assert {one.place.name for one in found.doubtful} == {"cut", "roll"}
    english, french = (page(office, f"/{code}/leavers", session(office)).text for code in ("en", "fr"))
    assert "2 open accounts of people who left" in english
    assert "2 comptes ouverts de personnes parties" in french
    assert "Nobody is known to have access" not in english


def test_a_silent_machine_proves_nothing(office: Office) -> None:
    report(office, {"accounts.leavers": seen(office)})
    assert picture(office).unsaid == ()
    office.now.forward(seconds=timedelta(days=9).total_seconds())
    assert [place.why for place in picture(office).unsaid] == ["stale"]


def test_the_page_says_it_in_both_languages_and_quotes_what_it_shows(office: Office) -> None:
    evil: Facts = {"accounts.leavers": seen(office, one("<b>p</b>", "<script>", open=True))}
    report(office, evil)
    cookies = session(office)
    english, french = (page(office, f"/{code}/leavers", cookies).text for code in ("en", "fr"))
    assert "People who left and can still get in" in english
    assert "peuvent encore entrer" in french
    assert "<script>" not in english
    assert "&lt;script&gt;" in english
    assert page(office, "/en/leavers", {}).status_code in (302, 303, 401)


def test_an_office_without_a_roster_is_told_how(office: Office) -> None:
    office.machine()
    assert "/etc/hustings/roster.yaml" in page(office, "/en/leavers", session(office)).text
