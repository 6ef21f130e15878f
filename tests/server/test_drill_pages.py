"""Every number on a page can be clicked down to the results and signed reports behind it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from hustings import envelope
from hustings.verdicts import Result, Severity, Verdict
from policies.pack import shipped
from server import drill
from server.questions import AREAS
from server.records import Asset
from server.scorecard import Scorecard, scorecard
from server.store import inventory, tenants
from server.store.database import WHOLE_SERVER
from tests.server.records import FAIL, NOW, PACK, UNKNOWN, heard, results
from tests.server.records import office as an_office
from tests.server.setups import Office
from tests.server.test_pages import page, reporting, signed_in

LINES = [inventory.Asset("front-desk", ("office-workstation",), "hall", "us", 2),
         inventory.Asset("annex", ("office-workstation",), "annex", "us", 3),
         inventory.Asset("tally", ("ems",), "hall", "vendor", 4)]


def answered(office: Office) -> tuple[Result, ...]:
    end = office.now().replace(year=office.now().year + 1)
    return tuple(Result(check.id, check.catalogue, check.severity,
                        (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)[number % 4], "x", "y",
                        "a: denied: needs root" if number % 4 == 2 else None, valid_until=end)
                 for number, check in enumerate(one for one in shipped().checks if one.scope == "machine"))


def declare(office: Office) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, LINES, file="a.csv", digest="d", now=office.now(), by="test")


class Links(HTMLParser):
    """The addresses a page's main part links to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        place = dict(attrs).get("href")
        if tag == "a" and place and place.startswith("/"):
            self.found.append(place)


def test_following_every_link_from_the_scorecard_two_steps_down_finds_a_page(office: Office) -> None:
    reporting(office, results=answered(office))
    declare(office)
    session = signed_in(office)
    language, start = "en", "/en/"
    seen, edge = {start}, [start]
    kinds: set[str] = set()
    for _ in range(2):
        found: list[str] = []
        for place in edge:
            answer = page(office, place, session)
            assert answer.status_code == 200, place
            new = [one.partition("#")[0] for one in Links(answer.text).found
                   if re.match(rf"/{language}/(rows|areas|points|reports|exceptions|machines/|glossary|method)", one)]
            for one in dict.fromkeys(new):
                kind = one.split("/")[2].partition("?")[0]
                if one not in seen and (kind not in kinds or kind in ("reports", "points")):
                    kinds.add(kind)
                    seen.add(one)
                    found.append(one)
        edge = found
    for place in edge:
        assert page(office, place.replace("/en/", "/fr/", 1), session).status_code == 200, place
    assert {"rows", "areas", "points", "reports", "machines", "method", "glossary"} <= kinds


def test_the_rows_of_the_points_page_add_up_to_the_grade(office: Office) -> None:
    reporting(office, results=answered(office))
    declare(office)
    text = page(office, "/en/points", signed_in(office)).text
    low, high = map(float, re.search(r"([\d.]+) to ([\d.]+) points of 100", text).groups())  # type: ignore[union-attr]
    cells = re.findall(r'data-label="Points, at (least|most)">([\d.]+)<', text)
    assert sum(float(value) for kind, value in cells if kind == "least") == pytest.approx(low, abs=0.5)
    assert sum(float(value) for kind, value in cells if kind == "most") == pytest.approx(high, abs=0.5)


@pytest.mark.parametrize("path", [
    "/en/rows/PAT-99", "/en/rows/pat-01", "/en/areas/XYZ", "/en/areas/other", "/en/reports/99",
    "/en/reports/99/envelope", "/de/rows/PAT-01", "/de/points", "/de/areas/PAT", "/de/glossary",
    "/de/exceptions", "/en/reports/-1", "/en/reports/99999999999999999999"])
def test_what_is_not_there_is_404(office: Office, path: str) -> None:
    assert page(office, path, signed_in(office)).status_code == 404


