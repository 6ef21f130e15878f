"""A Google Workspace tenant over the wire to verdicts: a good one passes, each planted fault has its verdict, and each
scope that is missing turns into unknown what rests on it and nothing else, naming what to grant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import audit as audits
from agent import config
from collectors.host.live import LiveHost
from hustings.directory.google_sections import BY_NAME
from hustings.verdicts import Result, Verdict
from policies.pack import shipped
from tests.directory.google_office import BOSS, CLERK, EXEMPT, HELPER, OPEN, days_ago, office
from tests.google_server import ADMINISTRATOR, ALL_SCOPES, GoogleServer, Workspace, policy, serve, usage, user

PACK = shipped()
ONLY = [one.id for one in PACK.checks if one.id.startswith("identity/directory-") and one.each]
NEVER_TOLD = {"no-risky-applications"}
"""Of which Google tells nothing to anybody."""
MFA = {"admins-mfa", "people-mfa", "guests-mfa"}
TOP = {"few-top-admins", "two-top-admins", "no-guest-top-admin", "no-application-top-admin"}
GLASS = {"break-glass", "break-glass-as-declared"}
DEVICES = {"devices-encrypted", "devices-compliant", "devices-supported"}
SETTINGS = {"legacy-blocked", "password-length", "password-rules", "settings", "consent-limited",
            "forwarding-not-allowed", "strong-method-demanded"}
WITHOUT: Mapping[str, set[str]] = {
    "users": MFA | TOP | GLASS | SETTINGS | {
        "admins-registered", "people-registered", "strong-method-registered", "admins-without-mailbox",
        "no-dormant-accounts", "no-dormant-guests", "leavers-have-no-account", "no-shared-accounts",
        "no-forwarding-outside"},
    "roles": TOP | {"settings", "admins-mfa", "admins-without-mailbox", "strong-method-registered",
                    "admins-registered"},
    "units": SETTINGS | MFA,
    "policies": SETTINGS | MFA,
    "groups": {"two-top-admins", "few-top-admins", "no-guest-top-admin", "no-application-top-admin", "settings",
               "admins-mfa", "admins-without-mailbox", "strong-method-registered", "admins-registered",
               "legacy-blocked"},
    "report": {"admins-without-mailbox", "strong-method-registered"},
    "sign_on": MFA | {"strong-method-demanded"},
    "mobiles": DEVICES, "chromebooks": DEVICES, "computers": DEVICES,
    "forwardings": {"no-forwarding-outside"},
}
"""By section, every check that may be unknown without it, in a tenant without a fault."""


def exemplary() -> Workspace:
    """The office with nothing to say against it."""
    tenant = office()
    tenant.users = [one for one in tenant.users if one["primaryEmail"] not in (
        OPEN, "newcomer@office.example", "front.counter@office.example", "gone@office.example")]
    for one in tenant.users:
        one |= {"isMailboxSetup": one["primaryEmail"] in (CLERK, BOSS)}
    tenant.users.append(user("visitor@elsewhere.example", "121", isGuestUser=True, isMailboxSetup=False,
                             lastLoginTime=days_ago(5)))
    tenant.users.append(user("glass@office.example", "120", isAdmin=True, isMailboxSetup=False,
                             lastLoginTime=days_ago(90)))
    tenant.assignments.append({"roleId": "11", "assignedTo": "120", "assigneeType": "user"})
    tenant.policies = [one for one in tenant.policies if one["policyQuery"]["orgUnit"] != "orgUnits/03staff"]
    tenant.policies[-1]["setting"]["value"] = {"enableImapAccess": False}
    for rows in tenant.usage.values():
        rows[:] = [usage(one["primaryEmail"], 1, 1, days_ago(3) if one["primaryEmail"] == CLERK else
                         "1970-01-01T00:00:00.000Z") for one in tenant.users]
    tenant.computers = [{"name": "devices/1", "deviceType": "MAC_OS", "hostname": "mac", "osVersion": "MacOS 26.1",
                         "encryptionState": "ENCRYPTED", "ownerType": "COMPANY", "lastSyncTime": days_ago(1)}]
    tenant.mobiles[0]["os"] = "iOS 26.1"
    tenant.mail = {CLERK: {}, BOSS: {}}
    return tenant


@pytest.fixture(scope="module")
def server() -> Iterator[GoogleServer]:
    with serve() as running:
        yield running


def judged(server: GoogleServer, place: Path, tenant: Workspace, *missing: str) -> dict[str, Result]:
    """The verdicts of an audit, as the agent makes them."""
    server.workspace, server.granted = tenant, set(ALL_SCOPES) - {BY_NAME[one].scope for one in missing}
    (place / "roster.yaml").write_text("people:\n  - {id: p1, emails: [left@office.example], left: 2026-10-01}\n")
    path = place / "machine.yaml"
    path.write_text(f"""\
roles: [directory]
roster: {place / 'roster.yaml'}
tenants:
  - name: office
    kind: google
    key_file: {server.key_file(place)}
    administrator: {ADMINISTRATOR}
    url: {server.url}
    mail_rules: true
    break_glass: [{ADMINISTRATOR}, glass@office.example]
    high_value: [{CLERK}]
