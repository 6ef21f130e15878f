"""The pages of findings, as a browser asks for them."""

from __future__ import annotations

import re
from datetime import timedelta

from server.store.people import Role
from tests.server.setups import Office
from tests.triage.saying import OS, RECENT, number, rows, say


def test_the_list_names_what_fails_and_where_in_both_languages(office: Office) -> None:
    say(office, office.machine(), os="f", recent="p")
    session = office.signed_in(office.person("ida"))
    for language, words in (("en", "still gets security updates"), ("fr", "correctifs de sécurité")):
        answer = office.page("GET", f"/{language}/findings", session)
        assert answer.status_code == 200
        assert words in answer.text
        assert "front-desk" in answer.text


def test_a_search_is_in_the_language_of_the_page_alone(office: Office) -> None:
    say(office, office.machine(), os="f")
    session = office.signed_in(office.person("ida"))
    for path, there in (("/en/findings?q=SECURITY+updates", True), ("/fr/findings?q=security+updates", False),
                        ("/fr/findings?q=Systeme+securite", True), ("/en/findings?q=front-DESK", True),
                        ("/en/findings?q=nothing-like-it", False)):
        assert ("sev-critical" in office.page("GET", path, session).text) is there, path


def test_one_finding_is_acknowledged_given_commented_and_dated(office: Office) -> None:
    say(office, office.machine(), os="f")
    ida = office.person("ida")
    session, found = office.signed_in(ida), number(office, OS)
    place = f"/en/findings/{found}"
    soon = (office.now() + timedelta(days=2)).date()
    for path, form in (("acknowledge", {}), ("owner", {"owner": str(ida.id)}),
                       ("comment", {"text": "The disk <b>is</b> ordered."}),
                       ("due", {"due": soon.isoformat(), "text": "Before the inspection"})):
        answer = office.page("POST", f"{place}/{path}", session, **form)
        assert (answer.status_code, answer.headers["location"].startswith(place)) == (303, True), path
    text = office.page("GET", place, session).text
    assert "Acknowledged" in text
    assert "The disk &lt;b&gt;is&lt;/b&gt; ordered." in text
    assert "Before the inspection" in text
    assert f"The rule says {(office.now() + timedelta(days=7)).date():%B}" in text
    [stored] = rows(office)
    assert (stored.stand.owner_name, stored.stand.due) == ("ida", soon)


def test_a_later_day_than_the_rules_waits_for_a_second_person(office: Office) -> None:
    say(office, office.machine(), os="f")
    session, found = office.signed_in(office.person("ida")), number(office, OS)
    later = (office.now() + timedelta(days=30)).date().isoformat()
    answer = office.page("POST", f"/en/findings/{found}/due", session, due=later, text="The part comes in a month")
    assert answer.status_code == 303
    assert re.fullmatch(r"/en/office/decisions/\d+", answer.headers["location"])
    assert rows(office)[0].stand.due is None


def test_a_bad_form_comes_back_with_what_was_typed(office: Office) -> None:
    say(office, office.machine(), os="f")
    session, found = office.signed_in(office.person("ida")), number(office, OS)
    for path, form, kept in (("comment", {"text": " "}, ""), ("comment", {"text": "a\u202eb"}, ""),
                             ("comment", {"text": "x" * 5000}, "x" * 5000),
                             ("due", {"due": "soon", "text": "Because"}, "Because"),
                             ("due", {"due": "2001-01-01", "text": "Because"}, "2001-01-01"),
                             ("owner", {"owner": "999999"}, "")):
        for language, said in (("en", "Nothing was done."), ("fr", "Rien n’a été fait.")):
            answer = office.page("POST", f"/{language}/findings/{found}/{path}", session, **form)
            assert answer.status_code == 400, (path, form)
            assert said in answer.text
            assert kept in answer.text
    assert rows(office)[0].acted is None


def test_several_are_done_at_once_after_their_number_is_confirmed(office: Office) -> None:
    say(office, office.machine(), os="f", recent="f")
    session = office.signed_in(office.person("ida"))
    ticked = {f"n-{one.number}": "on" for one in rows(office)}
    asked = office.page("POST", "/en/findings/bulk", session, do="acknowledge", **ticked)
    assert asked.status_code == 200
    assert "Yes, for all 2 findings" in asked.text
    assert all(one.acted is None for one in rows(office))
    wrong = office.page("POST", "/en/findings/bulk", session, do="acknowledge", confirmed="3", **ticked)
    assert (wrong.status_code, "not the one that you confirmed" in wrong.text) == (400, True)
    more = {**ticked, "n-77": "on"}
    gone = office.page("POST", "/en/findings/bulk", session, do="acknowledge", confirmed="3", **more)
    assert (gone.status_code, "is not there" in gone.text) == (400, True)
    assert all(one.acted is None for one in rows(office))
    done = office.page("POST", "/en/findings/bulk", session, do="acknowledge", confirmed="2", **ticked)
    assert done.status_code == 303
    assert "2 findings" in office.page("GET", done.headers["location"], session).text
    assert [one.stand.acknowledged for one in rows(office)] == [1, 1]


def test_every_finding_of_a_filter_is_chosen_by_the_filter(office: Office) -> None:
    say(office, office.machine(), os="f", recent="f")
    session = office.signed_in(office.person("ida"))
    asked = office.page("POST", "/en/findings/bulk", session, do="comment", every="1", query="severity=critical")
    assert f'name="n-{number(office, OS)}"' in asked.text
    assert f'name="n-{number(office, RECENT)}"' not in asked.text


