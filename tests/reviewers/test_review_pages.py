"""The two sides' pages: what is granted, entered, seen, recorded, and over at the very next request."""

from __future__ import annotations

import re

import pytest

from server.store.people import Role
from tests.reviewers.firms import BASIS, approved, engaged, entered, firm, granted, terms, trail
from tests.server.setups import Office


def grant_form(office: Office, **changes: str) -> dict[str, str]:
    return {"addressee": "rita@acme", "until": terms(office).until.isoformat(), "names": "hidden", "basis": BASIS,
            **changes}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_administrator_asks_and_another_person_approves(office: Office, language: str) -> None:
    ann, bob = office.person("ann", Role.ADMINISTRATOR), office.person("bob", Role.OFFICIAL)
    acme = firm(office)
    rita = acme.reviewer()
    asked = office.page("POST", f"/{language}/office/engagements", office.signed_in(ann), **grant_form(office))
    assert asked.status_code == 303
    number = int(asked.headers["location"].rpartition("/")[2])
    reviewer = office.signed_in(rita)
    assert BASIS not in office.page("GET", f"/{language}/review", reviewer).text
    approved(office, number, bob)
    page = office.page("GET", f"/{language}/review", reviewer).text
    assert BASIS in page
    [place] = set(re.findall(r"/review/offers/(\d+)", page))
    assert office.page("POST", f"/{language}/review/offers/{place}", reviewer, do="accept").status_code == 303
    assert "rita@acme" in office.page("GET", f"/{language}/office/engagements", office.signed_in(ann)).text


def test_a_code_is_shown_once_and_works_after_approval(office: Office) -> None:
    ann, bob = office.person("ann", Role.ADMINISTRATOR), office.person("bob", Role.ADMINISTRATOR)
    acme = firm(office)
    reviewer = office.signed_in(acme.reviewer())
    shown = office.page("POST", "/en/office/engagements", office.signed_in(ann), **grant_form(office, addressee=""))
    assert shown.status_code == 200
    [code] = re.findall(r"<code>([\w-]{43})</code>", shown.text)
    number = re.findall(r"/office/decisions/(\d+)", shown.text)[0]
    early = office.page("POST", "/en/review/code", reviewer, code=code)
    assert early.status_code == 400
    approved(office, int(number), bob)
    assert office.page("POST", "/en/review/code", reviewer, code=code).status_code == 303
    assert office.page("POST", "/en/review/code", reviewer, code=code).status_code == 400
    for session in (office.signed_in(ann), office.signed_in(bob)):
        for path in ("/en/office/engagements", "/en/office/engagements/1"):
            assert code not in office.page("GET", path, session).text


@pytest.mark.parametrize("role", [Role.STAFF, Role.OFFICIAL])
def test_others_of_the_office_see_engagements_and_cannot_ask(office: Office, role: Role) -> None:
    other = office.signed_in(office.person("sam", role))
    assert office.page("GET", "/en/office/engagements", other).status_code == 200
    assert office.page("POST", "/en/office/engagements", other, **grant_form(office)).status_code == 403


def test_a_wrong_form_comes_back_with_what_was_typed(office: Office) -> None:
    ann = office.signed_in(office.person("ann", Role.ADMINISTRATOR))
    answer = office.page("POST", "/en/office/engagements", ann, **grant_form(office, basis="<b>no</b>", areas="PAT"))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "&lt;b&gt;no&lt;/b&gt;" in answer.text
    assert re.search(r'value="PAT" id="area-PAT" checked', answer.text)


def test_the_very_next_request_after_revoking_is_turned_away(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, names_shown=True))
    inside = entered(office, rita, number)
    assert office.page("GET", "/en/", inside).status_code == 200
    bob = office.signed_in(office.person("bob", Role.OFFICIAL))
    assert office.page("POST", f"/en/office/engagements/{number}/revoke", bob, reason="Over").status_code == 303
    assert office.page("GET", "/en/", inside).status_code == 404
    assert office.page("POST", f"/en/review/enter/{number}", inside).status_code == 404
    assert "Office" not in office.page("GET", "/en/review", inside).text.partition("<main")[2]


def test_the_very_next_second_after_the_last_day_is_turned_away(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, days=0, names_shown=True))
    office.now.at = office.now.at.replace(hour=23, minute=59, second=58, microsecond=0)
    inside = entered(office, rita, number)
    office.now.forward(seconds=1)
    assert office.page("GET", "/en/", inside).status_code == 200
    office.now.forward(seconds=1)
    assert office.page("GET", "/en/", inside).status_code == 404


