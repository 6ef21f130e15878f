"""Applications that can act by themselves in a tenant, from what Microsoft Graph answers. Pure.

An application is two things: its registration, in the tenant that owns it (credentials), and its service principal
in each tenant that lets it in (permissions, consent, and credentials of its own).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from collectors._entra_fields import Body, flag, moment, needed, records, text
from hustings.directory.entra import Application, Credential

REGISTERED = "id,appId,displayName,passwordCredentials,keyCredentials"
PRINCIPALS = ("id,appId,displayName,appOwnerOrganizationId,accountEnabled,preferredSingleSignOnMode,"
              "servicePrincipalType,passwordCredentials,keyCredentials")
RESOURCES = {
    "00000003-0000-0000-c000-000000000000": "Microsoft Graph",
    "00000002-0000-0000-c000-000000000000": "Azure Active Directory Graph",
    "00000002-0000-0ff1-ce00-000000000000": "Exchange Online",
    "00000003-0000-0ff1-ce00-000000000000": "SharePoint Online",
}
"""The services of Microsoft, by application id, whose application permissions reach accounts, mail and files."""
SERVICES = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The organisation that owns Microsoft's own services, which hold permissions by nature."""
MICROSOFT = frozenset({SERVICES, "72f988bf-86f1-41af-91ab-2d7cd011db47"})


class Registered(msgspec.Struct, frozen=True):
    """An ``application``."""

    app: str
    name: str
    credentials: tuple[Credential, ...]


class Principal(msgspec.Struct, frozen=True):
    """A ``servicePrincipal``."""

    id: str
    app: str
    name: str
    owner: str
    """The organisation that owns the application; empty for managed identities."""
    enabled: bool
    credentials: tuple[Credential, ...]


class Given(msgspec.Struct, frozen=True):
    """Application permissions of one service: what they are called, and to whom they were given."""

    names: dict[str, str] = {}
    """By id."""
    pairs: tuple[tuple[str, str], ...] = ()
    """``(id of the principal, id of the permission)``."""
    next: str = ""


def registered(body: Body) -> Registered:
    """An ``application``."""
    return Registered(needed(body, "appId"), text(body, "displayName"), _credentials(body))


def principal(body: Body) -> Principal:
    """A ``servicePrincipal``. The certificates with which it signs for single sign-on let nobody in, and those of a
    managed identity are nobody's to know."""
    signs = text(body, "preferredSingleSignOnMode").casefold() == "saml" or text(
        body, "servicePrincipalType") == "ManagedIdentity"
    return Principal(needed(body, "id"), text(body, "appId"), text(body, "displayName"),
                     text(body, "appOwnerOrganizationId").lower(), flag(body, "accountEnabled", True),
                     () if signs else _credentials(body))


def permissions(body: Body) -> Given:
    """The application permissions that a service offers."""
    return Given({needed(one, "id"): text(one, "value") or needed(one, "id") for one in records(body, "appRoles")})


def given(items: Iterable[Body], onward: str = "") -> Given:
    """``appRoleAssignment``: what principals (not people or groups) were given."""
    return Given(pairs=tuple((needed(one, "principalId"), needed(one, "appRoleId")) for one in items
                             if text(one, "principalType") in ("ServicePrincipal", "")), next=onward)


def delegation(body: Body) -> tuple[str, tuple[str, ...]]:
    """An ``oauth2PermissionGrant`` for everybody: the principal it is for, and the permissions."""
    everybody = text(body, "consentType") == "AllPrincipals"
    return needed(body, "clientId"), tuple(text(body, "scope").split()) if everybody else ()


def joined(registrations: Iterable[Registered], principals: Iterable[Principal], services: Iterable[Given],
           delegations: Iterable[tuple[str, tuple[str, ...]]], declared: Collection[str], tenant: str,
           ) -> list[Application]:
    """Every application that holds permissions or credentials, or is declared, for the organisation ``tenant``. Of
    Microsoft's own services only those with a credential of the tenant's making: somebody else than Microsoft can
    then act as them."""
    own = {one.app: one for one in registrations}
    holds = _collected((holder, service.names.get(role, role))
                       for service in services for holder, role in service.pairs)
    lets = _collected((holder, scope) for holder, scopes in delegations for scope in scopes)
    wanted = {one.casefold() for one in declared}
    found = []
    for one in principals:
        registration = own.pop(one.app, None)
        credentials = (*(registration.credentials if registration else ()), *one.credentials)
        application = Application(
            id=one.app or one.id, name=one.name or (registration.name if registration else ""),
            permissions=() if one.owner == SERVICES and not credentials else holds.get(one.id, ()),
            delegated=lets.get(one.id, ()), credentials=credentials, enabled=one.enabled,
            foreign=bool(one.owner) and registration is None and one.owner not in (*MICROSOFT, tenant.lower()))
        if application.permissions or application.delegated or credentials or application.id.casefold() in wanted:
            found.append(application)
    found.extend(Application(one.app, one.name, credentials=one.credentials) for one in own.values()
                 if one.credentials or one.app.casefold() in wanted)
    return found


def _collected(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for holder, what in pairs:
        found.setdefault(holder, {})[what] = None
    return {holder: tuple(what) for holder, what in found.items()}


def _credentials(body: Body) -> tuple[Credential, ...]:
    secrets = [_credential("secret", one) for one in records(body, "passwordCredentials")]
    keys = [_credential("certificate", one) for one in records(body, "keyCredentials")
            if text(one, "usage") != "Sign"]
    return (*secrets, *keys)


def _credential(kind: str, body: Body) -> Credential:
    return Credential(kind, moment(body, "startDateTime"), moment(body, "endDateTime"))
