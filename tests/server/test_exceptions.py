"""Accepted failures and what is said not to apply: who signs, how far it is believed, and where it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.verdicts import Result, Severity, Verdict
from server.config import Settings, settings_file
from server.records import EXCEPTION, NOT_APPLICABLE, Exemption
from server.scorecard import scorecard
from server.store.database import WHOLE_SERVER, Database
from tests.server import setups
from tests.server.records import DAY, FAIL, NOW, PACK, UNKNOWN, heard, office, results
from tests.server.setups import Office
from tests.server.test_console import Console
from tests.server.test_pages import judged, page, reporting, signed_in


def exemption(subject: str, kind: str = EXCEPTION, number: int = 1, **changes: object) -> Exemption:
    made = {"number": number, "kind": kind, "subject": subject, "asset": "desk-1", "reason": "why", "control": "what",
            "owner": "Dana", "approved_by": "Sam" if kind == EXCEPTION else "", "at": NOW - DAY, "by": "console:x",
            "until": (NOW + 30 * DAY).date(), **changes}
    return Exemption(**made)  # type: ignore[arg-type]


def test_an_exception_leaves_the_grade_as_it_is_and_shows_the_adjusted_one_beside_it() -> None:
    machine = heard(results(critical=FAIL))
    plain = scorecard(office(machine), PACK, NOW).grade
    shown = scorecard(office(heard(results(critical=FAIL)), exceptions=(exemption("PAT-01"),)), PACK, NOW)
    assert plain is not None
    assert shown.grade is not None
    assert shown.grade.adjusted is not None
    assert (shown.grade.letter, shown.grade.lower) == (plain.letter, plain.lower)
    assert shown.grade.adjusted.lower == 1
    assert [one.subject for one in shown.exceptions] == ["PAT-01"]


@pytest.mark.parametrize("changes", [
    {"until": (NOW - DAY).date()}, {"at": NOW + DAY}, {"ended": NOW - timedelta(hours=1)}, {"asset": "desk-2"},
    {"subject": "PAT-02"}])
def test_one_that_is_not_in_force_there_adjusts_nothing(changes: dict[str, object]) -> None:
    one = exemption(**{"subject": "PAT-01", **changes})  # type: ignore[arg-type]
    shown = scorecard(office(heard(results(critical=FAIL)), exceptions=(one,)), PACK, NOW)
    assert shown.grade is not None
    assert shown.grade.adjusted is None


def test_it_holds_through_its_last_day_and_no_longer() -> None:
    last = exemption("PAT-01", until=NOW.date())
    assert last.in_force(NOW)
    assert not last.in_force(NOW + DAY)
    machine = heard(results(critical=FAIL), received=NOW)
    there = office(machine, exceptions=(last,))
    for moment, adjusted in ((NOW, True), (NOW + DAY / 2, False), (NOW, True)):
        grade = scorecard(there, PACK, moment).grade
        assert grade is not None
        assert (grade.adjusted is not None) is adjusted


def test_a_control_that_must_never_fail_is_not_accepted_even_if_a_record_says_so() -> None:
    shown = scorecard(office(heard(results(stop=FAIL)), exceptions=(exemption("logging/stop"),)), PACK, NOW)
    assert shown.grade is not None
    assert (shown.grade.letter, shown.grade.adjusted) == ("F", None)


def test_one_signature_is_believed_for_little_and_not_for_critical_controls() -> None:
    little = exemption("identity/second", NOT_APPLICABLE, 1)
    critical = exemption("PAT-01", NOT_APPLICABLE, 2)
    machine = heard(results(critical=FAIL, second=FAIL))
    shown = scorecard(office(machine, exceptions=(little, critical)), PACK, NOW)
    one = shown.machines[0]
    assert one.verdict("identity/second") is Verdict.NOT_APPLICABLE
    assert one.verdict("patching/critical") is FAIL
    assert [each.number for _, each in shown.set_aside] == [1]
    assert [each.number for _, each in shown.refused] == [2]


def test_with_a_second_signature_a_critical_control_leaves_the_grade() -> None:
    both = exemption("PAT-01", NOT_APPLICABLE, approved_by="Sam")
    shown = scorecard(office(heard(results(critical=UNKNOWN)), exceptions=(both,)), PACK, NOW)
    assert shown.grade is not None
    assert "PAT-01" not in {one.row for one in shown.grade.items}
    assert shown.refused == ()


# -- at the console, with the database's own guards

@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Office, Console]]:
    """A server whose data directory the console finds, one machine that reports, and an official."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings_file(data).write_bytes(msgspec.json.encode(Settings(("localhost",), 8443, tls=False)))
    with setups.office(Database(f"sqlite:///{data / 'hustings.db'}"), data) as made:
        made.now.forward(seconds=-60)  # the console's clock is the machine's own
        stale = Result("patching/lists-fresh", "PAT-02", Severity.HIGH, Verdict.FAIL, "x", "y",
                       valid_until=made.now() + DAY)
        reporting(made, results=(*judged(made), stale))
        yield made, Console(data)


