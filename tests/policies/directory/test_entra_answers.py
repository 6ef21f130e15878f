"""What is judged of a tenant besides second factors."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from collectors._entra_role_table import ORDINARY
from collectors._entra_users import user
from hustings.declared import AcceptedApplication, SharedAccount, Tenant
from hustings.directory.entra import (
    Application,
    Authorization,
    Credential,
    Device,
    Forwarding,
    Group,
    Passwords,
    Registration,
    RoleAssignment,
    State,
    TenantDomain,
    User,
)
from hustings.directory.unread import Unread
from hustings.facts import Listing, Missing, Reason
from hustings.roster import Person, Roster, RosterFile
from policies.directory.context import Context
from policies.directory.entra import answers
from policies.directory.entra_admins import MAKES_ADMINISTRATORS, OWNS_APPLICATIONS
from policies.directory.entra_apps import CREDENTIAL_WHY
from policies.directory.entra_scope import SYNCHRONISATION
from policies.directory.facts import FACTS

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
LONG_AGO, LATELY = NOW - timedelta(days=900), NOW - timedelta(days=2)
GLOBAL, USERS = "62e90394-69f5-4237-9190-012177145e10", "fe930be7-5e62-47db-91af-98c3a49a38b1"
MAKER, APPS = "e8611ab8-c189-46e8-94e1-60213ab1f814", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
SYNC = "d29b2b05-8046-44ba-8758-1e26182fcf32"


def _user(name: str, **more: Any) -> User:
    return User(name, f"{name}@office.example", f"{name}@office.example", created=LONG_AGO,
                **{"last_sign_in": LATELY, **more})


def _state(**more: Any) -> State:
    plain: dict[str, Any] = {
        "users": (_user("ann"), _user("gia", mailbox=True), _user("off", enabled=False)),
        "authorization": Authorization("adminsAndGuestInviters", "", ()), "passwords": Passwords(banned_list=True)}
    return State("tenant", NOW, **plain | more)


def _judged(state: State, roster: Roster | Missing | None = None, **declared: Any) -> dict[str, Any]:
    return answers(msgspec.json.encode(state).decode(), Context(Tenant("office", kind="entra", **declared), NOW,
                                                                roster))


def _items(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listing = found[f"directory.{name}"]
    assert isinstance(listing, Listing), listing
    return listing.items


def _unread(*sections: str) -> dict[str, Unread]:
    return {one: Unread(Reason.DENIED, f"Graph refused {one}", grant=f"Read.{one}") for one in sections}


def test_every_answer_is_a_declared_fact_with_declared_fields() -> None:
    declared = {one.id: {field.name for field in one.fields} for one in FACTS}
    found = _judged(_state(roles=(RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),),
                           devices=(Device("PC", "Windows"),)))
    assert set(found) <= set(declared)
    for name, listing in found.items():
        for record in listing.items if isinstance(listing, Listing) and declared[name] else ():
            assert set(record) <= declared[name], name


def test_global_administrators_are_counted_once_each_whatever_way_they_hold_the_role() -> None:
    users = (_user("gia"), _user("tom"), _user("eve"), _user("off", enabled=False), _user("bg"),
             User("pat", "pat#EXT#@office.example", guest=True, external=True))
    roles = (RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "gia", "user", eligible=True),
             RoleAssignment(GLOBAL, "Global Administrator", "tops", "group", "Tops"),
             RoleAssignment(GLOBAL, "Global Administrator", "eve", "user", eligible=True),
             RoleAssignment(GLOBAL, "Global Administrator", "off", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "bg", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "robot", "servicePrincipal", "Robot"),
             RoleAssignment(USERS, "User Administrator", "ann", "user"))
    groups = (Group("tops", "Tops", ("tom", "gia", "pat"), ("tom", "gia", "pat")),)
    found = _judged(_state(users=users, roles=roles, groups=groups), break_glass=("BG@office.example", "lost"))
    top = {one["account"]: one for one in _items(found, "top_admins")}
    assert set(top) == {"gia@office.example", "tom@office.example", "eve@office.example", "bg@office.example",
                        "pat#EXT#@office.example", "Robot"}
    assert [name for name, one in top.items() if one["eligible"]] == ["eve@office.example"]
    assert [name for name, one in top.items() if one["guest"]] == ["pat#EXT#@office.example"]
    assert top["tom@office.example"]["via"] == ["Tops"]
    assert {one["kind"] for one in top.values()} == {"person", "guest", "service"}
    assert _items(found, "break_glass") == [
        {"account": "BG@office.example", "found": True, "usable": True},
        {"account": "lost", "found": False, "usable": False}]
    assert found["directory.administrators"] == 5
    assert (found["directory.people"], found["directory.guests"]) == (4, 1)


def test_a_group_whose_members_are_not_known_leaves_the_administrators_unknown() -> None:
    roles = (RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "tops", "group", "Tops"))
    found = _judged(_state(roles=roles, groups=(Group("tops", "Tops", complete=False),)), break_glass=("ann",))
    listing = found["directory.top_admins"]
    assert [one["kind"] for one in listing.items] == ["group", "person"]
    assert not listing.complete
    assert isinstance(found["directory.administrators"], Missing)
    assert _items(found, "break_glass")[0]["usable"] == {"reason": "error", "detail":
                                                          "the members of a group that holds a role could not be read"}


def test_other_ways_to_the_top_are_found_and_those_who_are_there_are_not() -> None:
    roles = (RoleAssignment(MAKER, "Privileged Role Administrator", "ann", "user"),
             RoleAssignment(MAKER, "Privileged Role Administrator", "gia", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
             RoleAssignment(APPS, "Application Administrator", "bob", "user", eligible=True),
             RoleAssignment(MAKER, "Privileged Role Administrator", "eve", "user", scope="/administrativeUnits/1"))
    users = (_user("ann"), _user("gia"), _user("bob"), _user("eve"))
    plain = _judged(_state(users=users, roles=roles))
    assert [one["account"] for one in _items(plain, "hidden_admins")] == ["ann@office.example"]
    strong = Application("a", "Robot", ("RoleManagement.ReadWrite.Directory",))
    found = {one["account"]: one for one in _items(_judged(_state(users=users, roles=roles, applications=(strong,))),
                                                   "hidden_admins")}
    assert set(found) == {"ann@office.example", "bob@office.example"}
    assert "may activate" in found["bob@office.example"]["detail"]
    assert "Robot" in found["bob@office.example"]["detail"]


def test_the_roles_that_lead_to_the_top_are_no_ordinary_ones() -> None:
    assert not {*MAKES_ADMINISTRATORS, *OWNS_APPLICATIONS} & set(ORDINARY)
    assert SYNC in SYNCHRONISATION


def test_administrators_who_read_mail_and_roles_that_are_ordinary() -> None:
    roles = (RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
             RoleAssignment("x", "Message Center Reader", "ann", "user", privileged=False))
    found = _judged(_state(users=(_user("ann", mailbox=True), _user("gia", mailbox=True)), roles=roles))
    assert [one["account"] for one in _items(found, "admins_with_mailbox")] == ["gia@office.example"]
    assert found["directory.administrators"] == 1


@pytest.mark.parametrize("privileged", [False, True])
def test_what_synchronises_the_directory_is_excused_as_a_declared_service_account(privileged: bool) -> None:
    state = _state(users=(_user("sync"), _user("gia"), _user("both"), _user("scan")), roles=(
        RoleAssignment(SYNC, "Directory Synchronization Accounts", "sync", "user", privileged=privileged),
        RoleAssignment(SYNC, "Directory Synchronization Accounts", "both", "user", privileged=privileged),
        RoleAssignment(GLOBAL, "Global Administrator", "both", "user"),
        RoleAssignment(GLOBAL, "Global Administrator", "gia", "user")))
    found = _judged(state, service_accounts=("sync@office.example", "gia", "both", "scan"))
    assert [one["account"] for name in ("admins", "people") for one in _items(found, f"{name}_without_mfa")
            if one["declared"]] == ["sync@office.example"]


def test_security_defaults_leave_out_what_synchronises_the_directory() -> None:
    state = _state(users=(_user("sync"), _user("gia")), security_defaults=True, roles=(
        RoleAssignment(SYNC, "Directory Synchronization Accounts", "sync", "user", privileged=False),
        RoleAssignment(GLOBAL, "Global Administrator", "gia", "user")))
    found = _items(_judged(state), "people_without_mfa")
    assert [one["account"] for one in found] == ["sync@office.example"]
    assert "service_accounts" in found[0]["near_miss"]
    assert _items(_judged(state), "admins_without_mfa") == []


def test_registered_methods() -> None:
    users = (_user("ann"), _user("bob"), _user("gia"), _user("key"), _user("new"))
    registrations = (Registration("ann", True, True, ("mobilePhone",)), Registration("bob", False, False),
                     Registration("gia", True, True, ("microsoftAuthenticatorPush",)),
                     Registration("key", True, True, ("email", "passKeyDeviceBoundAuthenticator")))
    roles = (RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
             RoleAssignment(GLOBAL, "Global Administrator", "key", "user"))
    found = _judged(_state(users=users[:-1], registrations=registrations, roles=roles), high_value=("ann",))
    assert [one["account"] for one in _items(found, "not_registered")] == ["bob@office.example"]
    assert {one["account"]: one["admin"] for one in _items(found, "weak_method")} == {
        "ann@office.example": False, "gia@office.example": True}
    assert found["directory.weak_method"].complete
    with_new = _judged(_state(users=users, registrations=registrations, roles=roles))
    assert not with_new["directory.not_registered"].complete
    assert with_new["directory.weak_method"].complete


@pytest.mark.parametrize(("group", "whole"), [
    (Group("g", "Registrars", ("ann",)), True), (Group("g", "Registrars", ("ann",), complete=False), False),
    (Group("g", "Others", ("ann",)), False), (Group("g", "Registrars", exists=False), False)])
def test_high_value_that_means_nobody_is_no_pass(group: Group, whole: bool) -> None:
    registrations = (Registration("ann", True, True, ("fido2SecurityKey",)), Registration("gia", True, True))
    found = _judged(_state(groups=(group,), registrations=registrations), high_value=("registrars",))
    assert found["directory.weak_method"].complete == whole
    assert found["directory.weak_method_accepted"].complete == whole


def test_a_method_counts_only_where_it_may_be_used() -> None:
    found = _judged(_state(registrations=(Registration("ann", True, False, ("mobilePhone",)),
                                          Registration("gia", True, True, ("mobilePhone",)))))
    assert [one["account"] for one in _items(found, "not_registered")] == ["ann@office.example"]


def test_disuse_is_counted_from_the_last_sign_in_or_from_the_beginning() -> None:
    users = (_user("ann", last_sign_in=NOW - timedelta(days=45)), _user("bob", last_sign_in=None),
             _user("eve"), _user("off", last_sign_in=None, enabled=False),
             User("odd", "odd@office.example"), _user("scan", last_sign_in=None))
    found = {one["account"]: one for one in _items(_judged(_state(users=users), service_accounts=("SCAN",)),
                                                   "dormant")}
    assert {name: one["days"] for name, one in found.items() if isinstance(one["days"], int)} == {
        "ann@office.example": 45, "bob@office.example": 900, "scan@office.example": 900}
    assert found["odd@office.example"]["days"]["reason"] == "error"
    assert "last" not in found["bob@office.example"]
    assert found["ann@office.example"]["last"] == "2026-10-08T03:00:00Z"
    assert [name for name, one in found.items() if one["declared"]] == ["scan@office.example"]


def test_people_who_left() -> None:
    roster = Roster(RosterFile((Person("a-1", emails=("ANN@office.example",), left=date(2026, 11, 1)),
                                Person("g-1", emails=("gia@office.example",), left=date(2026, 11, 22)),
                                Person("o-1", emails=("off@office.example",), left=date(2026, 1, 1)))))
    assert _items(_judged(_state(), roster), "leavers") == [
        {"person": "a-1", "account": "ann@office.example", "admin": False, "left": "2026-11-01"}]
    assert _judged(_state())["directory.leavers"] is None
    assert isinstance(_judged(_state(), Missing(Reason.DENIED, "no"))["directory.leavers"], Missing)


def test_a_guest_who_left_is_known_by_the_address_that_was_invited() -> None:
    roster = Roster(RosterFile((Person("p-1", emails=("pat_x@Party.example",), left=date(2026, 11, 1)),)))
    users = (User("g", "pat_x_party.example#ext#@office.example", guest=True, external=True),
             User("h", "#EXT#@office.example", external=True), User("i", "pat_x_party.example@office.example"))
    found = _items(_judged(_state(users=users), roster), "leavers")
    assert [one["account"] for one in found] == ["pat_x_party.example#ext#@office.example"]


def test_somebody_who_left_is_known_by_every_address_of_the_account() -> None:
    body = {"id": "a", "userPrincipalName": "ann.party@office.example", "mail": "ann.party@office.example",
            "proxyAddresses": ["SMTP:ann.party@office.example", "smtp:Ann.Maiden@office.example", "X500:/o=office"]}
    account = user(body)
    assert account.aliases == ("Ann.Maiden@office.example",)
    roster = Roster(RosterFile((Person("p-1", emails=("ann.maiden@office.example",), left=date(2026, 11, 1)),)))
    assert [one["person"] for one in _items(_judged(_state(users=(account,)), roster), "leavers")] == ["p-1"]


def test_names_of_accounts_that_several_people_use() -> None:
    users = (_user("front.counter"), _user("clerk2"), _user("clerkson"), _user("kiosk"))
    found = {one["account"]: one["owned"] for one in _items(_judged(
        _state(users=users), shared_accounts=(SharedAccount("Clerk2@office.example", "Ann"),)), "shared_accounts")}
    assert found == {"front.counter@office.example": False, "clerk2@office.example": True,
                     "kiosk@office.example": False}


def test_passwords_that_never_expire_matter_where_others_do() -> None:
    users = (_user("ann", password_never_expires=True), _user("gia"))
    for days, expected in ((0, []), (90, ["ann@office.example"])):
        state = _state(users=users, domains=(TenantDomain("OFFICE.example", password_validity_days=days),))
        assert [one["account"] for one in _items(_judged(state), "never_expiring")] == expected


def test_applications_that_could_take_everything() -> None:
    apps = (Application("a", "Backup", ("Mail.Read", "User.Read.All")),
            Application("b", "Stranger", (), ("Mail.Read", "User.Read"), foreign=True),
            Application("c", "Own", (), ("Mail.Read",)), Application("d", "Off", ("Mail.Read",), enabled=False),
            Application("e", "Robot", ("RoleManagement.ReadWrite.Directory",)))
    found = _items(_judged(_state(applications=apps), accepted_applications=(AcceptedApplication("BACKUP", "IT"),)),
                   "risky_applications")
    assert [(one["application"], one["permission"], one["foreign"], one["declared"]) for one in found] == [
        ("Backup", "Mail.Read", False, True), ("Stranger", "Mail.Read", True, False),
        ("Robot", "RoleManagement.ReadWrite.Directory", False, False)]


@pytest.mark.parametrize(("starts", "ends", "why"), [
    (-10, -1, "expired"), (-800, 10, "old"), (-10, 800, "long"), (-10, None, "never_ends"), (-10, 715, ""),
    (-30, 60, ""), (2_911_800, 2_911_900, "long")])
def test_credentials_of_applications(starts: int, ends: int | None, why: str) -> None:
    one = Credential("secret", NOW + timedelta(days=starts), None if ends is None else NOW + timedelta(days=ends))
    found = _items(_judged(_state(applications=(Application("a", "A", credentials=(one,)),))), "old_credentials")
    assert [record["why"] for record in found] == ([why] if why else [])
    assert not why or why in CREDENTIAL_WHY


@pytest.mark.parametrize(("policies", "expected"), [
    ((), "none"), (("ManagePermissionGrantsForSelf.microsoft-user-default-low",), "limited"),
    (("ManagePermissionGrantsForSelf.microsoft-user-default-legacy",
      "ManagePermissionGrantsForSelf.microsoft-user-default-low"), "any"),
    (("ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team",), "none")])
def test_what_users_may_consent_to(policies: tuple[str, ...], expected: str) -> None:
    found = _judged(_state(authorization=Authorization("everyone", "", policies)))
    assert (found["directory.consent"], found["directory.invitations"]) == (expected, "everyone")


def test_a_consent_policy_of_the_tenants_own_is_not_guessed_at() -> None:
    found = _judged(_state(authorization=Authorization("x", "", ("ManagePermissionGrantsForSelf.ours",))))
    assert isinstance(found["directory.consent"], Missing)
    assert isinstance(found["directory.invitations"], Missing)


def test_rules_for_passwords() -> None:
    found = _judged(_state(passwords=Passwords(5, 30, banned_list=False), licences=("AAD_PREMIUM",),
                           users=(_user("ann", synced=True),)))
    assert found["directory.lockout_threshold"] == 5
    assert len(_items(found, "weak_password_rules")) == 3
    assert _items(_judged(_state()), "weak_password_rules") == []
    assert "directory.password_min_length" not in found


def test_devices_and_what_the_directory_does_not_say_of_them() -> None:
    one = Device("PC-1", "MacMDM", "15.1", True, None, "personal", "ann@office.example", LATELY)
    record = _items(_judged(_state(devices=(one, Device("PC-2", "Windows")))), "devices")
    assert record[0] | {"compliant": None} == {
        "device": "PC-1", "account": "ann@office.example", "os": "macos", "version": "15.1", "encrypted": True,
        "compliant": None, "personal": True, "last_seen": "2026-11-20T03:00:00Z"}
    assert record[0]["compliant"]["reason"] == "unsupported"
    assert record[1]["encrypted"]["reason"] == "unsupported"
    assert record[1]["encrypted"]["detail"].endswith("needs the licence Microsoft Intune")
    licensed = _items(_judged(_state(devices=(one,), licences=("INTUNE_A",))), "devices")
    assert "licence" not in licensed[0]["compliant"]["detail"]


def test_mail_that_is_passed_on() -> None:
    state = _state(forwardings=(Forwarding("ann", True), Forwarding("off", True), Forwarding("gia", False)))
    assert _items(_judged(state), "forwarding") == [{"account": "ann@office.example", "outside": True},
                                                    {"account": "gia@office.example", "outside": False}]


DEPENDS = {
    "sign_ins": {"dormant"}, "registrations": {"not_registered", "weak_method"}, "mailboxes": {"admins_with_mailbox"},
    "authorization": {"invitations", "consent"}, "passwords": {"lockout_threshold", "weak_password_rules"},
    "applications": {"risky_applications", "old_credentials"}, "devices": {"devices"}, "domains": {"never_expiring"},
    "forwardings": {"forwarding"}, "licences": {"licences", "weak_password_rules"},
    "tenant_forwarding": {"forwarding_allowed"},
    "eligible": {"top_admins", "admins_with_mailbox", "hidden_admins", "administrators", "admins_without_mfa",
                 "weak_method_accepted"},
    "policies": {"admins_without_mfa", "people_without_mfa", "weak_method_accepted", "legacy_open"},
    "security_defaults": {"admins_without_mfa", "people_without_mfa", "legacy_open"},
    "roles": {"top_admins", "break_glass", "admins_with_mailbox", "hidden_admins", "administrators",
              "admins_without_mfa", "weak_method", "weak_method_accepted"},
}
"""By section, the facts that are unknown or incomplete without it."""


@pytest.mark.parametrize("section", DEPENDS)
def test_a_section_that_was_not_read_makes_exactly_what_depends_on_it_unknown(section: str) -> None:
    complete = _state(roles=(RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),), registrations=(
        Registration("ann", True, True, ("fido2SecurityKey",)), Registration("gia", True, True, ("mobilePhone",))))
    before = _judged(complete)
    lacking = msgspec.structs.replace(complete, unread=_unread(section), **(
        {"authorization": None} if section == "authorization" else {section: ()} if section == "roles" else {}))
    after = _judged(lacking)

    def unknown(found: dict[str, Any], name: str) -> bool:
        value = found[f"directory.{name}"]
        return isinstance(value, Missing) or (isinstance(value, Listing) and not value.complete)

    names = {one.id.removeprefix("directory.") for one in FACTS if one.id in before}
    certain = {one for one in names if not unknown(before, one)} | DEPENDS[section]
    assert {one for one in certain if unknown(after, one)} == DEPENDS[section]
    for name in DEPENDS[section]:
        value = after[f"directory.{name}"]
        why = value if isinstance(value, Missing) else value.why
        assert f"grant Read.{section}" in why.detail


def test_without_the_accounts_nothing_about_them_is_whole() -> None:
    found = _judged(_state(users=(), unread=_unread("users", "sign_ins", "mailboxes", "per_user_mfa", "forwardings")),
                    break_glass=("bg",))
    for name, value in found.items():
        if isinstance(value, Listing) and name.removeprefix("directory.") not in (
                "licences", "weak_password_rules", "devices", "risky_applications", "old_credentials",
                "app_undecided"):
            assert not value.complete, name
    assert isinstance(found["directory.people"], Missing)
    assert _items(found, "break_glass")[0]["found"]["reason"] == "denied"
