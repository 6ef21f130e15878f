"""The pages of the replacement plan, through the real application, on both databases."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy.exc import DBAPIError

from server.pages.language import language as spoken
from server.planning.wording import money
from server.store import audit, budgets, equipment, plans
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from server.store.schema import planning as tables
from tests.server.planning_forms import BUDGET, LIST, budgeted, get, imported, post, send, session, voting
from tests.server.setups import Office

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGES = ("/plan", "/plan/equipment", "/plan/budget", "/plan/what-if", "/plan/software", "/plan/lines/SCANNERS")


@pytest.fixture
def planned(office: Office) -> Office:
    """An office with equipment, money and a vote in a year."""
    office.now.at = TODAY
    voting(office, date(2027, 11, 2))
    signed = session(office)
    assert budgeted(office, signed).status_code == 303
    answer = imported(office, signed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/plan"), answer.text[:3000]
    return office


def stored(office: Office) -> plans.Stored:
    with office.database.read(WHOLE_SERVER) as connection:
        found = plans.current(connection, office.tenant.id)
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_served_with_a_plan(planned: Office, language: str) -> None:
    signed = session(planned)
    for path in PAGES:
        answer = get(planned, f"/{language}{path}", signed)
        assert answer.status_code == 200, f"{path}: {answer.text[:500]}"
        assert f'<html lang="{language}">' in answer.text
        assert answer.text.count("<h1") == 1
        assert get(planned, f"/de{path}", signed).status_code == 404


def test_without_a_list_the_page_says_what_to_give_and_shows_what_agents_report(office: Office) -> None:
    text = get(office, "/en/plan", session(office)).text
    assert "/en/plan/example-equipment.csv" in text
    assert "Give the equipment list" in text
    assert get(office, "/en/plan.pdf", session(office)).status_code == 404


def test_the_examples_can_be_given_back_as_they_are(office: Office) -> None:
    office.now.at = TODAY
    signed = session(office)
    budget = get(office, "/en/plan/example-budget.csv", signed).content
    listed = get(office, "/en/plan/example-equipment.csv", signed).content
    assert budgeted(office, signed, budget).status_code == 303
    assert imported(office, signed, listed).headers["location"] == "/en/plan"


def test_the_plan_says_what_to_order_by_when(planned: Office) -> None:
    text = get(planned, "/en/plan", session(planned)).text
    assert "Replace" in text
    assert "Vote of 2027-11-02" in text
    assert "Not approved" in text
    assert "of $60,000" in text
    assert re.search(r"Replace</dd>.*?Order by.*?\$23,000", text, re.DOTALL)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_and_every_file_of_it_say_the_same(planned: Office, language: str) -> None:
    def fetched(name: str) -> bytes:
        return get(planned, f"/{language}/{name}", session(planned)).content

    told = json.loads(fetched("plan.json"))
    lines = sorted((one["asset"], one["order_by"] or "", one["go_live"] or "", one["cost"]) for one in told["lines"])
    rows = [row for row in csv.reader(io.StringIO(fetched("plan.csv").decode("utf-8-sig"))) if row[3]][1:]
    assert sorted((row[0], row[6], row[7], float(row[9])) for row in rows) == lines
    sheets = load_workbook(io.BytesIO(fetched("plan.xlsx"))).worksheets
    cells = [row for row in sheets[1].iter_rows(min_row=2, values_only=True) if row[0]]
    assert sorted((row[0], str(row[6] or "")[:10], str(row[7] or "")[:10], row[9]) for row in cells) == lines
    events = {str(one.decoded("dtstart")) for one in Calendar.from_ical(fetched("plan.ics")).walk("VEVENT")}
    assert {day for _, *days, _ in lines for day in days if day} <= events
    assert sum(cost for *_, cost in lines) == told["cost"] > 0
    speak = spoken(language)
    cost, exposure = money(round(told["cost"] * 100), speak), speak.number(told["exposure"])
    page = html.unescape(fetched("plan?show=all").decode())
    assert page.count('<article class="plan-line') == len(lines)
    printed = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(fetched("plan.pdf"))).pages)
    summary = " ".join(str(cell) for row in sheets[0].iter_rows(values_only=True) for cell in row)
    for text in (page, summary, printed):
        assert cost.replace("\u00a0", " ") in text.replace("\u00a0", " ")
    for text in (page, summary):
        assert exposure in text


def test_what_no_table_knows_is_asked_and_never_fine(planned: Office) -> None:
    text = get(planned, "/en/plan", session(planned)).text
    unknown = text[text.index('id="unknown"'):text.index('id="lines"')]
    assert "BADGES" in unknown
    assert "not counted as fine" in unknown


def test_one_click_says_what_an_asset_is_and_another_takes_it_back(planned: Office) -> None:
    signed = session(planned)
    before = stored(planned)
    answer = post(planned, "/en/plan/match", signed, {"asset": "BADGES", "product": "windows/10-22h2"})
    assert answer.status_code == 303
    made = stored(planned)
    assert made.id != before.id
    line = get(planned, "/en/plan/lines/BADGES", signed).text
    assert "Matched by hand" in line
    assert "windows/10-22h2" in line
    assert post(planned, "/en/plan/match", signed, {"asset": "BADGES"}).status_code == 303
    assert "Matched by hand" not in get(planned, "/en/plan/lines/BADGES", signed).text
    with planned.database.read(WHOLE_SERVER) as connection:
        assert equipment.matches(connection, planned.tenant.id) == {}
        acts = [one for one in audit.recent(connection, planned.tenant.id) if one.action == "equipment.match"]
    assert [one.detail["product"] for one in acts] == ["", "windows"]


@pytest.mark.parametrize(("form", "status"), [
    ({"asset": "nobody", "product": "windows/10-22h2"}, 404), ({"asset": "BADGES", "product": "no/thing"}, 400)])
def test_a_match_of_nothing_is_refused(planned: Office, form: dict[str, str], status: int) -> None:
    assert post(planned, "/en/plan/match", session(planned), form).status_code == status


def test_approving_keeps_the_hash_that_was_read(planned: Office) -> None:
    signed = session(planned, Role.OFFICIAL)
    text = get(planned, "/en/plan", signed).text
    found = re.search(r'name="hash" value="([0-9a-f]{64})"', text)
    assert found is not None
    assert hashlib.sha256(get(planned, "/en/plan.json", signed).content).hexdigest() == found[1]
    unread = post(planned, "/en/plan/approve", signed, {"hash": found[1], "words": "motion 12"})
    assert unread.status_code == 400
    assert "tick the box" in unread.text
    assert 'value="motion 12"' in unread.text
    answer = post(planned, "/en/plan/approve", signed, {"hash": found[1], "read": "yes", "words": "motion 12"})
    assert answer.status_code == 303
    text = get(planned, "/en/plan", signed).text
    assert "Approved on" in text
    assert "motion 12" in text
    with planned.database.read(WHOLE_SERVER) as connection:
        [given] = plans.approvals(connection, planned.tenant.id)
        [act] = [one for one in audit.recent(connection, planned.tenant.id) if one.action == "plan.approve"]
    assert (given.digest, given.by, given.words) == (found[1], "person:a-official", "motion 12")
    assert act.detail["hash"] == found[1]


def test_a_hash_that_changed_since_it_was_read_is_not_approved(planned: Office) -> None:
    answer = post(planned, "/en/plan/approve", session(planned), {"hash": "0" * 64, "read": "yes"})
    assert answer.status_code == 409
    assert "newer plan" in answer.text
    assert planned.stored(tables.plan_approvals) == 0


def test_a_plan_whose_inputs_changed_since_it_was_made_is_not_approved(planned: Office) -> None:
    signed = session(planned, Role.OFFICIAL)
    form = {"hash": stored(planned).digest, "read": "yes", "words": "motion 12"}
    voting(planned, date(2027, 5, 4))
    assert "Approve as" not in get(planned, "/en/plan", signed).text
    answer = post(planned, "/en/plan/approve", signed, form)
    assert (answer.status_code, "what this plan rests on has changed" in answer.text) == (409, True)
    assert "motion 12" in answer.text
    assert planned.stored(tables.plan_approvals) == 0
    post(planned, "/en/plan/make", session(planned))
    again = post(planned, "/en/plan/approve", signed, {**form, "hash": stored(planned).digest})
    assert again.status_code == 303


def test_a_later_plan_is_compared_with_the_approved_one(planned: Office) -> None:
    signed = session(planned)
    digest = stored(planned).digest
    assert post(planned, "/en/plan/approve", signed, {"hash": digest, "read": "yes"}).status_code == 303
    assert "Since the plan approved on" not in get(planned, "/en/plan", signed).text
    assert budgeted(planned, signed, BUDGET.replace(b"60000", b"20000")).status_code == 303
    assert stored(planned).digest != digest
    text = get(planned, "/en/plan", signed).text
    assert "Since the plan approved on" in text
    assert "an earlier one is" in text


def test_the_same_inputs_make_no_second_plan(planned: Office) -> None:
    signed = session(planned)
    before = stored(planned)
    assert post(planned, "/en/plan/make", signed).status_code == 303
    assert stored(planned).id == before.id


def test_an_election_that_moves_makes_the_plan_older_than_its_inputs(planned: Office) -> None:
    signed = session(planned)
    assert "Something has changed" not in get(planned, "/en/plan", signed).text
    voting(planned, date(2027, 5, 4))
    assert "Something has changed" in get(planned, "/en/plan", signed).text
    post(planned, "/en/plan/make", signed)
    assert "Something has changed" not in get(planned, "/en/plan", signed).text


def test_another_day_alone_makes_no_plan_outdated(planned: Office) -> None:
    planned.now.forward(days=3)
    assert "Something has changed" not in get(planned, "/en/plan", session(planned)).text


def test_only_administrators_and_staff_declare(planned: Office) -> None:
    signed = session(planned, Role.OFFICIAL)
    for path, data in (("/en/plan/make", {}), ("/en/plan/budget", {"fund-0": "x"}), ("/en/plan/hours", {"hours": "4"}),
                       ("/en/plan/match", {"asset": "BADGES", "product": "windows/10-22h2"})):
        assert post(planned, path, signed, data).status_code == 403, path
    assert send(planned, "/en/plan/equipment", signed, LIST).status_code == 403
    assert budgeted(planned, signed).status_code == 403
    assert planned.stored(tables.budgets) == 1


def test_staff_cannot_approve(planned: Office) -> None:
    signed = session(planned, Role.STAFF)
    assert post(planned, "/en/plan/approve", signed, {"hash": stored(planned).digest, "read": "yes"}
                ).status_code == 403


@pytest.mark.parametrize(("name", "kind"), [
    ("plan.json", "application/json"), ("plan.csv", "text/csv; charset=utf-8"),
    ("plan.ics", "text/calendar; charset=utf-8"), ("plan.pdf", "application/pdf"),
    ("plan.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_plan_is_taken_along(planned: Office, language: str, name: str, kind: str) -> None:
    answer = get(planned, f"/{language}/{name}", session(planned))
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert "attachment" in answer.headers["content-disposition"]
    assert len(answer.content) > 200


def test_a_line_shows_everything_behind_it(planned: Office) -> None:
    text = get(planned, "/en/plan/lines/SCANNERS", session(planned)).text
    assert "list.csv, line 3" in text
    assert "ten years of use" in text
    assert "$23,000" in text
    assert get(planned, "/en/plan/lines/nobody", session(planned)).status_code == 404


@pytest.mark.parametrize("name", ["a/b", "..", "x?y#z", "<script>alert(1)</script>", "naïve ’name", "%2e%2e"])
def test_any_name_of_an_asset_has_its_page(office: Office, name: str) -> None:
    office.now.at = TODAY
    signed = session(office)
    listed = f'asset,kind,make,model,quantity\n"{name}",printer,HP,LaserJet,1\n'.encode()
    assert imported(office, signed, listed).status_code == 303
    text = get(office, "/en/plan?show=all", signed).text
    assert "<script>alert" not in text
    place = re.search(r'href="(/en/plan/lines/[^"]+)"', text)
    assert place is not None
    assert get(office, place[1], signed).status_code == 200


def test_another_offices_plan_is_not_there(planned: Office) -> None:
    from server.access import cookies
    from server.store import people, sessions, tenants

    with planned.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", planned.now())
        person = people.add(connection, other.id, "stranger", Role.ADMINISTRATOR, None, planned.now())
        signed = {cookies.name(tls=False): sessions.start(connection, person, "link", planned.now())}
    assert get(planned, "/en/plan/lines/SCANNERS", signed).status_code == 404
    assert get(planned, "/en/plan.json", signed).status_code == 404
    assert "SCANNERS" not in get(planned, "/en/plan", signed).text


@pytest.mark.parametrize(("table", "change"), [
    (tables.plans, {"digest": "x"}), (tables.plan_approvals, {"words": "x"}), (tables.budgets, {"file": "x"}),
    (tables.equipment_lists, {"file": "x"}), (tables.equipment, {"asset": "x"})])
def test_the_database_itself_keeps_what_was_declared_and_approved(
        planned: Office, table: sa.Table, change: dict[str, str]) -> None:
    post(planned, "/en/plan/approve", session(planned), {"hash": stored(planned).digest, "read": "yes"})
    for statement in (sa.update(table).values(**change), sa.delete(table)):
        with pytest.raises(DBAPIError, match="append-only"), planned.database.write(WHOLE_SERVER) as connection:
            connection.execute(statement)


def test_hours_are_declared_and_bad_ones_told(planned: Office) -> None:
    signed = session(planned)
    assert post(planned, "/en/plan/hours", signed, {"hours": "37,5"}).status_code == 303
    with planned.database.read(WHOLE_SERVER) as connection:
        found = budgets.settings(connection, planned.tenant.id)
    assert found is not None
    assert found.hours_per_month == 37.5
    bad = post(planned, "/en/plan/hours", signed, {"hours": "plenty"})
    assert bad.status_code == 400
    assert 'value="plenty"' in bad.text
    assert "37.5" in bad.text
