"""A whole tenant: which requests are made, in which order, and what of them becomes which section."""

from __future__ import annotations

from collectors import _entra_devices as devices
from collectors import _entra_permissions as permissions
from collectors import _entra_policies as policies
from collectors import _entra_roles as roles
from collectors import _entra_settings as settings
from collectors import _entra_users as users
from collectors._entra_account_requests import read_mailboxes, read_per_user_mfa, read_rules
from collectors._entra_app_requests import read_applications
from collectors._entra_fields import flag
from collectors._entra_found import TOP, Found
from collectors._entra_group_requests import read_groups
from collectors._entra_reading import Reading
from collectors.graph_errors import GraphError, NoLicence, NoPermission
from collectors.host.protocol import LookError, Unreadable
from hustings.directory.entra import (
    Authorization,
    Device,
    Location,
    Policy,
    Registration,
    RoleAssignment,
    Strength,
    TenantDomain,
    User,
)
from hustings.directory.unread import Unread
from hustings.facts import Reason

TOP_SIGN_INS = "500"
"""Objects a page, the most that Graph gives where sign-in activity is selected."""
FORWARDING = Unread(Reason.UNSUPPORTED, "Microsoft Graph does not tell whether mail may be forwarded automatically: "
                    "look at the outbound spam policy in Exchange (AutoForwardingMode) and attest it")


def read(reading: Reading) -> Found:
    """Every section that can be read; the others are in ``reading.unread``. Conditional access may be asked once a
    second: what is asked of it stands apart."""
    found = Found()
    for look in (_settings, _conditional_access, _roles, _users, _locations, _registrations, read_applications,
                 _devices, read_groups, read_mailboxes, read_per_user_mfa, read_rules):
        look(reading, found)
    reading.unread["tenant_forwarding"] = FORWARDING
    return found


def _settings(reading: Reading, found: Found) -> None:
    graph = reading.graph
    with reading.section("domains", grant=permissions.DOMAINS):
        found.domains = reading.listing("domains", "/domains", TenantDomain, settings.domain)
    with reading.section("licences", grant=permissions.ORGANIZATION):
        plans = reading.listing("licences", "/subscribedSkus", list[str], settings.plans,
                                params={"$select": "skuId,capabilityStatus,servicePlans"})
        found.licences = sorted({one for plan in plans for one in plan})
    with reading.section("passwords", grant=permissions.SETTINGS):
        said = reading.listing("passwords", "/groupSettings", dict, dict)
        found.passwords = settings.passwords(said)
    with reading.section("authorization", grant=permissions.POLICIES):
        found.authorization = reading.once("authorization", Authorization, lambda: settings.authorization(
            graph.get("/policies/authorizationPolicy")))
    with reading.section("security_defaults", grant=permissions.POLICIES):
        found.security_defaults = reading.once("security_defaults", bool, lambda: flag(
            graph.get("/policies/identitySecurityDefaultsEnforcementPolicy"), "isEnabled"))


def _conditional_access(reading: Reading, found: Found) -> None:
    within: dict[str, Strength] = {}
    with reading.section("policies", grant=permissions.POLICIES):
        pairs = reading.listing("policies", "/identity/conditionalAccess/policies", tuple[Policy, Strength | None],
                                lambda body: (policies.policy(body), policies.strength_within(body)))
        found.policies = [policy for policy, _ in pairs]
        within = {strength.id: strength for _, strength in pairs if strength is not None}
    if "policies" not in reading.unread and within.keys() >= {one.strength for one in found.policies if one.strength}:
        found.strengths = list(within.values())
        return
    with reading.section("strengths", grant=permissions.POLICIES):
        listed = reading.listing("strengths", "/policies/authenticationStrengthPolicies", Strength, policies.strength)
        found.strengths = list(({one.id: one for one in listed} | within).values())


def _locations(reading: Reading, found: Found) -> None:
    with reading.section("locations", grant=permissions.POLICIES):
        found.locations = reading.listing("locations", "/identity/conditionalAccess/namedLocations", Location,
                                          policies.location)


def _roles(reading: Reading, found: Found) -> None:
    definitions: roles.Definitions = {}
    with reading.section("roles", "eligible", grant=permissions.ROLES):
        definitions = dict(reading.listing(
            "role definitions", "/roleManagement/directory/roleDefinitions", tuple[str, tuple[str, str, bool]],
            roles.definition, params={"$select": "id,templateId,displayName,isBuiltIn"}))
    if "roles" in reading.unread:
        return  # who holds a role is kept for later runs, and must be of a role that is known
    with reading.section("roles", grant=permissions.ROLES):
        found.roles = list(reading.listing(
            "roles", "/roleManagement/directory/roleAssignments", RoleAssignment,
            lambda body: roles.assignment(body, definitions), params={"$expand": "principal"}))
        if not found.roles:
            raise Unreadable("Microsoft Graph gave no holder of any role, and every tenant has an administrator")
    try:
        with reading.section("eligible", grant=permissions.ROLES):
            found.roles += reading.listing(
                "eligible", "/roleManagement/directory/roleEligibilityScheduleInstances", RoleAssignment,
                lambda body: roles.assignment(body, definitions, eligible=True), params={"$expand": "principal"})
    finally:
        if (lost := reading.unread.get("eligible")) and lost.licence:
            del reading.unread["eligible"]  # nobody can be eligible for a role where there is no licence for it


def _users(reading: Reading, found: Found) -> None:
    dependent = ("sign_ins", "mailboxes", "per_user_mfa", "forwardings")
    with reading.section("users", *dependent, grant=permissions.USERS):
        try:
            listed = _with_sign_ins(reading)
        except (NoPermission, NoLicence) as refused:
            listed = reading.listing("users", "/users", User, users.user,
                                     params={"$select": users.SELECT, "$top": TOP})
            reading.lost(refused, "sign_ins", grant=permissions.AUDIT)
        if not listed:
            raise Unreadable("Microsoft Graph gave no account at all, and every tenant has one")
        found.users = {one.id: one for one in listed}


def _with_sign_ins(reading: Reading) -> list[User]:
    """Accounts with their last sign-in. A page may hold fewer of them, and how many, Microsoft has changed."""
    try:
        return reading.listing("users with sign-ins", "/users", User, users.user,
                               params={"$select": users.SIGN_INS, "$top": TOP_SIGN_INS})
    except GraphError as error:
        if error.status != 400 or isinstance(error, NoLicence):
            raise
        return reading.listing("users with sign-ins", "/users", User, users.user, params={"$select": users.SIGN_INS})


def _registrations(reading: Reading, found: Found) -> None:
    path = "/reports/authenticationMethods/userRegistrationDetails"
    with reading.section("registrations", grant=permissions.AUDIT):
        try:
            listed = reading.listing("registrations", path, Registration, users.registration, params={"$top": TOP})
        except GraphError as error:
            if error.status != 400 or isinstance(error, NoLicence):
                raise
            listed = reading.listing("registrations", path, Registration, users.registration)
        found.registrations = {one.user: one for one in listed}


def _devices(reading: Reading, found: Found) -> None:
    try:
        found.devices = reading.listing("devices", "/deviceManagement/managedDevices", Device, devices.managed,
                                        params={"$select": devices.MANAGED})
    except NoLicence:  # there is no Intune: what the directory itself knows
        with reading.section("devices", grant=permissions.DEVICES):
            found.devices = reading.listing("known devices", "/devices", Device, devices.known,
                                            params={"$select": devices.KNOWN, "$top": TOP})
    except LookError as error:
        reading.lost(error, "devices", grant=permissions.MANAGED)
