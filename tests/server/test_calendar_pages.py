"""The pages of the election calendar, through the real application."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from icalendar import Calendar

from hustings.report import Os, Product, Times
from hustings.verdicts import Verdict
from policies.pack import shipped
from server.access import cookies
from server.elections import changing, form
from server.elections.broken import support_dates
from server.elections.model import Election
from server.plan import make
from server.reading import Reading
from server.store import audit, elections, inventory, sessions, settings, tenants
from server.store import people as store_people
from server.store.database import WHOLE_SERVER
from server.store.inventory import Asset
from server.store.people import Role
from server.store.settings import Profile, Settings
from tests.elections.made import election
from tests.sender import INVENTORY, Sender
from tests.server.setups import Office
from tests.server.test_access_pages import EVIL, FORM, ON_SQLITE, Tags, session
from tests.server.test_pages import judged, page

OLD = msgspec.structs.replace(INVENTORY, os=Os(family="linux", id="debian", version="10",
                                               name="Debian GNU/Linux 10 (buster)"))


def today(office: Office) -> date:
    return office.now().date()


def entered(office: Office, days: int, kind: str = "us-municipal", **changes: Any) -> Election:
    """An election some days from today, stored."""
    made = election(today(office) + timedelta(days=days), kind=kind, **{
        "id": f"e{days}", "name": f"Vote of day {days}", **changes})
    with office.database.write(WHOLE_SERVER) as connection:
        return changing.add(connection, office.tenant.id, made, now=office.now(), by="person:ada").election


def standing(office: Office) -> tuple[Election, ...]:
    with office.database.read(WHOLE_SERVER) as connection:
        return elections.every(connection, office.tenant.id)


def send(office: Office, place: str, signed_in: dict[str, str], shown_at: str = "/en/calendar",
         **fields: str) -> httpx.Response:
    """A form as a browser sends it, with the token of the page it stands on."""
    shown = page(office, shown_at, signed_in)
    token = shown.cookies.get(FORM) or ""
    return office.request("POST", place, cookies={**signed_in, FORM: token}, headers={"accept": "text/html"},
                          data={"_csrf_token": token} | fields)


def edit(office: Office, one: Election, signed_in: dict[str, str], version: int = 1, **fields: str) -> httpx.Response:
    typed = {"name": one.name, "first": one.first.isoformat(), "last": one.last.isoformat(), "scale": one.scale,
             "version": str(version)}
    for line in form.lines(one):
        typed |= {f"{name}-{line.number}": getattr(line, name)
                  for name in ("kind", "first", "last", "rule", "equipment")}
    return send(office, f"/en/calendar/{one.id}", signed_in, **{**typed, **fields})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_calendar_shows_days_to_go_phases_windows_and_history(office: Office, language: str) -> None:
    signed_in = session(office)
    empty = page(office, f"/{language}/calendar", signed_in)
    assert empty.status_code == 200
    assert {"en": "No election ahead", "fr": "Aucun scrutin à venir"}[language] in empty.text
    made = entered(office, 40)
    entered(office, -10)
    text = page(office, f"/{language}/calendar", signed_in).text
    assert {"en": "40 days to go", "fr": "encore 40 jours"}[language] in text
    assert {"en": "Freeze", "fr": "Période de gel"}[language] in text
    assert f'href="/{language}/calendar/{made.id}"' in text
    assert f'href="/{language}/calendar/e-10/review"' in text
    assert {"en": "Template: check it with your law.", "fr": "Modèle\u00a0: vérifiez avec votre loi."}[language] in text
    assert "person:ada" in text
    for kind in {one.kind for one in made.windows}:
        assert f'class="window is-{kind}"' in text
    assert 'role="img" aria-label=' in text
    for path in (f"/{language}/calendar/{made.id}", f"/{language}/", f"/{language}/machines", f"/{language}/plan"):
        text = page(office, path, signed_in).text
        if path != f"/{language}/":
            assert {"en": "40 days", "fr": "40 jours"}[language] in text, path


def test_an_election_is_entered_from_a_template(office: Office) -> None:
    signed_in = session(office)
    day = today(office) + timedelta(days=300)
    answer = send(office, "/en/calendar", signed_in, name="General", first=day.isoformat(), last="",
                  template="us-federal-general", act="add")
    [made] = standing(office)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/en/calendar/{made.id}")
    assert (made.name, made.first, made.last, made.called) == ("General", day, day, False)
    assert made.windows == election(day, kind="us-federal-general").windows
    with office.database.read(WHOLE_SERVER) as connection:
        act = audit.recent(connection, office.tenant.id)[0]
    assert (act.actor, act.action, act.subject) == ("person:admin", "election.add", "General")


@ON_SQLITE
def test_a_template_starts_the_form_from_the_day_its_law_fixes(office: Office) -> None:
    text = page(office, "/en/calendar?template=us-federal-general", session(office)).text
    assert re.search(r'name="first" type="date" required value="\d{4}-11-0\d"', text)
    assert page(office, "/en/calendar?template=nonsense", session(office)).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize(("fields", "said"), [
    ({"first": "soon"}, "soon is not a day"), ({"first": ""}, "Write a day"), ({"name": ""}, "1 to 120"),
    ({"template": "moon"}, "Choose one of the templates"), ({"last": "2027-11-01"}, "before the first"),
    ({"last": "2028-11-01"}, "more than 31 days"), ({"first": "9999-12-31"}, "not between 2000 and 2199"),
    ({"first": "0001-01-01"}, "not between 2000 and 2199"), ({"last": "9999-12-31"}, "not between 2000 and 2199")])
def test_a_bad_entry_comes_back_with_what_to_mend_and_what_was_typed(office: Office, fields: dict[str, str],
                                                                    said: str) -> None:
    typed = {"name": "Kept name", "first": "2027-11-02", "last": "", "template": "us-municipal", "act": "add"} | fields
    answer = send(office, "/en/calendar", session(office), **typed)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert fields.get("name", "Kept name") in answer.text
    assert f'value="{typed["first"]}"' in answer.text
    assert standing(office) == ()


@ON_SQLITE
def test_a_vote_called_suddenly_lists_the_lines_that_break(office: Office) -> None:
    sender = office.machine()
    soon = msgspec.structs.replace(OLD, os=msgspec.structs.replace(OLD.os, version="12", name="Debian 12"))
    assert office.post("/v1/reports", sender.report(inventory=soon, results=judged(office), times=Times(
        office.now(), 1.0, "b"))).status_code == 201
    signed_in = session(office)
    lines = make(Reading(office.database).office(office.tenant.id), support_dates(), office.now()).lines
    assert lines, "the office must have something to replace"
    days = (lines[0].go_live - today(office)).days
    answer = send(office, "/en/calendar", signed_in, name="Sudden", template="default", act="call", last="",
                  first=(today(office) + timedelta(days=max(1, days - 5))).isoformat())
    assert answer.status_code == 303
    text = page(office, answer.headers["location"], signed_in).text
    assert lines[0].what in text.split('id="breaks"')[1].split("</section>")[0]
    assert "called suddenly" in text
    assert "would go live inside the freeze" in text
    assert "rien" not in page(office, answer.headers["location"].replace("/en/", "/fr/"), signed_in).text.split(
        'id="breaks"')[1].split("</section>")[0]


def test_windows_are_changed_as_a_new_version(office: Office) -> None:
    made, signed_in = entered(office, 100, "default"), session(office)
    last = (made.last + timedelta(days=45)).isoformat()
    answer = edit(office, made, signed_in, **{"last-0": last, "rule-0": "County order 12", "note": "the clerk asked"})
    assert answer.status_code == 303, answer.text
    [now] = standing(office)
    assert (now.windows[0].last.isoformat(), now.windows[0].rule) == (last, "County order 12")
    text = page(office, f"/en/calendar/{made.id}", signed_in).text
    assert "County order 12" in text
    assert "the clerk asked" in text
    with office.database.read(WHOLE_SERVER) as connection:
        assert [one.version for one in elections.history(connection, office.tenant.id, made.id)] == [2, 1]


@ON_SQLITE
def test_a_change_over_somebody_elses_is_asked_about_first(office: Office) -> None:
    made, signed_in = entered(office, 100), session(office)
    assert edit(office, made, signed_in, name="First").status_code == 303
    answer = edit(office, made, signed_in, name="Second")
    assert answer.status_code == 409
    assert "Somebody changed this election" in answer.text
    assert 'value="Second"' in answer.text
    assert standing(office)[0].name == "First"


@ON_SQLITE
@pytest.mark.parametrize(("fields", "said"), [
    ({"last-1": "2020-01-01"}, "before it begins"), ({"first-0": "x"}, "x is not a day"),
    ({"kind-0": "party"}, "what this window is for"), ({"scale": ""}, "how much of the electorate"),
    ({"first": "2027-02-30"}, "2027-02-30 is not a day"),
    ({"first": "9999-12-31", "last": "9999-12-31"}, "not between 2000 and 2199"),
    ({"first": "0001-01-01", "last": "0001-01-01"}, "not between 2000 and 2199"),
    ({"kind-7": "audit", "first-7": "2027-01-01"}, "Write a day")])
def test_a_bad_change_comes_back_with_what_was_typed(office: Office, fields: dict[str, str], said: str) -> None:
    made = entered(office, 100)
    answer = edit(office, made, session(office), **fields, note="kept note")
    assert answer.status_code == 400
    assert said in answer.text
    assert "kept note" in answer.text
    for name, value in fields.items():
        if name.startswith(("first", "last")):
            assert f'value="{value}"' in answer.text
    assert standing(office) == (made,)


@ON_SQLITE
def test_a_form_of_nonsense_is_no_error_of_the_server(office: Office) -> None:
    made, signed_in = entered(office, 100), session(office)
    for place in ("/en/calendar", f"/en/calendar/{made.id}", f"/fr/calendar/{made.id}"):
        for fields in ({}, {"first": "\x00", "last": EVIL, "name": EVIL}, {"first-0": EVIL, "kind-0": EVIL,
                                                                        "version": EVIL}):
            answer = send(office, place, signed_in, **fields)
            assert 400 <= answer.status_code < 500, (place, fields)
            assert not {"script", "img"} & Tags(answer.text).names


def test_an_election_is_cancelled_and_stays_readable(office: Office) -> None:
    made, signed_in = entered(office, 100), session(office)
    answer = send(office, f"/en/calendar/{made.id}/cancel", signed_in, note="no candidates")
    assert (answer.status_code, standing(office)) == (303, ())
    text = page(office, f"/en/calendar/{made.id}", signed_in).text
    assert "was cancelled" in text
    assert "no candidates" in text
    assert send(office, f"/en/calendar/{made.id}/cancel", signed_in).status_code == 404
    assert page(office, f"/en/calendar/{made.id}/review", signed_in).status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("role", sorted(changing.MAY_CHANGE))
def test_everyone_of_the_office_enters(office: Office, role: Role) -> None:
    signed_in = session(office, role)
    made = entered(office, 100)
    assert 'name="act"' in page(office, "/en/calendar", signed_in).text
    assert 'id="edit"' in page(office, f"/en/calendar/{made.id}", signed_in).text
    typed = {"name": "New", "first": "2030-11-05", "last": "", "template": "default", "act": "add"}
    assert send(office, "/en/calendar", signed_in, **typed).status_code == 303
    assert edit(office, made, signed_in, name="Other").status_code == 303
    assert send(office, f"/en/calendar/{made.id}/cancel", signed_in).status_code == 303
    assert len(standing(office)) == 1


@ON_SQLITE
def test_without_its_token_a_form_is_refused(office: Office) -> None:
    made, signed_in = entered(office, 100), session(office)
    for place in ("/en/calendar", f"/en/calendar/{made.id}", f"/en/calendar/{made.id}/cancel"):
        assert send(office, place, signed_in, _csrf_token="x").status_code == 403
    assert standing(office) == (made,)


def test_another_offices_elections_are_not_there(office: Office) -> None:
    made = entered(office, -10)
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now())
        person = store_people.add(connection, other.id, "eve", Role.ADMINISTRATOR, None, office.now())
        theirs = {cookies.name(tls=False): sessions.start(connection, person, "link", office.now())}
    for path in (f"/en/calendar/{made.id}", f"/en/calendar/{made.id}/review"):
        assert page(office, path, theirs).status_code == 404
    assert edit(office, made, theirs).status_code == 404
    assert send(office, f"/en/calendar/{made.id}/cancel", theirs).status_code == 404
    assert made.name not in page(office, "/en/calendar", theirs).text
    assert standing(office) == (made,)


@ON_SQLITE
@pytest.mark.parametrize("path", ["/de/calendar", "/de/calendar.ics", "/de/campaign", "/de/campaign.ics",
                                  "/en/calendar/none", "/en/calendar/none/review", "/de/calendar/e100",
                                  "/de/calendar/e100/review"])
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    entered(office, 100)
    assert page(office, path, session(office)).status_code == 404


@ON_SQLITE
def test_strangers_are_turned_away(office: Office) -> None:
    for path in ("/en/calendar", "/en/calendar.ics", "/en/campaign"):
        assert page(office, path, {}).status_code == 302


@ON_SQLITE
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_calendar_downloads_for_peoples_calendars(office: Office, language: str) -> None:
    made = entered(office, 100)
    answer = page(office, f"/{language}/calendar.ics", session(office))
    assert answer.headers["content-type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(found) == 1 + len(made.windows)
    assert {one["dtstart"].dt for one in found} >= {made.first}


@ON_SQLITE
def test_names_are_never_markup(office: Office) -> None:
    name = EVIL[:110]
    made = entered(office, 40, name=name, windows=tuple(
        msgspec.structs.replace(one, rule=EVIL) for one in election(
            today(office) + timedelta(days=40), kind="us-municipal").windows))
    entered(office, -10, name=name)
    signed_in = session(office)
    for path in ("/en/calendar", f"/fr/calendar/{made.id}", "/en/calendar/e-10/review", "/en/campaign", "/en/"):
        answer = page(office, path, signed_in)
        assert answer.status_code == 200, path
        tags = Tags(answer.text)
        assert not {"script", "img"} & tags.names, path
        assert not [each for each in tags.attributes if each.startswith("on") or each == "style"], path


def reports(office: Office, sender: Sender, days_ago: float, **turned: Verdict) -> None:
    """A report of that day; verdicts by the end of a check's id, everything else passes."""
    now = office.now()
    office.now.at = now - timedelta(days=days_ago)
    results = tuple(msgspec.structs.replace(one, verdict=turned.get(one.check.replace("/", "_").replace("-", "_"),
                                                                    Verdict.PASS)) for one in judged(office))
    products = INVENTORY.products if days_ago > 20 else (Product("openssl", "9", "dpkg"),)
    answer = office.post("/v1/reports", sender.report(
        results=results, times=Times(office.now(), 1.0, "b"), pack=shipped().digest,
        inventory=msgspec.structs.replace(INVENTORY, products=products)))
    assert answer.status_code == 201, answer.text
    office.now.at = now


