"""Official names, addresses with free providers, and until when a registration has to hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hustings.declared import Declared, Domain
from hustings.facts import Missing, Observation, Reason
from policies.derive import domain_official, domain_renewal
from policies.derive.base import Inputs
from policies.loader import load_tables
from policies.pack import HERE

TABLES = load_tables(HERE / "tables")
TABLE = TABLES["official_domains"]


def official(name: str, *addresses: str, others: tuple[str, ...] = ()) -> dict[str, Any]:
    declared = Declared(domains=(Domain(name, addresses=addresses), *map(Domain, others)))
    assert domain_official.DERIVED.derive is not None
    return dict(domain_official.DERIVED.derive(Inputs({}, declared, TABLES, name)))


@pytest.mark.parametrize(("name", "kind", "of"), [
    ("county.gov", "government", "United States: federal, state, local, tribal"),
    ("votes.County.GOV", "government", "United States: federal, state, local, tribal"),
    ("elections.gc.ca", "government", "Canada"), ("elections.gov.bc.ca", "province", "British Columbia"),
    ("electionsquebec.qc.ca", "province", "Quebec"), ("ville.example.qc.ca", "registered", "Canada"),
    ("toronto.ca", "registered", "Canada"), ("county.com", "none", None), ("county.gov.example", "none", None),
    ("mygov", "none", None), ("notgov.org", "none", None), ("county.ca.us", "none", None),
])
def test_the_longest_ending_decides(name: str, kind: str, of: str | None) -> None:
    seen = official(name)
    assert (seen["domain.official"], seen["domain.official_of"]) == (kind, of)


def test_addresses_elsewhere_are_told_by_domain_and_number_alone() -> None:
    seen = official("office.ca", "clerk@office.ca", "vote@mail.office.ca", "a@Gmail.com", "b@gmail.com",
                    "c@county.gov", "d@firm.com", "e@second.ca", others=("second.ca",))["domain.mail_elsewhere"]
    assert seen.items == [{"domain": "county.gov", "addresses": 1, "kind": "official"},
                          {"domain": "firm.com", "addresses": 1, "kind": "other"},
                          {"domain": "gmail.com", "addresses": 2, "kind": "free"}]
    assert official("office.ca")["domain.mail_elsewhere"] is None
    assert official("office.ca", "x@notgmail.com")["domain.mail_elsewhere"].items[0]["kind"] == "other"


def test_a_pack_without_the_table_is_a_reason() -> None:
    assert domain_official.DERIVED.derive is not None
    seen = domain_official.DERIVED.derive(Inputs({}, Declared(domains=(Domain("a.gov"),)), {}, "a.gov"))
    assert all(isinstance(one, Missing) for one in seen.values())


def test_the_table_is_dated_sourced_and_says_nothing_twice() -> None:
    assert date.fromisoformat(TABLE["dated"])
    assert all(one["name"] and one["url"].startswith("http") for one in TABLE["sources"])
    suffixes = [one["suffix"] for one in TABLE["suffixes"]]
    free = TABLE["free_mail"]
    for names in (suffixes, free):
        assert len(names) == len(set(names))
        assert all(one == one.lower().strip(".") for one in names)
    assert {one["kind"] for one in TABLE["suffixes"]} == set(TABLE["meaning"])
    assert not set(suffixes) & set(free)


@pytest.mark.parametrize(("votes", "until"), [
    ((), "2026-12-22"), ((date(2026, 12, 15),), "2027-01-14"), ((date(2026, 11, 3),), "2026-12-22"),
    ((date(2027, 2, 20),), "2027-03-22"), ((date(2027, 2, 21),), "2026-12-22"), ((date(2026, 1, 6),), "2026-12-22"),
])
def test_a_registration_has_to_hold_past_the_certification_of_a_vote_that_is_near(votes: tuple[date, ...],
                                                                                 until: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert domain_renewal.DERIVED.derive is not None
    declared = Declared(domains=(Domain("a.gov"),), voting_days=votes)
    for seen in (Observation(value="2027-01-01T00:00:00Z", as_of=now), Observation(absent=True, as_of=now)):
        facts = {"domain.registration_expires": seen}
        found = domain_renewal.DERIVED.derive(Inputs(facts, declared, {}, "a.gov"))
        assert found["domain.registration_needed_until"] == until
    unread = {"domain.registration_expires": Observation(missing=Missing(Reason.TIMEOUT))}
    found = domain_renewal.DERIVED.derive(Inputs(unread, declared, {}, "a.gov"))
    assert found["domain.registration_needed_until"] is None
