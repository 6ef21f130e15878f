"""A whole Microsoft Entra ID tenant for ``tests.graph_server``: what it holds, in Graph's own JSON, and which
permission and licence open each part, as Microsoft's reference names them (not as our own table does)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.graph_server import Gate, GraphServer, Item, Keys, Resource

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
DIRECTORY = "Directory.Read.All"
_USER = ("businessPhones", "displayName", "id", "mail", "userPrincipalName")
_HIDDEN = "HiddenMembership"


def guid(number: int, kind: int = 0) -> str:
    """An id that is the same every time."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def user(number: int, name: str = "", **more: Any) -> Item:
    """An account, as ``GET /users`` gives it."""
    name = name or f"person{number}"
    address = name if "@" in name else f"{name}@office.example"
    return {"id": guid(number, 1), "userPrincipalName": address, "displayName": name, "mail": address,
            "accountEnabled": True, "userType": "Member", "createdDateTime": "2022-01-05T09:00:00Z",
            "onPremisesSyncEnabled": None, "passwordPolicies": None, "assignedPlans": [],
            "signInActivity": {"lastSignInDateTime": "2026-11-20T08:15:30Z",
                               "lastNonInteractiveSignInDateTime": "2026-11-21T08:15:30Z",
                               "lastSuccessfulSignInDateTime": None}} | more


def policy(number: int, conditions: Item, grants: Item | None, **more: Any) -> Item:
    """A conditional access policy; ``conditions`` replaces what is given of everybody, every application."""
    everything = {
        "userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"], "platforms": None, "locations": None,
        "devices": None, "clientApplications": None, "servicePrincipalRiskLevels": [], "insiderRiskLevels": None,
        "authenticationFlows": None,
        "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": [],
                         "includeAuthenticationContextClassReferences": [], "applicationFilter": None},
        "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [],
                  "includeRoles": [], "excludeRoles": [], "includeGuestsOrExternalUsers": None,
                  "excludeGuestsOrExternalUsers": None}}
    users = everything["users"] | conditions.pop("users", {})
    apps = everything["applications"] | conditions.pop("applications", {})
    return {"id": guid(number, 5), "displayName": f"Policy {number}", "state": "enabled", "createdDateTime": None,
            "modifiedDateTime": None, "templateId": None, "partialEnablementStrategy": None,
            "conditions": everything | {"users": users, "applications": apps} | conditions,
            "grantControls": grants, "sessionControls": None} | more


MFA: Item = {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": [],
             "authenticationStrength": None}


def strength(number: int, combinations: Iterable[str], **more: Any) -> Item:
    """An authentication strength."""
    return {"id": guid(number, 6), "displayName": f"Strength {number}", "description": "", "policyType": "custom",
            "requirementsSatisfied": "mfa", "allowedCombinations": list(combinations),
            "combinationConfigurations": []} | more


def registration(person: Item, *methods: str, **more: Any) -> Item:
    """What somebody registered."""
    return {"id": person["id"], "userPrincipalName": person["userPrincipalName"],
            "userDisplayName": person["displayName"], "isAdmin": False, "isSsprRegistered": False,
            "isSsprEnabled": False, "isSsprCapable": False, "isMfaRegistered": bool(methods),
            "isMfaCapable": bool(methods), "isPasswordlessCapable": False,
            "lastUpdatedDateTime": "2026-11-20T19:15:41.6195833Z", "methodsRegistered": list(methods),
            "isSystemPreferredAuthenticationMethodEnabled": True, "systemPreferredAuthenticationMethods": [],
            "userPreferredMethodForSecondaryAuthentication": "", "userType": person["userType"].lower()} | more


def role(template: str, name: str, **more: Any) -> Item:
    """A role's definition."""
    return {"id": template, "templateId": template, "displayName": name, "isBuiltIn": True, "isEnabled": True,
            "description": "", "resourceScopes": ["/"], "rolePermissions": [], "version": "1"} | more


@dataclass
class Group:
    """A group: what it says itself, and its members by id."""

    said: Item
    members: list[str] = field(default_factory=list)


def group(number: int, name: str, *members: str, **more: Any) -> Group:
    return Group({"id": guid(number, 2), "displayName": name, "mail": None, "visibility": None, "groupTypes": [],
                  "isAssignableToRole": None, "securityEnabled": True} | more, list(members))


