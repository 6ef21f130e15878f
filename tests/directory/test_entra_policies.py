"""Conditional access policies as Graph answers them, and those of a real tenant."""

import json
from pathlib import Path

import pytest

from collectors import _entra_policies
from collectors.host.protocol import LookError
from hustings.directory.entra import Guests

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "entra" / "provider-export-sample.json"


def graph(value: object) -> object:
    """What PowerShell wrote with its own capitals, with Graph's."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: graph(one) for key, one in value.items() if key != "AdditionalProperties"}
    return [graph(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def real() -> list[dict]:
    if not SAMPLE.exists():
        pytest.skip("the sample of a real tenant is not beside the checkout")
    return [graph(one) for one in json.loads(SAMPLE.read_text())["conditional_access_policies"]]


def body(conditions: dict | None = None, grants: dict | None = None, **more: object) -> dict:
    users = {"includeUsers": ["All"]}
    return {"id": "p1", "displayName": "P", "state": "enabled", "conditions": {"users": users} | (conditions or {}),
            "grantControls": grants if grants is not None else {"operator": "OR", "builtInControls": ["mfa"]}} | more


def test_every_policy_of_a_real_tenant_is_wholly_understood(real):
    policies = [_entra_policies.policy(one) for one in real]
    assert len(policies) == 20
    assert {one.state for one in policies} == {"enabled", "enabledForReportingButNotEnforced"}
    assert all(one.others == () and one.other_controls == () for one in policies)
    everyone = next(one for one in policies if one.name == "Live - MFA SHALL be required for all users")
    assert everyone.include_users == ("All",)
    assert everyone.controls == ("mfa",)
    assert everyone.clients == ("all",)
    assert everyone.exclude_groups == ("8454f405-3b29-4102-b888-315c4e3de2d0",)
    assert everyone.exclude_apps == ("372140e0-b3b7-4226-8ef9-d57986796201",)
    assert everyone.include_guests is None
    assert everyone.device_filter == ""
    assert not everyone.app_filter
    assert {one.strength for one in policies} == {
        "", "00000000-0000-0000-0000-000000000004", "a7a09591-49c1-4f33-bb37-76f0b6abf067"}
    assert sum(one.device_filter.startswith("include device.trustType") for one in policies) == 1
    assert {one.user_actions for one in policies} > {("urn:user:registersecurityinfo",)}
    kept = {one.id: one for one in filter(None, map(_entra_policies.strength_within, real))}
    assert "fido2" in kept["00000000-0000-0000-0000-000000000004"].combinations


@pytest.mark.parametrize(("conditions", "named"), [
    ({"insiderRiskLevels": "minor,elevated"}, "insiderRiskLevels"),
    ({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, "authenticationFlows"),
    ({"clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}, "clientApplications"),
    ({"servicePrincipalRiskLevels": ["high"]}, "servicePrincipalRiskLevels"),
    ({"invented": {"deep": [{"er": [1]}]}}, "invented"),
    ({"clientAppTypes": ["browser", "easSupported"]}, "clientAppTypes: easSupported"),
    ({"userRiskLevels": ["unknownFutureValue"]}, "userRiskLevels: unknownFutureValue"),
    ({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["visionOS"]}}, "platforms: visionOS"),
    ({"platforms": {"includeKinds": ["x"]}}, "platforms.includeKinds"),
    ({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["all"]}}, "platforms.excludePlatforms: all"),
    ({"locations": {"includeLocations": ["All"], "excludeLocations": ["All"]}}, "locations.excludeLocations: All"),
    ({"users": {"includeUsers": ["All"], "excludeRoles": ["All"]}}, "users.excludeRoles: All"),
    ({"users": {"includeGroups": ["All"]}}, "users.includeGroups: All"),
    ({"applications": {"includeApplications": ["All"], "networkAccess": {"x": 1}}}, "applications.networkAccess"),
    ({"users": {"includeUsers": ["All"], "excludeTitles": ["x"]}}, "users.excludeTitles"),
    ({"devices": {"includeDevices": ["All"]}}, "devices.includeDevices"),
    ({"locations": {"includeLocations": ["All"], "networks": ["x"]}}, "locations.networks"),
    ({"users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "martian"}}},
     "users.includeGuestsOrExternalUsers: martian"),
    ({"users": {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest", "hair": "red"}}},
     "users.excludeGuestsOrExternalUsers.hair"),
])
def test_a_condition_that_is_not_understood_is_named_and_never_dropped(conditions, named):
    assert _entra_policies.policy(body(conditions)).others == (named,)


@pytest.mark.parametrize(("grants", "named"), [
    ({"operator": "OR", "builtInControls": ["mfa", "riskRemediation"]}, "riskRemediation"),
    ({"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": ["t1"]}, "t1"),
    ({"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": ["RequireDuo"]}, "RequireDuo"),
    ({"operator": "OR", "builtInControls": ["mfa"], "someday": {"x": True}}, "someday"),
    ({"operator": "OR", "builtInControls": [], "authenticationStrength": {"displayName": "?"}},
     "authenticationStrength"),
])
def test_a_control_that_is_not_understood_is_named_and_never_dropped(grants, named):
    read = _entra_policies.policy(body(grants=grants))
    assert read.other_controls == (named,)


def test_what_graph_leaves_null_restricts_nothing():
    read = _entra_policies.policy(body({
        "insiderRiskLevels": None, "authenticationFlows": None, "clientAppTypes": ["all"], "userRiskLevels": [],
        "devices": {"deviceFilter": {"mode": None, "rule": None}, "includeDevices": None},
        "applications": {"includeApplications": ["All"], "applicationFilter": None, "includeUserActions": []},
        "clientApplications": {"includeServicePrincipals": [], "servicePrincipalFilter": None},
        "users": {"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": "none", "externalTenants": None}},
    }, {"operator": "AND", "builtInControls": ["mfa"], "authenticationStrength@odata.context": "https://x",
        "authenticationStrength": None}, partialEnablementStrategy=None, sessionControls=None))
    assert read.others == ()
    assert read.other_controls == ()
    assert read.device_filter == ""
    assert not read.app_filter
    assert read.exclude_guests is None
    assert read.operator == "AND"


def test_a_condition_for_authentication_flows_that_chooses_none_restricts_nothing():
    read = _entra_policies.policy(body({"authenticationFlows": {"@odata.type": "#x", "transferMethods": "none"}}))
    assert read.others == ()


def test_a_policy_that_only_shapes_sessions_has_no_controls():
    read = _entra_policies.policy(body() | {"grantControls": None, "sessionControls": {"x": 1}})
    assert (read.controls, read.strength, read.other_controls) == ((), "", ())


@pytest.mark.parametrize(("tenants", "all_tenants"), [
    ({"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}, True),
    ({"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "membershipKind": "enumerated",
      "members": ["t"]}, False),
    (None, True),
    ({"membershipKind": "unknownFutureValue"}, False),
])
def test_kinds_of_guests_are_taken_apart(tenants, all_tenants):
    guests = {"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest", "externalTenants": tenants}
    read = _entra_policies.policy(body({"users": {"includeGuestsOrExternalUsers": guests}}))
    assert read.include_guests == Guests(("internalGuest", "b2bCollaborationGuest"), all_tenants)
    assert read.others == ()


@pytest.mark.parametrize("damage", [
    {"id": None}, {"state": ""}, {"conditions": []}, {"conditions": {"users": {"includeUsers": "All"}}},
    {"grantControls": {"builtInControls": [{"mfa": 1}]}},
])
def test_an_answer_of_another_shape_is_no_policy(damage):
    with pytest.raises(LookError):
        _entra_policies.policy(body() | damage)


def test_locations_by_address_and_by_country():
    ip = {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "l1", "displayName": "HQ", "isTrusted": True}
    country = {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "l2", "displayName": "Canada"}
    assert _entra_policies.location(ip).trusted
    assert _entra_policies.location(ip).kind == "ip"
    assert not _entra_policies.location(country).trusted
    assert _entra_policies.location(country).kind == "country"