def test_after_an_election_the_page_says_what_was_open_and_what_became_of_it(office: Office) -> None:
    office.now.forward(days=200)
    titles = {one.id: one.title.en for one in shipped().checks}
    first, second = (one.check for one in judged(office)[:2])
    ids = [one.replace("/", "_").replace("-", "_") for one in (first, second)]
    sender = office.machine()
    reports(office, sender, 150)
    reports(office, sender, 12, **dict.fromkeys(ids, Verdict.FAIL))
    reports(office, sender, 1, **{ids[0]: Verdict.FAIL})
    office.now.forward(seconds=1)
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, [Asset("front-desk", ("office-workstation",), "", "us", 2),
                                                     Asset("annex", ("office-workstation",), "", "us", 3)],
                      file="x.csv", digest="sha256:x", now=office.now() - timedelta(days=100), by="x")
    made, signed_in = entered(office, -10), session(office)
    text = page(office, f"/en/calendar/{made.id}/review", signed_in).text
    left, repaired = text.split("1 control repaired since")
    assert "2 failures were open when voting ended" in left
    assert titles[first] in left
    assert second in repaired
    assert "annex" in text.split('id="silent"')[1]
    assert re.search(r"openssl: \S+ → 9", text)
    assert titles[first] in text.split('id="carry"')[1]
    assert second not in text.split('id="carry"')[1]
    french = page(office, f"/fr/calendar/{made.id}/review", signed_in).text
    assert "2 échecs étaient ouverts à la fin du vote" in french


