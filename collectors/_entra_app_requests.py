"""Applications of a tenant: which requests are made, and what becomes of them."""

from __future__ import annotations

from collectors import _entra_apps as apps
from collectors import _entra_permissions as permissions
from collectors._entra_fields import records, text
from collectors._entra_found import TOP, Found, insist
from collectors._entra_reading import Reading

_TO = "/to"
"""Ends the id of the second request about the same service in one batch."""


def read_applications(reading: Reading, found: Found) -> None:
    """Applications, and what services and everybody's consent gave to them."""
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
    insist(refused)
    found = []
    for one in services:
        first = said[one + _TO]
        rest = reading.listing(f"given by {one}", path.format(one), apps.Given, lambda body: apps.given([body]),
                               start=first.next) if first.next else []
        found.append(apps.Given(said[one].names, (*first.pairs, *(pair for more in rest for pair in more.pairs))))
    return found
