"""A Google Workspace tenant of an office with something of everything, and how it is read in tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from collectors.directory_google import read
from hustings.declared import Declared, MaySkip, SharedAccount, Tenant
from hustings.directory.google import State
from tests.directory.signing_in import Time
from tests.fakes import FakeHost
from tests.google_server import ADMINISTRATOR, CUSTOMER, GoogleServer, Workspace, policy, unit, usage, user

SUPER, EXEMPT, NESTED = "01superteam", "02exempt", "03nested"
ROLE_SUPER, ROLE_HELP = "11", "12"
BOSS, OWNER, HELPER, CLERK, VIA, NEWCOMER, OPEN = (
    f"{one}@office.example" for one in ("boss", "owner", "helper", "ann.clark", "via", "newcomer", "open"))


def days_ago(days: float) -> str:
    """A time as Google writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def office() -> Workspace:
    """Two super administrators by themselves, one through a nested group, a helper, and people of every kind."""
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    recent = days_ago(2)
    people = [
        user(ADMINISTRATOR, "100", isAdmin=True, isMailboxSetup=False, lastLoginTime=recent),
        user(BOSS, "101", isAdmin=True, lastLoginTime=recent, aliases=["chief@office.example"]),
        user(HELPER, "102", isDelegatedAdmin=True, lastLoginTime=recent, orgUnitPath="/Staff"),
        user(VIA, "103", lastLoginTime=recent, orgUnitPath="/Staff"),
        user(CLERK, "104", lastLoginTime=recent, orgUnitPath="/Staff/Counter"),
        user(OPEN, "105", isEnrolledIn2Sv=False, isEnforcedIn2Sv=False, lastLoginTime=recent, orgUnitPath="/Field"),
        user(NEWCOMER, "106", isEnrolledIn2Sv=False, creationTime=days_ago(2), lastLoginTime=recent,
             orgUnitPath="/Staff"),
        user("front.counter@office.example", "107", lastLoginTime=days_ago(80), orgUnitPath="/Staff/Counter"),
        user("gone@office.example", "108", lastLoginTime=recent, orgUnitPath="/Staff"),
        user("out@office.example", "109", suspended=True, isEnforcedIn2Sv=False),
        user("kept@office.example", "110", archived=True, isEnforcedIn2Sv=False),
    ]
    return Workspace(
        users=people,
        units=[unit("/", "03ph8a2z2dvk5ts"), unit("/Staff", "03staff"), unit("/Staff/Counter", "03counter", "03staff"),
               unit("/Field", "03field")],
        roles=[{"roleId": ROLE_SUPER, "roleName": "_SEED_ADMIN_ROLE", "isSuperAdminRole": True, "isSystemRole": True},
               {"roleId": ROLE_HELP, "roleName": "_HELP_DESK_ADMIN_ROLE", "isSystemRole": True}],
        assignments=[
            {"roleId": ROLE_SUPER, "assignedTo": "100", "assigneeType": "user", "scopeType": "CUSTOMER"},
            {"roleId": ROLE_SUPER, "assignedTo": "101", "assigneeType": "user", "scopeType": "CUSTOMER"},
            {"roleId": ROLE_HELP, "assignedTo": "102", "assigneeType": "user", "scopeType": "CUSTOMER"},
            {"roleId": ROLE_SUPER, "assignedTo": SUPER, "assigneeType": "group", "scopeType": "CUSTOMER"}],
        groups={SUPER: {"email": "top@office.example", "name": "Top", "members": [NESTED]},
                NESTED: {"email": "nested@office.example", "name": "Nested", "members": ["103"]},
                EXEMPT: {"email": "exempt@office.example", "name": "Exempt", "members": ["105"]}},
        policies=settings(),
        usage={day: [usage(BOSS, 0, 0, recent), usage(ADMINISTRATOR, 2), usage(HELPER, 0, 1), usage(VIA, 0, 0),
                     usage(CLERK, mail=recent)]},
        mobiles=[{"resourceId": "m1", "model": "Pixel", "os": "Android 14", "type": "ANDROID", "status": "APPROVED",
                  "email": [CLERK], "lastSync": recent, "encryptionStatus": "Encrypted",
                  "deviceCompromisedStatus": "No compromise detected"},
                 {"resourceId": "m2", "os": "iOS 17.1", "status": "DEVICE_WIPED"}],
        chromebooks=[{"deviceId": "c1", "serialNumber": "SN1", "osVersion": "130.0.6723", "status": "ACTIVE",
                      "annotatedUser": VIA, "lastSync": recent, "autoUpdateExpiration": "1970438400000"}],
        computers=[{"name": "devices/1", "deviceType": "WINDOWS", "hostname": "PC-1", "osVersion":
                    "Windows 10.0.22631.4460", "encryptionState": "NOT_ENCRYPTED", "ownerType": "COMPANY",
                    "lastSyncTime": recent},
                   {"name": "devices/2", "deviceType": "ANDROID", "osVersion": "14"}],
        mail={one["primaryEmail"]: {} for one in people} | {
            CLERK: {"forward": "boss@office.example"}, OPEN: {"filters": ["me@elsewhere.example"]}})