@ON_SQLITE
def test_only_machines_that_are_silent_today_are_to_be_made_to_report_again(office: Office) -> None:
    office.now.forward(days=200)
    sender = office.machine()
    reports(office, sender, 30)
    reports(office, sender, 1)
    with office.database.write(WHOLE_SERVER) as connection:
        for days_ago, names in ((100, ("front-desk", "annex", "sold")), (2, ("front-desk", "annex"))):
            inventory.add(connection, office.tenant.id, [
                Asset(name, ("office-workstation",), "", "us", place) for place, name in enumerate(names, 2)],
                file="x.csv", digest="sha256:x", now=office.now() - timedelta(days=days_ago), by="x")
    made, signed_in = entered(office, -10), session(office)
    text = page(office, f"/en/calendar/{made.id}/review", signed_in).text
    silent, carry = text.split('id="silent"')[1].split('id="carry"')
    assert all(one in silent for one in ("front-desk", "annex", "sold"))
    assert re.findall(r"Make (\S+) report again", carry) == ["annex"]
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, [Asset("front-desk", ("office-workstation",), "", "us", 2)],
                      file="x.csv", digest="sha256:x", now=office.now(), by="x")
    carry = page(office, f"/en/calendar/{made.id}/review", signed_in).text.split('id="carry"')[1]
    assert "report again" not in carry
    assert "Nothing is known to be left over" in carry
    assert "Nothing is left over" not in carry


