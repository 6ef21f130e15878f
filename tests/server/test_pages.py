"""Every page through the real application, on both databases."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import httpx
import pytest

from hustings.report import Times
from hustings.verdicts import Result, Severity, Verdict
from server.access import cookies
from server.store import elections, inventory, people, sessions
from server.store.database import WHOLE_SERVER
from tests.sender import INVENTORY, Sender
from tests.server.setups import Office

PAGES = ("/", "/machines", "/access", "/plan", "/method")


def judged(office: Office, **changes: object) -> tuple[Result, ...]:
    end = office.now() + timedelta(days=1)
    return (
        Result("patching/os-supported", "PAT-01", Severity.CRITICAL, Verdict.PASS, "x", "y", valid_until=end),
        Result("identity/root-login", "IAM-05", Severity.CRITICAL, Verdict.FAIL, "<b>no</b>", "<script>1</script>",
               valid_until=end, facts={"sshd.permit_root_login": "<script>alert(1)</script>",
                                       "accounts.names": {"withheld": True},
                                       "accounts.local": {"matching": 2, "total": 9, "complete": True}}),
        Result("unheard/of", "ZZZ-09", Severity.LOW, Verdict.UNKNOWN, "x", "", "a: denied: needs root"),
    )


def signed_in(office: Office) -> dict[str, str]:
    """The cookie of a session of the administrator."""
    with office.database.write(WHOLE_SERVER) as connection:
        person = people.by_name(connection, office.tenant.id, "admin")
        assert person is not None
        return {cookies.name(tls=False): sessions.start(connection, person, "password", office.now())}


def reporting(office: Office, **changes: object) -> Sender:
    machine = office.machine()
    times = Times(office.now(), 1.0, "boot-1")
    answer = office.post("/v1/reports", machine.report(**{"results": judged(office), "times": times, **changes}))
    assert answer.status_code == 201, answer.text
    return machine


def page(office: Office, path: str, session: dict[str, str], **headers: str) -> httpx.Response:
    return office.request("GET", path, cookies=session, headers={"accept": "text/html", **headers})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_served_before_the_first_machine_and_after(office: Office, language: str) -> None:
    session = signed_in(office)
    for there in (False, True):
        if there:
            machine = reporting(office)
        for path in (*PAGES, *((f"/machines/{machine.agent}",) if there else ())):
            answer = page(office, f"/{language}{path}", session)
            assert answer.status_code == 200, f"{path}: {answer.text[:200]}"
            assert f'<html lang="{language}">' in answer.text
            assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("path", ["/en/", "/en/machines", "/en/machines/x", "/en/machines/x/access/y", "/en/plan",
                                  "/en/plan.csv", "/fr/method"])
def test_a_stranger_sees_no_page(office: Office, path: str) -> None:
    answer = page(office, path, {})
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sign-in")


def test_what_a_machine_says_is_never_markup(office: Office) -> None:
    machine = reporting(office, host="<img src=x>")
    session = signed_in(office)
    for path in ("/en/", "/en/machines", f"/en/machines/{machine.agent}", "/en/plan"):
        text = page(office, path, session).text
        assert "<script" not in text
        assert "<img" not in text
        assert "<b>no" not in text


def test_no_page_holds_script_or_inline_style(office: Office) -> None:
    machine = reporting(office)
    session = signed_in(office)
    for path in (*(f"/en{one}" for one in PAGES), f"/en/machines/{machine.agent}"):
        text = page(office, path, session).text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", text), path


def test_the_front_page_speaks_the_browsers_language(office: Office) -> None:
    session = signed_in(office)
    for header, place in (("fr-CA", "/fr/"), ("en", "/en/"), ("de", "/en/")):
        answer = page(office, "/", session, **{"accept-language": header})
        assert (answer.status_code, answer.headers["location"]) == (302, place)


@pytest.mark.parametrize("path", ["/de/", "/en/machines/nobody", "/en/nothing", "/fr/plan.xlsx"])
def test_what_is_not_there_is_404_as_a_page(office: Office, path: str) -> None:
    answer = page(office, path, signed_in(office))
    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_a_machine_of_another_office_is_not_there(office: Office) -> None:
    from server.store import tenants

    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now())
    machine = office.machine(other.id)
    assert office.post("/v1/reports", machine.report()).status_code == 201
    session = signed_in(office)
    assert page(office, f"/en/machines/{machine.agent}", session).status_code == 404
    assert machine.agent not in page(office, "/en/machines", session).text


def test_the_machine_page_shows_every_result_even_of_unknown_rows(office: Office) -> None:
    machine = reporting(office)
    text = page(office, f"/en/machines/{machine.agent}", signed_in(office)).text
    assert "unheard/of" in text
    assert "Attested by the agent" in text
    assert "stays on the machine" in text
    assert "2 entries, which stay on the machine" in text
    assert "another policy pack" in text


def test_a_report_that_is_too_old_reads_as_unknown_everywhere(office: Office) -> None:
    machine = reporting(office)
    session = signed_in(office)
    before = page(office, f"/en/machines/{machine.agent}", session).text
    assert "stale" not in before
    office.now.forward(hours=28)
    session = signed_in(office)
    after = page(office, f"/en/machines/{machine.agent}", session).text
    assert after.count("stale: this held until") == 2
    assert "Late: verdicts go stale" in page(office, "/en/machines", session).text


def test_lost_reports_and_contradictions_are_shown(office: Office) -> None:
    machine = reporting(office)
    fork = machine.document(sequence=1, previous=None, host="elsewhere")
    assert office.post("/v1/reports", machine.seal(_bytes(fork))).status_code == 409
    assert office.post("/v1/reports", machine.lost(2)).status_code == 201
    text = page(office, f"/en/machines/{machine.agent}", signed_in(office)).text
    assert "Reports 2 to 3 are gone for good" in text
    assert "the disk was full" in text
    assert "contradicts what was accepted" in text


def test_a_failure_is_dated_from_the_first_report_that_said_so(office: Office) -> None:
    start = office.now().date()
    machine = reporting(office)
    office.now.forward(days=9)
    answer = office.post("/v1/reports", machine.report(
        results=judged(office), times=Times(office.now(), 1.0, "boot-1")))
    assert answer.status_code == 201
    text = page(office, f"/en/machines/{machine.agent}", signed_in(office)).text
    assert f"Failing since {start:%B} {start.day}, {start.year}" in text
    assert "Past its deadline" in text


def test_the_office_is_graded_once_an_inventory_is_declared(office: Office) -> None:
    reporting(office)
    session = signed_in(office)
    assert "One machine" in page(office, "/en/", session).text
    lines = [inventory.Asset("front-desk", ("office-workstation",), "hall", "us", 2),
             inventory.Asset("annex", ("office-workstation",), "annex", "us", 3),
             inventory.Asset("tally", ("ems",), "hall", "vendor", 4)]
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, lines, file="a.csv", digest="d", now=office.now(), by="test")
        elections.declare(connection, office.tenant.id, [date(2027, 11, 2)], now=office.now(),
                          today=office.now().date(), by="test")
    text = page(office, "/en/", session).text
    assert "The office: 1 machine of 2 reports" in text
    assert "annex" in text
    assert "A vendor" in text
    assert "November 2, 2027" in text
    assert "annex" in page(office, "/en/machines", session).text


@pytest.mark.parametrize(("language", "head"), [("en", "order_by"), ("fr", "commander_avant")])
def test_the_plan_downloads_as_a_table_that_runs_no_formula(office: Office, language: str, head: str) -> None:
    from hustings.report import Os, Product

    evil = Os(family="linux", id="=cmd", version="1", name="=HYPERLINK(1)")
    system = INVENTORY.__class__(os=evil, hardware=INVENTORY.hardware, products=(Product("+x", "1", "dpkg"),),
                                 complete=False, why="@why")
    reporting(office, inventory=system)
    answer = page(office, f"/{language}/plan.csv", signed_in(office))
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == head
    assert len(rows) > 1
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


def test_pages_may_not_be_kept_by_the_browser(office: Office) -> None:
    reporting(office)
    answer = page(office, "/en/", signed_in(office))
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def _bytes(document: object) -> bytes:
    from hustings import report

    return report.encode(document)
