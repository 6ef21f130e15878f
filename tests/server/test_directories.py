"""The directories a machine reads, as its page shows them."""

from __future__ import annotations

from typing import Any

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from server.directories import Directory, Part, directories
from server.pages import site
from server.reading import Reading
from server.scorecard import everyone
from tests.server.setups import Office
from tests.server.test_access_pages import EVIL, ON_SQLITE, Tags, report, session
from tests.server.test_pages import page


def told(office: Office, name: str = "office", *, people: Any = 42, unread: Observation | None = None) -> Facts:
    at = office.now().replace(microsecond=0)
    return {f"directory.kind@{name}": Observation(value="entra", as_of=at),
            f"directory.people@{name}": Observation(value=people, as_of=at),
            f"directory.guests@{name}": Observation(missing=Missing(Reason.DENIED)),
            f"directory.unread@{name}": unread or Observation(listing=Listing([]), as_of=at)}


def parts(office: Office, *items: Any) -> Observation:
    return Observation(listing=Listing(list(items)), as_of=office.now().replace(microsecond=0))


def seen(office: Office) -> tuple[Directory, ...]:
    (machine,) = everyone(Reading(office.database).office(office.tenant.id), site.pack(), office.now())
    return directories(machine)


@ON_SQLITE
def test_what_could_not_be_read_is_told_with_what_would_open_it(office: Office) -> None:
    lacking = {"section": "registrations", "reason": "unsupported", "detail": "403",
               "grant": "AuditLog.Read.All", "licence": "Microsoft Entra ID P1"}
    agent = report(office, told(office, unread=parts(office, lacking))).agent
    assert seen(office) == (Directory("office", "entra", (("people", 42),), (
        Part("registrations", "unsupported", "AuditLog.Read.All", "Microsoft Entra ID P1"),), ""),)
    cookies = session(office)
    english, french = (page(office, f"/{code}/machines/{agent}", cookies).text for code in ("en", "fr"))
    for text in (english, french):
        assert "AuditLog.Read.All" in text
        assert "Microsoft Entra ID P1" in text
    assert "what would open it" in english
    assert "ce qui l’ouvrirait" in french


@ON_SQLITE
def test_a_directory_that_did_not_answer_has_no_counts(office: Office) -> None:
    agent = report(office, told(office, people=None, unread=Observation(missing=Missing(Reason.TIMEOUT)))).agent
    assert seen(office) == (Directory("office", "entra", (), (), "timeout"),)
    assert "it did not answer in time" in page(office, f"/en/machines/{agent}", session(office)).text


@ON_SQLITE
def test_a_report_cannot_write_into_the_page(office: Office) -> None:
    nonsense = [EVIL, {"section": EVIL, "reason": EVIL, "grant": EVIL, "licence": {"x": EVIL}}]
    agent = report(office, told(office, EVIL, people=EVIL, unread=parts(office, *nonsense))).agent
    answer = page(office, f"/en/machines/{agent}", session(office))
    assert "The directories it reads" in answer.text
    tags = Tags(answer.text)
    assert not tags.names & {"script", "img"}
    assert "onerror" not in tags.attributes


@ON_SQLITE
def test_a_machine_that_reads_none_has_no_such_part(office: Office) -> None:
    agent = report(office, {}).agent
    assert seen(office) == ()
    answer = page(office, f"/en/machines/{agent}", session(office))
    assert answer.status_code == 200
    assert "The directories it reads" not in answer.text


@ON_SQLITE
def test_one_is_said_as_one_and_none_as_french_says_it(office: Office) -> None:
    at = office.now().replace(microsecond=0)
    facts = told(office, people=1) | {
        "directory.guests@office": Observation(value=0, as_of=at),
        "directory.administrators@office": Observation(value=1, as_of=at)}
    agent = report(office, facts).agent
    english, french = (page(office, f"/{code}/machines/{agent}", session(office)).text for code in ("en", "fr"))
    assert "1 person, 0 guests, 1 administrator<" in english
    assert "1 personne, 0 invité, 1 administrateur<" in french