@ON_SQLITE
def test_before_the_vote_is_over_there_is_no_review(office: Office) -> None:
    made = entered(office, 0)
    assert "Voting is not over" in page(office, f"/en/calendar/{made.id}/review", session(office)).text


@ON_SQLITE
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_campaign_gets_ten_actions_until_the_vote(office: Office, language: str) -> None:
    sender = office.machine()
    failing = tuple(msgspec.structs.replace(one, verdict=Verdict.FAIL) for one in judged(office))
    assert office.post("/v1/reports", sender.report(results=failing, pack=shipped().digest, times=Times(
        office.now(), 1.0, "b"))).status_code == 201
    entered(office, 60)
    signed_in = session(office)
    assert "hustings server profile campaign" in page(office, f"/{language}/campaign", signed_in).text
    with office.database.write(WHOLE_SERVER) as connection:
        settings.write(connection, office.tenant.id, Settings(Profile.CAMPAIGN), now=office.now(), by="x")
    text = page(office, f"/{language}/campaign?hours=40", signed_in).text
    assert "hustings server profile campaign" not in text
    assert len(re.findall(r'<li value="\d+">', text)) == 10
    assert {"en": "Week 1", "fr": "Semaine 1"}[language] in text
    for hours in ("0", "61", "-1", "x", "²", "9" * 50, ""):
        assert page(office, f"/{language}/campaign?hours={hours}", signed_in).status_code == 200
    found = Calendar.from_ical(page(office, f"/{language}/campaign.ics?hours=40", signed_in).content).walk("VEVENT")
    assert len({str(one["uid"]) for one in found}) == 10