def test_views_are_ones_own_until_they_are_shared(office: Office) -> None:
    ida, bob = (office.signed_in(office.person(name)) for name in ("ida", "bob"))
    office.page("POST", "/en/findings/views", ida, name="Mine alone", query="severity=critical&bad=1")
    office.page("POST", "/en/findings/views", ida, name="For all", query="overdue=1", shared="1")
    mine, others = (office.page("GET", "/en/findings", one).text for one in (ida, bob))
    assert "Mine alone" in mine
    assert 'href="/en/findings?severity=critical"' in mine
    assert ("Mine alone" in others, "For all" in others) == (False, True)
    place = re.search(r'action="(/en/findings/views/\d+/forget)"', mine)
    assert place is not None
    assert office.page("POST", place[1], bob).status_code == 404
    assert office.page("POST", place[1], ida).status_code == 303
    assert office.page("POST", "/en/findings/views", ida, name="  ", query="").status_code == 400


def test_since_the_last_visit_something_is_new_came_back_was_resolved_or_commented(office: Office) -> None:
    machine = office.machine()
    say(office, machine, os="f", recent="f", root="p")
    ida, bob = office.person("ida"), office.person("bob")
    assert "Since your last visit" not in office.page("GET", "/en/findings", office.signed_in(ida)).text
    office.now.forward(hours=2)
    say(office, machine, os="p", recent="f", root="f")
    office.page("POST", f"/en/findings/{number(office, RECENT)}/comment", office.signed_in(bob), text="Looked at it")
    session = office.signed_in(ida)
    text = office.page("GET", "/en/findings", session).text
    assert re.findall(r"<strong>(\d+)</strong> (\w+)", text) == [("1", "New"), ("1", "Resolved"), ("1", "Commented")]
    assert "sev-high" in office.page("GET", "/en/findings?news=new", session).text
    office.now.forward(hours=2)
    say(office, machine, os="f", recent="f", root="f")
    text = office.page("GET", "/en/findings", office.signed_in(ida)).text
    assert re.findall(r"<strong>(\d+)</strong> (\w+ ?\w*)</a>", text) == [("1", "Came back")]


def test_another_offices_finding_is_not_there_for_anything(office: Office) -> None:
    other = office.other()
    say(office, office.machine(), os="f")
    stranger = office.signed_in(office.person("eve", tenant=other.id))
    found = number(office, OS)
    assert office.page("GET", f"/en/findings/{found}", stranger).status_code == 404
    for path in ("acknowledge", "owner", "due", "comment"):
        assert office.page("POST", f"/en/findings/{found}/{path}", stranger, text="x").status_code == 404
    for path in ("/en/findings", "/en/findings.csv", "/en/findings?q=front-desk", "/en/findings?by=machine"):
        answer = office.page("GET", path, stranger)
        assert answer.status_code == 200
        assert "sev-critical" not in answer.text, path
        assert "os-supported" not in answer.text, path
    ticked = {f"n-{found}": "on"}
    bulk = office.page("POST", "/en/findings/bulk", stranger, do="comment", confirmed="1", text="x", **ticked)
    assert bulk.status_code == 400
    assert "os-supported" not in bulk.text


def test_an_official_may_write_and_not_give_out(office: Office) -> None:
    say(office, office.machine(), os="f")
    session, found = office.signed_in(office.person("olga", Role.OFFICIAL)), number(office, OS)
    assert office.page("POST", f"/en/findings/{found}/comment", session, text="When?").status_code == 303
    for path in ("acknowledge", "owner", "due"):
        assert office.page("POST", f"/en/findings/{found}/{path}", session).status_code == 403, path
    assert office.page("POST", "/en/findings/bulk", session, do="assign", confirmed="1",
                       **{f"n-{found}": "on"}).status_code == 403


def test_the_file_holds_what_the_list_shows_and_runs_nothing(office: Office) -> None:
    say(office, office.machine(), "=cmd", os="f", recent="f")
    session = office.signed_in(office.person("ida"))
    answer = office.page("GET", "/en/findings.csv?severity=critical", session)
    assert answer.headers["content-type"].startswith("text/csv")
    head, line = answer.text.strip().splitlines()
    assert head.startswith("number,state,severity,check")
    assert "patching/os-supported" in line
    assert ",'=cmd," in line


def test_findings_are_put_together_by_what_people_ask(office: Office) -> None:
    say(office, office.machine(), os="f", recent="f")
    say(office, office.machine(), "back-desk", os="f")
    session = office.signed_in(office.person("ida"))
    for by, words in (("check", "on 2 machines"), ("machine", "back-desk"), ("who", "Not in the inventory"),
                      ("fix", "Needs money")):
        text = office.page("GET", f"/en/findings?by={by}", session).text
        assert words in text, by
        assert 'type="checkbox" id="n-' not in text


def test_what_an_address_asks_in_no_known_word_is_never_a_fault(office: Office) -> None:
    say(office, office.machine(), os="f")
    session = office.signed_in(office.person("ida"))
    for query in ("state=x", "severity=%27", "owner=-1", "owner=99999999999999999999", "page=99", "page=-2", "by=zz",
                  "news=new", "q=" + "a" * 5000, "fix=Q", "machine=nobody", "done=x&count=9", "done=comment&count=1e9"):
        assert office.page("GET", f"/en/findings?{query}", session).status_code == 200, query
    for path in ("/en/findings/0", "/en/findings/9999999999999999999999", "/en/findings/abc"):
        assert office.page("GET", path, session).status_code == 404, path
