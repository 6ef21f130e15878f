"""What the rules of access hide of a directory with faults: no check that fails with everything shown passes without,
and none that passes fails. Over real servers, attribute by attribute, to verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import audit as audits
from collectors.host.live import LiveHost
from collectors.host.protocol import LookError
from hustings.declared import Declared, Tenant
from policies.pack import shipped
from tests.directory.ldap_asking import state, tenant
from tests.ldap_tree import DOMAIN, Domain, descriptor, filetime, person, places, schema
from tests.slapd import READ_ALL, READER, SUFFIX, Entries, Slapd, running

NOW = datetime.now(UTC)
PACK = shipped()
ONLY = [one.id for one in PACK.checks if one.id.startswith("identity/directory-") and one.each]
DEFAULT = f"cn=default,ou=policies,{SUFFIX}"
OVERLAYS = f"overlay ppolicy\nppolicy_default \"{DEFAULT}\"\nlastbind on"
CONFIG = f'to * by dn.exact="{READER}" read by * none'
STRICT = {"pwdMinLength": "16", "pwdCheckQuality": "2", "pwdLockout": "TRUE", "pwdMaxFailure": "5",
          "pwdInHistory": "10"}


def judged(one: Tenant, place: Path) -> Mapping[str, str]:
    roster = place / "roster.yaml"
    roster.write_text("people:\n- {id: gone, accounts: [gone], left: 2026-01-31}\n", encoding="utf-8")
    found = audits.audit(LiveHost(), Declared(roles=("directory",), tenants=(one,), roster=str(roster)), PACK,
                         only=ONLY)
    return {result.check.removeprefix("identity/directory-"): str(result.verdict) for result in found.results}


def stamp(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def people(*, faulty: bool) -> Entries:
    made = {"createTimestamp": stamp(900)}
    used = {**made, "pwdLastSuccess": stamp(1)}
    yield from places("people", "groups", "policies")
    for name, rules in (("default", STRICT), ("own", {**STRICT, "pwdMinLength": "8"})):
        yield f"cn={name},ou=policies,{SUFFIX}", {
            "objectClass": ["pwdPolicy", "namedObject"], "cn": name, "pwdAttribute": "userPassword", **rules}
    for name in ("alice", "bob"):
        dn, attributes = person(name, **used)
        if not faulty:
            del attributes["mail"]
        yield dn, attributes
    yield person("closed", pwdEndTime=stamp(10), pwdLastSuccess=stamp(300), **made)
    yield person("ended", objectClass=["inetOrgPerson", "shadowAccount"], shadowExpire="15000",
                 pwdLastSuccess=stamp(300), **made)
    yield f"cn=admins,ou=groups,{SUFFIX}", {
        "objectClass": "groupOfNames", "cn": "admins",
        "member": [f"uid={name},ou=people,{SUFFIX}" for name in ("alice", "bob")]}
    if faulty:
        yield person("idle", pwdLastSuccess=stamp(90), pwdPolicySubentry=f"cn=own,ou=policies,{SUFFIX}", **made)
        yield person("gone", **used)
        yield person("front-counter", **used)


def directory(one: Slapd, place: Path) -> Mapping[str, str]:
    return judged(tenant(one, place, "ldap", admin_groups=(f"CN=admins, OU=groups, {SUFFIX}",)), place)


def shown(place: Path, *, faulty: bool, hide: str = "") -> Mapping[str, str]:
    access = (READ_ALL[0], *([f"to {hide} by * none"] if hide else []), READ_ALL[1])
    with running(people(faulty=faulty), overlays=OVERLAYS, config_access=CONFIG, access=access) as server:
        return directory(server, place)


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    return {name: verdict for name, verdict in after.items() if verdict != before[name]}


def test_a_whole_directory_is_judged(tmp_path: Path) -> None:
    good, bad = shown(tmp_path, faulty=False), shown(tmp_path, faulty=True)
    assert {name for name, verdict in good.items() if verdict in ("fail", "unknown")} == {"no-hidden-admins"}
    assert changed(good, bad) == dict.fromkeys(
        ("admins-without-mailbox", "leavers-have-no-account", "no-dormant-accounts", "no-shared-accounts",
         "password-length"), "fail")


@pytest.mark.parametrize(("hide", "lost"), [
    ("attrs=mail", {"admins-without-mailbox", "leavers-have-no-account"}),
    (f'dn.subtree="ou=people,{SUFFIX}" attrs=objectClass', {"no-dormant-accounts", "password-length"}),
    (f'dn.exact="uid=idle,ou=people,{SUFFIX}" attrs=objectClass', {"no-dormant-accounts", "password-length"}),
    (f'dn.exact="uid=idle,ou=people,{SUFFIX}" attrs=pwdAccountLockedTime', {"no-dormant-accounts", "password-length"}),
    ("attrs=pwdPolicySubentry", {"password-length", "lockout"}),
])
def test_no_fault_of_a_directory_becomes_a_pass_where_it_is_hidden(tmp_path: Path, hide: str, lost: set[str]) -> None:
    found = changed(shown(tmp_path, faulty=True), shown(tmp_path, faulty=True, hide=hide))
    assert set(found.values()) == {"unknown"}
    assert set(found) & lost


@pytest.mark.parametrize("attribute", [*STRICT, "pwdEndTime", "shadowExpire"])
def test_what_is_in_order_becomes_no_fault_where_it_is_hidden(tmp_path: Path, attribute: str) -> None:
    found = changed(shown(tmp_path, faulty=False), shown(tmp_path, faulty=False, hide=f"attrs={attribute}"))
    assert set(found.values()) == {"unknown"}


def domain() -> Domain:
    """A domain with a weak policy for one account, an old krbtgt, and administrators by their primary group."""
    made = Domain(NOW)
    made.change("Administrator", userAccountControl=str(0x202))
    made.change("krbtgt", pwdLastSet=filetime(NOW - timedelta(days=400)))
    made.head["minPwdLength"] = "16"
    for name in ("ada", "bea"):
        made.user(name, groups=("Domain Admins",), control=0x40200)
    made.user("dora")
    made.user("first", primary=512, control=0x40200, extra={"mail": "first@office.test"})
    made.add("CN=Password Settings Container,CN=System", "msDS-PasswordSettingsContainer",
             cn="Password Settings Container")
    made.add("CN=weak,CN=Password Settings Container,CN=System", "msDS-PasswordSettings", cn="weak", extra={
        "msDS-PasswordSettingsPrecedence": "1", "msDS-MinimumPasswordLength": "8", "msDS-LockoutThreshold": "5",
        "msDS-PasswordHistoryLength": "5", "msDS-PasswordComplexityEnabled": "TRUE",
        "msDS-MaximumPasswordAge": "-36288000000000", "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
        "msDS-PSOAppliesTo": [made.dn("dora")]})
    return made


def forest(place: Path, hide: str = "", change: Callable[[Domain], None] = lambda _: None) -> Mapping[str, str]:
    made = domain()
    change(made)
    access = (READ_ALL[0], *([f"to {hide} by * none"] if hide else []), READ_ALL[1])
    with running(made.entries(), schema=schema(), head=made.head, access=access) as server:
        return judged(tenant(server, place), place)


@pytest.mark.parametrize(("hide", "lost", "kept"), [
    ("attrs=objectSid", {"default-accounts"}, set[str]()),
    (f'dn.base="{SUFFIX}" attrs=objectSid', set[str](), {"default-accounts", "admins-without-mailbox"}),
    ("attrs=userAccountControl", {"password-length"}, {"default-accounts"}),
    (f'dn.exact="CN=dora,CN=Users,{SUFFIX}" attrs=userAccountControl', {"password-length"}, {"default-accounts"}),
    ("attrs=msDS-PSOAppliesTo", {"password-length"}, {"default-accounts"}),
    ("attrs=msDS-LockoutThreshold", {"lockout"}, {"default-accounts"}),
    ("attrs=mail", {"admins-without-mailbox"}, {"default-accounts"}),
    (f'dn.subtree="CN=Users,{SUFFIX}" attrs=objectClass', {"default-accounts", "admins-without-mailbox"}, set[str]()),
])
def test_no_fault_of_a_domain_becomes_a_pass_where_it_is_hidden(tmp_path: Path, hide: str, lost: set[str],
                                                               kept: set[str]) -> None:
    whole = forest(tmp_path)
    assert {name for name, verdict in whole.items() if verdict == "fail"} == {
        "default-accounts", "admins-without-mailbox", "password-length", "settings"}
    found = changed(whole, forest(tmp_path, hide))
    assert set(found.values()) <= {"unknown"}
    assert lost <= set(found)
    assert not kept & set(found)


def test_rights_of_known_administrators_are_no_finding_where_identifiers_are_hidden(tmp_path: Path) -> None:
    assert forest(tmp_path)["no-hidden-admins"] == "pass"
    assert forest(tmp_path, "attrs=objectSid")["no-hidden-admins"] == "unknown"

    def plant(made: Domain) -> None:
        made.head["nTSecurityDescriptor"] = descriptor(f"{DOMAIN}-512", ("allow", made.user("eve"), 0xF01FF))

    assert forest(tmp_path, change=plant)["no-hidden-admins"] == "fail"


def test_a_directory_of_another_kind_is_said_to_be_one_and_not_judged(tmp_path: Path) -> None:
    with running(people(faulty=True), overlays=OVERLAYS) as server:
        one = tenant(server, tmp_path)
        with pytest.raises(LookError, match="kind: ldap"):
            state(one)
        assert set(judged(one, tmp_path).values()) <= {"unknown", "not_applicable"}
