"""The report of an engagement: for the reviewer and for the office, in both languages."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from server.store import statements
from server.store.people import Role
from server.triage.model import Filter
from server.triage.reading import every
from tests.reviewers.firms import BACKUP, BASIS, OS, engaged, entered, failing, firm, terms, trail
from tests.server.setups import Office


def text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def prepared(office: Office, *, names_shown: bool) -> tuple[int, dict[str, str], dict[str, str]]:
    """An engagement over one of two machines, with a statement and a claimed false alarm: its number, the cookies of
    the reviewer inside and of an administrator."""
    acme = firm(office)
    rita = acme.reviewer()
    seen = failing(office, "registry-9", OS, BACKUP, unknown=("patching/lists-fresh", "PAT-02"))
    failing(office, "elsewhere-4", OS)
    number = engaged(office, acme, rita, terms(office, machines=(seen.agent,), areas=("PAT",), names_shown=names_shown))
    inside = entered(office, rita, number)
    with office.database.read(office.tenant.id) as connection:
        mine = next(one.number for one in every(connection, office.tenant.id, Filter(), office.now())
                    if (one.check, one.host) == (OS[0], "registry-9"))
    claimed = office.page("POST", f"/en/findings/{mine}/false-alarm", inside, text="registry-9 has paid support.")
    assert claimed.status_code == 303
    with office.database.write(office.tenant.id) as connection:
        for finding in (1, 2, 3):
            statements.add(connection, office.tenant.id, finding=finding, at=office.now(), party="office",
                           by="person:ann", name="The clerk", organisation="",
                           text=f"Statement {'in' if finding == mine else 'out of'} view on registry-9")
    return number, inside, office.signed_in(office.person("ann", Role.ADMINISTRATOR))


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Engagement report", "Scope and period", "What was not looked at", "Method", "said to be a false alarm")),
    ("fr", ("Rapport de mandat", "Portée et période", "Ce qui n’a pas été examiné", "signalé comme fausse alerte"))])
def test_the_reviewers_copy_keeps_to_the_scope_and_to_pseudonyms(office: Office, language: str,
                                                                 words: tuple[str, ...]) -> None:
    number, inside, _ = prepared(office, names_shown=False)
    answer = office.page("GET", f"/{language}/review/{number}/report.pdf", inside)
    assert answer.status_code == 200
    said = text(answer.content)
    for word in (*words, BASIS, "rita@acme", "TLP:AMBER", "machine-", "has paid support", "Statement in view"):
        assert word in said, word
    for hidden in ("registry-9", "elsewhere-4", "backups/checked", "Statement out of view"):
        assert hidden not in said, hidden
    pages = PdfReader(BytesIO(answer.content)).pages
    assert all("TLP:AMBER" in page.extract_text() for page in pages)
    [export] = [one for one in trail(office) if one.action == "review.export"]
    assert export.detail["place"] == f"/{language}/review/{number}/report.pdf"


def test_the_offices_copy_has_both_names_and_stays_after_the_end(office: Office) -> None:
    number, inside, ann = prepared(office, names_shown=False)
    mine = text(office.page("GET", f"/en/review/{number}/report.pdf", inside).content)
    office.page("POST", f"/en/office/engagements/{number}/revoke", ann, reason="It is over.")
    assert office.page("GET", f"/en/review/{number}/report.pdf", inside).status_code == 404
    said = text(office.page("GET", f"/en/office/engagements/{number}/report.pdf", ann).content)
    assert "registry-9 (machine-" in said
    alias = said.partition("registry-9 (")[2][:16]
    assert alias in mine
    assert "Ended by the office on" in said
    assert "elsewhere-4" not in said


def test_no_report_of_an_offer_or_of_another_office(office: Office) -> None:
    number, inside, _ = prepared(office, names_shown=True)
    other = office.other("Oak County")
    eve = office.signed_in(office.person("eve", Role.ADMINISTRATOR, tenant=other.id))
    for path in (f"/en/office/engagements/{number}/report.pdf", "/en/office/engagements/4711/report.pdf"):
        assert office.page("GET", path, eve).status_code == 404
    assert office.page("GET", f"/en/office/engagements/{number}/report.pdf", inside).status_code == 403
    otto = office.signed_in(office.person("otto", Role.REVIEWER, tenant=other.id))
    assert office.page("GET", f"/en/review/{number}/report.pdf", otto).status_code == 404