def test_what_is_viewed_and_exported_is_in_the_offices_trail_and_on_its_page(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, names_shown=True))
    inside = entered(office, rita, number)
    for path in ("/en/", "/fr/machines", "/en/calendar.ics", "/en/nothing-here", "/en/office", "/static/style.css"):
        office.page("GET", path, inside)
    seen = [(one.actor, one.action, one.detail["place"]) for one in trail(office)
            if one.action in ("review.view", "review.export")]
    assert seen == [("reviewer:rita@acme", "review.export", "/en/calendar.ics"),
                    ("reviewer:rita@acme", "review.view", "/fr/machines"),
                    ("reviewer:rita@acme", "review.view", "/en/")]
    page = office.page("GET", f"/en/office/engagements/{number}", office.signed_in(office.person("sam"))).text
    for place in ("/en/calendar.ics", "/fr/machines"):
        assert place in page
    assert "2 pages viewed" in page
    assert "1 file or answer exported" in page


def test_the_queue_is_recorded_with_each_client(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    other = office.other("Oak County")
    engaged(office, acme, rita)
    engaged(office, acme, rita, tenant=other.id)
    page = office.page("GET", "/en/review?severity=critical", office.signed_in(rita)).text
    assert "Oak County" in page
    for tenant in (office.tenant.id, other.id):
        seen = [one.detail["place"] for one in trail(office, tenant) if one.action == "review.view"]
        assert seen == ["/en/review?severity=critical"]


def test_a_reviewer_enters_only_what_is_theirs(office: Office) -> None:
    acme = firm(office)
    rita, otto = acme.reviewer(), acme.reviewer("otto")
    number = engaged(office, acme, rita)
    for person in (otto, office.person("mole", Role.REVIEWER)):
        assert office.page("POST", f"/en/review/enter/{number}", office.signed_in(person)).status_code == 404
    for path in ("/en/review/enter/0", "/en/review/enter/99999999999999999999"):
        assert office.page("POST", path, office.signed_in(rita)).status_code == 404


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL])
def test_who_is_no_reviewer_has_no_queue(office: Office, role: Role) -> None:
    person = office.signed_in(office.person("pat", role))
    assert office.page("GET", "/en/review", person).status_code == 403
    assert office.page("POST", "/en/review/enter/1", person).status_code == 403


def test_leaving_a_client_ends_looking_at_it(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    number = engaged(office, acme, rita, terms(office, names_shown=True))
    inside = entered(office, rita, number)
    assert "Leave this client" in office.page("GET", "/en/", inside).text
    assert office.page("POST", "/en/review/leave", inside).status_code == 303
    assert office.page("GET", "/en/", inside).status_code == 404


def test_another_offices_engagements_are_not_there(office: Office) -> None:
    other = office.other("Oak County")
    number = granted(office, "rita@acme", tenant=other.id)
    ann = office.signed_in(office.person("ann", Role.ADMINISTRATOR))
    assert "rita@acme" not in office.page("GET", "/en/office/engagements", ann).text
    for method, path in (("GET", f"/en/office/engagements/{number}"), ("GET", "/en/office/engagements/77"),
                         ("POST", f"/en/office/engagements/{number}/revoke")):
        assert office.page(method, path, ann, **({"reason": "Because"} if method == "POST" else {})).status_code == 404


def test_reviewers_start_at_their_queue(office: Office) -> None:
    rita = office.signed_in(firm(office).reviewer())
    answer = office.page("GET", "/", rita)
    assert (answer.status_code, answer.headers["location"]) == (302, "/en/review")


def test_a_reviewer_narrowed_or_without_names_sees_no_page_of_the_whole(office: Office) -> None:
    acme = firm(office)
    for index, offered in enumerate((terms(office), terms(office, areas=("PAT",), names_shown=True))):
        rita = acme.reviewer(f"rita{index}")
        inside = entered(office, rita, engaged(office, acme, rita, offered))
        for path in ("/en/", "/en/machines", "/en/plan", "/en/scorecard.pdf", "/en/annex.pdf", "/en/office",
                     "/en/office/engagements", "/en/office/audit"):
            assert office.page("GET", path, inside).status_code in (403, 404), path