@dataclass
class Tenant:
    """Everything that is asked for."""

    users: list[Item] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    policies: list[Item] = field(default_factory=list)
    locations: list[Item] = field(default_factory=list)
    strengths: list[Item] = field(default_factory=list)
    registrations: list[Item] = field(default_factory=list)
    definitions: list[Item] = field(default_factory=lambda: [
        role(GLOBAL, "Global Administrator"), role(READERS, "Directory Readers")])
    assignments: list[Item] = field(default_factory=list)
    """``{"roleDefinitionId": …, "principalId": …}`` at least."""
    eligible: list[Item] = field(default_factory=list)
    domains: list[Item] = field(default_factory=lambda: [
        {"id": "office.example", "authenticationType": "Managed", "isVerified": True, "isDefault": True,
         "passwordValidityPeriodInDays": 2147483647}])
    plans: list[str] = field(default_factory=lambda: ["AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A",
                                                      "EXCHANGE_S_STANDARD"])
    settings: list[Item] = field(default_factory=list)
    security_defaults: bool = False
    authorization: Item = field(default_factory=lambda: {
        "id": "authorizationPolicy", "allowInvitesFrom": "adminsAndGuestInviters",
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {"allowedToCreateApps": False, "permissionGrantPoliciesAssigned": [
            "ManagePermissionGrantsForSelf.microsoft-user-default-low"]}})
    applications: list[Item] = field(default_factory=list)
    principals: list[Item] = field(default_factory=list)
    given: dict[str, list[Item]] = field(default_factory=dict)
    """By id of the service's principal: ``appRoleAssignment``."""
    delegations: list[Item] = field(default_factory=list)
    managed: list[Item] = field(default_factory=list)
    devices: list[Item] = field(default_factory=list)
    per_user: dict[str, str] = field(default_factory=dict)
    rules: dict[str, list[Item]] = field(default_factory=dict)

    def install(self, server: GraphServer) -> GraphServer:
        """Put it into a server; ``plans`` become its licences."""
        self._index()
        server.licences = set(self.plans)
        server.resources.update(self._resources(server))
        return server

    def _index(self) -> None:
        self._users = {one["id"]: one for one in self.users}
        self._groups = {one.said["id"]: one for one in self.groups}
        self._principals = {one["id"]: one for one in self.principals}

    def _resources(self, server: GraphServer) -> Mapping[str, Resource]:
        read = ("Policy.Read.All",)
        members = ("GroupMember.Read.All", "Group.Read.All", DIRECTORY)
        people = ("User.Read.All", DIRECTORY)
        apps = ("Application.Read.All", DIRECTORY)
        roles = ("RoleManagement.Read.Directory", "RoleManagement.Read.All", DIRECTORY)
        return {
            "/users": Resource(self.users, people, usual=_USER, gated={
                "signInActivity": Gate(("AuditLog.Read.All",), "AAD_PREMIUM")}),
            "/users/{}": Resource(lambda keys: self._users.get(keys[0]), people, usual=_USER),
            "/users/{}/authentication/requirements": Resource(self._per_user, read, kind="policy", beta=True),
            "/users/{}/mailFolders/inbox/messageRules": Resource(
                lambda keys: self.rules.get(keys[0]), ("MailboxSettings.Read",), kind="mail"),
            "/groups": Resource([one.said for one in self.groups], members),
            "/groups/{}": Resource(lambda keys: self._group(keys), members),
            "/groups/{}/members": Resource(lambda keys: self._inside(server, keys, deep=False), members),
            "/groups/{}/transitiveMembers": Resource(lambda keys: self._inside(server, keys, deep=True), members),
            "/domains": Resource(self.domains, ("Domain.Read.All", DIRECTORY), over="ignore"),
            "/subscribedSkus": Resource(
                [self._sku()], ("Organization.Read.All", "LicenseAssignment.Read.All", DIRECTORY), over="never"),
            "/groupSettings": Resource(self.settings, ("GroupSettings.Read.All", "Group.Read.All", DIRECTORY),
                                       over="never"),
            "/policies/authorizationPolicy": Resource(self.authorization, read, kind="policy"),
            "/policies/identitySecurityDefaultsEnforcementPolicy": Resource(
                {"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults",
                 "isEnabled": self.security_defaults}, read, kind="policy"),
            "/policies/authenticationStrengthPolicies": Resource(self.strengths, read, kind="policy"),
            "/identity/conditionalAccess/policies": Resource(self.policies, read, kind="policy"),
            "/identity/conditionalAccess/namedLocations": Resource(self.locations, read, kind="policy"),
            "/reports/authenticationMethods/userRegistrationDetails": Resource(
                self.registrations, ("AuditLog.Read.All",), "AAD_PREMIUM", kind="audit"),
            "/roleManagement/directory/roleDefinitions": Resource(self.definitions, roles),
            "/roleManagement/directory/roleAssignments": Resource(
                [self._expanded(one, at) for at, one in enumerate(self.assignments)], roles, expandable=("principal",)),
            "/roleManagement/directory/roleEligibilityScheduleInstances": Resource(
                [self._expanded(one, at) for at, one in enumerate(self.eligible)],
                ("RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory"), "AAD_PREMIUM_P2",
                kind="pim", expandable=("principal",)),
            "/applications": Resource(self.applications, apps),
            "/servicePrincipals": Resource(self.principals, apps),
            "/servicePrincipals/{}": Resource(lambda keys: self._principals.get(keys[0]), apps),
            "/servicePrincipals/{}/appRoleAssignedTo": Resource(lambda keys: self.given.get(keys[0], []), apps),
            "/oauth2PermissionGrants": Resource(self.delegations, (DIRECTORY,)),
            "/deviceManagement/managedDevices": Resource(
                self.managed, ("DeviceManagementManagedDevices.Read.All",), "INTUNE_A", kind="intune"),
            "/devices": Resource(self.devices, ("Device.Read.All", DIRECTORY)),
        }

    def _per_user(self, keys: Keys) -> Item | None:
        if keys[0] not in self._users:
            return None
        return {"perUserMfaState": self.per_user.get(keys[0], "disabled")}

    def _group(self, keys: Keys) -> Item | None:
        return self._groups[keys[0]].said if keys[0] in self._groups else None

    def _inside(self, server: GraphServer, keys: Keys, *, deep: bool) -> list[Item] | None:
        if keys[0] not in self._groups:
            return None
        return list(self._walk(server, self._groups[keys[0]], set(), deep=deep))

    def _walk(self, server: GraphServer, start: Group, seen: set[str], *, deep: bool) -> Iterator[Item]:
        """Members as directory objects; those of a group with hidden membership only with the permission for it."""
        if start.said["visibility"] == _HIDDEN and "Member.Read.Hidden" not in server.app.permissions:
            return
        for one in start.members:
            if one in seen:
                continue
            seen.add(one)
            if one in self._groups:
                yield {"@odata.type": "#microsoft.graph.group", **self._groups[one].said}
                if deep:
                    yield from self._walk(server, self._groups[one], seen, deep=True)
            elif one in self._users:
                yield {"@odata.type": "#microsoft.graph.user", **self._users[one]}
            else:
                yield {"@odata.type": "#microsoft.graph.device", "id": one}

    def _sku(self) -> Item:
        return {"id": "sku", "skuId": guid(1, 9), "skuPartNumber": "SPE_E5", "capabilityStatus": "Enabled",
                "servicePlans": [{"servicePlanId": guid(at, 9), "servicePlanName": one, "appliesTo": "User",
                                  "provisioningStatus": "Success"} for at, one in enumerate(self.plans)]}

    def _expanded(self, assignment: Item, at: int) -> Item:
        who = assignment["principalId"]
        if who in self._users:
            principal: Item | None = {"@odata.type": "#microsoft.graph.user", **self._users[who]}
        elif who in self._groups:
            principal = {"@odata.type": "#microsoft.graph.group", **self._groups[who].said}
        elif who in self._principals:
            principal = {"@odata.type": "#microsoft.graph.servicePrincipal", **self._principals[who]}
        else:
            principal = None
        return {"id": f"assignment-{at}", "directoryScopeId": "/", "appScopeId": None,
                "principal": principal} | assignment


