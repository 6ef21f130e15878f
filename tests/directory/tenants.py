"""Directories as they would be read, with names that no other text holds: to see what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from hustings.declared import AcceptedApplication, Declared, MaySkip, SharedAccount, Tenant
from hustings.directory import google, ldap
from hustings.directory.entra import (
    Application,
    Authorization,
    Credential,
    Device,
    Forwarding,
    Group,
    Passwords,
    Policy,
    Registration,
    RoleAssignment,
    State,
    TenantDomain,
    User,
)
from hustings.directory.unread import Unread
from hustings.facts import Reason

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
PEOPLE = {"u1": "zelda.quimby", "u2": "barnaby.oxley", "u3": "ottoline.frisk", "u4": "casimir.vole",
          "u5": "winifred.gorse", "u6": "counter", "u7": "glass.one", "u8": "glass.two"}
"""Account id and the first part of its sign-in name."""
DOMAIN = "wrenfield.example"
NAMES = (*(one for key, one in PEOPLE.items() if key != "u6"), DOMAIN, "Scanner Fellows", "Ledger Hound",
         "TOAD-LAPTOP-7", "p-worker-19", "nightjar")
"""What must not be read in anything that leaves, in any case of letters."""
ROSTER = f"""\
people:
  - {{id: p-worker-19, name: Nightjar Person, emails: [winifred.gorse@{DOMAIN}], left: 2026-10-01}}
