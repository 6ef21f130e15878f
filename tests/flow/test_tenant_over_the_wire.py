"""A whole tenant over the wire to verdicts: each permission and each licence that is missing turns into unknown what
rests on it, and nothing else, and the reason names what to grant."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from agent import audit as audits
from agent import config
from collectors import _entra_permissions
from collectors.host.live import LiveHost
from hustings.declared import Declared
from hustings.verdicts import Result, Verdict
from policies.pack import shipped
from tests.graph_server import CLIENT, SECRET, TENANT, GraphServer, serve
from tests.graph_tenant import office, registration

STANDS_IN = {"Directory.Read.All", "Device.Read.All"}
"""Broad permissions that open what others do: without them each of the others is needed."""
GRANTED = {one.name for one in _entra_permissions.PERMISSIONS} - STANDS_IN
PACK = shipped()
ONLY = [one.id for one in PACK.checks if one.id.startswith("identity/directory-") and one.each]

MFA = {"admins-mfa", "people-mfa", "guests-mfa", "strong-method-demanded", "legacy-blocked"}
TOP = {"few-top-admins", "two-top-admins", "no-guest-top-admin", "no-application-top-admin", "no-hidden-admins"}
GLASS = {"break-glass", "break-glass-as-declared"}
DEVICES = {"devices-encrypted", "devices-compliant", "devices-supported"}
DORMANT = {"no-dormant-accounts", "no-dormant-guests"}
REGISTERED = {"admins-registered", "people-registered", "strong-method-registered"}
APPLICATIONS = {"no-risky-applications", "application-credentials"}
WITHOUT: Mapping[str, set[str]] = {
    "User.Read.All": MFA | TOP | GLASS | DORMANT | REGISTERED | {
        "admins-without-mailbox", "leavers-have-no-account", "no-shared-accounts", "no-never-expiring",
        "no-forwarding-outside", "password-rules"},
    "RoleManagement.Read.Directory": TOP | GLASS | {
        "admins-without-mailbox", "admins-registered", "strong-method-registered", "strong-method-demanded"},
    "GroupMember.Read.All": MFA | TOP | {"strong-method-registered"},
    "Policy.Read.All": MFA | {"invitations-limited", "consent-limited"},
    "AuditLog.Read.All": DORMANT | REGISTERED,
    "Application.Read.All": APPLICATIONS,
    "Organization.Read.All": {"password-rules"},
    "Domain.Read.All": {"no-never-expiring", "no-forwarding-outside"},
    "GroupSettings.Read.All": {"lockout", "password-rules"},
    "DeviceManagementManagedDevices.Read.All": DEVICES,
    "MailboxSettings.Read": {"no-forwarding-outside"},
}
"""By permission, every check that may be unknown without it (it stays a failure where what is known shows one)."""
UNLICENSED: Mapping[str, tuple[str, set[str]]] = {
    "AAD_PREMIUM": ("Microsoft Entra ID P1", DORMANT | REGISTERED), "INTUNE_A": ("Device.Read.All", DEVICES)}
"""By service plan: what the reason names, and the checks that may be unknown without it."""


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with serve(permissions=sorted(GRANTED)) as graph:
        yield graph


def declare(server: GraphServer, place: Path) -> Path:
    """A machine.yaml, and the tenant it names in its whole state."""
    tenant = office()
    tenant.registrations += [registration(one) for one in tenant.users[2:]]
    server.app.permissions = set(GRANTED)
    server.log.clear()
    tenant.install(server)
    (place / "roster.yaml").write_text("people:\n  - {id: p1, emails: [clerk@office.example], left: 2026-10-01}\n")
    secret = place / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    path = place / "machine.yaml"
    path.write_text(f"""\
roles: [directory]
roster: {place / 'roster.yaml'}
tenants:
  - name: office
    kind: entra
    id: {TENANT}
    client_id: {CLIENT}
    secret_file: {secret}
    url: {server.url}
    mail_rules: true
    break_glass: [glass@office.example]
""")
    return path


@pytest.fixture
def machine(server: GraphServer, tmp_path: Path) -> Path:
    return declare(server, tmp_path)


def judged(path: Path) -> dict[str, Result]:
    declared: Declared = config.load(path)
    found = audits.audit(LiveHost(), declared, PACK, only=ONLY)
    return {one.check.removeprefix("identity/directory-"): one for one in found.results}


@pytest.fixture(scope="module")
def whole(server: GraphServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The verdicts with everything granted."""
    return judged(declare(server, tmp_path_factory.mktemp("whole")))


def changed(before: dict[str, Result], after: dict[str, Result]) -> dict[str, Result]:
    return {name: one for name, one in after.items() if one.verdict is not before[name].verdict}


def test_with_everything_granted_only_what_graph_does_not_show_is_unknown(whole: dict[str, Result]) -> None:
    assert {name for name, one in whole.items() if one.verdict is Verdict.UNKNOWN} == {"forwarding-not-allowed"}
    assert {one.verdict for one in whole.values()} == set(Verdict)


@pytest.mark.parametrize("permission", WITHOUT)
def test_a_missing_permission_turns_into_unknown_what_rests_on_it_and_is_named(
        permission: str, machine: Path, server: GraphServer, whole: dict[str, Result]) -> None:
    server.app.permissions = GRANTED - {permission}
    found = changed(whole, judged(machine))
    assert set(found) <= WITHOUT[permission]
    assert found
    for name, one in found.items():
        assert (name, one.verdict) == (name, Verdict.UNKNOWN)
        assert permission in str(one.reason), name


@pytest.mark.parametrize("plan", UNLICENSED)
def test_a_missing_licence_does_too(plan: str, machine: Path, server: GraphServer, whole: dict[str, Result]) -> None:
    named, checks = UNLICENSED[plan]
    server.licences -= {plan}
    found = changed(whole, judged(machine))
    assert set(found) <= checks
    assert found
    for name, one in found.items():
        assert (name, one.verdict) == (name, Verdict.UNKNOWN)
        assert named in str(one.reason), name


def test_the_command_says_it_and_keeps_the_secret(machine: Path, server: GraphServer) -> None:
    server.app.permissions = GRANTED - {"Policy.Read.All"}
    done = subprocess.run([sys.executable, "-m", "hustings", "check", "--config", str(machine), "--format", "json",
                           *(f"--only=identity/directory-{one}" for one in sorted(MFA))],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert {one["verdict"] for one in results} == {"unknown"}
    assert all([each["subject"] for each in one["instances"]] == ["office"] for one in results)
    assert all("Policy.Read.All" in one["reason"] for one in results)
    assert SECRET not in done.stdout + done.stderr
