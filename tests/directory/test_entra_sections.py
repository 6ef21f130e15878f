"""What single answers of Graph become: applications, settings, roles, devices, mail. No network."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import _entra_apps, _entra_devices, _entra_fields, _entra_mail, _entra_per_user, _entra_roles
from collectors import _entra_settings as settings
from collectors import _entra_users as users
from collectors.host.protocol import Unreadable
from hustings.directory.entra import Group, Passwords, Policy, RoleAssignment, TenantDomain, User
from tests.graph_tenant import guid

ENTRA = Path(__file__).resolve().parents[3] / "shared" / "data" / "entra"
SERVICES, CORPORATE, STRANGER, OURS = _entra_apps.SERVICES, "72f988bf-86f1-41af-91ab-2d7cd011db47", guid(5), guid(6)
CERTIFICATE = {"usage": "Verify", "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}


def principal(name: str, owner: str | None, **more: object) -> _entra_apps.Principal:
    return _entra_apps.principal({"id": f"sp-{name}", "appId": f"app-{name}", "displayName": name,
                                  "appOwnerOrganizationId": owner} | more)


def test_which_applications_are_whose_and_hold_what():
    principals = [
        principal("service", SERVICES), principal("hijacked", SERVICES, keyCredentials=[CERTIFICATE]),
        principal("explorer", CORPORATE), principal("stranger", STRANGER), principal("own", OURS),
        principal("orphan", OURS.upper()), principal("identity", None), principal("idle", STRANGER)]
    registered = [_entra_apps.registered({"appId": "app-own", "displayName": "own", "passwordCredentials": [
        {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": None}]})]
    holders = ["service", "hijacked", "stranger", "orphan", "identity", "own"]
    given = [_entra_apps.Given({"r": "Mail.Read"}, tuple((f"sp-{one}", "r") for one in holders))]
    delegations = [("sp-explorer", ("Files.Read.All",)), ("sp-explorer", ("Files.Read.All", "User.Read"))]
    found = {one.name: one for one in _entra_apps.joined(registered, principals, given, delegations, [], OURS)}
    assert sorted(found) == ["explorer", "hijacked", "identity", "orphan", "own", "stranger"]
    assert [one for one in found if found[one].foreign] == ["stranger"]
    assert found["hijacked"].permissions == ("Mail.Read",)
    assert found["explorer"].delegated == ("Files.Read.All", "User.Read")
    assert [(one.kind, one.ends) for one in found["own"].credentials] == [("secret", None)]


@pytest.mark.parametrize("more", [{"preferredSingleSignOnMode": "saml"}, {"servicePrincipalType": "ManagedIdentity"},
                                  {"keyCredentials": [CERTIFICATE | {"usage": "Sign"}]}])
def test_certificates_that_let_nobody_in_are_no_credentials(more):
    assert principal("a", OURS, **{"keyCredentials": [CERTIFICATE]} | more).credentials == ()


def test_a_permission_that_a_service_no_longer_names_keeps_its_id():
    given = [_entra_apps.Given({}, (("sp-a", "old"),))]
    assert _entra_apps.joined([], [principal("a", OURS)], given, [], [], OURS)[0].permissions == ("old",)


def test_what_was_given_to_people_and_groups_is_no_applications():
    assert _entra_apps.given([{"principalId": "g", "appRoleId": "r", "principalType": "Group"}]).pairs == ()


@pytest.mark.parametrize(("body", "days"), [
    ({"authenticationType": "Managed", "passwordValidityPeriodInDays": 2147483647}, 0),
    ({"authenticationType": "Managed", "passwordValidityPeriodInDays": 60}, 60),
    ({"authenticationType": "Managed"}, 90),
    ({"authenticationType": "Federated", "passwordValidityPeriodInDays": None}, 0)])
def test_how_long_passwords_of_a_domain_last(body, days):
    read = settings.domain({"id": "Office.Example"} | body)
    assert read == TenantDomain("office.example", federated=body["authenticationType"] == "Federated",
                                password_validity_days=days)


def test_the_rules_for_passwords_of_a_tenant_and_microsofts_where_it_has_none():
    rules = {"LockoutThreshold": "5", "LockoutDurationInSeconds": "300", "EnableBannedPasswordCheck": "True",
             "BannedPasswordList": "ballot\tclerk", "EnableBannedPasswordCheckOnPremises": "True",
             "BannedPasswordCheckOnPremisesMode": "Enforce"}
    said = [{"templateId": "other", "values": []}, {"templateId": settings.PASSWORD_RULES, "values": [
        {"name": name, "value": value} for name, value in rules.items()]}]
    assert settings.passwords(said) == Passwords(5, 300, banned_list=True, on_premises=True)
    assert settings.passwords(said[:1]) == Passwords()
    said[1]["values"][4:] = [{"name": "BannedPasswordCheckOnPremisesMode", "value": "Audit"}]
    said[1]["values"][3]["value"] = ""
    assert settings.passwords(said) == Passwords(5, 300)
    said[1]["values"][0]["value"] = "many"
    with pytest.raises(Unreadable):
        settings.passwords(said)


@pytest.mark.parametrize(("status", "count"), [("Enabled", 2), ("Warning", 2), ("Suspended", 0), ("Deleted", 0)])
def test_only_plans_of_subscriptions_in_force_count(status, count):
    plans = [{"servicePlanName": "AAD_PREMIUM", "provisioningStatus": "Success"},
             {"servicePlanName": "INTUNE_A", "provisioningStatus": "PendingActivation"},
             {"servicePlanName": "OFF", "provisioningStatus": "Disabled"}]
    assert len(settings.plans({"capabilityStatus": status, "servicePlans": plans})) == count


def test_an_authorization_policy_alone_or_in_a_list_reads_the_same():
    body = {"allowInvitesFrom": "everyone", "guestUserRoleId": "g", "defaultUserRolePermissions": {
        "allowedToCreateApps": False, "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.x"]}}
    assert settings.authorization(body) == settings.authorization({"value": [body]})
    with pytest.raises(Unreadable):
        settings.authorization({"value": []})


def test_roles_of_the_tenants_own_and_unknown_ones_are_privileged():
    own = {"id": "c", "templateId": "c", "displayName": "Ours", "isBuiltIn": False}
    definitions = dict(_entra_roles.definition(one) for one in (own, {"id": "new", "isBuiltIn": True}))
    made = [_entra_roles.assignment({"roleDefinitionId": role, "principalId": "p", "directoryScopeId": scope},
                                    definitions) for role, scope in (
        ("c", "/"), ("new", "/administrativeUnits/1"), ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", None), ("gone", "/"))]
    assert [(one.builtin, one.privileged, one.scope) for one in made] == [
        (False, True, "/"), (True, True, "/administrativeUnits/1"), (True, False, "/"), (False, True, "/")]


@pytest.mark.parametrize(("said", "compliant"), [
    ("compliant", True), ("noncompliant", False), ("inGracePeriod", False), ("unknown", None), ("error", None)])
def test_compliance_that_is_not_told_is_not_known(said, compliant):
    read = _entra_devices.managed({"id": "d", "complianceState": said, "isEncrypted": None})
    assert (read.compliant, read.encrypted, read.name) == (compliant, None, "d")


def test_a_disabled_device_is_none():
    assert _entra_devices.known({"id": "d", "accountEnabled": False}) is None


def test_rules_pass_mail_on_outside_inside_or_not_at_all():
    def rule(address: str, action: str = "forwardTo", **more: object) -> dict:
        return {"isEnabled": True, "actions": {action: [{"emailAddress": {"address": address}}]}} | more

    own = {"office.example"}
    assert _entra_mail.passes_on([rule("a@Office.Example"), rule("/O=ORG/CN=clerk")], own) == {False}
    assert _entra_mail.passes_on([rule("a@sub.office.example", "redirectTo")], own) == {True}
    assert _entra_mail.passes_on([rule("a@b.example", "forwardAsAttachmentTo", isEnabled=False)], own) == set()
    assert _entra_mail.passes_on([{"actions": {"moveToFolder": "x"}}, {"actions": None}], own) == set()


def test_those_who_matter_most_are_asked_first():
    people = {one: User(one, one, enabled=one != "off", guest=one == "guest") for one in (
        "a", "b", "off", "guest", "left", "admin", "member", "also")}
    roles = [RoleAssignment("r", "R", "admin", "user"), RoleAssignment("r", "R", "g", "group")]
    groups = [Group("g", direct=("member",)), Group("x", members=("left", "off"))]
    policies = [Policy("p", "p", "enabled", exclude_groups=("x", "gone"),
                       exclude_users=("also", "GuestsOrExternalUsers")),
                Policy("q", "q", "disabled", exclude_users=("b",))]
    asked = _entra_per_user.order(people, roles, policies, groups, 100)
    assert asked == ["admin", "member", "also", "left", "guest", "a", "b"]
    assert _entra_per_user.order(people, roles, policies, groups, 2) == ["admin", "member"]


def test_the_registration_sample_is_read_as_it_is():
    sample = ENTRA / "userRegistrationDetails.json"
    if not sample.exists():
        pytest.skip("the sample is not beside the checkout")
    read = [users.registration(one) for one in json.loads(sample.read_text())["value"]]
    assert [(one.registered, one.methods) for one in read] == [
        (True, ("microsoftAuthenticatorPush", "softwareOneTimePasscode")), (False, ())]
    assert users.registration({"id": "x", "methodsRegistered": None}).methods == ()


@pytest.mark.parametrize(("text", "moment"), [
    ("2023-03-13T19:15:41.6195833Z", datetime(2023, 3, 13, 19, 15, 41, tzinfo=UTC)),
    ("2016-12-31T23:58:46.7156189-08:00", datetime(2017, 1, 1, 7, 58, 46, tzinfo=UTC)),
    ("0001-01-01T00:00:00Z", None), (None, None)])
def test_times_are_read_to_the_second(text, moment):
    assert _entra_fields.moment({"at": text}, "at") == moment


@pytest.mark.parametrize(("read", "body"), [
    (_entra_fields.text, {"k": 1}), (_entra_fields.texts, {"k": "a"}), (_entra_fields.flag, {"k": "true"}),
    (_entra_fields.number, {"k": True}), (_entra_fields.record, {"k": []}), (_entra_fields.records, {"k": ["a"]}),
    (_entra_fields.moment, {"k": "yesterday"}), (_entra_fields.needed, {"k": None})])
def test_a_value_of_another_type_is_an_error_and_never_an_empty_one(read, body):
    with pytest.raises(Unreadable):
        read(body, "k")