def test_a_signed_report_is_shown_with_its_proof_and_downloads_byte_for_byte(office: Office) -> None:
    machine = office.machine()
    sent = machine.report(results=answered(office), host="<b>desk")
    assert office.post("/v1/reports", sent).status_code == 201
    session = signed_in(office)
    shown = page(office, "/en/reports/1", session)
    assert shown.status_code == 200
    assert "The signature holds" in shown.text
    assert "<b>desk" not in shown.text
    got = page(office, "/en/reports/1/envelope", session)
    assert got.headers["content-disposition"] == 'attachment; filename="report-1.dsse.json"'
    payload = envelope.verify(envelope.parse(got.content), envelope.REPORT, machine.public)
    assert envelope.digest(payload) in shown.text
    assert got.content == _unpacked(sent)


def test_a_report_of_another_office_is_not_there(office: Office) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now())
    machine = office.machine(other.id)
    assert office.post("/v1/reports", machine.report()).status_code == 201
    session = signed_in(office)
    for path in ("/en/reports/1", "/en/reports/1/envelope"):
        assert page(office, path, session).status_code == 404


def test_a_row_says_what_it_weighs_where_it_comes_from_and_how_each_machine_stands(office: Office) -> None:
    reporting(office, results=answered(office))
    declare(office)
    measured = {one.catalogue for one in shipped().checks if one.scope == "machine"}
    row = next(one.id for one in shipped().rows if one.severity is Severity.CRITICAL and one.id in measured
               and "office-workstation" in one.roles)
    text = page(office, f"/en/rows/{row}", signed_in(office)).text
    assert "points of 100" in text
    assert "That weighs 10, and gives 7 days" in text
    assert "annex" in text
    assert "It has not reported." in text
    assert "CIS Controls" in text or "NIST CSF" in text


def test_a_machine_page_folds_what_passes_and_filters(office: Office) -> None:
    machine = reporting(office, results=answered(office))
    session = signed_in(office)
    whole = page(office, f"/en/machines/{machine.agent}", session).text
    assert whole.count('<details class="folded">') >= 3
    assert "checks pass" in whole
    assert "Fix this:" in whole
    fails = page(office, f"/en/machines/{machine.agent}?show=fail", session).text
    assert 'class="result is-fail"' in fails
    assert 'class="result is-pass"' not in fails
    strange = page(office, f"/en/machines/{machine.agent}?show=everything", session)
    assert strange.status_code == 200


def card(**changes: object) -> Scorecard:
    desks = (Asset("desk-1", ("office-workstation",), "hall", "us"),
             Asset("desk-2", ("office-workstation",), "hall", "us"),
             Asset("tally", ("office-workstation",), "hall", "vendor"))
    machines = (heard(results(critical=FAIL, high=UNKNOWN)),
                heard(results(), agent="a2", host="tally"), heard(results(default=FAIL), agent="a3", host="kiosk"))
    return scorecard(an_office(*machines, assets=desks), PACK, NOW)


def test_a_row_tells_ours_from_what_others_answer_for() -> None:
    found = drill.row(card(), PACK, "PAT-01")
    assert found is not None
    assert [(one.name, one.state) for one in found.assets] == [("desk-1", "fail"), ("desk-2", "unknown")]
    assert [(one.name, one.state) for one in found.others] == [("kiosk", "fail"), ("tally", "pass")]
    assert drill.row(card(), PACK, "ZZZ-01") is None


def test_lines_are_in_the_order_of_the_areas_and_name_their_caps() -> None:
    shown = card()
    found = drill.lines(shown.grade, shown.items, PACK)
    assert [one.area for one in found] == sorted([one.area for one in found], key=list(AREAS).index)
    assert "critical" in [cap.code for one in found if one.row.id == "PAT-01" for cap in one.caps]


def _unpacked(sent: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj().decompress(sent) if sent[:4] == b"\x28\xb5\x2f\xfd" else sent