def office() -> Tenant:
    """A small office with some of everything."""
    clerk, admin, guest, gone = user(1, "clerk"), user(2, "admin"), user(
        3, "visitor_other.example#EXT#@office.example", userType="Guest", mail="visitor@other.example"), user(
        4, "gone", accountEnabled=False)
    never = user(5, "never", mail=None, passwordPolicies="DisablePasswordExpiration", onPremisesSyncEnabled=True)
    del never["signInActivity"]
    admin["assignedPlans"] = [{"service": "exchange", "capabilityStatus": "Enabled", "servicePlanId": guid(1, 8)}]
    nested = group(2, "Nested", clerk["id"])
    people = [clerk, admin, guest, gone, never]
    phishing_resistant = strength(4, ["fido2", "windowsHelloForBusiness"], policyType="builtIn")
    backup = {"id": guid(2, 3), "appId": guid(2, 4), "displayName": "Backup", "accountEnabled": True,
              "appOwnerOrganizationId": guid(77, 7), "preferredSingleSignOnMode": None, "appRoles": [],
              "passwordCredentials": [], "keyCredentials": []}
    graph = backup | {"id": guid(1, 3), "appId": GRAPH_APP, "displayName": "Microsoft Graph",
                      "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
                      "appRoles": [{"id": guid(1, 10), "value": "Mail.Read", "allowedMemberTypes": ["Application"]}]}
    return Tenant(
        users=people,
        groups=[group(1, "Left out", nested.said["id"], "device-1"), nested,
                group(3, "Administrators", never["id"], isAssignableToRole=True),
                group(4, "Secret society", clerk["id"], visibility=_HIDDEN),
                group(6, "Candidates", clerk["id"], mail="candidates@office.example")],
        policies=[policy(1, {"users": {"excludeGroups": [guid(1, 2), guid(9, 2)]}}, MFA),
                  policy(2, {"users": {"includeUsers": [], "includeRoles": [GLOBAL], "excludeGroups": [guid(4, 2)]}},
                         MFA | {"builtInControls": [], "authenticationStrength": phishing_resistant})],
        locations=[{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": guid(1, 11), "displayName": "Office",
                    "isTrusted": True, "ipRanges": []}],
        strengths=[phishing_resistant],
        registrations=[registration(clerk), registration(admin, "fido2SecurityKey", "softwareOneTimePasscode")],
        assignments=[{"roleDefinitionId": GLOBAL, "principalId": admin["id"]},
                     {"roleDefinitionId": GLOBAL, "principalId": guid(3, 2)},
                     {"roleDefinitionId": READERS, "principalId": guid(2, 3)}],
        eligible=[{"roleDefinitionId": GLOBAL, "principalId": clerk["id"]}],
        applications=[{"id": guid(5, 3), "appId": guid(5, 4), "displayName": "Roll", "keyCredentials": [],
                       "passwordCredentials": [{"keyId": "k", "hint": "abc", "secretText": None,
                                                "startDateTime": "2020-01-01T00:00:00Z",
                                                "endDateTime": "2299-12-30T08:00:00Z"}]}],
        principals=[graph, backup],
        given={guid(1, 3): [{"id": "g", "principalId": guid(2, 3), "principalType": "ServicePrincipal",
                             "appRoleId": guid(1, 10), "resourceId": guid(1, 3)}]},
        delegations=[{"id": "d", "clientId": guid(2, 3), "consentType": "AllPrincipals", "principalId": None,
                      "resourceId": guid(1, 3), "scope": " Files.Read.All offline_access"},
                     {"id": "e", "clientId": guid(2, 3), "consentType": "Principal", "principalId": clerk["id"],
                      "resourceId": guid(1, 3), "scope": "Mail.Read"}],
        managed=[{"id": "m", "deviceName": "PC-7", "operatingSystem": "Windows", "osVersion": "10.0.22631.4460",
                  "isEncrypted": True, "complianceState": "compliant", "managedDeviceOwnerType": "company",
                  "userPrincipalName": "clerk@office.example", "lastSyncDateTime": "2026-11-21T00:02:49.3205976Z"}],
        devices=[{"id": "x", "displayName": "PHONE-1", "operatingSystem": "iOS", "operatingSystemVersion": "18.1",
                  "accountEnabled": True, "isCompliant": None, "deviceOwnership": None, "trustType": "Workplace",
                  "approximateLastSignInDateTime": "2026-11-01T00:00:00Z"}],
        per_user={clerk["id"]: "enforced"},
        rules={clerk["id"]: [{"id": "r", "displayName": "out", "isEnabled": True, "actions": {
            "forwardTo": [{"emailAddress": {"name": "me", "address": "me@elsewhere.example"}}]}}]})