def settings() -> list[dict[str, Any]]:
    """Google's own settings for everybody, and what the office's administrators set on top."""
    own: list[tuple[str, dict[str, Any]]] = [
        ("gmail.imap_access", {"enableImapAccess": False}), ("gmail.pop_access", {"enablePopAccess": False}),
        ("security.two_step_verification_enrollment", {"allowEnrollment": True}),
        ("security.two_step_verification_grace_period", {"enrollmentGracePeriod": "0s"}),
        ("gmail.service_status", {"serviceState": "ENABLED"}),
        ("security.password", {"allowedStrength": "STRONG", "minimumLength": 8, "maximumLength": 100,
                               "allowReuse": False, "enforceRequirementsAtLogin": True}),
        ("api_controls.unconfigured_third_party_apps", {"accessLevel": "BLOCK_ALL_SCOPES"}),
        ("calendar.external_invitations", {"warnOnInvite": True})]
    return [
        *(policy(kind, value, order=101.0, type="SYSTEM") for kind, value in own),
        policy("security.two_step_verification_enforcement", {"enforcedFrom": "2024-02-16T23:22:21.732Z"}),
        policy("security.two_step_verification_enforcement", {"enforcedFrom": "1970-01-01T00:00:00Z"}, unit="03field",
               order=202.0),
        policy("security.two_step_verification_grace_period", {"enrollmentGracePeriod": "604800s"}, unit="03staff",
               order=202.0),
        policy("security.two_step_verification_enforcement_factor", {"allowedSignInFactorSet": "PASSKEY_ONLY"}),
        policy("security.two_step_verification_enforcement_factor", {"allowedSignInFactorSet": "NO_TELEPHONY"},
               unit="03staff", order=202.0),
        policy("security.password", {"minimumLength": 16}),
        policy("gmail.auto_forwarding", {"enableAutoForwarding": False}),
        policy("gmail.imap_access", {"enableImapAccess": True, "imapAccessRestriction": {"allowAllMailClients": {}}},
               group=f"groups/{EXEMPT}", order=399.00013)]


def tenant(server: GoogleServer, key: Path, **more: Any) -> Tenant:
    """The server's tenant, as it is declared."""
    return Tenant(**{"name": "office", "kind": "google", "key_file": "/key.json", "administrator": ADMINISTRATOR,
                     "url": server.url, "id": CUSTOMER, "high_value": (CLERK,), "break_glass": (ADMINISTRATOR,),
                     "may_skip_mfa": (MaySkip("Exempt", "scanner", "boss"),), "shared_accounts": (
                         SharedAccount("front.counter@office.example", "boss"),), **more})


@cache
def _text(path: Path) -> str:
    return path.read_text()


def host(key: Path, mode: int = 0o600) -> FakeHost:
    """A machine with the key, for its owner alone."""
    return FakeHost({"/key.json": _text(key)}, stats={"/key.json": {"mode": mode}}, now=datetime.now(UTC))


def looked(server: GoogleServer, key: Path, time: Time | None = None, *, within: float = 600.0, **more: Any) -> State:
    """The tenant as our collector reads it, on the tests' own clock, and as it would be kept."""
    seen = read(host(key), tenant(server, key, **more), within=within, patience=(time or Time()).patience(within))
    return msgspec.json.decode(msgspec.json.encode(seen), type=State)


def declared(server: GoogleServer, key: Path, **more: Any) -> Declared:
    """A machine that looks after the tenant."""
    return Declared(roles=("directory",), tenants=(tenant(server, key, **more),))
