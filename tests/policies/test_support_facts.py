"""From what was seen on a machine to facts about its support, and on to verdicts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hustings.declared import Database, Declared
from hustings.facts import Facts, Listing, Missing, Observation, Reason, Registry
from hustings.verdicts import Verdict
from policies.derive.base import derive_all
from policies.evaluate import Context, judge
from policies.loader import catalogue_rows, load_check, load_tables
from policies.pack import HERE

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TABLES = load_tables(HERE / "tables")
ROWS = {one.id for one in catalogue_rows(TABLES)}


def seen(value: Any) -> Observation:
    if isinstance(value, Missing):
        return Observation(missing=value)
    if value is None:
        return Observation(absent=True, as_of=NOW)
    if isinstance(value, (list, Listing)):
        return Observation(listing=value if isinstance(value, Listing) else Listing(value), as_of=NOW)
    return Observation(value=value, as_of=NOW)


def machine(system: str = "debian", version: str | None = "12", packages: Any = (), declared: Declared | None = None,
            **more: Any) -> Facts:
    facts = {"os.id": system, "os.version": version, "os.edition": None, "os.name": f"{system} {version}",
             "products.installed": [dict(zip(("name", "version", "source"), one, strict=True), upstream="")
                                    for one in packages] if isinstance(packages, (list, tuple)) else packages, **more}
    return derive_all({name: seen(value) for name, value in facts.items()}, declared or Declared(), TABLES, NOW)


def verdict(check: str, facts: Facts, declared: Declared | None = None, **overrides: Any) -> tuple[Verdict, str]:
    area, _, name = check.partition("/")
    one = load_check(HERE / "library" / area / f"{name}.yaml", Registry.shipped(), ROWS)
    names = {"database": tuple(each.name for each in declared.databases)} if declared else {}
    result = judge(one, facts, Context(NOW, declared=names, overrides={check: overrides}))
    return result.verdict, result.reason or result.actual


def test_debian_10_fails_and_names_both_ends() -> None:
    answer, actual = verdict("patching/os-supported", machine(version="10"))
    assert answer is Verdict.FAIL
    assert "kind=vendor end=dated ends=2022-09-10" in actual
    assert "kind=lts end=dated ends=2024-06-30" in actual


def test_debian_12_passes_by_its_long_term_support_and_says_so() -> None:
    answer, actual = verdict("patching/os-supported", machine())
    assert (answer, "kind=lts end=dated ends=2028-06-30" in actual) == (Verdict.PASS, True)
    assert verdict("patching/os-supported", machine(), accepted_support=["vendor"])[0] is Verdict.FAIL
    assert verdict("patching/os-support-24-months", machine())[0] is Verdict.FAIL
    assert verdict("patching/os-support-24-months", machine(version="13"))[0] is Verdict.PASS


@pytest.mark.parametrize(("changes", "said"), [
    ({"system": "plan9"}, "no operating system 'plan9'"), ({"version": None}, "gives no version"),
    ({"version": "99"}, "no dates for Debian 99"), ({"os.version": Missing(Reason.DENIED, "needs root")}, "needs root"),
    ({"os.id": Missing(Reason.ERROR, "no os-release")}, "no os-release"),
])
def test_a_system_that_is_not_known_is_unknown_with_the_reason(changes: dict[str, Any], said: str) -> None:
    answer, reason = verdict("patching/os-supported", machine(**changes))
    assert answer is Verdict.UNKNOWN
    assert said in reason


def test_without_a_table_support_is_unknown_and_not_fine() -> None:
    facts = derive_all({"os.id": seen("debian"), "os.version": seen("12")}, Declared(), {}, NOW)
    assert facts["os.support"].missing is not None
    assert verdict("patching/os-supported", facts)[0] is Verdict.UNKNOWN


def test_the_same_openssl_is_fine_from_debian_and_node_from_its_makers_is_not() -> None:
    openssl = ("openssl", "3.0.19-1~deb12u2", "dpkg")
    assert verdict("patching/runtimes-supported", machine(packages=[openssl]))[0] is Verdict.PASS
    node = ("nodejs", "20.20.2-1nodesource1", "dpkg")
    answer, actual = verdict("patching/runtimes-supported", machine(packages=[openssl, node]))
    assert answer is Verdict.FAIL
    assert "Node.js 20" in actual
    assert "OpenSSL" not in actual


def test_a_distributions_software_on_an_ended_release_fails() -> None:
    openssl = ("openssl", "1.1.1n-0+deb10u6", "dpkg")
    assert verdict("patching/runtimes-supported", machine(version="10", packages=[openssl]))[0] is Verdict.FAIL


def test_a_distributions_software_on_an_unknown_release_is_unknown() -> None:
    openssl = ("openssl", "3.5.1-1", "dpkg")
    assert verdict("patching/runtimes-supported", machine(version="99", packages=[openssl]))[0] is Verdict.UNKNOWN


def test_packages_that_cannot_be_read_are_unknown_and_none_installed_is_not_applicable() -> None:
    denied = machine(packages=Missing(Reason.DENIED, "needs root"))
    assert verdict("patching/browser-supported", denied)[0] is Verdict.UNKNOWN
    partial = machine(packages=Listing([], complete=False, why=Missing(Reason.TRUNCATED)))
    assert verdict("patching/browser-supported", partial)[0] is Verdict.UNKNOWN
    assert verdict("patching/browser-supported", machine())[0] is Verdict.NOT_APPLICABLE


def test_each_release_line_is_one_record_and_the_rest_is_counted() -> None:
    facts = machine(packages=[("openssl", "3.0.19-1~deb12u2", "dpkg"), ("libssl3", "3.0.19-1~deb12u2", "dpkg"),
                              ("libc6", "2.36-9", "dpkg")])
    listing = facts["products.support"].listing
    assert listing is not None
    assert [one["product"] for one in listing.items] == ["OpenSSL 3.0"]
    assert facts["products.unrecognised"].value == 1


def database(host: str) -> Declared:
    return Declared(databases=(Database(name="voters", engine="postgresql", host=host),))


def asked(version: Any, host: str, packages: Any = (), system: str = "12") -> tuple[Facts, Declared]:
    declared = database(host)
    return machine(version=system, packages=packages, declared=declared, **{
        "registration.engine@voters": "postgresql", "registration.version@voters": version}), declared


@pytest.mark.parametrize(("version", "host", "packages", "expected"), [
    ("16.15", "db.example", [], Verdict.PASS),
    ("13.23", "db.example", [], Verdict.UNKNOWN),
    ("13.23", "127.0.0.1", [("postgresql-13", "13.23-1.pgdg120+1", "dpkg")], Verdict.FAIL),
    ("13.23", "/run/postgresql", [("postgresql-13", "13.23-0+deb12u1", "dpkg")], Verdict.PASS),
    ("13.23", "127.0.0.1", [("postgresql-15", "15.18-0+deb12u1", "dpkg")], Verdict.UNKNOWN),
    ("99.1", "db.example", [], Verdict.UNKNOWN),
    (Missing(Reason.TIMEOUT, "no answer"), "127.0.0.1", [], Verdict.UNKNOWN),
])
def test_a_registration_database_is_judged_by_who_mends_its_server(
        version: Any, host: str, packages: list[tuple[str, str, str]], expected: Verdict) -> None:
    facts, declared = asked(version, host, packages)
    assert verdict("patching/database-supported", facts, declared)[0] is expected