""")
    found = audits.audit(LiveHost(), config.load(path), PACK, only=ONLY)
    return {one.check.removeprefix("identity/directory-"): one for one in found.results}


@pytest.fixture(scope="module")
def whole(server: GoogleServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return judged(server, tmp_path_factory.mktemp("whole"), exemplary())


def test_a_tenant_with_nothing_against_it_passes(whole):
    found = {name: one.verdict for name, one in whole.items()}
    assert {name for name, verdict in found.items() if verdict is Verdict.FAIL} == set()
    assert {name for name, verdict in found.items() if verdict is Verdict.UNKNOWN} == NEVER_TOLD | {
        "devices-compliant"}
    assert {name for name, verdict in found.items() if verdict is Verdict.PASS} >= MFA | TOP | GLASS | SETTINGS


@pytest.mark.parametrize("section", WITHOUT)
def test_what_is_missing_turns_what_rests_on_it_into_unknown_and_is_named(server, tmp_path, whole, section):
    tenant = exemplary()
    found = judged(server, tmp_path, tenant, section)
    changed = {name: one for name, one in found.items() if one.verdict is not whole[name].verdict}
    assert {str(one.verdict) for one in changed.values()} <= {"unknown"}
    assert set(changed) <= WITHOUT[section]
    named = [name for name, one in changed.items() if BY_NAME[section].scope in str(one.reason)]
    if section != "groups":
        assert named
    if section in ("users", "policies", "units", "report", "sign_on", "computers", "forwardings"):
        assert set(named) == set(changed) == {name for name in WITHOUT[section] if whole[name].verdict is Verdict.PASS}


def _of(tenant: Workspace, name: str) -> dict[str, object]:
    return next(one for one in tenant.users if one["primaryEmail"] == name)


def _boss_not_enforced(tenant: Workspace) -> None:
    _of(tenant, BOSS)["isEnforcedIn2Sv"] = False


def _clerk_not_enforced(tenant: Workspace) -> None:
    _of(tenant, CLERK)["isEnforcedIn2Sv"] = False


def _in_its_enrolment_period(tenant: Workspace) -> None:
    tenant.users.append(user("new@office.example", "130", isEnrolledIn2Sv=False, creationTime=days_ago(1),
                             lastLoginTime=days_ago(0.5), isMailboxSetup=False))
    tenant.policies.append(policy("security.two_step_verification_grace_period",
                                  {"enrollmentGracePeriod": "604800s"}))


def _enforced_from_a_later_day(tenant: Workspace) -> None:
    later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tenant.policies.append(policy("security.two_step_verification_enforcement", {"enforcedFrom": later}, order=900.0))


def _codes_by_telephone(tenant: Workspace) -> None:
    tenant.policies.append(policy("security.two_step_verification_enforcement_factor",
                                  {"allowedSignInFactorSet": "ALL"}, unit="03staff", order=202.0))


def _imap_by_group(tenant: Workspace) -> None:
    tenant.groups[EXEMPT]["members"] = ["104"]
    tenant.policies[-1]["setting"]["value"] = {"enableImapAccess": True}


def _mail_of_an_administrator(tenant: Workspace) -> None:
    for rows in tenant.usage.values():
        rows[:] = [one for one in rows if one["entity"]["userEmail"] != BOSS] + [usage(BOSS, 1, 1, days_ago(4))]


def _somebody_who_left(tenant: Workspace) -> None:
    _of(tenant, HELPER)["aliases"] = ["left@office.example"]


def _forwarding(tenant: Workspace) -> None:
    tenant.mail[CLERK] = {"filters": ["x@elsewhere.example"]}


def _no_key(tenant: Workspace) -> None:
    for rows in tenant.usage.values():
        rows[:] = [one for one in rows if one["entity"]["userEmail"] != HELPER] + [usage(HELPER)]


def _short_passwords(tenant: Workspace) -> None:
    tenant.policies.append(policy("security.password", {"minimumLength": 8}, unit="03counter", order=203.0))


FAULTS: Mapping[Callable[[Workspace], None], tuple[set[str], set[str]]] = {
    _boss_not_enforced: ({"admins-mfa", "strong-method-demanded"}, set()),
    _clerk_not_enforced: ({"people-mfa", "strong-method-demanded"}, set()),
    _in_its_enrolment_period: ({"people-mfa", "people-registered"}, set()),
    _enforced_from_a_later_day: (set(), MFA | {"strong-method-demanded"}),
    _codes_by_telephone: ({"strong-method-demanded"}, set()),
    _imap_by_group: ({"legacy-blocked"}, set()),
    _mail_of_an_administrator: ({"admins-without-mailbox"}, set()),
    _somebody_who_left: ({"leavers-have-no-account"}, set()),
    _forwarding: ({"no-forwarding-outside"}, set()),
    _no_key: ({"strong-method-registered"}, set()),
    _short_passwords: ({"password-length"}, set()),
}
"""A fault, the checks that fail for it, and those that become unknown."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.__name__.strip("_"))
def test_each_planted_fault_is_found_and_nothing_else_is(server, tmp_path, whole, fault):
    tenant = exemplary()
    fault(tenant)
    found = judged(server, tmp_path, tenant)
    failing, unknown = FAULTS[fault]
    changed = {name: one.verdict for name, one in found.items() if one.verdict is not whole[name].verdict}
    assert {name for name, verdict in changed.items() if verdict is Verdict.FAIL} == failing
    assert {name for name, verdict in changed.items() if verdict is Verdict.UNKNOWN} == unknown
    assert len(changed) == len(failing) + len(unknown)