"""


def mail(key: str) -> str:
    return f"{PEOPLE[key]}@{DOMAIN}"


def entra() -> State:
    """A tenant with a fault of nearly every kind."""
    everybody = Policy(id="c1", name="Everybody of nightjar", state="enabled", include_users=("All",),
                       include_apps=("All",), clients=("all",), controls=("mfa",), exclude_users=("u7", "u8"),
                       exclude_groups=("g1",))
    return State(
        id="t", read_at=NOW, requests=12,
        unread={"eligible": Unread(Reason.UNSUPPORTED, "eligible roles: the tenant has no such licence",
                                   "RoleEligibilitySchedule.Read.Directory", "Microsoft Entra ID P2"),
                "strengths": Unread(Reason.DENIED, "authentication strengths: 403", "Policy.Read.All")},
        domains=(TenantDomain(DOMAIN),), licences=("AAD_PREMIUM",),
        users=tuple(User(id=key, name=mail(key), mail=mail(key), created=NOW - 400 * DAY, mailbox=True,
                         last_sign_in=NOW - (100 if key == "u4" else 1) * DAY) for key in PEOPLE),
        registrations=tuple(Registration(key, key != "u2", key != "u2", ("mobilePhone",)) for key in PEOPLE),
        roles=(RoleAssignment(GLOBAL, "Global Administrator", "u1", "user"),
               RoleAssignment(GLOBAL, "Global Administrator", "u7", "user"),
               RoleAssignment(GLOBAL, "Global Administrator", "u8", "user"),
               RoleAssignment(HELPDESK, "Helpdesk Administrator", "u3", "user")),
        groups=(Group("g1", "Scanner Fellows", ("u2", "u3"), ("u2", "u3")),),
        policies=(everybody,),
        applications=(Application("a1", "Ledger Hound", ("Mail.ReadWrite",), credentials=(
            Credential("secret", NOW - 900 * DAY, NOW + 900 * DAY),), foreign=True),),
        authorization=Authorization("everyone", "10dae51f-b6af-4016-8d66-8c2a99b929b3",
                                    ("ManagePermissionGrantsForSelf.microsoft-user-default-legacy",)),
        passwords=Passwords(banned_list=True, on_premises=True),
        devices=(Device("TOAD-LAPTOP-7", "Windows", "10.0.19045.1", encrypted=False, compliant=False, owner="company",
                        user=mail("u5"), last_seen=NOW - DAY),),
        forwardings=(Forwarding("u2", outside=True),))


def clean() -> State:
    """The same tenant, mended as far as its licences go."""
    faulty = entra()
    return msgspec.structs.replace(
        faulty, unread={}, users=tuple(msgspec.structs.replace(one, last_sign_in=NOW - DAY,
                                                               mailbox=one.id not in ("u1", "u3", "u7", "u8"))
                                       for one in faulty.users if one.id not in ("u5", "u6")),
        registrations=tuple(Registration(key, True, True, ("fido2SecurityKey",)) for key in PEOPLE),
        roles=(*faulty.roles, RoleAssignment(GLOBAL, "Global Administrator", "u3", "user")),
        policies=(msgspec.structs.replace(faulty.policies[0], exclude_groups=(),
                                          strength="00000000-0000-0000-0000-000000000004", controls=()),),
        applications=(), forwardings=(), devices=(msgspec.structs.replace(
            faulty.devices[0], os="macOS", version="26.1", encrypted=True, compliant=True, user=mail("u2")),),
        authorization=Authorization("adminsAndGuestInviters", "", ()))


def workspace(*, mended: bool = False) -> google.State:
    """A Google Workspace tenant, with faults or without."""
    def policy(kind: str, **value: object) -> google.Policy:
        return google.Policy(kind, dict(value), unit="top")

    keys = ("u1", "u3", "u4", "u7", "u8") if mended else tuple(PEOPLE)
    users = tuple(google.User(
        id=key, name=mail(key), super_admin=key in ("u1", "u7", "u8") or (mended and key == "u3"), enrolled=True,
        enforced=mended or key not in ("u2", "u1"), created=NOW - 400 * DAY, mailbox=key == "u4" or not mended,
        last_sign_in=NOW - (100 if key == "u4" and not mended else 1) * DAY) for key in keys)
    return google.State(
        id="C1", read_at=NOW, requests=9, users=users, units=(google.Unit("top", "/"),),
        unread={} if mended else {"mobiles": Unread(Reason.DENIED, "telephones: 403", "the scope for telephones")},
        policies=(
            policy("security.two_step_verification_enforcement", enforcedFrom="2020-01-01T00:00:00Z"),
            policy("security.two_step_verification_enforcement_factor",
                   allowedSignInFactorSet="PASSKEY_ONLY" if mended else "ALL"),
            policy("security.two_step_verification_grace_period", enrollmentGracePeriod="0s"),
            policy("gmail.imap_access", enableImapAccess=not mended), policy("gmail.pop_access", enablePopAccess=False),
            policy("security.less_secure_apps", allowLessSecureApps=False),
            policy("security.password", minimumLength=16 if mended else 8, allowedStrength="STRONG", allowReuse=False,
                   enforceRequirementsAtLogin=True),
            policy("gmail.auto_forwarding", enableAutoForwarding=not mended),
            policy("api_controls.unconfigured_third_party_apps", accessLevel="BLOCK_ALL_SCOPES")),
        report=google.Report((NOW - 3 * DAY).date(), tuple(google.Usage(
            key, security_keys=int(mended), mail=True, last_mail=None if mended else NOW - 4 * DAY) for key in keys)),
        forwardings=() if mended else (google.Forwarding(mail("u2"), outside=True),),
        computers=(google.Device("TOAD-LAPTOP-7", "macos" if mended else "windows", "26.1" if mended else "10.0.19045",
                                 encrypted=mended, compliant=mended, personal=False, user=mail("u4"),
                                 last_seen=NOW - DAY),))


SID = "S-1-5-21-1-2-3"


def forest(*, mended: bool = False) -> ldap.State:
    """An Active Directory domain, with faults or without."""
    numbers = dict(zip(PEOPLE, range(1101, 1109), strict=True))
    keys = ("u1", "u3", "u4", "u7", "u8") if mended else tuple(PEOPLE)

    def flags(key: str) -> tuple[str, ...]:
        if mended:
            return ("smart_card_required",)
        return {"u2": ("password_not_required", "password_never_expires"), "u3": ("no_preauthentication",)}.get(key, ())

    accounts = tuple(ldap.Account(
        f"{SID}-{numbers[key]}", PEOPLE[key], f"CN={PEOPLE[key]},DC=wrenfield,DC=example", (mail(key),),
        mail=not mended, created=NOW - 400 * DAY, password_set=NOW - 30 * DAY, flags=flags(key),
        last_sign_in=NOW - DAY, idle_since=NOW - (100 if key == "u4" and not mended else 1) * DAY) for key in keys)
    guest = ldap.Account(f"{SID}-501", "Guest", "CN=Guest,DC=wrenfield,DC=example", enabled=not mended)
    admins = tuple(f"{SID}-{numbers[key]}" for key in (("u1", "u3") if mended else ("u1",)))
    rights = () if mended else (ldap.Entry(f"{SID}-{numbers['u5']}", 0x4_0000),)
    return ldap.State(
        kind="active-directory", base="DC=wrenfield,DC=example", domain=SID, read_at=NOW, requests=7,
        unread={} if mended else {"fine_policies": Unread(
            Reason.DENIED, "fine-grained policies: no right to read", "read on the container of password settings")},
        accounts=(*accounts, guest), groups=(
            ldap.Group(f"{SID}-512", "Domain Admins", "CN=Domain Admins", (*admins, f"{SID}-2000")),
            ldap.Group(f"{SID}-2000", "Scanner Fellows", "CN=Scanner Fellows",
                       () if mended else (f"{SID}-{numbers['u2']}",))),
        protected=(ldap.Protected("DC=wrenfield,DC=example", "domain", DOMAIN, f"{SID}-512", rights),),
        policies=(ldap.PasswordPolicy(DOMAIN, default=True, min_length=16 if mended else 7, lockout=10 if mended else 0,
                                      history=24, max_age_days=365, complex=True),),
        settings=ldap.Settings(machine_quota=0 if mended else 10, laps=True, anonymous=False))


KINDS = {"entra": (entra, clean), "google": (workspace, lambda: workspace(mended=True)),
         "active-directory": (forest, lambda: forest(mended=True))}
"""By kind, what makes a state with faults, and one without."""


def declared(*, kind: str = "entra", share: tuple[str, ...] = (), office_key: str = "/nowhere/office.key",
             roster: str = "/etc/hustings/roster.yaml") -> Declared:
    """The office's side of it."""
    own = {"entra": {"id": DOMAIN, "client_id": "6d0f0a1c-5f0e-4a52-9e2f-0b9c0a4f1a11",
                     "secret_file": "/etc/hustings/entra.secret"},
           "google": {"key_file": "/etc/hustings/google.json", "administrator": mail("u1")},
           "active-directory": {"url": f"ldaps://dc1.{DOMAIN}", "bind": mail("u1"),
                                "password_file": "/etc/hustings/forest.password"}}[kind]
    return Declared(roles=("directory",), roster=roster, office_key=office_key, tenants=(Tenant(
        name="office", kind=kind, break_glass=() if kind == "active-directory" else (mail("u7"), mail("u8")),
        may_skip_mfa=(MaySkip("Scanner Fellows", "they cannot", "Nightjar", NOW.date() - 2 * DAY),),
        shared_accounts=(SharedAccount("info@" + DOMAIN, "Nightjar"),),
        accepted_applications=(AcceptedApplication("Mail archive", "Nightjar"),), share=share, **own),))