WORDS = ("--asset", "Front-Desk", "--reason", "The vendor patches quarterly", "--control", "One admin station",
         "--owner", "Dana Roy")


def until(days: int = 60) -> str:
    return (date.today() + timedelta(days=days)).isoformat()


def test_an_exception_is_signed_listed_audited_and_ended(served: tuple[Office, Console]) -> None:
    made, console = served
    assert "Number 1" in console.run("exception", "add", "pat-02", *WORDS, "--approved-by", "admin", "--until", until())
    [line] = json.loads(console.run("exception", "list", "--format", "json"))
    assert (line["subject"], line["asset"], line["owner"], line["approved_by"]) == (
        "PAT-02", "front-desk", "Dana Roy", "admin")
    assert console.trail()[0].action == "exception.add"
    session = signed_in(made)
    made.now.forward(minutes=5)
    text = page(made, "/en/exceptions", session).text
    assert "The vendor patches quarterly" in text
    assert "One admin station" in text
    assert "Adjusted:" in page(made, "/en/", session).text
    assert "is ended" in console.run("exception", "end", "1", "--reason", "Patched")
    assert console.trail()[0].action == "exception.end"
    assert json.loads(console.run("exception", "list", "--format", "json")) == []
    assert len(json.loads(console.run("exception", "list", "--all", "--format", "json"))) == 1


@pytest.mark.parametrize(("words", "said"), [
    (("IAM-05", *WORDS, "--approved-by", "nobody", "--until", "2099-01-01"), "coming year"),
    (("IAM-05", *WORDS, "--approved-by", "admin", "--until", "soon"), "not a date"),
    (("IAM-05", *WORDS, "--approved-by", "nobody", "--until", until()), "may not approve"),
    (("IAM-05", *WORDS[:-1], "Admin", "--approved-by", "admin", "--until", until()), "their own"),
    (("IAM-99", *WORDS, "--approved-by", "admin", "--until", until()), "neither a check nor a row"),
    (("identity/rot-login", *WORDS, "--approved-by", "admin", "--until", until()), "neither a check nor a row"),
    (("IAM-05", "--asset", "front-dask", *WORDS[2:], "--approved-by", "admin", "--until", until()), "did you mean"),
    (("IAM-05", *WORDS[:3], " ", *WORDS[4:], "--approved-by", "admin", "--until", until()), "says nothing"),
    (("IAM-05", *WORDS[:3], "\x1b[2J", *WORDS[4:], "--approved-by", "admin", "--until", until()), "cannot be printed"),
    (("domains/no-database-port-outside", *WORDS, "--approved-by", "admin", "--until", until()), "must never fail")])
def test_what_may_not_be_signed_is_said_with_what_to_do(served: tuple[Office, Console], words: tuple[str, ...],
                                                        said: str) -> None:
    _, console = served
    error = console.refused("exception", "add", *words)
    assert said in f"{error} {error.remedy}"
    assert json.loads(console.run("exception", "list", "--all", "--format", "json")) == []


def test_ending_what_is_not_in_force_is_refused(served: tuple[Office, Console]) -> None:
    assert "not in force" in str(served[1].refused("exception", "end", "7", "--reason", "x"))


def test_not_applicable_needs_no_second_person_to_be_said(served: tuple[Office, Console]) -> None:
    made, console = served
    console.run("exception", "not-applicable", "PAT-01", *WORDS[:4], *WORDS[6:])
    made.now.forward(minutes=5)
    assert "It waits for a second signature" in page(made, "/en/exceptions", signed_in(made)).text


def test_the_database_refuses_to_change_what_was_signed(office: Office) -> None:
    from server.store import exceptions as store
    from server.store.schema.exceptions import exceptions as table

    with office.database.write(WHOLE_SERVER) as connection:
        number = store.add(connection, office.tenant.id, kind=EXCEPTION, subject="PAT-01", asset="", reason="r",
                           control="c", owner="o", approved_by="a", at=office.now(), by="t", until=date(2027, 1, 1))
    for act in (sa.update(table).values(reason="x"), sa.delete(table)):
        with pytest.raises(DBAPIError), office.database.write(WHOLE_SERVER) as connection:
            connection.execute(act)
    with office.database.read(WHOLE_SERVER) as connection:
        (kept,) = store.every(connection, office.tenant.id)
        assert store.every(connection, "other") == []
    assert (kept.number, kept.reason, kept.until, kept.ended) == (number, "r", date(2027, 1, 1), None)