@ON_SQLITE
def test_an_action_is_done_when_a_report_says_so(office: Office) -> None:
    sender = office.machine()
    check = judged(office)[0].check
    name = check.replace("/", "_").replace("-", "_")
    reports(office, sender, 3, **{name: Verdict.FAIL})
    reports(office, sender, 1)
    text = page(office, "/en/campaign", session(office)).text
    known = shipped().check(check)
    assert known is not None
    assert known.title.en in text.split('id="done"')[1]


@ON_SQLITE
def test_days_are_counted_where_the_office_is(office: Office) -> None:
    office.now.at = office.now().replace(hour=4, minute=30)
    entered(office, -1)
    signed_in = session(office)
    assert "Voting today" not in page(office, "/en/calendar", signed_in).text
    with office.database.write(WHOLE_SERVER) as connection:
        settings.write(connection, office.tenant.id, Settings(zone="Pacific/Honolulu"), now=office.now(), by="x")
    text = page(office, "/en/calendar", signed_in).text
    assert "Voting today" in text
    assert "Pacific/Honolulu" in text


@ON_SQLITE
@pytest.mark.parametrize(("language", "unknown", "fine"), [
    ("en", "Nothing is known of that day", "No known failure was open"),
    ("fr", "On ne sait rien de ce jour-là", "Aucun échec connu"),
])
def test_a_review_of_a_day_on_which_every_machine_was_silent_claims_nothing(office: Office, language: str,
                                                                           unknown: str, fine: str) -> None:
    reports(office, office.machine(), 1)
    made = entered(office, -10)
    text = page(office, f"/{language}/calendar/{made.id}/review", session(office)).text
    assert unknown in text
    assert fine not in text
