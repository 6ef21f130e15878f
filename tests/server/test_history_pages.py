"""The trend on its pages, from real reports over real days."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import sqlalchemy as sa

from evidence import rules
from evidence.day_inputs import ends
from hustings.report import Times
from hustings.verdicts import Result, Verdict
from policies.pack import shipped
from server import history
from server.pages import site
from server.reading import Reading
from server.scorecard import scorecard
from server.store import days, inventory, rule_sets, tenants
from server.store.database import WHOLE_SERVER
from server.store.inventory import Asset
from server.store.schema.scores import days as kept_days
from tests.browser.demo import results
from tests.sender import Sender
from tests.server import access_facts
from tests.server.records import FAIL, PASS
from tests.server.setups import Office
from tests.server.test_pages import signed_in

ROLES = ("office-workstation",)


def said(office: Office, turns: tuple[Verdict, ...]) -> tuple[Result, ...]:
    """Results that hold for a day, whatever their examples say."""
    return tuple(msgspec.structs.replace(one, valid_until=office.now() + timedelta(days=1))
                 for one in results(ROLES, turns, office.now()))


def noon(office: Office) -> None:
    """The clock goes to noon, and reports of the days to come are made then."""
    office.now.at = datetime.combine(office.now.at.date() + timedelta(days=1), datetime.min.time(), UTC) + timedelta(
        hours=12)


def day(office: Office, machine: Sender, *turns: Verdict, host: str = "front-desk") -> None:
    """One report at noon, and on to the next noon."""
    answer = office.post("/v1/reports", machine.report(
        results=said(office, turns), roles=ROLES, host=host, pack=shipped().digest,
        times=Times(office.now(), 1.0, "boot-1")))
    assert answer.status_code == 201, answer.text
    office.now.forward(days=1)


def declare(office: Office, *names: str) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id,
                      [Asset(name, ROLES, "Town / Hall", "us", line) for line, name in enumerate(names, 2)],
                      file="list.csv", digest="sha256:x", now=office.now(), by="test")


def get(office: Office, path: str) -> httpx.Response:
    """As the administrator, who signs in afresh: days have gone by."""
    return office.request("GET", path, cookies=signed_in(office))


def close(office: Office) -> int:
    return history.close(office.database, office.tenant.id, shipped(), office.now())


def test_a_trend_is_made_of_closed_days_and_links_to_their_reports(office: Office) -> None:
    noon(office)
    machine = office.machine()
    declare(office, "front-desk", "silent-desk")
    began = office.now().date()
    for turns in ((PASS, FAIL), (PASS, PASS, FAIL), (PASS, PASS, PASS, FAIL)):
        day(office, machine, *turns)
    for language, word in (("en", "points better than on"), ("fr", "points de mieux que le")):
        page = get(office, f"/{language}/trend")
        assert page.status_code == 200, page.text
        assert word in page.text.replace("\u00a0", " ")
        assert page.text.count("<svg") >= 3
        for address in (f"/{language}/trend/machines/{machine.agent}", f"/{language}/trend/sites/Town%20/%20Hall",
                        f"/{language}/days/{began}", f"/{language}/days/{began + timedelta(days=2)}"):
            part = get(office, address)
            assert part.status_code == 200, address
        assert f"/{language}/reports/" in part.text
        front = get(office, f"/{language}/")
        assert f'href="/{language}/trend"' in front.text
        assert "trend-strip" in front.text
    with office.database.read(WHOLE_SERVER) as connection:
        assert days.span(connection, office.tenant.id) == (began, began + timedelta(days=2))


def test_the_downloads_hold_every_closed_day(office: Office) -> None:
    noon(office)
    machine = office.machine()
    for turns in ((FAIL, PASS), (PASS,)):
        day(office, machine, *turns)
    rows = list(csv.DictReader(io.StringIO(get(office, "/en/trend.csv").content.decode("utf-8-sig"))))
    told = json.loads(get(office, "/en/trend.json").content)
    assert told["schema"] == "hustings.trend/1"
    assert [row["day"] for row in rows] == [one["day"] for one in told["days"]]
    assert len(rows) == 2
    assert float(rows[1]["changed_by_us"]) > 0
    assert float(rows[1]["lower"]) == round(told["days"][1]["office"]["lower"] * 100, 2)


def test_a_day_says_what_the_scorecard_said(office: Office) -> None:
    noon(office)
    machine = office.machine()
    declare(office, "front-desk", "silent-desk")
    today = office.now().date()
    day(office, machine, PASS, PASS, PASS, FAIL)
    office.now.at = datetime.combine(today, datetime.max.time(), UTC)
    card = scorecard(Reading(office.database).office(office.tenant.id), site.pack(), office.now())
    office.now.forward(days=1)
    assert close(office) == 1
    with office.database.read(WHOLE_SERVER) as connection:
        [kept] = days.between(connection, office.tenant.id, today, today)
    assert card.grade is not None
    assert kept.points.office is not None
    assert (kept.points.office.letter, kept.points.silent) == (card.grade.letter, 1)
    assert kept.points.office.lower <= round(card.grade.lower * 1_000_000)
    assert kept.points.office.rows == len(card.grade.items)


def test_working_every_day_out_again_finds_nothing_else_and_finds_what_was_altered(office: Office) -> None:
    noon(office)
    machine, late = office.machine(), office.machine()
    for number in range(5):
        day(office, machine, PASS, *([FAIL] * (number % 3)))
        if number == 2:
            for age in (3, 2):
                answer = office.post("/v1/reports", late.report(
                    results=said(office, (FAIL, PASS)), roles=ROLES, host="late",
                    times=Times(office.now() - timedelta(days=age), 1.0, "boot-1")))
                assert answer.status_code == 201
            assert close(office) == 3
    assert close(office) == 2
    assert close(office) == 0
    assert history.verify(office.database, office.tenant.id) == (5, [])
    with office.database.read(WHOLE_SERVER) as connection:
        known = days.span(connection, office.tenant.id)
        assert known is not None
        [kept, *_] = days.between(connection, office.tenant.id, *known)
    with office.database.write(WHOLE_SERVER) as connection:
        connection.execute(sa.update(kept_days).where(kept_days.c.day == kept.day).values(
            points=msgspec.json.encode(msgspec.structs.replace(kept.points, silent=7))))
        connection.execute(sa.delete(kept_days).where(kept_days.c.day == known[1]))
    count, found = history.verify(office.database, office.tenant.id)
    assert (count, [(one.day, one.what) for one in found]) == (4, [(kept.day, "points")])


def test_closing_from_nothing_and_day_by_day_is_the_same(office: Office) -> None:
    noon(office)
    machine = office.machine()
    for number in range(4):
        day(office, machine, PASS, *([FAIL] * number))
        close(office)
    with office.database.read(WHOLE_SERVER) as connection:
        stored = days.raw(connection, office.tenant.id)
    with office.database.write(WHOLE_SERVER) as connection:
        days.forget_all(connection, office.tenant.id)
    assert close(office) == 4
    with office.database.read(WHOLE_SERVER) as connection:
        assert days.raw(connection, office.tenant.id) == stored


def test_the_rules_are_written_down_once_for_each_release_that_changes_them(office: Office) -> None:
    for _ in range(2):
        history.start(office.database, shipped(), office.now())
    other = msgspec.structs.replace(shipped(), checks=shipped().checks[1:])
    history.start(office.database, other, office.now())
    with office.database.read(WHOLE_SERVER) as connection:
        logged = rule_sets.every(connection, office.tenant.id)
    assert [one.rules for one in logged] == [rules.rules_of(shipped()), rules.rules_of(other)]


def test_the_office_checks_of_a_day_are_those_of_its_scorecard_access_reviews_included(office: Office) -> None:
    noon(office)
    machine, roles = office.machine(), ("registration-db",)
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, [Asset("registry", roles, "Hall", "us", 2)], file="list.csv",
                      digest="sha256:x", now=office.now(), by="test")
    made = tuple(msgspec.structs.replace(one, valid_until=office.now() + timedelta(days=1))
                 for one in results(roles, (PASS, FAIL), office.now()))
    answer = office.post("/v1/reports", machine.report(
        results=made, roles=roles, host="registry", pack=shipped().digest, times=Times(office.now(), 1.0, "boot-1"),
        facts=access_facts.facts(office.now().replace(microsecond=0), access_facts.FOUND)))
    assert answer.status_code == 201, answer.text
    today = office.now().date()
    office.now.at = ends(today)
    card = scorecard(Reading(office.database).office(office.tenant.id), site.pack(), office.now())
    office.now.forward(hours=1)
    assert close(office) == 1
    with office.database.read(WHOLE_SERVER) as connection:
        kept = days.machines_of(connection, office.tenant.id, today)
    assert kept is not None
    assert card.grade is not None
    together = {one.catalogue for one in card.together if one.verdict is not Verdict.NOT_APPLICABLE}
    assert "LPR-23" in together
    on_card = {one.row: (round(one.passed * 1_000_000), round(one.known * 1_000_000)) for one in card.grade.items}
    assert {row: (kept.rows[row].passed, kept.rows[row].known) for row in together} == {
        row: on_card[row] for row in together}
    assert history.verify(office.database, office.tenant.id) == (1, [])


def test_another_offices_days_are_not_there(office: Office) -> None:
    noon(office)
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now()).id
    stranger = office.machine(other)
    began = office.now().date()
    day(office, stranger, PASS)
    assert history.close(office.database, other, shipped(), office.now()) == 1
    for path in (f"/en/days/{began}", f"/en/trend/machines/{stranger.agent}", "/en/trend/sites/Hall", "/xx/trend",
                 "/en/days/yesterday", "/en/days/2026-02-30"):
        assert get(office, path).status_code == 404, path
    assert "No day is over yet" in get(office, "/en/trend").text
