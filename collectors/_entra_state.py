"""A whole tenant: which requests are made, in which order, and what of them becomes which section."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from collectors import _entra_apps as apps
from collectors import _entra_devices as devices
from collectors import _entra_groups as groups
from collectors import _entra_mail as mail
from collectors import _entra_per_user as per_user
from collectors import _entra_permissions as permissions
from collectors import _entra_policies as policies
from collectors import _entra_roles as roles
from collectors import _entra_settings as settings
from collectors import _entra_users as users
from collectors._entra_fields import flag, records, text
from collectors._entra_reading import Body, Reading
from collectors.graph_errors import Gone, GraphError, NoLicence, NoPermission
from collectors.host.protocol import LookError
from hustings.directory.entra import (
    Application,
    Authorization,
    Device,
    Forwarding,
    Group,
    Location,
    Passwords,
    Policy,
    Registration,
    RoleAssignment,
    Strength,
    TenantDomain,
    User,
)
from hustings.directory.unread import Unread
from hustings.facts import Reason

TOP, TOP_SIGN_INS = "999", "500"
"""Objects a page: the most that Graph gives, and the most where sign-in activity is selected."""
FORWARDING = Unread(Reason.UNSUPPORTED, "Microsoft Graph does not tell whether mail may be forwarded automatically: "
                    "look at the outbound spam policy in Exchange (AutoForwardingMode) and attest it")
_TO = "/to"
_DIRECT = "/direct"
"""Endings of the second request about the same thing in one batch."""
NO_RULES = Unread(Reason.UNSUPPORTED, "rules of mailboxes are read only where machine.yaml says `mail_rules: true`",
                  grant=permissions.MAILBOXES)

NO_SETTING_BY_USER = Unread(Reason.UNSUPPORTED, "Microsoft Graph has no such path here: multifactor authentication set "
                            "by user is not to be seen")


@dataclass
class Found:
    """The sections as they are read."""

    domains: list[TenantDomain] = field(default_factory=list)
    licences: list[str] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    roles: list[RoleAssignment] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    security_defaults: bool = False
    policies: list[Policy] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    strengths: list[Strength] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    principals: set[str] = field(default_factory=set)
    """Ids of all service principals."""
    authorization: Authorization | None = None
    passwords: Passwords | None = None
    devices: list[Device] = field(default_factory=list)
    forwardings: list[Forwarding] = field(default_factory=list)


def read(reading: Reading) -> Found:
    """Every section that can be read; the others are in ``reading.unread``. Conditional access may be asked once a
    second: what is asked of it stands apart."""
    found = Found()
    for look in (_settings, _conditional_access, _roles, _users, _locations, _registrations, _applications, _devices,
                 _groups, _mailboxes, _per_user_mfa, _rules):
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
    with reading.section("roles", grant=permissions.ROLES):
        definitions = dict(reading.listing(
            "role definitions", "/roleManagement/directory/roleDefinitions", tuple[str, tuple[str, str, bool]],
            roles.definition, params={"$select": "id,templateId,displayName,isBuiltIn"}))
        found.roles = list(reading.listing(
            "roles", "/roleManagement/directory/roleAssignments", RoleAssignment,
            lambda body: roles.assignment(body, definitions), params={"$expand": "principal"}))
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


def _applications(reading: Reading, found: Found) -> None:
    with reading.section("applications", grant=permissions.APPLICATIONS):
        registered = reading.listing("applications", "/applications", apps.Registered, apps.registered,
                                     params={"$select": apps.REGISTERED, "$top": TOP})
        principals = reading.listing("principals", "/servicePrincipals", apps.Principal, apps.principal,
                                     params={"$select": apps.PRINCIPALS, "$top": TOP})
        found.principals = {one.id for one in principals}
        given = _given(reading, principals)
    if "applications" in reading.unread:
        reading.unread["delegated"] = reading.unread["applications"]
        return
    delegations: list[tuple[str, tuple[str, ...]]] = []
    with reading.section("delegated", grant=permissions.DIRECTORY):
        delegations = reading.listing("delegated", "/oauth2PermissionGrants", tuple[str, tuple[str, ...]],
                                      apps.delegation, params={"$filter": "consentType eq 'AllPrincipals'"})
    tenant = reading.tenant
    declared = [*tenant.registration_apps, *(one.application for one in tenant.accepted_applications)]
    found.applications = apps.joined(registered, principals, given, delegations, declared, tenant.id)


def _given(reading: Reading, principals: list[apps.Principal]) -> list[apps.Given]:
    """What the services of interest gave: asked of the services, not of every application."""
    services = [one.id for one in principals if one.app in apps.RESOURCES]
    path = "/servicePrincipals/{}/appRoleAssignedTo"
    said, refused = reading.answers(
        "services", [request for one in services for request in (
            (one, f"/servicePrincipals/{one}?$select=id,appRoles"), (f"{one}{_TO}", f"{path.format(one)}?$top={TOP}"))],
        apps.Given, lambda key, body: apps.given(records(body, "value"), text(body, "@odata.nextLink"))
        if key.endswith(_TO) else apps.permissions(body))
    _raise(refused)
    found = []
    for one in services:
        first = said[one + _TO]
        rest = reading.listing(f"given by {one}", path.format(one), apps.Given, lambda body: apps.given([body]),
                               start=first.next) if first.next else []
        found.append(apps.Given(said[one].names, (*first.pairs, *(pair for more in rest for pair in more.pairs))))
    return found


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


def _groups(reading: Reading, found: Found) -> None:
    ids, names = groups.referred(found.policies, found.roles, found.users.values(), reading.tenant)
    with reading.section("groups", grant=permissions.GROUPS):
        ids = list(dict.fromkeys((*ids, *_by_name(reading, names))))
        holders = {one.principal for one in found.roles}
        known, refused = reading.answers(
            "groups", [(one, f"/groups/{one}?$select={groups.SELECT}") for one in ids], groups.Known,
            lambda _, body: groups.known(body))
        _raise({one: why for one, why in refused.items() if not isinstance(why, Gone)})
        members, partial = _members(reading, list(known), [one for one in known if one in holders])
        if not permissions.held(permissions.HIDDEN, reading.graph.granted):
            partial |= _with_hidden(reading, known, members)
        for one in ids:
            if one not in known:
                found.groups.append(Group(one, exists=False))
                continue
            inside, direct = (members.get(key, groups.Members()) for key in (one, one + _DIRECT))
            found.groups.append(Group(one, known[one].name, inside.users, direct.users, mail=known[one].mail,
                                      complete=one not in partial))
    _kinds(reading, found)


def _by_name(reading: Reading, names: list[str]) -> list[str]:
    """The ids of groups that machine.yaml names otherwise."""
    said, refused = reading.answers(
        "named groups", [(one, f"/groups?$filter={groups.filter_for(one)}&$select=id") for one in names], list[str],
        lambda _, body: [text(one, "id") for one in records(body, "value")])
    _raise(refused)
    return [one for name in names for one in said[name]]


def _members(reading: Reading, ids: list[str], holders: list[str]) -> tuple[dict[str, groups.Members], set[str]]:
    """Who is in each group, nested groups included, and for ``holders`` of a role also who is in the group itself; and
    the groups of which that could not be wholly read."""
    paths = {one: f"/groups/{one}/transitiveMembers" for one in ids}
    paths |= {one + _DIRECT: f"/groups/{one}/members" for one in holders}
    first, refused = reading.answers(
        "members", [(key, f"{path}?$select={groups.MEMBERS}&$top={TOP}") for key, path in paths.items()],
        groups.Members, lambda _, body: groups.members(records(body, "value"), text(body, "@odata.nextLink")))
    if not first:
        _raise(refused)
    for key, page in first.items():
        if page.next:
            rest = reading.listing(f"members: {key}", paths[key], groups.Members, lambda body: groups.members([body]),
                                   start=page.next)
            first[key] = groups.joined(page, rest)
    return first, {key.removesuffix(_DIRECT) for key in refused}


def _with_hidden(reading: Reading, known: dict[str, groups.Known], members: dict[str, groups.Members]) -> set[str]:
    """The groups of which not everybody is shown without ``Member.Read.Hidden``: membership is hidden, and nobody was
    given, or it is hidden in a group within."""
    within = dict.fromkeys(one for inside in members.values() for one in inside.groups if one not in known)
    nested, refused = reading.answers(
        "groups within", [(one, f"/groups/{one}?$select={groups.SELECT}") for one in within], groups.Known,
        lambda _, body: groups.known(body))
    closed = {one.id for one in (*known.values(), *nested.values()) if one.hidden} | refused.keys()
    return {one for one in known if closed.intersection(members.get(one, groups.Members()).groups)
            or (one in closed and not members.get(one, groups.Members()).users)}


def _kinds(reading: Reading, found: Found) -> None:
    """Say of principals whose kind was not told what they are. One that is nothing any more holds no role."""
    real = {one.id for one in found.groups if one.exists}
    whole = found.principals and not {"users", "groups", "applications"} & reading.unread.keys()
    told = []
    for one in found.roles:
        if one.kind == roles.UNKNOWN:
            kind = "user" if one.principal in found.users else "group" if one.principal in real else "servicePrincipal"
            if kind == "servicePrincipal" and whole and one.principal not in found.principals:
                continue
            one = msgspec.structs.replace(one, kind=kind)
        told.append(one)
    found.roles = told
    applications = {one.principal for one in found.roles if one.kind == "servicePrincipal"}
    found.groups = [one for one in found.groups if one.exists or one.id not in applications]


def _mailboxes(reading: Reading, found: Found) -> None:
    """Of those who hold a role, whether they have a mailbox."""
    held = {one.id: one.direct for one in found.groups}
    holders = dict.fromkeys(one for role in found.roles for one in (role.principal, *held.get(role.principal, ()))
                            if one in found.users and found.users[one].enabled)
    if not holders or "mailboxes" in reading.unread:
        return
    with reading.section("mailboxes", grant=permissions.USERS):
        said, refused = reading.answers(
            "mailboxes", [(one, f"/users/{one}?$select={users.PLANS}") for one in holders], tuple[bool, ...],
            lambda _, body: users.has_mailbox(body))
        _raise({one: why for one, why in refused.items() if not isinstance(why, Gone)})
        own = {one.name for one in found.domains}
        for one, told in said.items():
            for has in told:
                found.users[one] = users.with_mailbox(found.users[one], has, own)


def _per_user_mfa(reading: Reading, found: Found) -> None:
    if "per_user_mfa" in reading.unread:
        return
    enabled = sum(one.enabled for one in found.users.values())
    order = per_user.order(found.users, found.roles, found.policies, found.groups, reading.tenant.per_user_mfa)
    said: dict[str, str] = {}
    with reading.section("per_user_mfa", grant=permissions.POLICIES):
        said, refused = per_user.states(reading, order)
        for one, state in said.items():
            found.users[one] = msgspec.structs.replace(found.users[one], per_user_mfa=state)
        if order and not said and all(one.status in per_user.UNKNOWN for one in refused.values()):
            reading.unread["per_user_mfa"] = NO_SETTING_BY_USER
            return
        _raise({one: why for one, why in refused.items() if not isinstance(why, Gone)})
    if len(said) < enabled and "per_user_mfa" not in reading.unread:
        reading.unread["per_user_mfa"] = Unread(
            Reason.TRUNCATED, f"multifactor authentication set by user was asked of {len(said)} of {enabled} "
            "enabled accounts: `per_user_mfa` in machine.yaml says of how many")


def _rules(reading: Reading, found: Found) -> None:
    if not reading.tenant.mail_rules:
        reading.unread["forwardings"] = NO_RULES
        return
    if "forwardings" in reading.unread:
        return
    if "domains" in reading.unread:
        reading.unread["forwardings"] = reading.unread["domains"]
        return
    own = {one.name for one in found.domains}
    boxes = [one for one in found.users.values() if one.enabled and not one.guest and (one.mailbox or one.mail)]

    def passes(_: str, body: Body) -> list[bool]:
        return sorted(mail.passes_on(records(body, "value"), own))

    with reading.section("forwardings", grant=permissions.MAILBOXES):
        said, refused = reading.answers(
            "rules", [(one.id, f"/users/{one.id}/mailFolders/inbox/messageRules") for one in boxes], list[bool], passes)
        found.forwardings = [Forwarding(found.users[one].name, outside) for one, ways in said.items()
                             for outside in ways]
        _raise({one: why for one, why in refused.items() if not isinstance(why, Gone)})


def _raise(refused: dict[str, GraphError]) -> None:
    for error in refused.values():
        raise error
