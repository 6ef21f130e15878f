"""What stays on the machine stays there, also in what verdicts show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agent.audit import Audit
from agent.identity import Identity
from agent.reporting import LIMIT, place, prepare
from agent.spool import Place
from agent.withholding import disclosed
from hustings import report
from hustings.declared import Declared
from hustings.facts import (
    ACCOUNT,
    WORDS,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Observation,
    Reason,
    Registry,
    Type,
)
from hustings.pseudonyms import Pseudonyms, pseudonym
from hustings.report import Same
from hustings.verdicts import Instance, Result, Severity, Verdict
from policies.pack import shipped

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "marguerite.tremblay"
REGISTRY = Registry([
    Fact("open.port", Type.INT, "", Disclosure.SHARED),
    Fact("open.sockets", Type.RECORDS, "", Disclosure.SHARED),
    Fact("people.admins", Type.TEXTS, "", Disclosure.COUNTED),
    Fact("people.any", Type.BOOL, "", Disclosure.COUNTED),
    Fact("people.first", Type.TEXT, "", Disclosure.COUNTED),
    Fact("people.local", Type.TEXTS, "", Disclosure.LOCAL),
    Fact("backup.owner", Type.TEXT, "", Disclosure.LOCAL, each="repository"),
])


def result(facts: dict[str, Any], verdict: Verdict = Verdict.FAIL, reason: str | None = None,
           **more: Any) -> Result:
    return Result("a/b", "PAT-01", Severity.HIGH, verdict, "expected", f"actual {SECRET}", reason, facts=facts, **more)


def shown(one: Result) -> Result:
    (only,) = disclosed([one], REGISTRY)
    return only


def test_a_result_over_shared_facts_is_left_as_it_is() -> None:
    one = result({"open.port": 22, "open.sockets": {"items": [{"port": 22}], "matching": 1, "total": 1}})
    assert shown(one) is one


@pytest.mark.parametrize(("fact", "value", "left", "says"), [
    ("people.admins", {"items": [SECRET], "matching": 1, "total": 5, "complete": True},
     {"matching": 1, "total": 5, "complete": True}, "people.admins = 1 of 5 (names withheld)"),
    ("people.admins", {"absent": True}, {"absent": True}, "people.admins = absent"),
    ("people.any", True, True, "people.any = yes"),
    ("people.first", SECRET, {"withheld": True}, "people.first = withheld"),
    ("people.local", {"items": [SECRET], "matching": 1, "total": 5}, {"withheld": True}, "people.local = withheld"),
    ("people.local", {"absent": True}, {"withheld": True}, "people.local = withheld"),
    ("people.local", {"unknown": f"denied: /home/{SECRET}"}, {"unknown": "denied"}, "people.local = (denied)"),
    ("people.local", {"unknown": SECRET}, {"unknown": "error"}, "people.local = (error)"),
    ("never.declared", SECRET, {"withheld": True}, "never.declared = withheld"),
    ("backup.owner@nightly", SECRET, {"withheld": True}, "backup.owner@nightly = withheld"),
])
def test_facts_that_stay_home_are_withheld_or_counted(fact: str, value: Any, left: Any, says: str) -> None:
    one = shown(result({fact: value, "open.port": 22}))
    assert one.facts == {fact: left, "open.port": 22}
    assert one.actual == f"{says}; open.port = 22"
    assert SECRET not in str(one)


@pytest.mark.parametrize(("reason", "facts", "left"), [
    (f"people.local: denied: /home/{SECRET}; a", {"people.local": {"unknown": f"denied: {SECRET}"}},
     "people.local: denied"),
    (f"people.admins.shell: error: {SECRET!r} cannot be compared", {"people.admins": {"items": [SECRET], "total": 1}},
     "part of it could not be read or compared; the details stay on the machine"),
    (f"people.local: error: {SECRET}", {"open.port": 22},
     "part of it could not be read or compared; the details stay on the machine"),
    ("cannot be relied on when open.port is 22", {"people.any": True}, "cannot be relied on when open.port is 22"),
])
def test_a_reason_never_quotes_what_stays_home(reason: str, facts: dict[str, Any], left: str) -> None:
    assert shown(result(facts, Verdict.UNKNOWN, reason)).reason == left


RIGHTS = Fact("a.rights", Type.RECORDS, "", Disclosure.PSEUDONYM, each="database", fields=(
    Field("account", Type.TEXT, "", ACCOUNT), Field("said", Type.TEXT, "", WORDS), Field("right", Type.TEXT, "")))


@pytest.mark.parametrize(("names", "left"), [
    (None, {"matching": 1, "total": 5, "complete": True}),
    (Pseudonyms(), {"matching": 1, "total": 5, "complete": True}),
    (Pseudonyms(b"k" * 32), {"items": [{"account": pseudonym(b"k" * 32, ACCOUNT, SECRET), "right": "SELECT"}],
                             "matching": 1, "total": 5, "complete": True}),
])
def test_what_a_verdict_shows_of_names_is_what_the_facts_show(names: Pseudonyms | None, left: Any) -> None:
    seen = {"items": [{"account": SECRET, "said": f"{SECRET} may", "right": "SELECT"}], "matching": 1, "total": 5,
            "complete": True}
    judged = result({"a.rights@roll": seen}, instances=(Instance("roll", Verdict.FAIL, SECRET),))
    (one,) = disclosed([judged], Registry([RIGHTS]), names)
    assert one.facts == {"a.rights@roll": left}
    assert SECRET not in str(one)
    assert one.instances[0].actual in one.actual


def test_instances_are_withheld_one_by_one() -> None:
    one = shown(result(
        {"backup.owner@a": SECRET, "backup.owner@b": {"unknown": f"denied: {SECRET}"}}, Verdict.UNKNOWN, SECRET,
        instances=(Instance("a", Verdict.PASS, SECRET), Instance("b", Verdict.UNKNOWN, SECRET, SECRET))))
    assert SECRET not in str(one)
    assert [each.actual for each in one.instances] == ["backup.owner@a = withheld", "backup.owner@b = (denied)"]
    assert one.instances[1].reason == "backup.owner@b: denied"
    assert one.actual == "b: backup.owner@b = (denied)"


IDENTITY = Identity(schema="", server="", tenant="county", agent="a1", epoch="", key="", enrolled=NOW, approved=True)


def audited(**facts: Observation) -> Audit:
    named = {name.replace("__", "."): seen for name, seen in facts.items()}
    return Audit("front\ndesk", NOW, 0.1, Declared(roles=("pollbook",)), shipped(), named,
                 [result({"people.local": {"items": [SECRET], "total": 1}})], ("sudo: root",), {})


def test_no_local_value_is_in_the_bytes_of_a_report() -> None:
    facts = {"people__local": Observation(listing=Listing([SECRET]), as_of=NOW),
             "people__admins": Observation(listing=Listing([SECRET]), as_of=NOW),
             "people__first": Observation(missing=Missing(Reason.ERROR, SECRET)),
             "open__port": Observation(value=22, as_of=NOW)}
    content = prepare(audited(**facts), IDENTITY, REGISTRY, None)
    made, _ = place(content, Place("e", 3, "sha256:0", "", report.Spool(1, 2)))
    data = report.encode(made)
    assert SECRET.encode() not in data
    assert report.decode_report(data) == made
    assert made.facts["open.port"].value == 22
    assert (made.sequence, made.previous, made.spool, made.privileges) == (3, "sha256:0", report.Spool(1, 2),
                                                                         ("sudo: root",))
    assert made.host == "front?desk"


def test_an_inventory_the_server_has_is_named_and_another_is_sent() -> None:
    content = prepare(audited(), IDENTITY, REGISTRY, None)
    named = report.section_digest(content.inventory)
    assert place(content, Place("e", 1, None, named, report.Spool(0, 0)))[0].inventory == Same(named)
    assert place(content, Place("e", 1, None, "sha256:1", report.Spool(0, 0)))[0].inventory == content.inventory


def test_two_audits_that_found_the_same_have_one_essence_whatever_the_time() -> None:
    one = prepare(audited(open__port=Observation(value=22, as_of=NOW)), IDENTITY, REGISTRY, None)
    two = prepare(audited(open__port=Observation(value=22, as_of=NOW.replace(year=2027))), IDENTITY, REGISTRY, 3.0)
    assert one.essence == two.essence
    changed = msgspec.structs.replace
    other = audited()
    other.results[0] = changed(other.results[0], verdict=Verdict.PASS)
    assert prepare(other, IDENTITY, REGISTRY, None).essence != one.essence


def test_what_is_too_large_to_send_says_so_instead_of_blocking_the_report() -> None:
    huge = Observation(listing=Listing([{"port": number, "text": "x" * 90} for number in range(80_000)]), as_of=NOW)
    content = prepare(audited(open__sockets=huge, open__port=Observation(value=22, as_of=NOW)), IDENTITY, REGISTRY,
                      None)
    assert content.report.facts["open.sockets"].missing == Missing(Reason.TRUNCATED, "too large to send")
    assert content.report.facts["open.port"].value == 22
    assert len(report.encode(content.report)) < LIMIT
    assert json.loads(report.encode(content.report))["schema"] == report.SCHEMA
